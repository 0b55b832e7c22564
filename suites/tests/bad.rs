//! Every mistake that is kept in `bad/` is shown as it should be.
//!
//! `bad/NAME.yaml` is read as the suite `distribution/NAME.yaml`, beside the ledger and the features of Plimsoll; a
//! folder `bad/NAME/` is read as a whole folder of suites. What `plimsoll lint` then shows stands in `NAME.txt`. A new
//! one needs no Rust: write the file, run `PLIMSOLL_BLESS=1 cargo test -p plimsoll-suite --test bad`, read the text.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};

use plimsoll_suite::{Library, LoadError};

#[test]
fn bad_suites_are_shown_as_they_should_be() {
    let folder = common::here("tests/bad");
    let mut bad = Vec::new();
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().map(|extension| extension.to_string_lossy().into_owned()).as_deref() {
            Some("yaml") => bad.push(path),
            Some("txt") => texts.push(path),
            _ if path.is_dir() => bad.push(path),
            _ => {}
        }
    }
    let of_nothing =
        |text: &&PathBuf| !bad.contains(&text.with_extension("yaml")) && !bad.contains(&text.with_extension(""));
    let of_nothing: Vec<&PathBuf> = texts.iter().filter(of_nothing).collect();
    assert!(of_nothing.is_empty(), "messages of no suite: {of_nothing:?}");
    assert!(bad.len() > 100, "only {} bad suites were found", bad.len());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = bad.chunks(bad.len().div_ceil(8)).map(|bad| scope.spawn(|| wrong(bad))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn wrong(bad: &[PathBuf]) -> Vec<String> {
    let check = |path: &PathBuf| common::is_current(&path.with_extension("txt"), &shown(path)).err();
    bad.iter().filter_map(check).collect()
}

/// What a user sees of the mistakes of one bad suite.
fn shown(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_string_lossy();
    let temporary = tempfile::tempdir().unwrap();
    let folder = if path.is_dir() {
        path
    } else {
        std::fs::create_dir(temporary.path().join("distribution")).unwrap();
        std::fs::copy(path, temporary.path().join(format!("distribution/{name}.yaml"))).unwrap();
        temporary.path()
    };
    match Library::from_folder(folder) {
        Ok(_) => panic!("{name} has no mistakes"),
        Err(LoadError::Mistakes(mistakes)) => {
            for mistake in &mistakes.diagnostics {
                assert!(mistake.at.line > 0 && mistake.at.column > 0, "{name}: no place for: {}", mistake.message);
                assert!(mistake.hint.is_some(), "{name}: no hint for: {}", mistake.message);
            }
            // As the user finds the file, which is in another place each time here.
            let shown = mistakes.render(false).replace(&format!("{}/", folder.display()), "");
            format!("{shown}\n\n{}\n", mistakes.summary())
        }
        Err(error) => panic!("{name}: {error}"),
    }
}
