//! From files to checked suites.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::case::{FeatureFile, Suite};
use crate::diagnostic::Diagnostic;
use crate::host::HostFile;
use crate::ledger::{CLIENTS, Ledger, Unchecked};
use crate::lint;
use crate::matrix::Values;
use crate::mutants::Mutants;
use crate::official::Official;
use crate::position::{At, Position};
use crate::read::read;
use crate::yaml::position_at;

/// Everything that is declared for one specification.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The requirements.
    pub ledger: Ledger,
    /// What a subject may lack.
    pub features: FeatureFile,
    /// What is known about the mutants of the reference implementation.
    pub mutants: Mutants,
    /// What the cases amount to in the words of the official program, where it has some.
    pub official: Option<Official>,
    /// The suites, by file name.
    pub suites: Vec<SuiteFile>,
}

/// A suite and the file it comes from.
#[derive(Debug, Clone)]
pub struct SuiteFile {
    /// Path relative to the suites folder, with `/`.
    pub path: String,
    /// Path as the user finds the file.
    pub shown: String,
    /// The suite.
    pub suite: Suite,
}

/// All suites with their ledgers.
#[derive(Debug, Clone)]
pub struct Library {
    /// By the name of the specification: `distribution`.
    pub specs: BTreeMap<String, Spec>,
    /// What requirements may need of the host.
    pub host: HostFile,
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
    /// The same, in files that the user finds below `root`.
    fn below(self, root: &str) -> Self {
        let below = |path: String| format!("{root}/{path}");
        let diagnostics = self.diagnostics.into_iter().map(|d| Diagnostic { file: below(d.file), ..d }).collect();
        Self { diagnostics, texts: self.texts.into_iter().map(|(path, text)| (below(path), text)).collect() }
    }

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
        let library = Self::from_files(files.collect()).map_err(LoadError::Mistakes)?;
        Ok(library.below("suites"))
    }

    /// The suites of a folder. What the folder lacks of ledgers, hosts, features and mutants is taken from the embedded
    /// ones, so that a folder with nothing but a suite can be run.
    pub fn from_folder(folder: &Path) -> Result<Self, LoadError> {
        let mut files = Files::default();
        files.read_folder(folder, folder)?;
        if !files.texts.keys().any(|path| Kind::of(path) == Some(Kind::Suite)) {
            return Err(LoadError::Empty { path: folder.to_owned() });
        }
        let own = |spec: &str| files.texts.contains_key(&format!("requirements/{spec}.yaml"));
        // What adds to the ledger of Plimsoll need not fit another one.
        let fitting: Vec<_> =
            crate::embedded::FILES.iter().filter(|(path, _)| !supplemented(path).is_some_and(own)).collect();
        for (path, text) in fitting {
            // The rows of the official program are about the suites they came with.
            if !matches!(Kind::of(path), Some(Kind::Suite | Kind::Official)) {
                files.texts.entry((*path).to_owned()).or_insert_with(|| (*text).to_owned());
            }
        }
        let root = folder.display().to_string();
        let root = root.trim_end_matches('/');
        match files.check() {
            Ok(library) => Ok(library.below(root)),
            Err(mistakes) => Err(LoadError::Mistakes(mistakes.below(root))),
        }
    }

    /// The same, whose files the user finds below `root`.
    fn below(mut self, root: &str) -> Self {
        for file in self.specs.values_mut().flat_map(|spec| &mut spec.suites) {
            file.shown = format!("{root}/{}", file.path);
        }
        self
    }

    /// Suites from texts by path.
    pub fn from_files(texts: BTreeMap<String, String>) -> Result<Self, Mistakes> {
        Files { texts, diagnostics: Vec::new() }.check()
    }

    /// Puts the content that the user says the registry holds into the matrices that ask for it, by the names in
    /// [`CONTENT_LISTS`](crate::matrix::CONTENT_LISTS). The digest stays: it is about the files.
    pub fn fill(&mut self, content: &BTreeMap<String, Vec<String>>) {
        let cases = self.specs.values_mut().flat_map(|spec| &mut spec.suites).flat_map(|file| &mut file.suite.cases);
        for values in cases.flat_map(|case| case.value.matrix.values_mut()) {
            if let Values::Content(name) = values
                && let Some(named) = content.get(name.as_str()).filter(|named| !named.is_empty())
            {
                let named = named.iter().map(|text| At { value: text.as_str().into(), at: Position::default() });
                *values = Values::Listed(named.collect());
            }
        }
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
    Host,
    Features,
    Mutants,
    Official,
    Suite,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        let (folder, file) = path.split_once('/')?;
        match (folder, file) {
            ("schema" | "src" | "tests", _) => None,
            ("requirements", "host.yaml") => Some(Self::Host),
            ("requirements", _) => Some(Self::Ledger),
            (_, "features.yaml") => Some(Self::Features),
            (_, "mutants.yaml") => Some(Self::Mutants),
            (_, "official.yaml") => Some(Self::Official),
            _ => Some(Self::Suite),
        }
    }
}

/// Files on the way to a library.
#[derive(Default)]
struct Files {
    texts: BTreeMap<String, String>,
    /// Mistakes that were found so far. A file that is named here before it is read is not read.
    diagnostics: Vec<Diagnostic>,
}

impl Files {
    fn read_folder(&mut self, root: &Path, folder: &Path) -> Result<(), LoadError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LoadError::Read { path, source }
        };
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.is_dir() {
                self.read_folder(root, &path)?;
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if Kind::of(&relative).is_some() {
                    let bytes = std::fs::read(&path).map_err(failed(&path))?;
                    self.add(relative, bytes);
                }
            }
        }
        Ok(())
    }

    /// Adds a file, which has to be text.
    fn add(&mut self, path: String, bytes: Vec<u8>) {
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            let offset = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
            // What comes before the byte stays as it is, and so does its place.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let message = format!("the byte 0x{byte:02x} here is not UTF-8");
            let hint = "save the file as UTF-8; bytes that are no text belong into a fixture";
            self.diagnostics.push(Diagnostic::new(&path, position_at(&text, offset, 1), message).hint(hint));
            text
        });
        self.texts.insert(path, text);
    }

    /// Reads every file and looks at all of them together.
    fn check(self) -> Result<Library, Mistakes> {
        let Self { mut texts, mut diagnostics } = self;
        for text in texts.values_mut() {
            // Editors of some systems begin a file with a mark that is no part of it.
            if let Some(rest) = text.strip_prefix('\u{feff}') {
                *text = rest.to_owned();
            }
        }
        let unread: BTreeSet<String> = diagnostics.iter().map(|diagnostic| diagnostic.file.clone()).collect();
        let of_kind = |kind: Kind| {
            let texts = texts.iter().filter(|(path, _)| !unread.contains(*path));
            texts
                .filter(move |(path, _)| Kind::of(path) == Some(kind))
                .map(|(path, text)| (path.as_str(), text.as_str()))
        };
        let mut host = HostFile::default();
        let mut host_whole = true;
        for (path, text) in of_kind(Kind::Host) {
            let before = diagnostics.len();
            host = read(path, text, &mut diagnostics).unwrap_or_default();
            host_whole = diagnostics.len() == before;
            host.check(path, &mut diagnostics);
        }
        let host_known = host_whole.then_some(&host);
        let mut specs: BTreeMap<String, Spec> = BTreeMap::new();
        let mut supplements = Vec::new();
        for (path, text) in of_kind(Kind::Ledger) {
            let Some(ledger) = read_ledger(path, text, host_known, &mut diagnostics) else { continue };
            if let Some(of) = supplemented(path) {
                supplements.push((path, of, ledger));
                continue;
            }
            let (features, mutants) = (FeatureFile::default(), Mutants::default());
            let spec = Spec { ledger, features, mutants, official: None, suites: Vec::new() };
            specs.insert(spec.ledger.spec.clone(), spec);
        }
        for (path, of, supplement) in supplements {
            let problems = match specs.get_mut(of) {
                Some(spec) => spec.ledger.supplement(supplement).err().unwrap_or_default(),
                // A ledger that cannot be read has been reported.
                None if texts.contains_key(&format!("requirements/{of}.yaml")) => continue,
                None => vec![format!("there is no ledger requirements/{of}.yaml")],
            };
            diagnostics.extend(problems.into_iter().map(|problem| {
                let hint = "a ledger in a folder adds to the one that is named like the folder";
                Diagnostic::new(path, position_at(&texts[path], 0, 1), problem).hint(hint)
            }));
        }
        // The duties of clients are in the same ledger, and their suites in a folder of their own.
        let folders: BTreeSet<&str> = texts.keys().map(|path| folder_of(path)).collect();
        for folder in folders {
            if let Some(spec) = folder.strip_suffix(CLIENTS).and_then(|registry| specs.get(registry)) {
                let ledger = spec.ledger.of_clients();
                let (features, mutants) = (FeatureFile::default(), Mutants::default());
                specs.insert(folder.to_owned(), Spec { ledger, features, mutants, official: None, suites: Vec::new() });
            }
        }
        for (path, text) in of_kind(Kind::Features) {
            if let (Some(spec), Some(features)) = (specs.get_mut(folder_of(path)), read(path, text, &mut diagnostics)) {
                spec.features = features;
            }
        }
        for (path, text) in of_kind(Kind::Mutants) {
            if let (Some(spec), Some(mutants)) = (specs.get_mut(folder_of(path)), read(path, text, &mut diagnostics)) {
                spec.mutants = mutants;
            }
        }
        for (path, text) in of_kind(Kind::Official) {
            if let Some(spec) = specs.get_mut(folder_of(path)) {
                spec.official = read(path, text, &mut diagnostics);
            }
        }
        for (path, text) in of_kind(Kind::Suite) {
            let Some(suite) = read::<Suite>(path, text, &mut diagnostics) else { continue };
            match specs.get_mut(folder_of(path)) {
                Some(spec) => spec.suites.push(SuiteFile { path: path.to_owned(), shown: path.to_owned(), suite }),
                // A ledger that cannot be read has been reported.
                None if texts.contains_key(&format!("requirements/{}.yaml", ledger_of(folder_of(path)))) => {}
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
            return Ok(Library { specs, host, texts });
        }
        diagnostics.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
        diagnostics.dedup();
        Err(Mistakes { diagnostics, texts })
    }
}

/// A ledger also has to agree with itself, and with what is known of hosts.
fn read_ledger(path: &str, text: &str, host: Option<&HostFile>, diagnostics: &mut Vec<Diagnostic>) -> Option<Ledger> {
    let unchecked: Unchecked = read(path, text, diagnostics)?;
    if let Some(host) = host {
        host.check_ledger(path, &unchecked, diagnostics);
    }
    diagnostics.extend(unchecked.problems().into_iter().map(|(at, problem)| {
        Diagnostic::new(path, at, problem).hint("the comment at the head of Plimsoll's ledgers explains every key")
    }));
    Some(unchecked.into())
}

/// The specification whose ledger another one adds to: `requirements/distribution/access.yaml` adds to that of
/// `distribution`.
fn supplemented(path: &str) -> Option<&str> {
    path.strip_prefix("requirements/")?.split_once('/').map(|(of, _)| of)
}

/// The ledger to which the suites of a folder belong.
pub(crate) fn ledger_of(folder: &str) -> &str {
    folder.strip_suffix(CLIENTS).unwrap_or(folder)
}

fn folder_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}
