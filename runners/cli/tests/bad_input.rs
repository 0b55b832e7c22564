//! What users give that is wrong: one message that says what was tried and what to do, and the right exit code.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod program;

use std::net::TcpListener;
use std::path::Path;

use program::{Output, answer, names, plimsoll, run, server, write};

const PING: &str = "distribution/api/ping";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A run against this registry, in a folder of its own that must stay as it was.
fn against(registry: &str) -> Output {
    let folder = folder();
    let output = run(folder.path(), &["run", "--registry", registry, "--case", PING]);
    assert_eq!(names(folder.path()), [""; 0], "nothing is left of a run that did not begin");
    output
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let output = against(&format!("http://{address}"));
    output.complains(2, &[&format!("cannot connect to {address}"), "refused", "hint: is the registry running"]);
}

#[test]
fn a_name_that_does_not_exist() {
    against("http://nowhere.invalid").complains(2, &["cannot connect to nowhere.invalid", "hint: "]);
}

#[test]
fn a_server_that_never_heard_of_registries() {
    let nothing = server(|_| Some(answer("404 Not Found", "text/plain", "no such page")));
    against(&nothing).complains(
        2,
        &[&format!("{nothing}/ does not look like a registry"), "GET /v2/ answers 404", "hint: give the root"],
    );
    let site = server(|_| Some(answer("200 OK", "text/html; charset=utf-8", "<h1>Welcome</h1>")));
    against(&site).complains(2, &["does not look like a registry", "answers 200 with a page for browsers", "hint: "]);
    let gateway = server(|_| Some(answer("502 Bad Gateway", "text/plain", "")));
    against(&gateway).complains(2, &["does not look like a registry", "answers 502", "what stands between"]);
}

#[test]
fn a_server_that_does_not_speak_http() {
    let odd = server(|_| Some("220 mail.example ESMTP\r\n".to_owned()));
    against(&odd).complains(2, &[&format!("GET {odd}/v2/: "), "hint: does the URL lead to a registry?"]);
    let silent = server(|_| Some(String::new()));
    against(&silent).complains(2, &[&format!("GET {silent}/v2/: "), "hint: "]);
    // TLS to a port without.
    let plain = server(|_| Some(answer("200 OK", "application/json", "{}")));
    against(&plain.replace("http:", "https:")).complains(2, &["cannot connect to", "hint: "]);
}

#[test]
fn a_server_that_never_answers() {
    let folder = folder();
    let silent = server(|_| None);
    let output = run(folder.path(), &["run", "--registry", &silent, "--timeout", "200ms", "--case", PING]);
    output.complains(2, &[&format!("GET {silent}/v2/: "), "200ms", "--timeout TIME"]);
}

#[test]
fn a_faulty_registry_is_judged_and_not_turned_away() {
    let folder = folder();
    let faulty = server(|line| {
        Some(match line.starts_with("POST ") {
            true => answer("202 Accepted", "text/plain", ""),
            false => answer("404 Not Found", "text/html", "<h1>gone</h1>"),
        })
    });
    let output = run(folder.path(), &["run", "--registry", &faulty, "--case", PING]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("dist.x.ping"), "{output:#?}");
}

#[test]
fn addresses_that_are_none() {
    let example = "hint: write for example http://127.0.0.1:5000";
    against("http://127.0.0.1:1/my/repo")
        .complains(3, &["`http://127.0.0.1:1/my/repo`", "has the path /my/repo", example]);
    against("ftp://127.0.0.1").complains(3, &["its scheme is ftp, not http or https", example]);
    against("http://").complains(3, &["`http://` is not the URL of a registry", "empty host", example]);
    against("http://127.0.0.1:99999").complains(3, &["invalid port", example]);
    against("http://127.0.0.1:1/?a=b").complains(3, &["has a query", example]);
    against("").complains(3, &["is not the URL of a registry", example]);
}

#[test]
fn a_password_in_the_address_is_refused_and_not_repeated() {
    let output = against("http://me:s3cret@127.0.0.1:1/path");
    output.complains(3, &["holds a user name or a password", "hint: use --user NAME and --password-stdin"]);
    assert!(!output.stderr.contains("s3cret"));
}

#[test]
fn a_wrong_address_costs_no_earlier_results() {
    let folder = folder();
    let first = run(folder.path(), &["run", "--case", PING, "--out", "out"]);
    assert_eq!(first.code, Some(0), "{first:#?}");
    let before = names(&folder.path().join("out"));
    assert!(before.contains(&"results.json".to_owned()), "{before:?}");
    let nothing = server(|_| Some(answer("404 Not Found", "text/plain", "")));
    let output = run(folder.path(), &["run", "--registry", &nothing, "--case", PING, "--out", "out"]);
    output.complains(2, &["does not look like a registry"]);
    assert_eq!(names(&folder.path().join("out")), before);
}

const SUITE: &str = "suite: distribution/mine
about: A suite.
cases:
  - id: one
    title: A promise
    steps:
      - GET: /v2/
        expect: { status: { is: 200, req: dist.x.pong } }
";

#[test]
fn suites_with_a_mistake() {
    let folder = folder();
    write(folder.path(), "suites/distribution/mine.yaml", SUITE);
    let output = run(folder.path(), &["run", "--suites", "suites"]);
    output.complains(
        3,
        &[
            "1 mistake in 1 suite file",
            "unknown requirement `dist.x.pong`",
            "mine.yaml:8:43",
            "^^^^^^^^^^^",
            "dist.x.ping",
        ],
    );
    assert_eq!(names(folder.path()), ["suites"]);

    write(folder.path(), "suites/distribution/mine.yaml", "suite: [\n");
    run(folder.path(), &["run", "--suites", "suites"]).complains(3, &["1 mistake in 1 suite file", "mine.yaml:"]);
}

#[test]
fn suites_that_are_none() {
    let folder = folder();
    let output = run(folder.path(), &["run", "--suites", "nowhere"]);
    output.complains(3, &["cannot read nowhere", "No such file", "hint: "]);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    run(folder.path(), &["run", "--suites", "empty"]).complains(3, &["empty holds no suites", "hint: "]);
    write(folder.path(), "file", "");
    run(folder.path(), &["run", "--suites", "file"]).complains(3, &["cannot read file", "Not a directory"]);
}

#[test]
fn a_selection_of_nothing() {
    for selection in [["--case", "no/such/case"], ["--suite", "nothing"], ["--req", "dist.none"], ["--needs", "magic"]]
    {
        let folder = folder();
        let output = run(folder.path(), &["run", selection[0], selection[1]]);
        output.complains(4, &["no case is selected", "hint: `plimsoll list` shows the cases"]);
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

#[test]
fn words_that_no_flag_knows() {
    let of = |arguments: &[&str]| run(folder().path(), &[&["run"], arguments].concat());
    of(&["--spec-version", "9.9"]).complains(3, &["9.9", "1.0", "1.1", "main"]);
    of(&["--spec", "music"]).complains(3, &["nothing is known of a specification `music`", "hint: ", "distribution"]);
    of(&["--format", "xml"]).complains(3, &["no report format is called `xml`", "hint: ", "junit"]);
    of(&["--partition", "slice:5/4"]).complains(3, &["is not a partition", "hash:1/4"]);
    of(&["--jobs", "many"]).complains(3, &["'many'", "--jobs"]);
    of(&["--timeout", "5 years"]).complains(3, &["--timeout", "not a time such as 500ms, 2s or 1m"]);
    of(&["--regstry", "x"]).complains(3, &["--regstry", "--registry"]);
    of(&["--user", "me"]).complains(3, &["no password for the user me", "hint: ", "PLIMSOLL_PASSWORD"]);
    of(&["--ca", "nowhere.pem"]).complains(3, &["cannot read nowhere.pem"]);
}

#[test]
fn an_expectations_file_with_a_mistake() {
    let folder = folder();
    let with = |text: &str| {
        write(folder.path(), "known.yaml", text);
        run(folder.path(), &["run", "--case", PING, "--expect", "known.yaml"])
    };
    let head = "expectations:\n  - { case: \"*\", verdict: fail, reason: known }\n  - ";
    let at = |rest: &str, parts: &[&str]| {
        let place = format!("--> known.yaml:3:{}", parts[0]);
        with(&format!("{head}{rest}\n"))
            .complains(3, &[&["known.yaml has a mistake", &place, "^"], &parts[1..]].concat());
    };
    at("{ case: b, verdict: fial, reason: x }", &["25", "`fial`", "hint: did you mean `fail`?"]);
    at("{ case: b, verdict: fail }", &["5", "the key `reason` is missing", "hint: "]);
    at("{ case: b, verdict: fail, reason: x, until: 1 }", &["42", "unknown key `until`"]);
    at("{ case: b, verdict: fail, reason: x, expires: soon }", &["51", "`soon` is not a day", "2027-01-31"]);
    at("{ case: [x/*], verdict: fail, reason: x }", &["14", "no case fits `x/*`", "hint: `plimsoll list`"]);
    with("- a\n").complains(3, &["--> known.yaml:1:1"]);
    run(folder.path(), &["run", "--expect", "gone.yaml"]).complains(3, &["cannot read gone.yaml", "No such file"]);
}

#[test]
fn a_configuration_file_with_a_mistake() {
    let folder = folder();
    let with = |text: &str| {
        write(folder.path(), "plimsoll.yaml", text);
        run(folder.path(), &["run", "--case", PING])
    };
    with("seed: 1\nregistri: http://127.0.0.1:1\n").complains(
        3,
        &[
            "plimsoll.yaml has a mistake",
            "--> plimsoll.yaml:2:1",
            "^^^^^^^^",
            "`registri`",
            "hint: did you mean `registry`?",
        ],
    );
    with("jobs: many\n").complains(3, &["--> plimsoll.yaml:1:7", "^^^^"]);
    with("spec-version: '7'\n").complains(3, &["plimsoll.yaml", "7"]);
    with("registry: ftp://x\n").complains(3, &["its scheme is ftp"]);
    let output = run(folder.path(), &["run", "--config", "other.yaml"]);
    output.complains(3, &["cannot read other.yaml", "No such file"]);
}

#[test]
fn an_environment_with_a_mistake() {
    let folder = folder();
    let mut command = plimsoll(folder.path(), &["run", "--case", PING]);
    command.env("PLIMSOLL_REGISTRY", "gopher://x");
    program::Running::start(command).wait().complains(3, &["its scheme is gopher"]);
    let mut command = plimsoll(folder.path(), &["run", "--case", PING]);
    command.env("PLIMSOLL_JOBS", "x");
    program::Running::start(command).wait().complains(3, &["--jobs"]);
}

fn out(folder: &Path, name: &str) -> Output {
    run(folder, &["run", "--case", PING, "--out", name])
}

#[test]
fn results_that_cannot_be_written() {
    let folder = folder();
    write(folder.path(), "file", "mine");
    out(folder.path(), "file").complains(2, &["could not create the run directory file", "no directory"]);
    out(folder.path(), "file/run")
        .complains(2, &["could not create the run directory file/run", "hint: a part of the path"]);
    out(folder.path(), "/proc/plimsoll").complains(2, &["could not create the run directory /proc/plimsoll", "hint: "]);
    write(folder.path(), "other/notes.txt", "mine");
    out(folder.path(), "other").complains(2, &["refusing to write a run into other", "`notes.txt`", "hint: "]);
    assert_eq!(names(&folder.path().join("other")), ["notes.txt"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("file")).unwrap(), "mine");
}

#[test]
fn a_stored_run_that_is_none() {
    let folder = folder();
    let of = |name: &str| run(folder.path(), &["report", name, "--format", "json"]);
    of("gone").complains(3, &["could not read the stored run gone", "hint: "]);
    write(folder.path(), "events.jsonl", "what\n");
    of("events.jsonl").complains(3, &["does not begin with the start of a run", "hint: "]);
    write(folder.path(), "events.jsonl", "{\"event\":\"run-started\",\"schema\":99}\n");
    of(".").complains(3, &["event schema 99", "knows schema 1", "hint: "]);
}

#[test]
fn numbers_and_names_that_make_no_sense() {
    let folder = folder();
    let usage = |arguments: &[&str], part: &str| {
        let output = run(folder.path(), arguments);
        assert!(output.code == Some(3) && output.stderr.contains(part), "{output:#?}");
    };
    usage(&["run", "--timeout", "0s"], "in no time");
    usage(&["run", "--jobs", "0"], "not a number from 1 on");
    for name in ["Foo", "a//b", "/a", "a-", "a..b", "a___b"] {
        usage(&["run", "--namespace", name], "cannot begin the name of a repository");
    }
    for name in ["a", "team/project", "a__b", "a--b.c_d/e"] {
        assert_eq!(run(folder.path(), &["run", "--namespace", name, "--case", PING]).code, Some(0), "{name}");
    }
}
