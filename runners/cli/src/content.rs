//! `--content`: what the user says the registry holds.

use std::path::Path;

use plimsoll_registry_runner::content::Content;
use plimsoll_suite::diagnostic::Diagnostic;
use plimsoll_suite::document;
use plimsoll_suite::position::At;
use serde::Deserialize;

use crate::error::CliError;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    repository: At<String>,
    #[serde(default)]
    tags: At<Vec<String>>,
    #[serde(default)]
    manifests: At<Vec<String>>,
    #[serde(default)]
    blobs: At<Vec<String>>,
    #[serde(default)]
    referrers: At<Vec<String>>,
}

/// Reads the file.
pub fn read(path: &Path) -> Result<Content, CliError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::usage(format!("cannot read {name}: {error}"))
            .hint("--content takes a YAML file with `repository:` and lists of tags, manifests, blobs and referrers")
    })?;
    parse(&name, &text).map_err(|mistake| CliError::mistake(&mistake, &text))
}

fn parse(name: &str, text: &str) -> Result<Content, Box<Diagnostic>> {
    let file: File = document(name, text)?;
    let places = [
        ("repository", file.repository.at),
        ("manifests", file.manifests.at),
        ("blobs", file.blobs.at),
        ("referrers", file.referrers.at),
    ];
    let content = Content {
        repository: file.repository.value,
        tags: file.tags.value,
        manifests: file.manifests.value,
        blobs: file.blobs.value,
        referrers: file.referrers.value,
    };
    match content.check() {
        Ok(()) => Ok(content),
        Err((list, what)) => {
            let at = places.iter().find(|(name, _)| *name == list).map(|(_, at)| *at).unwrap_or_default();
            Err(Box::new(Diagnostic::new(name, at, what)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_and_mistakes_are_shown_where_they_are() {
        let good = parse("c.yaml", "repository: a/b\ntags: [latest]\n").unwrap();
        assert_eq!((good.repository.as_str(), good.tags.as_slice()), ("a/b", &["latest".to_owned()][..]));
        let mistake = |text: &str| parse("c.yaml", text).unwrap_err().to_string();
        assert!(mistake("repository: a/b\nblobs: [latest]\n").starts_with("c.yaml:2:8: `latest` is no digest"));
        assert!(mistake("repository: a/b\n").starts_with("c.yaml:1:13: nothing is named"));
        assert!(mistake("repository: a\nblob: []\n").contains("did you mean `blobs`?"));
        assert!(mistake("tags: [a]\n").contains("`repository` is missing"));
    }
}
