//! The texts that a ledger points into.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OneOrMany, Requirement, SpecVersion};

/// The text that `section`, `line` and `fingerprint` of a ledger refer to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the file in the repository of the specification. Where there are several, the entries name theirs in
    /// `section`.
    pub file: OneOrMany<String>,
    /// The version that was read.
    pub version: SpecVersion,
    /// Every version the entries may speak of, oldest first.
    pub versions: Vec<SpecVersion>,
    /// Commit or tag that was read, abbreviated.
    pub commit: String,
    /// Address of the text for people, without an anchor; of the folder, where there are several files.
    pub url: String,
    /// The same for earlier versions, where entries with `until` stand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<SpecVersion, String>,
}

impl Source {
    /// The version of the text in which a requirement stands: the newest that still has it.
    #[must_use]
    pub fn version_of(&self, requirement: &Requirement) -> SpecVersion {
        let last = requirement.until.and_then(|until| self.versions.iter().rfind(|version| **version < until));
        last.copied().unwrap_or(self.version)
    }

    /// The file in which a requirement stands.
    #[must_use]
    pub fn file_of<'a>(&'a self, requirement: &'a Requirement) -> &'a str {
        match (requirement.section.split_once('#'), self.file.as_slice()) {
            (Some((file, _)), _) => file,
            (None, files) => files.first().map_or("", String::as_str),
        }
    }

    /// Address of the text of a version, of those that entries can stand in.
    pub(super) fn page(&self, version: SpecVersion) -> Option<&str> {
        if version == self.version { Some(&self.url) } else { self.earlier.get(&version).map(String::as_str) }
    }
}

/// The texts of one version of a specification, by the names of their files. A file that this version does not have is
/// empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// Reads the files of a source from a folder, or from the one file that it has.
    ///
    /// # Errors
    /// The path is not there, or holds none of the files, or one that is no text.
    pub fn read(source: &Source, path: &Path) -> io::Result<Self> {
        let files = source.file.as_slice();
        if !path.is_dir() {
            return match files {
                [file] => Ok(Self::of(file, &fs::read_to_string(path)?)),
                _ => Err(io::Error::other(format!("it is no folder, and the text has {} files", files.len()))),
            };
        }
        let mut texts = BTreeMap::new();
        for file in files {
            match fs::read_to_string(path.join(file)) {
                Ok(text) => texts.insert(file.clone(), text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(io::Error::new(error.kind(), format!("{file}: {error}"))),
            };
        }
        if texts.is_empty() {
            return Err(io::Error::other(format!("none of its files is {}", files.join(" or "))));
        }
        Ok(Self(texts))
    }

    /// A single file.
    #[must_use]
    pub fn of(file: &str, text: &str) -> Self {
        Self(BTreeMap::from([(file.to_owned(), text.to_owned())]))
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, file: &str) -> &str {
        self.0.get(file).map_or("", String::as_str)
    }
}
