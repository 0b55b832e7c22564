//! From files to checked suites.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::case::{FeatureFile, Suite};
use crate::diagnostic::{Diagnostic, nearest};
use crate::ledger::Ledger;
use crate::lint;
use crate::position::Position;

/// Everything that is declared for one specification.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The requirements.
    pub ledger: Ledger,
    /// What a subject may lack.
    pub features: FeatureFile,
    /// The suites, by file name.
    pub suites: Vec<SuiteFile>,
}

/// A suite and the file it comes from.
#[derive(Debug, Clone)]
pub struct SuiteFile {
    /// Path relative to the suites folder, with `/`.
    pub path: String,
    /// The suite.
    pub suite: Suite,
}

/// All suites with their ledgers.
#[derive(Debug, Clone)]
pub struct Library {
    /// By the name of the specification: `distribution`.
    pub specs: BTreeMap<String, Spec>,
    /// The text of every file, by path, for messages.
    pub texts: BTreeMap<String, String>,
}

/// Why suites could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder holds no suites.
    #[error(
        "{path} holds no suites\n  hint: it should have a folder `requirements` and a folder for each specification, \
         as the folder `suites` of Plimsoll has",
        path = path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// There are mistakes in the files.
    #[error("{}", .0.summary())]
    Mistakes(Mistakes),
}

/// Mistakes in suite files, with the texts that are needed to show them.
#[derive(Debug)]
pub struct Mistakes {
    /// The mistakes, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The text of every file, by path.
    pub texts: BTreeMap<String, String>,
}

impl Mistakes {
    /// How many there are.
    pub fn summary(&self) -> String {
        let files: std::collections::BTreeSet<&str> = self.diagnostics.iter().map(|d| d.file.as_str()).collect();
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        format!("{} in {}", plural(self.diagnostics.len(), "mistake"), plural(files.len(), "suite file"))
    }

    /// All of them, each with file, line, column, caret and hint.
    pub fn render(&self, color: bool) -> String {
        let empty = String::new();
        let shown: Vec<String> =
            self.diagnostics.iter().map(|d| d.render(self.texts.get(&d.file).unwrap_or(&empty), color)).collect();
        shown.join("\n\n")
    }
}

impl Library {
    /// The suites this program was built with.
    pub fn embedded() -> Result<Self, LoadError> {
        let files = crate::embedded::FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self::from_files(files.collect()).map_err(LoadError::Mistakes)
    }

    /// The suites of a folder. Ledgers and features that the folder lacks are taken from the embedded ones, so that a
    /// folder with nothing but a suite can be run.
    pub fn from_folder(folder: &Path) -> Result<Self, LoadError> {
        let mut texts = BTreeMap::new();
        read_folder(folder, folder, &mut texts)?;
        if !texts.keys().any(|path| Kind::of(path) == Some(Kind::Suite)) {
            return Err(LoadError::Empty { path: folder.to_owned() });
        }
        for (path, text) in crate::embedded::FILES {
            if Kind::of(path) != Some(Kind::Suite) {
                texts.entry((*path).to_owned()).or_insert_with(|| (*text).to_owned());
            }
        }
        Self::from_files(texts).map_err(LoadError::Mistakes)
    }

    /// Suites from texts by path.
    pub fn from_files(texts: BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let mut diagnostics = Vec::new();
        let mut specs: BTreeMap<String, Spec> = BTreeMap::new();
        for (path, text) in of_kind(&texts, Kind::Ledger) {
            if let Some(ledger) = read::<Ledger>(path, text, &mut diagnostics) {
                let spec = Spec { ledger, features: FeatureFile { features: Vec::new() }, suites: Vec::new() };
                specs.insert(spec.ledger.spec.clone(), spec);
            }
        }
        for (path, text) in of_kind(&texts, Kind::Features) {
            if let (Some(spec), Some(features)) = (specs.get_mut(folder_of(path)), read(path, text, &mut diagnostics)) {
                spec.features = features;
            }
        }
        for (path, text) in of_kind(&texts, Kind::Suite) {
            let Some(suite) = read::<Suite>(path, text, &mut diagnostics) else { continue };
            match specs.get_mut(folder_of(path)) {
                Some(spec) => spec.suites.push(SuiteFile { path: path.to_owned(), suite }),
                None => diagnostics.push(
                    Diagnostic::new(path, suite.name.at, format!("there is no ledger for `{}`", folder_of(path)))
                        .hint("a suite stands in the folder of its specification, e.g. distribution/my-topic.yaml"),
                ),
            }
        }
        for (name, spec) in &specs {
            lint::check(name, spec, &texts, &mut diagnostics);
        }
        if diagnostics.is_empty() {
            return Ok(Self { specs, texts });
        }
        diagnostics.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
        Err(Mistakes { diagnostics, texts })
    }

    /// `sha256:` digest over all files: two runs with the same digest ran the same cases.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (path, text) in &self.texts {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }
}

/// What a file in the suites folder is, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ledger,
    Features,
    Suite,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        let (folder, file) = path.split_once('/')?;
        match (folder, file) {
            ("schema" | "src" | "tests", _) => None,
            ("requirements", _) => Some(Self::Ledger),
            (_, "features.yaml") => Some(Self::Features),
            _ => Some(Self::Suite),
        }
    }
}

fn of_kind(texts: &BTreeMap<String, String>, kind: Kind) -> impl Iterator<Item = (&str, &str)> {
    texts
        .iter()
        .filter(move |(path, _)| Kind::of(path) == Some(kind))
        .map(|(path, text)| (path.as_str(), text.as_str()))
}

fn folder_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

fn read_folder(root: &Path, folder: &Path, texts: &mut BTreeMap<String, String>) -> Result<(), LoadError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadError::Read { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() {
            read_folder(root, &path, texts)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if Kind::of(&relative).is_some() {
                texts.insert(relative, text);
            }
        }
    }
    Ok(())
}

/// Reads a YAML file that is no suite, such as a configuration, and shows its first mistake as those of suites are
/// shown. `path` is its name for people.
///
/// # Errors
/// The mistake, with its place in the text.
pub fn document<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Box<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let read = read(path, text, &mut diagnostics);
    read.ok_or_else(|| {
        Box::new(diagnostics.pop().unwrap_or_else(|| Diagnostic::new(path, Position::default(), "unreadable")))
    })
}

/// Reads one file, turning the first mistake in its form into a diagnostic.
fn read<T: DeserializeOwned>(path: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    if let Some(tab) = tab_in_indentation(path, text) {
        diagnostics.push(tab);
        return None;
    }
    let options = serde_saphyr::options! { with_snippet: false };
    match serde_saphyr::from_str_with_options(text, options) {
        Ok(value) => Some(value),
        Err(error) => {
            diagnostics.push(explain(path, text, &error));
            None
        }
    }
}

/// YAML forbids tabs in indentation (section 6.1); parsers report what they stumble over afterwards.
fn tab_in_indentation(path: &str, text: &str) -> Option<Diagnostic> {
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..blank].find('\t')
            && !line.trim().is_empty()
        {
            let at = Position { line: number + 1, column: tab + 1, offset: offset + tab, len: 1 };
            return Some(
                Diagnostic::new(path, at, "a tab is used for indentation").hint("YAML indents with spaces only"),
            );
        }
        offset += line.len();
    }
    None
}

fn explain(path: &str, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    use serde_saphyr::Error as E;
    let error = error.without_snippet();
    let mut at: Position = error.location().map(Into::into).unwrap_or_default();
    if at.len == 0 {
        at.offset = offset_of(text, at.line, at.column);
    }
    match error {
        E::SerdeUnknownField { field, expected, .. } => {
            let diagnostic = Diagnostic::new(path, at, format!("unknown key `{field}`"));
            match nearest(field, expected.iter().copied()) {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            }
        }
        E::SerdeUnknownVariant { variant, expected, .. } => {
            let diagnostic = Diagnostic::new(path, at, format!("`{variant}` is not a word that can stand here"));
            match nearest(variant, expected.iter().copied()) {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            }
        }
        E::SerdeMissingField { field, .. } => Diagnostic::new(path, at, format!("the key `{field}` is missing"))
            .hint(format!("add `{field}:` to the mapping that begins before this place")),
        E::SerdeInvalidType { unexpected, expected, .. } | E::SerdeInvalidValue { unexpected, expected, .. } => {
            Diagnostic::new(path, at, format!("found {unexpected} where {expected} belongs"))
        }
        E::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            Diagnostic::new(path, at, format!("the key `{key}` is given twice")).hint("keep one of them")
        }
        E::Message { msg, .. } => Diagnostic::new(path, at, msg.clone()),
        other => {
            let text = other.to_string();
            // The library appends its own position, which ours says better.
            let message = text.split(" at line ").next().unwrap_or(&text);
            Diagnostic::new(path, at, message)
        }
    }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[before.min(text.len())..];
    let column: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    (before + column).min(text.len())
}
