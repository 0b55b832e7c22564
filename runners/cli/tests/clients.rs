//! Certifying clients: the reference client conforms, broken ones do not, and a client is kept in bounds.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod program;

use std::path::Path;

use program::{Output, Running, plimsoll, run, write};
use serde_json::Value;

const BY_TAG: &str = "distribution-client/pull/by-tag";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs one case against a client that is a shell command.
fn shell(folder: &Path, script: &str, options: &[&str]) -> Output {
    let mark = folder.join("mark");
    let script = Value::from(script).to_string();
    let profile =
        format!("name: sh\ncommands: {{ pull: [sh, -c, {script}] }}\nenvironment: {{ MARK: {} }}\n", mark.display());
    write(folder, "sh.yaml", &profile);
    let base = ["run", "--client", "sh.yaml", "--case", BY_TAG, "--out", "out"];
    let mut command = plimsoll(folder, &[&base[..], options].concat());
    command.env("MY_SECRET", "hush");
    Running::start(command).wait()
}

fn results(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("out/results.json")).unwrap()).unwrap()
}

#[test]
fn the_reference_client_conforms_to_every_version() {
    for version in ["1.0", "1.1", "main"] {
        let folder = folder();
        let arguments = ["run", "--client", "plimsoll", "--spec-version", version, "--strict", "--out", "out"];
        let output = run(folder.path(), &arguments);
        assert_eq!(output.code, Some(0), "{output:#?}");
        assert!(output.stdout.contains("requirements that bind a client, and "), "{output:#?}");
        let results = results(folder.path());
        assert_eq!(results["subject"]["kind"], "client");
        let cases = results["cases"].as_array().unwrap();
        let passed = cases.iter().filter(|case| case["verdict"] == "pass").count();
        assert!(passed > 30 && passed == cases.len(), "{passed} of {}", cases.len());
    }
}

#[test]
fn a_client_that_believes_everything_is_found_out() {
    let folder = folder();
    let profile = "name: gullible
commands:
  pull: [\"{plimsoll}\", client, --registry, \"http://{registry}\", pull, \"{repository}\", \"{reference}\", \"{dir}\", --break, dist.pull.blob.digest.04/bytes]
";
    write(folder.path(), "gullible.yaml", profile);
    let case = "distribution-client/pull/flipped-bit*";
    let output = run(folder.path(), &["run", "--client", "gullible.yaml", "--case", case, "--strict"]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    for part in ["dist.pull.blob.digest.04", "expected \"refused\", seen \"ok\""] {
        assert!(output.stdout.contains(part), "no {part} in {output:#?}");
    }
}

#[test]
fn a_broken_duty_is_a_killed_mutant() {
    let folder = folder();
    let rule = "dist.api.redirect.01*";
    let output = run(folder.path(), &["mutants", "--spec", "distribution-client", "--rule", rule]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert!(output.stdout.contains("killed    dist.api.redirect.01/authorization"), "{output:#?}");
    assert!(output.stdout.contains("distribution-client/credentials/token-stays"), "{output:#?}");
}

#[test]
fn a_client_sees_nothing_of_its_user() {
    let folder = folder();
    shell(folder.path(), "env > $MARK; ls -A $HOME >> $MARK", &[]);
    let seen = std::fs::read_to_string(folder.path().join("mark")).unwrap();
    assert!(seen.contains("\nHOME=") || seen.starts_with("HOME="), "{seen}");
    assert!(!seen.contains("hush"), "{seen}");
    assert!(!seen.contains(&format!("HOME={}\n", folder.path().display())), "{seen}");
    assert!(seen.ends_with("\nauth\ncontent\n"), "its home is empty but for what it is given: {seen}");
}

#[test]
fn a_client_that_does_not_end_is_ended_with_its_children() {
    let folder = folder();
    let output = shell(folder.path(), "sleep 600 & echo $! > $MARK; wait", &["--timeout", "2s"]);
    assert_eq!(output.code, Some(2), "{output:#?}");
    let case = results(folder.path())["cases"][0].clone();
    assert_eq!(case["verdict"], "error", "{case:#}");
    assert!(case["reason"].as_str().unwrap().contains("did not end within 2s"), "{case:#}");
    let child = std::fs::read_to_string(folder.path().join("mark")).unwrap();
    // What was killed but has no parent to bury it is a zombie.
    let state = || std::fs::read_to_string(format!("/proc/{}/status", child.trim())).unwrap_or_default();
    let alive = || !state().is_empty() && !state().contains("State:\tZ");
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while alive() && std::time::Instant::now() < limit {
        std::thread::yield_now();
    }
    assert!(!alive(), "the child of the client lives on: {}", state());
}

#[test]
fn a_crash_is_no_refusal() {
    let folder = folder();
    let refusing = ["--case", "distribution-client/pull/flipped-bit"];
    let verdict = |script: &str| {
        shell(folder.path(), script, &refusing);
        let cases = results(folder.path())["cases"].as_array().unwrap().clone();
        let case = cases.into_iter().find(|case| case["id"] == refusing[1]).unwrap();
        case["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("exit 1"), "pass");
    assert_eq!(verdict("kill -SEGV $$"), "warn");
}

#[test]
fn a_client_is_told_whom_to_trust_and_who_it_is() {
    let folder = folder();
    let mark = folder.path().join("mark");
    let profile = format!(
        "name: sh\ncommands: {{ pull: [sh, -c, 'cp {{auth-file}} {mark}; cat {{ca-dir}}/* >> {mark}; echo {{scheme}} \
         {{tls}} {{plain-http}} {{registry}} >> {mark}; cmp {{ca}} {{ca-dir}}/ca.crt && ls {{auth-dir}} >> {mark}'] }}\n\
         has: [tls]\n",
        mark = mark.display()
    );
    write(folder.path(), "sh.yaml", &profile);
    let told = |case: &str| {
        run(folder.path(), &["run", "--client", "sh.yaml", "--case", case]);
        std::fs::read_to_string(&mark).unwrap()
    };
    let (plain, tls) = (told(BY_TAG), told("distribution-client/tls/not-believed[expired]"));
    let (auths, rest) = plain.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let host = rest.lines().find_map(|line| line.strip_prefix("http false true ")).unwrap();
    let auths: Value = serde_json::from_str(auths).unwrap();
    // plimsoll:not-a-secret-of-anybody
    assert_eq!(auths["auths"][host]["auth"], "cGxpbXNvbGw6bm90LWEtc2VjcmV0LW9mLWFueWJvZHk=", "{auths:#}");
    assert!(tls.contains("\nhttps true false 127.0.0.1:") && tls.ends_with("\nconfig.json\n"), "{tls}");
}

/// A client that believes nobody would pass, too, if nothing but its requests were looked at.
#[test]
fn without_tls_nothing_is_asked_that_was_to_be_asked_by_tls() {
    let folder = folder();
    let plain = "name: plain
commands:
  pull: [\"{plimsoll}\", client, --registry, \"http://{registry}\", pull, \"{repository}\", \"{reference}\", \"{dir}\"]
has: [tls]
";
    write(folder.path(), "plain.yaml", plain);
    let case = "distribution-client/tls/not-believed[other-name]";
    let output = run(folder.path(), &["run", "--client", "plain.yaml", "--case", case]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("access.tls.02"), "{output:#?}");
    assert!(!output.stdout.contains("access.tls.01 MUST\n"), "no certificate was believed: {output:#?}");
}

#[test]
fn what_a_profile_lacks_is_unsupported() {
    let folder = folder();
    let output = shell(folder.path(), "exit 1", &["--case", "distribution-client/push/stored"]);
    let cases = results(folder.path())["cases"].as_array().unwrap().clone();
    let push = cases.iter().find(|case| case["id"] == "distribution-client/push/stored").unwrap();
    assert_eq!(push["verdict"], "unsupported", "{push:#}");
    assert!(push["reason"].as_str().unwrap().contains("the profile of sh has no `push`"), "{push:#}");
    assert_eq!(output.code, Some(1), "a pull that fails is a precondition: {output:#?}");
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let folder = folder();
    let at = folder.path();
    run(at, &["run", "--client", "nobody"]).complains(3, &["the profile nobody", "plimsoll, skopeo"]);
    write(at, "bad.yaml", "name: x\ncommands: { pul: [x] }\n");
    run(at, &["run", "--client", "bad.yaml"]).complains(3, &["bad.yaml:2", "pul", "did you mean `pull`"]);
    write(at, "gone.yaml", "name: x\nversion: [no-such-program]\ncommands: { pull: [no-such-program] }\n");
    run(at, &["run", "--client", "gone.yaml"]).complains(2, &["cannot start no-such-program", "hint: install"]);
    run(at, &["run", "--spec", "distribution-client"]).complains(3, &["are for clients", "--client"]);
    let wrong = ["run", "--client", "plimsoll", "--spec", "distribution"];
    run(at, &wrong).complains(3, &["not for clients", "--spec distribution-client"]);
    let both = run(at, &["run", "--client", "plimsoll", "--registry", "http://127.0.0.1:1"]);
    assert_eq!(both.code, Some(3), "{both:#?}");
}

#[test]
fn the_reference_client_is_a_client_of_its_own() {
    let folder = folder();
    let refused = run(folder.path(), &["client", "pull", "Upper/case", "v1", "layout"]);
    refused.complains(1, &["`Upper/case` is not the name of a repository", "hint: lower-case"]);
    let nobody = run(folder.path(), &["client", "--registry", "http://127.0.0.1:1", "tags", "a"]);
    nobody.complains(1, &["GET /v2/a/tags/list"]);
    write(folder.path(), "empty.pem", "");
    let nothing = run(folder.path(), &["client", "--ca", "empty.pem", "tags", "a"]);
    nothing.complains(1, &["cannot use empty.pem as authorities", "hint: give a file"]);
}

#[test]
fn a_new_case_for_clients_runs_at_once() {
    let folder = folder();
    let id = "distribution-client/mine/first";
    let output = run(folder.path(), &["new", "case", id, "--req", "dist.warning.client.02", "--suites", "mine"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert!(output.stdout.contains("plimsoll run --client plimsoll --suites mine"), "{output:#?}");
    let output = run(folder.path(), &["run", "--client", "plimsoll", "--suites", "mine", "--case", id]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    let wrong = run(folder.path(), &["new", "case", id, "--req", "dist.pull.blob.get.01", "--suites", "mine"]);
    wrong.complains(3, &["binds the registry, not the subject of the suite"]);
}
