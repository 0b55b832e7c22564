//! A bundle on disk: there as a whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::error::CliError;

/// The sums of all other files, as `sha256sum --check` reads them.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The events of the run.
pub(crate) const EVENTS: &str = "events.jsonl";

/// A bundle that is being made, beside the place where it will be.
#[derive(Debug)]
pub(crate) struct Bundle {
    out: PathBuf,
    folder: TempDir,
}

impl Bundle {
    /// Begins one. Nothing appears at `out` before [`Bundle::finish`].
    pub(crate) fn begin(out: &Path) -> Result<Self, CliError> {
        let failed = |what: &str, error: std::io::Error| {
            CliError::harness(format!("cannot {what} {}: {error}", out.display())).hint("choose another --out")
        };
        match fs::read_dir(out) {
            Ok(mut entries) => {
                if let Some(found) = entries.next() {
                    let found = found.map(|entry| entry.file_name().to_string_lossy().into_owned()).unwrap_or_default();
                    return Err(CliError::usage(format!("{} is not empty: it holds {found}", out.display()))
                        .hint("a bundle has a directory of its own: choose another --out"));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("look into", error)),
        }
        let beside = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(beside).map_err(|error| failed("make the directory above", error))?;
        let folder = tempfile::Builder::new().prefix(".plimsoll-certify-").tempdir_in(beside);
        let folder = folder.map_err(|error| failed("make a directory beside", error))?;
        fs::create_dir(folder.path().join("bundle")).map_err(|error| failed("make a directory beside", error))?;
        Ok(Self { out: out.to_owned(), folder })
    }

    /// A place for something that is no part of the bundle.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("bundle")
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), CliError> {
        let path = self.path().join(name);
        let written = fs::File::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| CliError::harness(format!("cannot write {name} of the bundle: {error}")))
    }

    /// Sums everything up and moves it where it belongs.
    pub(crate) fn finish(self) -> Result<(), CliError> {
        let path = self.path();
        let failed = |error: std::io::Error| {
            CliError::harness(format!("cannot write the bundle to {}: {error}", self.out.display()))
                .hint("choose another --out")
        };
        let sums = sums(&path).map_err(failed)?;
        let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        self.write(SUMS, &lines)?;
        // Temporary directories are for their owner alone.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        fs::rename(&path, &self.out).map_err(failed)
    }
}

/// The sums of the files in a folder by name, without [`SUMS`].
pub(crate) fn sums(folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == SUMS {
            continue;
        }
        let sum = match entry.file_type()?.is_file() {
            true => Sha256::digest(fs::read(entry.path())?).iter().map(|byte| format!("{byte:02x}")).collect(),
            false => String::new(),
        };
        sums.insert(name, sum);
    }
    Ok(sums)
}
