//! The configuration of the official conformance program: `oci-conformance.yaml` and the OCI_* variables.
//!
//! It is read only when asked for. The variables share their prefix with the tools of a cloud, and a run must not go to
//! another registry because of a file that happens to lie in the folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plimsoll_registry_runner::content::Content;
use plimsoll_suite::diagnostic::nearest;
use plimsoll_suite::document;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::official::Switch;
use plimsoll_suite::position::At;
use serde_json::{Map, Value};

use crate::args::RunArgs;
use crate::error::CliError;

/// The file that the official program reads by itself.
const FILE: &str = "oci-conformance.yaml";
/// The repository that the official program takes when none is named.
const REPO1: &str = "conformance/repo1";

/// Settings that mean something here. All others but the switches are in [`NOT_USED`].
const USED: &[&str] = &[
    "registry",
    "tls",
    "repo1",
    "username",
    "password",
    "version",
    "resultsDir",
    "roData.tags",
    "roData.manifests",
    "roData.blobs",
    "roData.referrers",
];

/// Settings that mean nothing here, and why.
const NOT_USED: &[(&str, &str)] = &[
    ("repo2", "a run makes repositories of its own below repo1"),
    ("cacheAuth", "a token is used as long as it is good"),
    ("logging", "the transcripts are in the reports"),
    ("filterTest", "the tests have other names here; choose cases with --case"),
    ("commit", "a run records its own version"),
    ("legacy", "there is one way to run"),
];

/// What was found.
#[derive(Debug, Default)]
struct Settings {
    /// Value and origin by path, e.g. `apis.blobs.delete`.
    values: BTreeMap<String, (Value, String)>,
    warnings: Vec<String>,
}

/// Fills in what flags, environment and plimsoll.yaml left open. Says on standard error what it passes over.
pub fn fill(args: &mut RunArgs, switches: &[At<Switch>]) -> Result<(), CliError> {
    let Some(named) = &args.subject.official_config else { return Ok(()) };
    let mut settings = Settings::default();
    if let Some(path) = file(named.as_deref()) {
        settings.read(&path)?;
    }
    settings.environment(std::env::vars(), switches);
    settings.judge(switches);
    settings.apply(args, switches)?;
    for warning in &settings.warnings {
        anstream::eprintln!("warning: {warning}");
    }
    Ok(())
}

/// The file that is meant; without a name, the one the official program would read, if it is there.
fn file(named: Option<&Path>) -> Option<PathBuf> {
    let configured = || std::env::var_os("OCI_CONFIGURATION").map(PathBuf::from);
    let there = || Path::new(FILE).is_file().then(|| PathBuf::from(FILE));
    named.map(Path::to_owned).or_else(configured).or_else(there)
}

impl Settings {
    fn read(&mut self, path: &Path) -> Result<(), CliError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::usage(format!("cannot read {name}: {error}"))
                .hint("--official-config takes the oci-conformance.yaml of the official program")
        })?;
        let read: Map<String, Value> = document(&name, &text).map_err(|mistake| CliError::mistake(&mistake, &text))?;
        self.flatten("", &read, &name);
        Ok(())
    }

    fn flatten(&mut self, above: &str, members: &Map<String, Value>, origin: &str) {
        for (key, value) in members {
            match value {
                Value::Object(below) => self.flatten(&format!("{above}{key}."), below, origin),
                Value::Null => {}
                value => {
                    let key = format!("{above}{key}");
                    self.values.insert(key.clone(), (value.clone(), format!("`{key}` in {origin}")));
                }
            }
        }
    }

    /// Variables come before the file, as in the official program. An empty one is none.
    fn environment(&mut self, variables: impl Iterator<Item = (String, String)>, switches: &[At<Switch>]) {
        let keys = USED.iter().copied().chain(NOT_USED.iter().map(|(key, _)| *key));
        let names: BTreeMap<String, &str> =
            keys.chain(switches.iter().map(|switch| switch.key.as_str())).map(|key| (variable(key), key)).collect();
        for (name, value) in variables.filter(|(name, value)| name.starts_with("OCI_") && !value.is_empty()) {
            match names.get(&name) {
                Some(key) => {
                    self.values.insert((*key).to_owned(), (Value::from(value), name));
                }
                None if name == "OCI_CONFIGURATION" || name.starts_with("OCI_CLI_") => {}
                None => {
                    self.warnings.push(format!("{name} is not read: the official program has no such setting today"));
                }
            }
        }
    }

    /// Says what is not known and what is not used.
    fn judge(&mut self, switches: &[At<Switch>]) {
        for (key, (value, origin)) in &self.values {
            let switch = switches.iter().find(|switch| *switch.key == *key);
            if let Some((_, why)) = NOT_USED.iter().find(|(name, _)| name == key) {
                self.warnings.push(format!("{origin} is not used: {why}"));
            } else if let Some(why) = switch.and_then(|switch| switch.why.as_ref()) {
                if truth(value) == Some(false) {
                    self.warnings.push(format!("{origin} changes nothing here: {why}"));
                }
            } else if switch.is_none() && !USED.contains(&key.as_str()) {
                let known = USED.iter().copied().chain(switches.iter().map(|switch| switch.key.as_str()));
                let hint = nearest(key, known).map(|hint| format!("; {hint}")).unwrap_or_default();
                self.warnings.push(format!("{origin} is not known{hint}"));
            }
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, CliError> {
        let Some((value, origin)) = self.values.get(key) else { return Ok(None) };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(CliError::usage(format!("{origin} should be a text"))),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn list(&self, key: &str) -> Result<Vec<String>, CliError> {
        let texts = match self.values.get(key) {
            None => Some(Vec::new()),
            Some((Value::String(text), _)) => Some(text.split_whitespace().map(str::to_owned).collect()),
            Some((Value::Array(list), _)) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        texts.ok_or_else(|| CliError::usage(format!("{} should be a list of texts", self.origin(key))))
    }

    fn origin<'a>(&'a self, key: &'a str) -> &'a str {
        self.values.get(key).map_or(key, |(_, origin)| origin)
    }

    fn apply(&mut self, args: &mut RunArgs, switches: &[At<Switch>]) -> Result<(), CliError> {
        if args.subject.registry.is_none() {
            let registry = self.text("registry")?.ok_or_else(|| {
                CliError::usage("the official configuration names no registry")
                    .hint("write `registry: host:port`, set OCI_REGISTRY, or use --registry")
            })?;
            let tls = self.text("tls")?.unwrap_or_default().to_ascii_lowercase();
            let scheme = if tls == "disabled" { "http" } else { "https" };
            if !matches!(tls.as_str(), "" | "enabled" | "insecure" | "disabled") {
                let message = format!("{} is `{tls}`, not enabled, insecure or disabled", self.origin("tls"));
                return Err(CliError::usage(message));
            }
            args.subject.insecure |= tls == "insecure";
            args.subject.registry = Some(format!("{scheme}://{registry}"));
        }
        let repo1 = self.text("repo1")?;
        if args.subject.user.is_none() {
            args.subject.user = self.text("username")?;
            let elsewhere = args.subject.password_stdin || std::env::var_os("PLIMSOLL_PASSWORD").is_some();
            if args.subject.user.is_some() && !elsewhere {
                args.subject.password = self.text("password")?;
            }
        }
        if args.select.spec_version.is_none() {
            args.select.spec_version = Some(self.version()?);
        }
        args.how.out = args.how.out.take().or(self.text("resultsDir")?.map(PathBuf::from));
        self.content(args, repo1.as_deref())?;
        args.subject.namespace = args.subject.namespace.take().or(repo1);
        self.switches(args, switches)
    }

    fn version(&self) -> Result<SpecVersion, CliError> {
        match self.text("version")?.as_deref() {
            None | Some("1.1" | "stable") => Ok(SpecVersion::V1_1),
            Some("1.0") => Ok(SpecVersion::V1_0),
            Some("1.1+dev" | "dev") => Ok(SpecVersion::Main),
            Some(other) => {
                Err(CliError::usage(format!("{} is `{other}`, which is no version", self.origin("version")))
                    .hint("it knows 1.0, 1.1 (or stable) and 1.1+dev (or dev), which is main here"))
            }
        }
    }

    fn content(&self, args: &mut RunArgs, repo1: Option<&str>) -> Result<(), CliError> {
        let content = Content {
            repository: repo1.unwrap_or(REPO1).to_owned(),
            tags: self.list("roData.tags")?,
            manifests: self.list("roData.manifests")?,
            blobs: self.list("roData.blobs")?,
            referrers: self.list("roData.referrers")?,
        };
        if args.subject.given.is_none() && content.lists().values().any(|list| !list.is_empty()) {
            content.check().map_err(|(list, what)| {
                CliError::usage(format!("{}: {what}", self.origin(&format!("roData.{list}"))))
            })?;
            args.subject.given = Some(content);
        }
        Ok(())
    }

    fn switches(&mut self, args: &mut RunArgs, switches: &[At<Switch>]) -> Result<(), CliError> {
        let version = args.select.spec_version.unwrap_or(SpecVersion::V1_1);
        for switch in switches {
            let Some((value, origin)) = self.values.get(switch.key.as_str()) else { continue };
            let on = truth(value).ok_or_else(|| CliError::usage(format!("{origin} should be true or false")))?;
            if switch.why.is_some() {
                continue;
            }
            let since = switch.since.as_ref().and_then(|since| since.parse::<SpecVersion>().ok());
            let later = since.filter(|since| *since > version);
            match (on, later) {
                (true, Some(since)) => self.warnings.push(format!(
                    "{origin} is on, but version {version} knows nothing of it; {since} does (`version:`, --spec-version)"
                )),
                (false, None) => {
                    args.subject.switched_off.push(switch.key.value.clone());
                    // Who switches pushing off means that nothing is written.
                    args.subject.read_only |= switch.key.as_str() == "apis.push";
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A value as the official program reads switches.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The variable of a setting: `apis.blobs.mountAnonymous` is OCI_API_BLOBS_MOUNT_ANONYMOUS.
fn variable(key: &str) -> String {
    let mut name = "OCI_".to_owned();
    for c in key.strip_prefix("apis").map_or(key.to_owned(), |rest| format!("api{rest}")).chars() {
        match c {
            '.' => name.push('_'),
            c if c.is_ascii_uppercase() => name.extend(['_', c]),
            c => name.push(c.to_ascii_uppercase()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use plimsoll_suite::Library;

    use super::*;

    fn switches() -> Vec<At<Switch>> {
        Library::embedded().unwrap().specs["distribution"].official.clone().unwrap().switches
    }

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<(RunArgs, Vec<String>), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, text).unwrap();
        let (mut settings, mut args, switches) = (Settings::default(), RunArgs::default(), switches());
        settings.read(&path).map_err(|error| error.to_string())?;
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        settings.environment(variables, &switches);
        settings.judge(&switches);
        settings.apply(&mut args, &switches).map_err(|error| error.to_string())?;
        let short = |warning: String| warning.replace(&format!(" in {}", path.display()), "");
        Ok((args, settings.warnings.into_iter().map(short).collect()))
    }

    #[test]
    fn the_official_configuration_says_where_and_what() {
        let text = "registry: r.example:5000\ntls: insecure\nrepo1: org/one\nusername: me\npassword: secret\n\
                    version: 1.1+dev\nresultsDir: ./results\napis: { tags: { delete: false } }\ndata: { sha512: false }\n";
        let (args, warnings) = read(text, &[]).unwrap();
        assert_eq!(args.subject.registry.as_deref(), Some("https://r.example:5000"));
        assert!(args.subject.insecure);
        assert_eq!(args.subject.namespace.as_deref(), Some("org/one"));
        assert_eq!((args.subject.user.as_deref(), args.subject.password.as_deref()), (Some("me"), Some("secret")));
        assert_eq!(args.select.spec_version, Some(SpecVersion::Main));
        assert_eq!(args.how.out, Some(PathBuf::from("./results")));
        assert_eq!(args.subject.switched_off, ["apis.tags.delete", "data.sha512"]);
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn variables_come_before_the_file_and_flags_before_both() {
        let variables = [("OCI_REGISTRY", "other:5000"), ("OCI_TLS", "disabled"), ("OCI_API_BLOBS_UPLOAD_CANCEL", "0")];
        let (args, _) = read("registry: r.example\nversion: dev\n", &variables).unwrap();
        assert_eq!(args.subject.registry.as_deref(), Some("http://other:5000"));
        assert_eq!(args.subject.switched_off, ["apis.blobs.uploadCancel"]);
        let mut args = RunArgs::default();
        args.subject.registry = Some("http://flag".to_owned());
        args.subject.namespace = Some("mine".to_owned());
        let mut settings = Settings::default();
        settings.environment([("OCI_REPO1".to_owned(), "org/one".to_owned())].into_iter(), &[]);
        settings.apply(&mut args, &[]).unwrap();
        assert_eq!(args.subject.registry.as_deref(), Some("http://flag"));
        assert_eq!(args.subject.namespace.as_deref(), Some("mine"));
    }

    #[test]
    fn nothing_is_passed_over_in_silence() {
        let text = "registry: r\nrepo2: b\nfilterTest: ping\napis: { blob: { delete: true } }\nfoo: 1\n\
                    data: { image: false }\n";
        let (_, warnings) = read(text, &[("OCI_ROOT_URL", "http://x"), ("OCI_CLI_USER", "cloud")]).unwrap();
        let begins = [
            "OCI_ROOT_URL is not read",
            "`apis.blob.delete` is not known; did you mean `apis.blobs.delete`?",
            "`data.image` changes nothing here",
            "`filterTest` is not used: the tests have other names",
            "`foo` is not known",
            "`repo2` is not used",
        ];
        assert_eq!(warnings.len(), begins.len(), "{warnings:?}");
        for begin in begins {
            assert!(warnings.iter().any(|warning| warning.starts_with(begin)), "{begin}: {warnings:?}");
        }
        let (_, warnings) = read("registry: r\napis: { manifests: { tagParam: true } }", &[]).unwrap();
        assert!(warnings[0].contains("is on, but version 1.1 knows nothing of it; main does"), "{warnings:?}");
    }

    #[test]
    fn mistakes_are_said() {
        for (text, message) in [
            ("version: \"1.1\"", "names no registry"),
            ("registry: r\ntls: maybe", "not enabled, insecure or disabled"),
            ("registry: r\nversion: 9.9", "which is no version"),
            ("registry: r\napis: { ping: perhaps }", "should be true or false"),
            ("registry: r\nroData: { blobs: [latest] }", "`latest` is no digest"),
            ("registry: [r]", "should be a text"),
            ("- registry", "mistake"),
        ] {
            let error = read(text, &[]).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn pushing_switched_off_means_that_nothing_is_written() {
        let text = "registry: r\nrepo1: a/b\napis: { push: false }\nroData: { tags: [latest] }\n";
        let (args, _) = read(text, &[]).unwrap();
        assert!(args.subject.read_only);
        let content = args.subject.given.unwrap();
        assert_eq!((content.repository.as_str(), content.tags.as_slice()), ("a/b", &["latest".to_owned()][..]));
    }

    #[test]
    fn variables_have_the_names_of_the_official_program() {
        for (key, name) in [
            ("apis.tags.list", "OCI_API_TAGS_LIST"),
            ("apis.manifests.tagParam", "OCI_API_MANIFESTS_TAG_PARAM"),
            ("roData.tags", "OCI_RO_DATA_TAGS"),
            ("resultsDir", "OCI_RESULTS_DIR"),
            ("data.nondistributable", "OCI_DATA_NONDISTRIBUTABLE"),
        ] {
            assert_eq!(variable(key), name);
        }
    }
}
