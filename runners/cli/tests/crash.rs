//! Registries that a run starts and kills.

mod program;

use std::path::Path;

use program::{Output, run};

/// Runs the cases that kill the registry, which is this program.
fn killed(folder: &Path, more: &str, kills: &str) -> Output {
    let command = format!(
        "exec {} reference-registry --listen {{listen}} --root {{root}} {more}",
        env!("CARGO_BIN_EXE_plimsoll")
    );
    let case = "distribution/crash-consistency/killed-under-load";
    let args = ["run", "--exec", &command, "--case", case, "--kills", kills, "--seed", "1", "--spec-version", "main"];
    run(folder, &args)
}

#[test]
fn the_reference_registry_survives() {
    let folder = tempfile::tempdir().unwrap();
    let output = killed(folder.path(), "", "8");
    assert_eq!(output.code, Some(0), "{output:#?}");
    // What the registry printed is kept; this one says nothing.
    assert!(folder.path().join("plimsoll-run/subject.log").is_file());
}

/// Each is a way to write that only a kill shows, or that a kill shows as well.
#[test]
fn careless_registries_are_found_out() {
    let rules = [
        ("dist.pull.blob.get.01/in-place", "blobs"),
        ("dist.pull.manifest.get.01/in-place", "tags"),
        ("dist.pull.manifest.get.01/tag-in-place", "tags"),
        ("dist.pull.manifest.get.01/tag-first", "tags"),
        ("dist.pull.blob.get.01/write-behind", ""),
        ("dist.pull.blob.missing.01/recovered", "refused"),
        ("dist.push.blob.chunk.20/state-first", "sessions"),
        ("dist.x.tagdel.404/write-behind", "deleted"),
        ("dist.upgrade.referrers.03/write-behind", "referrers"),
    ];
    for (rule, finding) in rules {
        let folder = tempfile::tempdir().unwrap();
        let output = killed(folder.path(), &format!("--break {rule}"), "60");
        assert_eq!(output.code, Some(1), "{rule}: {output:#?}");
        assert!(output.stdout.contains(finding), "{rule}: {output:#?}");
    }
}

/// Runs the case that fills the disk of the registry.
fn filled(folder: &Path, more: &str) -> Output {
    let command = format!(
        "exec {} reference-registry --listen {{listen}} --root {{root}} {more}",
        env!("CARGO_BIN_EXE_plimsoll")
    );
    let case = "distribution/crash-consistency/full-disk";
    run(folder, &["run", "--exec", &command, "--case", case, "--seed", "1", "--spec-version", "main"])
}

#[test]
fn a_full_disk_costs_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let output = filled(folder.path(), "");
    if output.code == Some(4) {
        // Neither mounting nor user namespaces, as in most containers. The run says so.
        assert!(output.stdout.contains("the right to mount"), "{output:#?}");
        return eprintln!("skipped: there can be no small disk here");
    }
    assert_eq!(output.code, Some(0), "{output:#?}");
    for rule in ["dist.pull.manifest.get.01/no-room", "dist.pull.manifest.get.01/tag-emptied"] {
        let folder = tempfile::tempdir().unwrap();
        let output = filled(folder.path(), &format!("--break {rule}"));
        assert_eq!(output.code, Some(1), "{rule}: {output:#?}");
        assert!(output.stdout.contains("with a full disk"), "{rule}: {output:#?}");
    }
}

#[test]
fn a_registry_is_spoken_to_over_tls_where_something_is_said_of_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    program::write(folder.path(), "server.pem", &cert.pem());
    program::write(folder.path(), "server.key", &signing_key.serialize_pem());
    let command = format!(
        "exec {} reference-registry --listen {{listen}} --root {{root}} --tls-certificate server.pem --tls-key server.key",
        env!("CARGO_BIN_EXE_plimsoll")
    );
    let args = ["run", "--exec", &command, "--case", "distribution/api/ping"];
    let output = run(folder.path(), &[&args[..], &["--ca", "server.pem"]].concat());
    assert_eq!(output.code, Some(0), "{output:#?}");
    run(folder.path(), &args).complains(2, &["cannot start the registry", "over TLS", "--ca"]);
}

#[test]
fn a_command_that_starts_nothing_is_shown_with_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["run", "--exec", "echo no such flag: {listen} {root} >&2; exit 7"]);
    output.complains(2, &["cannot start the registry", "exit status: 7", "no such flag", "hint:"]);
    run(folder.path(), &["run", "--exec", "serve {listen}"]).complains(3, &["{root}", "hint:"]);
    run(folder.path(), &["run", "--kills", "3"]).complains(3, &["--exec", "hint:"]);
}
