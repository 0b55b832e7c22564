//! Sample runs for the tests of this crate.

#![allow(dead_code, reason = "each test program uses another part")]
#![allow(unreachable_pub, reason = "a module of several test programs")]

use std::collections::BTreeMap;

use plimsoll_engine::Verdict;
use plimsoll_engine::event::*;
use plimsoll_engine::summary::Summary;

/// What a malicious subject may send.
pub const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[31m\u{1b}]0;owned\u{7}\u{202e}]]>`|*_[x](javascript:alert(1))#\\@everyone\n\u{0}--- <img src=x onerror=alert(2)>\r\n</pre></details>\u{9b}2J";

const SPEC: &str = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";
const REQUIREMENTS: [(&str, &str, &str, &str, usize); 12] = [
    (
        "dist.pull.manifest.get.01",
        "MUST",
        "an existing manifest is answered with its bytes and status 200",
        "pulling-manifests",
        1,
    ),
    (
        "dist.pull.manifest.ctype.01",
        "SHOULD NOT",
        "no parameters on the Content-Type of a response",
        "pulling-manifests",
        1,
    ),
    ("dist.pull.blob.get.01", "MUST", "an existing blob is answered with its bytes and status 200", "pulling-blobs", 2),
    ("dist.pull.blob.range.01", "SHOULD", "range requests are honoured", "pulling-blobs", 1),
    (
        "dist.push.blob.postput.06",
        "MUST",
        "a PUT that completes an upload is answered with status 201",
        "post-then-put",
        5,
    ),
    (
        "dist.push.blob.chunk.04",
        "MUST",
        "a chunk out of order is refused with status 416",
        "pushing-a-blob-in-chunks",
        1,
    ),
    (
        "dist.push.blob.mount.04",
        "MAY",
        "a mount may be declined by starting an upload",
        "mounting-a-blob-from-another-repository",
        1,
    ),
    ("dist.push.manifest.limit.01", "SHOULD", "manifests up to 4 MiB are accepted", "pushing-manifests", 1),
    ("dist.ref.list.01", "MUST", "the referrers list is an image index", "listing-referrers", 1),
    ("dist.ref.filter.02", "OPTIONAL", "referrers can be filtered by artifact type", "listing-referrers", 1),
    ("dist.del.blob.01", "TEXT", "a deleted blob is gone", "deleting-blobs", 1),
    (
        "dist.api.version.01",
        "MUST",
        "the API root answers 200 when the registry implements the specification",
        "determining-support",
        0,
    ),
];

pub fn case(suite: &str, name: &str, title: &str, verdict: Verdict, requirements: &[&str]) -> CaseReport {
    let id = format!("{suite}/{name}");
    CaseReport {
        title: title.into(),
        suite: suite.into(),
        source: source(&format!("{suite}.yaml"), "  - id: some-case", 9),
        verdict,
        reason: None,
        feature: None,
        requirements: requirements.iter().map(|r| (*r).to_owned()).collect(),
        checks: requirements.iter().map(|r| check(&[r], Verdict::Pass, "status", "200", "200")).collect(),
        exchanges: vec![exchange("GET", "/v2/p/a/blobs/sha256:2c26b46b", "200 OK", "hello", 42)],
        duration_ms: 12,
        reproduce: format!("plimsoll run --registry http://127.0.0.1:5000 --seed 42 --case '{id}'"),
        leftovers: vec![],
        expectation: None,
        id,
    }
}

pub fn source(file: &str, text: &str, column: usize) -> Source {
    Source { file: file.into(), line: 23, column, length: 7, text: text.into() }
}

pub fn check(requirements: &[&str], verdict: Verdict, what: &str, expected: &str, seen: &str) -> Check {
    let text = "        expect: { status: { is: 201, req: dist.push.blob.postput.06 } }";
    Check {
        requirements: requirements.iter().map(|r| (*r).to_owned()).collect(),
        level: requirements.first().map(|_| "MUST".to_owned()),
        verdict,
        what: what.into(),
        expected: expected.into(),
        seen: seen.into(),
        source: source("distribution/blob-upload.yaml", text, 29),
        exchange: Some(0),
    }
}

pub fn exchange(method: &str, path: &str, status: &str, body: &str, ms: u64) -> Exchange {
    Exchange {
        summary: format!("{method} {path} -> {status}"),
        sent: Part {
            head: vec![
                format!("{method} {path} HTTP/1.1"),
                "Host: 127.0.0.1:5000".into(),
                "Authorization: Basic ***".into(),
            ],
            body: None,
        },
        received: Some(Part {
            head: vec![
                format!("HTTP/1.1 {status}"),
                "Content-Type: application/json".into(),
                format!("Content-Length: {}", body.len()),
                "Docker-Content-Digest: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
                "Date: Mon, 23 Nov 2026 09:00:00 GMT".into(),
            ],
            body: (!body.is_empty()).then(|| Body {
                digest: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
                size: body.len() as u64,
                excerpt: body.into(),
                truncated: false,
            }),
        }),
        error: None,
        duration_ms: ms,
    }
}

fn failing(cell: &str, seen: &str) -> CaseReport {
    let title = "A blob pushed with POST then PUT can be read at the returned location";
    let requirement = "dist.push.blob.postput.06";
    let mut case =
        case("distribution/blob-upload", &format!("post-then-put[{cell}]"), title, Verdict::Fail, &[requirement]);
    case.reason = Some(format!("status: expected 201, seen {seen}"));
    case.checks = vec![
        check(&["dist.pull.blob.get.01"], Verdict::Pass, "status", "202", "202"),
        check(&[requirement], Verdict::Fail, "status", "201", seen),
    ];
    case.checks[1].exchange = Some(1);
    let error = "{\n  \"errors\": [ { \"code\": \"BLOB_UPLOAD_UNKNOWN\", \"message\": \"blob upload unknown to registry\" } ]\n}";
    let put = "/v2/p/a/blobs/uploads/6f1b0a3e-6f0f-4a52-9a0c-0c6a1f2f5a11?digest=sha256%3A2c26b46b";
    case.exchanges =
        vec![exchange("POST", "/v2/p/a/blobs/uploads/", "202 Accepted", "", 3), exchange("PUT", put, seen, error, 18)];
    case
}

fn cases() -> Vec<CaseReport> {
    let (upload, pull, other) = ("distribution/blob-upload", "distribution/pull", "distribution/referrers");
    let mut all = vec![
        case(
            pull,
            "manifest-by-tag",
            "A pushed manifest can be read by its tag",
            Verdict::Pass,
            &["dist.pull.manifest.get.01"],
        ),
        case(
            pull,
            "content-type-plain",
            "The media type comes back without parameters",
            Verdict::Warn,
            &["dist.pull.manifest.ctype.01"],
        ),
        case(pull, "range", "A part of a blob can be read", Verdict::Fail, &["dist.pull.blob.range.01"]),
        case(pull, "blob", "A pushed blob can be read", Verdict::Pass, &["dist.pull.blob.get.01"]),
        failing("sha256,0", "404 Not Found"),
        failing("sha256,1", "404 Not Found"),
        failing("sha512,1", "500 Internal Server Error"),
        case(
            upload,
            "chunk-out-of-order",
            "A chunk that leaves a gap is refused",
            Verdict::Blocked,
            &["dist.push.blob.chunk.04"],
        ),
        case(
            upload,
            "mount",
            "A blob can be mounted from another repository",
            Verdict::Info,
            &["dist.push.blob.mount.04"],
        ),
        case(
            upload,
            "large-manifest",
            "A manifest of 4 MiB is accepted",
            Verdict::Error,
            &["dist.push.manifest.limit.01"],
        ),
        case(other, "list", "A manifest with a subject is listed", Verdict::Unsupported, &["dist.ref.list.01"]),
        case(other, "filter", "The list can be filtered", Verdict::Pass, &["dist.ref.filter.02"]),
        case(other, "delete-blob", "A deleted blob is gone", Verdict::Skipped, &["dist.del.blob.01"]),
    ];
    let ctype = check(
        &["dist.pull.manifest.ctype.01"],
        Verdict::Warn,
        "header Content-Type",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
    );
    all[1].checks = vec![ctype];
    all[1].reason = Some("header Content-Type has a parameter".into());
    all[2].checks = vec![check(&["dist.pull.blob.range.01"], Verdict::Warn, "status", "206", "200")];
    all[2].verdict = Verdict::Warn;
    all[2].expectation = expectation(
        Verdict::Warn,
        "ranges are switched off, see https://example.org/issues/7",
        ExpectationOutcome::Met,
    );
    all[7].reason = Some("the precondition `status 202` of POST /v2/p/a/blobs/uploads/ did not hold".into());
    all[7].checks = vec![check(&[], Verdict::Blocked, "status", "202", "503 Service Unavailable")];
    all[8].checks = vec![check(&["dist.push.blob.mount.04"], Verdict::Info, "status", "201", "202")];
    all[8].reason = Some("the mount was declined".into());
    all[9].reason = Some("no answer within 10 s".into());
    all[9].checks.clear();
    all[9].exchanges[0].received = None;
    all[9].exchanges[0].error = Some("timed out after 10 s".into());
    all[9].leftovers = vec!["manifest p/a@sha256:2c26b46b".into()];
    for (i, feature) in [(10, "referrers"), (12, "delete-blob")] {
        all[i].checks.clear();
        all[i].exchanges.clear();
        all[i].feature = Some(feature.into());
    }
    all[10].reason = Some("GET /v2/p/a/referrers/ answered 404".into());
    all[12].reason = Some("deleting is switched off in the configuration".into());
    all[11].expectation = expectation(Verdict::Fail, "filter is known to be broken", ExpectationOutcome::Unmet);
    all
}

fn expectation(verdict: Verdict, reason: &str, outcome: ExpectationOutcome) -> Option<Expectation> {
    Some(Expectation { verdict, reason: reason.into(), outcome })
}

pub fn started(cases: &[CaseReport]) -> RunStarted {
    let requirements = REQUIREMENTS.iter().map(|(id, level, about, section, n)| RequirementInfo {
        id: (*id).into(),
        level: (*level).into(),
        about: (*about).into(),
        section: (*section).into(),
        link: format!("{SPEC}#{section}"),
        cases: *n,
        beside: false,
    });
    RunStarted {
        schema: SCHEMA,
        tool: Tool { name: "plimsoll".into(), version: "0.1.0".into(), suites: "sha256:0b5d".into() },
        subject: Subject {
            kind: "registry".into(),
            target: "http://127.0.0.1:5000".into(),
            name: Some("example-registry".into()),
            version: Some("2.3.0".into()),
        },
        spec: "distribution".into(),
        spec_title: "OCI Distribution Specification".into(),
        spec_version: "1.1".into(),
        requirements: requirements.collect(),
        plan: cases.iter().map(|case| case.id.clone()).collect(),
        seed: 42,
        started: "2026-11-23T09:00:00Z".into(),
        host: BTreeMap::from([("os".into(), "linux 6.12 x86_64".into()), ("cpus".into(), "8".into())]),
        config: BTreeMap::from([
            ("registry".into(), "http://127.0.0.1:5000".into()),
            ("password".into(), "***".into()),
        ]),
    }
}

/// Events of a run with these cases.
pub fn events_of(cases: Vec<CaseReport>) -> Vec<Event> {
    let mut events = vec![
        Event::RunStarted(Box::new(started(&cases))),
        Event::FeatureProbed(FeatureProbed {
            id: "push".into(),
            about: "content can be pushed".into(),
            supported: true,
            reason: "POST /v2/p/a/blobs/uploads/ answered 202".into(),
        }),
        Event::FeatureProbed(FeatureProbed {
            id: "referrers".into(),
            about: "the referrers API".into(),
            supported: false,
            reason: "GET /v2/p/a/referrers/ answered 404".into(),
        }),
    ];
    for case in cases {
        events.push(Event::CaseStarted { id: case.id.clone() });
        events.push(Event::CaseFinished(Box::new(case)));
    }
    events.push(Event::RunFinished(RunFinished { complete: true, reason: None, duration_ms: 4321 }));
    events
}

/// A run with every verdict, an expected failure and an unmet expectation.
pub fn events() -> Vec<Event> {
    events_of(cases())
}

/// The same run, interrupted after six cases.
pub fn interrupted() -> Vec<Event> {
    let mut events: Vec<Event> = events().into_iter().take(3 + 2 * 6).collect();
    let reason = Some("interrupted by the user".to_owned());
    events.push(Event::RunFinished(RunFinished { complete: false, reason, duration_ms: 900 }));
    events
}

/// The sample run with hostile text wherever a subject can put some, and with very long lines.
pub fn hostile() -> Vec<Event> {
    let mut cases = cases();
    let long = "x".repeat(10_000);
    for (i, case) in cases.iter_mut().enumerate() {
        let text = if i % 2 == 0 { HOSTILE.to_owned() } else { format!("{long}{HOSTILE}") };
        case.reason = Some(text.clone());
        case.reproduce = text.clone();
        case.leftovers = vec![text.clone()];
        if i % 3 == 0 {
            case.title = text.clone();
            case.id = format!("{}/{HOSTILE}{i}", case.suite);
        }
        if i == 10 {
            case.feature = Some(text.clone());
        }
        if let Some(expectation) = &mut case.expectation {
            expectation.reason = text.clone();
        }
        for check in &mut case.checks {
            check.seen = text.clone();
            check.expected = text.clone();
            check.what = text.clone();
            check.source.text = text.clone();
            check.source.column = if i % 2 == 0 { 3 } else { 9_000 };
        }
        for exchange in &mut case.exchanges {
            exchange.summary = text.clone();
            exchange.sent.head.push(format!("X-Evil: {text}"));
            exchange.error = Some(text.clone());
            for part in exchange.received.iter_mut() {
                part.head.push(format!("Link: {text}"));
                part.body = Some(Body { digest: text.clone(), size: 10_000, excerpt: text.clone(), truncated: true });
            }
        }
    }
    let mut events = events_of(cases);
    if let Event::RunStarted(run) = &mut events[0] {
        run.subject.name = Some(HOSTILE.into());
        run.subject.version = Some(long.clone());
        run.subject.target = format!("http://registry.example/{HOSTILE}");
        run.host.insert("kernel".into(), HOSTILE.into());
        run.config.insert(HOSTILE.into(), long);
        run.requirements[4].link = "javascript:alert(3)".into();
    }
    if let Event::FeatureProbed(feature) = &mut events[2] {
        feature.reason = HOSTILE.into();
    }
    events
}

/// A big run: `n` cases of which every second fails in one of several ways.
pub fn big(n: usize) -> Vec<Event> {
    let body = "{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"something went quite wrong here\"}]}\n".repeat(40);
    let cases = (0..n).map(|i| {
        let suite = format!("distribution/topic-{}", i % 20);
        let id = REQUIREMENTS[i % 11].0;
        let mut case =
            case(&suite, &format!("case-{i}[sha256,{i}]"), "Some promise that is kept or not", Verdict::Pass, &[id]);
        case.exchanges = (0..6)
            .map(|k| exchange("PUT", &format!("/v2/p/a/blobs/uploads/{k}"), "500 Internal Server Error", &body, k))
            .collect();
        if i % 2 == 0 {
            case.verdict = Verdict::Fail;
            let second = format!("dist.other.{i}");
            case.checks = vec![check(&[id, &second], Verdict::Fail, "status", "201", "500")];
        }
        case
    });
    events_of(cases.collect())
}

pub fn summary(events: &[Event]) -> Summary {
    Summary::of(events)
}
