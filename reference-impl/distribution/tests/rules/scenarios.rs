//! Requests that between them touch every rule. They judge nothing; they only have to provoke an answer.

use crate::{
    Recorder,
    common::{INDEX, MANIFEST, descriptor, image, index, sha256, sha512},
    oddities::{contents, documents, many_tags, paths, repositories, returns, sessions},
};
use plimsoll_registry::{Action, Auth, Config, Grant, User, Users};
use serde_json::json;
use std::{fmt::Write as _, pin::Pin, sync::Arc, time::Duration};

type Play = fn(Arc<Recorder>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) configure: fn(&mut Config),
    pub(crate) play: Play,
}

macro_rules! scenarios {
    ($($name:ident: $configure:expr;)+) => {
        pub(crate) const SCENARIOS: &[Scenario] = &[
            $(Scenario { name: stringify!($name), configure: $configure, play: |r| Box::pin($name(r)) }),+
        ];
    };
}

scenarios! {
    names: |_| {};
    blobs: |_| {};
    ranges: |_| {};
    uploads: |_| {};
    chunks: |_| {};
    mounts: |_| {};
    manifests: |_| {};
    limits: |_| {};
    tags: |_| {};
    referrers: |_| {};
    pages: |config| config.referrers_page = 2;
    deletes: |_| {};
    upgrade: |_| {};
    no_deletes: |config| config.deletes = false;
    minimum: |config| config.chunk_min_length = Some(4);
    contents: |_| {};
    repositories: |_| {};
    sessions: |_| {};
    documents: |_| {};
    many_tags: |_| {};
    returns: |_| {};
    paths: |_| {};
    rate: |config| config.rate_limit = Some(1);
    expiry: |config| config.upload_timeout = Duration::from_millis(200);
    access: |config| config.auth = Auth::Bearer(two_users());
    old_tokens: |config| {
        config.auth = Auth::Bearer(two_users());
        config.token_lifetime = Duration::ZERO;
    };
}

async fn names(r: Arc<Recorder>) {
    r.get("/v2/").await;
    r.blob("a", b"{}").await;
    r.blob("A", b"{}").await;
    r.blob("a..b", b"{}").await;
    for tag in [&*"t".repeat(129), ".a", "a+b", "sha256:bad", &sha256(b"x").replace(':', "-")] {
        r.manifest("a", tag, &image(json!({}))).await;
    }
    r.send("POST", "/v2/a/tags/list", &[], "").await;
}

async fn blobs(r: Arc<Recorder>) {
    for content in [&b""[..], b"content"] {
        let path = format!("/v2/a/blobs/{}", sha256(content));
        r.get(&path).await;
        r.send("HEAD", &path, &[], "").await;
        r.blob("a", content).await;
        r.get(&path).await;
        r.send("HEAD", &path, &[], "").await;
    }
    r.blob("b", b"only b").await;
    r.get(&format!("/v2/a/blobs/{}", sha256(b"only b"))).await;
    r.send("GET", &format!("/v2/a/blobs/{}", sha256(b"content")), &[("if-none-match", "\"other\"")], "").await;
}

async fn ranges(r: Arc<Recorder>) {
    let path = format!("/v2/a/blobs/{}", r.blob("a", b"0123456789").await);
    for range in ["bytes=2-5", "bytes=4-", "bytes=-3", "bytes=5-99", "bytes=20-30", "lines=1-2"] {
        r.send("GET", &path, &[("range", range)], "").await;
    }
    r.send("GET", &path, &[("range", "bytes=0-1"), ("if-range", "\"other\"")], "").await;
}

async fn uploads(r: Arc<Recorder>) {
    let good = sha256(b"content");
    let session = r.session("a").await;
    let done = r.send("PUT", &format!("{session}?digest={good}"), &[], "content").await;
    if !done.header("location").is_empty() {
        r.get(done.header("location")).await;
    }
    r.get(&format!("/v2/a/blobs/{good}")).await;
    r.send("PUT", &format!("{session}?digest={good}"), &[], "content").await;
    r.blob("a", b"content").await;
    r.blob("single", b"single").await;
    r.get(&format!("/v2/single/blobs/{}", sha256(b"single"))).await;
    let session = r.session("a").await;
    r.send("PUT", &format!("{session}?digest={}", sha256(b"")), &[], "").await;
    let session = r.session("a").await;
    r.send("PUT", &format!("{session}?digest={}", sha512(b"512")), &[], "512").await;
    // Digests that are not those of the content, or none.
    let wrong = sha256(b"wrong");
    let wrongs =
        [format!("?digest={wrong}"), "?digest=sha384:ab".into(), format!("?digest={}", &good[..20]), String::new()];
    for query in wrongs.iter().chain([&format!("?digest={}", good.to_uppercase().replace("SHA", "sha"))]) {
        let session = r.session("b").await;
        r.send("PUT", &format!("{session}{query}"), &[], "content").await;
    }
    r.get(&format!("/v2/b/blobs/{wrong}")).await;
    r.send("POST", &format!("/v2/b/blobs/uploads/?digest={wrong}"), &[], "content").await;
    for range in [Some("0-3"), None] {
        let range: Vec<_> = range.map(|range| ("content-range", range)).into_iter().collect();
        let session = r.session("b").await;
        r.send("PATCH", &session, &range, "cont").await;
        r.send("PUT", &format!("{session}?digest={wrong}"), &[], "").await;
    }
    let session = r.session("b").await;
    r.send("PATCH", &session, &[], "cont").await;
    r.send("PUT", &format!("{session}?digest={wrong}"), &[], "ent").await;
}

async fn chunks(r: Arc<Recorder>) {
    let first = r.session("a").await;
    r.send("PATCH", &first, &[("content-range", "3-4")], "xx").await;
    r.get(&first).await;
    for (range, chunk) in [("0-2", "abc"), ("3-4", "de"), ("8-9", "ij"), ("4-5", "ef")] {
        r.send("PATCH", &first, &[("content-range", range)], chunk).await;
        r.get(&first).await;
    }
    r.send("PATCH", &first.replace("/a/", "/b/"), &[], "x").await;
    r.send("PUT", &format!("{first}?digest={}", sha256(b"abcde")), &[("content-range", "9-9")], "j").await;
    r.get(&first).await;
    let done = r.send("PUT", &format!("{first}?digest={}", sha256(b"abcdef")), &[("content-range", "5-5")], "f").await;
    if !done.header("location").is_empty() {
        r.get(done.header("location")).await;
    }
    r.get(&first).await;
    let (one, other) = (r.session("a").await, r.session("a").await);
    r.send("PATCH", &one, &[], "one").await;
    r.get(&other).await;
    r.send("DELETE", &one, &[], "").await;
    r.get(&one).await;
    r.get("/v2/a/blobs/uploads/3f2504e0-4f89-11d3-9a0c-0305e82c3301").await;
}

async fn mounts(r: Arc<Recorder>) {
    let digest = r.blob("a", b"content").await;
    let mount = format!("/v2/b/blobs/uploads/?mount={digest}");
    let absent = r.send("POST", &format!("{mount}&from=c"), &[], "").await;
    if !absent.header("location").is_empty() {
        r.get(absent.header("location")).await;
    }
    r.send("POST", &mount, &[], "").await;
    r.send("POST", &format!("{mount}&from=a"), &[], "").await;
    r.get(&format!("/v2/b/blobs/{digest}")).await;
    r.send("POST", "/v2/b/blobs/uploads/?mount=sha256:bad&from=a", &[], "").await;
}

async fn manifests(r: Arc<Recorder>) {
    for path in ["/v2/a/manifests/none", &format!("/v2/a/manifests/{}", sha256(b"none"))] {
        r.get(path).await;
    }
    r.blob("a", b"{}").await;
    let large = image(json!({ "annotations": { "a": "x".repeat(5000) }, "zzz": 1, "aaa": { "b": 1, "a": 2 } }));
    let digest = r.manifest("a", "v1", &large).await;
    for reference in ["v1", &digest, "none"] {
        r.send("GET", &format!("/v2/a/manifests/{reference}"), &[("accept", "application/json")], "").await;
        r.send("GET", &format!("/v2/a/manifests/{reference}"), &[("if-none-match", "\"x\"")], "").await;
        r.send("HEAD", &format!("/v2/a/manifests/{reference}"), &[], "").await;
    }
    let other = r.manifest("a", "v1", &image(json!({}))).await;
    r.get("/v2/a/manifests/v1").await;
    r.get(&format!("/v2/a/manifests/{digest}")).await;
    for reference in ["v1", &other] {
        r.get(&format!("/v2/b/manifests/{reference}")).await;
    }
    let put = format!("/v2/a/manifests/{other}");
    let (typed, body) =
        (("content-type", "application/vnd.oci.image.manifest.v1+json; a=b"), image(json!({})).to_string());
    r.send("PUT", &put, &[typed], &*body).await;
    r.get("/v2/a/manifests/v1").await;
    r.send("PUT", "/v2/a/manifests/spaced", &[("content-type", MANIFEST)], format!(" {body}\n")).await;
    r.get("/v2/a/manifests/spaced").await;
    let by_sha512 = format!("/v2/a/manifests/{}", sha512(body.as_bytes()));
    r.send("PUT", &by_sha512, &[("content-type", MANIFEST)], &*body).await;
    let wrong = format!("/v2/a/manifests/{}", sha256(b"wrong"));
    r.send("PUT", &wrong, &[("content-type", MANIFEST)], &*body).await;
    r.get(&wrong).await;
    r.send("PUT", "/v2/a/manifests/v1", &[("content-type", MANIFEST), ("if-match", "\"x\"")], &*body).await;
    r.send("PUT", &format!("{put}?tag=1&tag=2&tag=3&tag=4&tag=5&tag=6"), &[("content-type", MANIFEST)], &*body).await;
    let eleven: String = (1..=11).map(|tag| format!("&tag={tag}")).collect();
    r.send("PUT", &format!("{put}?{eleven}"), &[("content-type", MANIFEST)], &*body).await;
    r.get("/v2/a/manifests/6").await;
    let lacking = image(json!({ "layers": [descriptor("a/b", b"absent")] }));
    let digest = r.manifest("a", "", &lacking).await;
    r.get(&format!("/v2/a/manifests/{digest}")).await;
    let subject = descriptor(MANIFEST, b"absent");
    r.manifest("a", "", &image(json!({ "subject": subject }))).await;
    r.manifest("a", "", &index(json!({ "subject": subject }))).await;
}

async fn limits(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    for size in [2 << 20, 5 << 20] {
        let large = image(json!({ "annotations": { "a": "x".repeat(size) } })).to_string();
        r.send("PUT", "/v2/a/manifests/large", &[("content-type", MANIFEST)], large).await;
    }
}

async fn tags(r: Arc<Recorder>) {
    r.get("/v2/a/b/tags/list").await;
    r.blob("a/b", b"{}").await;
    r.get("/v2/a/b/tags/list").await;
    r.blob("other", b"{}").await;
    r.manifest("other", "foreign", &image(json!({}))).await;
    for tag in ["b", "d", "a", "c", "B"] {
        r.manifest("a/b", tag, &image(json!({}))).await;
        // Timestamps of files are coarse.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for query in ["", "?n=0", "?n=2", "?n=2&last=b", "?last=b", "?n=1&last=2", "?n=9"] {
        r.get(&format!("/v2/a/b/tags/list{query}")).await;
    }
}

async fn referrers(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    r.blob("b", b"{}").await;
    let base = image(json!({ "annotations": { "base": "1" } }));
    let subject = descriptor(MANIFEST, base.to_string().as_bytes());
    let path = format!("/v2/a/referrers/{}", subject["digest"].as_str().unwrap());
    r.get(&path).await;
    let annotations = json!({ "org.opencontainers.a": "1", "b": "2" });
    let typed = json!({ "subject": subject, "artifactType": "a/b", "annotations": annotations });
    r.manifest("a", "tagged", &image(typed.clone())).await;
    r.manifest("a", "", &base).await;
    let gone = r.manifest("a", "", &image(json!({ "subject": subject, "artifactType": "a/bc" }))).await;
    r.manifest("a", "", &image(json!({ "subject": subject, "artifactType": "" }))).await;
    r.manifest("a", "", &index(typed)).await;
    r.manifest("a", "", &index(json!({ "subject": subject }))).await;
    let foreign = json!({ "subject": subject, "annotations": { "foreign": "1" } });
    r.manifest("b", "", &index(foreign)).await;
    let other = json!({ "mediaType": INDEX, "digest": sha512(b"other"), "size": 5 });
    r.manifest("a", "", &index(json!({ "subject": other }))).await;
    for query in ["", "?artifactType=a/b", "?artifactType=none", "?artifactType=application/vnd.example.config%2Bjson"]
    {
        r.get(&format!("{path}{query}")).await;
    }
    r.get(&format!("/v2/a/referrers/{}", sha512(b"other"))).await;
    r.send("DELETE", &format!("/v2/a/manifests/{gone}"), &[], "").await;
    r.get(&path).await;
    for path in ["/v2/a/referrers/sha256:bad", &format!("/v2/none/referrers/{}", sha256(b"x"))] {
        r.get(path).await;
    }
}

async fn pages(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    let subject = descriptor(MANIFEST, b"absent");
    for n in 0..5 {
        let annotations = json!({ "n": n.to_string() });
        r.manifest("a", "", &image(json!({ "subject": subject, "artifactType": "a/b", "annotations": annotations })))
            .await;
    }
    let mut at = format!("/v2/a/referrers/{}?artifactType=a/b", sha256(b"absent"));
    for _ in 0..4 {
        let answer = r.get(&at).await;
        let Some((target, _)) = answer.header("link").strip_prefix('<').and_then(|link| link.split_once('>')) else {
            break;
        };
        at = target.to_owned();
    }
}

async fn deletes(r: Arc<Recorder>) {
    let digest = r.blob("a", b"{}").await;
    r.blob("b", b"{}").await;
    let manifest = r.manifest("a", "v1", &image(json!({}))).await;
    for tag in ["v2", "v3"] {
        r.manifest("a", tag, &image(json!({}))).await;
    }
    let manifest = format!("/v2/a/manifests/{manifest}");
    let blob = format!("/v2/a/blobs/{digest}");
    for path in ["/v2/a/manifests/v1", &manifest, &manifest, &blob, &blob, &manifest.replace("/a/", "/none/")] {
        r.send("DELETE", path, &[], "").await;
        for path in
            ["/v2/a/manifests/v1", "/v2/a/manifests/v2", "/v2/a/manifests/v3", "/v2/a/tags/list", &manifest, &blob]
        {
            r.get(path).await;
        }
    }
    r.get(&blob.replace("/a/", "/b/")).await;
}

/// Played twice: without the referrers API, then with it.
async fn upgrade(r: Arc<Recorder>) {
    let path = format!("/v2/a/referrers/{}", sha256(b"absent"));
    if r.get(&path).await.status != 404 {
        return;
    }
    r.blob("a", b"{}").await;
    let manifest = image(json!({ "subject": descriptor(MANIFEST, b"absent") }));
    r.manifest("a", "", &manifest).await;
    let list = json!({ "manifests": [descriptor(MANIFEST, manifest.to_string().as_bytes())] });
    r.manifest("a", &sha256(b"absent").replace(':', "-"), &index(list)).await;
}

async fn no_deletes(r: Arc<Recorder>) {
    for path in ["manifests/v1".to_owned(), format!("manifests/{}", sha256(b"x")), format!("blobs/{}", sha256(b"x"))] {
        r.send("DELETE", &format!("/v2/a/{path}"), &[], "").await;
    }
}

async fn minimum(r: Arc<Recorder>) {
    r.session("a").await;
}

async fn rate(r: Arc<Recorder>) {
    // Enough to be refused, however the window falls.
    let mut refused = None;
    for _ in 0..5 {
        let answer = r.api.get("/v2/").await;
        refused = refused.or((answer.status == 429).then(|| answer.header("retry-after").to_owned()));
    }
    *r.log.lock().unwrap() += refused.as_deref().unwrap_or("never refused");
}

async fn expiry(r: Arc<Recorder>) {
    let session = r.session("a").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    r.get(&session).await;
}

/// One has `a`, the other one has `b`, and anybody may pull what is in `public`.
fn two_users() -> Users {
    let user = |name: &str, repositories: &str| User {
        name: name.to_owned(),
        password: "secret".to_owned(),
        grants: vec![Grant::new(repositories, &Action::ALL)],
    };
    Users { users: vec![user("me", "a"), user("you", "b")], anonymous: vec![Grant::new("public", &[Action::Pull])] }
}

const ME: &str = "Basic bWU6c2VjcmV0";
const YOU: &str = "Basic eW91OnNlY3JldA==";

/// The token for a scope, or the status of the refusal.
async fn token(r: &Recorder, scope: &str, authorization: Option<&str>) -> String {
    let headers: Vec<_> = authorization.into_iter().map(|value| ("authorization", value)).collect();
    let answer = r.api.send("GET", &format!("/token?{scope}"), &headers, "").await;
    writeln!(r.log.lock().unwrap(), "token {scope} -> {}", answer.status).unwrap();
    answer.json()["token"].as_str().unwrap_or("none").to_owned()
}

async fn access(r: Arc<Recorder>) {
    let (blob, manifest) = (sha256(b"{}"), image(json!({})).to_string());
    let digest = sha256(manifest.as_bytes());
    let yours = token(&r, "scope=repository:b:pull,push,delete", Some(YOU)).await;
    r.send_as(&yours, "POST", &format!("/v2/b/blobs/uploads/?digest={blob}"), "{}").await;
    let put = format!("/v2/b/manifests/{digest}");
    let typed = [("content-type", MANIFEST), ("authorization", &format!("Bearer {yours}"))];
    r.api.send("PUT", "/v2/b/manifests/v1", &typed, &*manifest).await;
    let absent = sha256(b"absent");
    let mine = token(&r, "scope=repository:a:pull,push,delete", Some(ME)).await;
    let stretched = token(&r, "scope=repository:a:pull", Some(ME)).await;
    let sold = token(&r, "scope=repository:b:pull,push,delete", Some(ME)).await;
    let anonymous = token(&r, "scope=repository:b:pull", None).await;
    let elsewhere = token(&r, "service=elsewhere&scope=repository:a:pull", Some(ME)).await;
    // me:wrong, me:
    for wrong in ["Basic bWU6d3Jvbmc=", "Basic bWU6"] {
        token(&r, "scope=repository:a:pull", Some(wrong)).await;
    }
    // {"alg":"none"} and what it would be good for.
    let unsigned = "eyJhbGciOiJub25lIn0.eyJhY2Nlc3MiOlt7Im5hbWUiOiJiIiwiYWN0aW9ucyI6WyJwdWxsIl19XX0.";
    for token in [&mine, &sold, &anonymous, &elsewhere, "garbage", &format!("{mine}x"), unsigned] {
        for path in [
            "/v2/_catalog",
            "/v2/a/tags/list",
            "/v2/a-b/tags/list",
            "/v2/a/b/tags/list",
            "/v2/b/tags/list",
            "/v2/none/tags/list",
            "/v2/b/manifests/v1",
            "/v2/b/manifests/none",
            &put,
            &format!("/v2/b/manifests/{absent}"),
            &format!("/v2/b/blobs/{blob}"),
            &format!("/v2/b/blobs/{absent}"),
            &format!("/v2/b/referrers/{digest}"),
        ] {
            r.send_as(token, "GET", path, "").await;
            r.send_as(token, "HEAD", path, "").await;
        }
    }
    let prefix = token(&r, "scope=repository:a-b:pull", Some(ME)).await;
    r.send_as(&prefix, "GET", "/v2/a-b/tags/list", "").await;
    let range = [("authorization", &*format!("Bearer {mine}")), ("range", "bytes=0-0")];
    let part = r.api.send("GET", &format!("/v2/b/blobs/{blob}"), &range, "").await;
    writeln!(r.log.lock().unwrap(), "part -> {}", part.status).unwrap();
    for from in [format!("mount={blob}&from=b"), format!("mount={absent}&from=b"), format!("mount={blob}")] {
        r.send_as(&mine, "POST", &format!("/v2/a/blobs/uploads/?{from}"), "").await;
    }
    let session = r.api.send("POST", "/v2/b/blobs/uploads/", &typed, "").await;
    for method in ["GET", "PATCH", "DELETE"] {
        r.send_as(&mine, method, session.header("location"), "").await;
    }
    r.send("PATCH", session.header("location"), &[], "").await;
    let session = r.api.send("POST", "/v2/b/blobs/uploads/", &typed, "").await;
    r.send_as(&mine, "PUT", &format!("{}?digest={}", session.header("location"), sha256(b"")), "").await;
    for path in ["/v2/b/blobs/uploads/", "/v2/a/below/blobs/uploads/", "/v2/a/blobs/uploads/"] {
        for token in [&mine, &stretched] {
            r.send_as(token, "POST", path, "").await;
        }
        r.send("POST", path, &[], "").await;
    }
    let other = image(json!({ "annotations": { "other": "1" } })).to_string();
    for authorization in [("authorization", &*format!("Bearer {mine}")), ("accept", "*/*")] {
        r.api.send("PUT", "/v2/b/manifests/v2", &[("content-type", MANIFEST), authorization], &*other).await;
        r.send_as(&yours, "GET", "/v2/b/tags/list", "").await;
    }
    for path in ["/v2/b/manifests/v1", &put, &format!("/v2/b/blobs/{blob}")] {
        r.send_as(&mine, "DELETE", path, "").await;
        r.send_as(&yours, "GET", path, "").await;
    }
    r.send_as(&stretched, "DELETE", &format!("/v2/a/blobs/{blob}"), "").await;
    for path in ["/v2/", "/v2/b/manifests/v1", "/v2/b/tags/list", &format!("/v2/b/blobs/{blob}")] {
        r.send("GET", path, &[], "").await;
    }
}

async fn old_tokens(r: Arc<Recorder>) {
    let mine = token(&r, "scope=repository:a:pull", Some(ME)).await;
    r.send_as(&mine, "GET", "/v2/a/tags/list", "").await;
}
