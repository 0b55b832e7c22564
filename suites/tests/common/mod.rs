//! What several tests of this package share.

use std::path::{Path, PathBuf};

/// Set it to write what a test would compare.
pub(crate) const BLESS: &str = "PLIMSOLL_BLESS";

/// A path in this package.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a text with a checked-in file, or writes the file when [`BLESS`] is set. Says what is wrong.
pub(crate) fn is_current(path: &Path, text: &str) -> Result<(), String> {
    if std::env::var_os(BLESS).is_some() {
        return std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    if found == text {
        return Ok(());
    }
    Err(format!(
        "{} is not current.\n--- checked in\n{found}\n--- now\n{text}\nIf the change is right: {BLESS}=1 cargo test -p plimsoll-suite",
        path.display()
    ))
}
