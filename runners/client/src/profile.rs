//! Profiles: how a client is told what to do.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use plimsoll_suite::client::Verb;
use plimsoll_suite::diagnostic::Diagnostic;
use plimsoll_suite::document;
use serde::Deserialize;

/// Profiles that come with the program, by the name that users give.
const BUILT_IN: [(&str, &str); 2] = [
    ("plimsoll", include_str!("../../subjects/clients/plimsoll.yaml")),
    ("skopeo", include_str!("../../subjects/clients/skopeo.yaml")),
];

/// A client as its user describes it.
///
/// Arguments may hold `{image}` (host, repository and tag or digest, as in `docker pull`), `{registry}` (host and port),
/// `{repository}`, `{reference}`, `{from}`, `{from-image}`, `{dir}` (the folder to pull into, or the image layout to push
/// from), `{user}`, `{password}` and `{auth-file}` in `{auth-dir}`, `{scheme}`, `{tls}`, `{plain-http}` and `{ca}` in
/// `{ca-dir}`, `{plimsoll}` (this program), and every parameter of the case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Name of the product.
    pub name: String,
    /// Command that prints the version in its last word.
    #[serde(default)]
    pub version: Vec<String>,
    /// The command of each verb that the client has.
    pub commands: BTreeMap<Verb, Vec<String>>,
    /// Arguments that are added where a case has a parameter of this name.
    #[serde(default)]
    pub options: IndexMap<String, Vec<String>>,
    /// Features that are neither a verb nor an option.
    #[serde(default)]
    pub has: Vec<String>,
    /// Why features are missing.
    #[serde(default)]
    pub lacks: BTreeMap<String, String>,
    /// Environment variables of the client, which sees none of the user's but PATH.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

impl Profile {
    /// Reads a profile; `path` is its name for people.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(path: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        document(path, text)
    }

    /// The text of a profile that comes with the program.
    pub fn built_in(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(own, _)| *own == name).map(|(_, text)| *text)
    }

    /// Names of the profiles that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Whether the client has a feature; the reason where it has not.
    pub fn supports(&self, feature: &str) -> Result<(), String> {
        let verb = self.commands.keys().any(|verb| verb.word() == feature);
        if verb || self.options.contains_key(feature) || self.has.iter().any(|own| own == feature) {
            return Ok(());
        }
        let known = self.lacks.get(feature).map(|reason| format!(": {reason}"));
        Err(format!("the profile of {} has no `{feature}`{}", self.name, known.unwrap_or_default()))
    }

    /// The command line of a verb, with the arguments of the options that the case has parameters for.
    pub(crate) fn command(&self, verb: Verb, values: &BTreeMap<String, String>) -> Option<Vec<String>> {
        let mut words = self.commands.get(&verb)?.clone();
        for (option, more) in &self.options {
            if values.contains_key(option) {
                words.extend(more.iter().cloned());
            }
        }
        Some(words.iter().map(|word| fill(word, values)).collect())
    }
}

/// Replaces `{name}` where a value has that name.
pub(crate) fn fill(word: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}').and_then(|(name, more)| Some((values.get(name)?, more))) {
            Some((value, more)) => {
                filled.push_str(value);
                rest = more;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_profiles_are_whole() {
        for name in Profile::names() {
            let profile = Profile::read(name, Profile::built_in(name).unwrap()).unwrap();
            assert!(profile.supports("pull").is_ok(), "{name}");
        }
    }

    #[test]
    fn options_come_with_their_parameter_only() {
        let text = "{ name: x, commands: { pull: [x, \"{image}\"] }, options: { size: [--size, \"{size}\"] } }";
        let profile = Profile::read("x.yaml", text).unwrap();
        let mut values = BTreeMap::from([("image".to_owned(), "h/{size}:v1".to_owned())]);
        assert_eq!(profile.command(Verb::Pull, &values).unwrap(), ["x", "h/{size}:v1"]);
        values.insert("size".to_owned(), "3".to_owned());
        assert_eq!(profile.command(Verb::Pull, &values).unwrap(), ["x", "h/{size}:v1", "--size", "3"]);
        assert_eq!(profile.command(Verb::Push, &values), None);
        assert!(profile.supports("push").unwrap_err().contains("no `push`"));
        assert!(profile.supports("size").is_ok());
        assert_eq!(fill("{a}{{image}", &values), "{a}{h/{size}:v1");
    }
}
