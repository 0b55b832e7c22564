//! What the user says a registry holds, for registries that are only read.

use std::collections::BTreeMap;

use plimsoll_fixtures::Algorithm;
use serde_json::Value;

/// Content of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// The repository.
    pub repository: String,
    /// Tags that are there.
    pub tags: Vec<String>,
    /// Digests of manifests that are there.
    pub manifests: Vec<String>,
    /// Digests of blobs that are there.
    pub blobs: Vec<String>,
    /// Digests of manifests for which the referrers API lists something.
    pub referrers: Vec<String>,
}

impl Content {
    /// The lists by the names that matrices give them.
    pub fn lists(&self) -> BTreeMap<String, Vec<String>> {
        let lists = [
            ("tags", &self.tags),
            ("manifests", &self.manifests),
            ("blobs", &self.blobs),
            ("referrers", &self.referrers),
        ];
        lists.into_iter().map(|(name, list)| (name.to_owned(), list.clone())).collect()
    }

    /// What is one value for all cases.
    pub(crate) fn fields(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([("repository".to_owned(), self.repository.as_str().into())])
    }

    /// What is wrong with it, and where (the name of the list).
    ///
    /// # Errors
    /// The first mistake: the list it is in, and what it is.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.repository.is_empty() || self.repository.contains(char::is_whitespace) {
            return Err(("repository", format!("`{}` is no repository", self.repository)));
        }
        let lists = [("manifests", &self.manifests), ("blobs", &self.blobs), ("referrers", &self.referrers)];
        for (list, digests) in lists {
            if let Some(wrong) = digests.iter().find(|digest| !is_digest(digest)) {
                let message =
                    format!("`{wrong}` is no digest that can be computed here; write sha256:... or sha512:...");
                return Err((list, message));
            }
        }
        if self.tags.is_empty() && lists.iter().all(|(_, digests)| digests.is_empty()) {
            return Err(("repository", "nothing is named; list tags, manifests, blobs or referrers".to_owned()));
        }
        Ok(())
    }
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(name, hex)| {
        let digits = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        Algorithm::parse(name).is_some_and(|algorithm| digits && hex.len() == algorithm.hex_len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_at_is_refused() {
        let digest = Algorithm::Sha256.digest(b"{}");
        let good = Content { repository: "a/b".to_owned(), blobs: vec![digest.clone()], ..Content::default() };
        assert_eq!(good.check(), Ok(()));
        let list = |content: Content| content.check().unwrap_err().0;
        assert_eq!(list(Content { repository: String::new(), ..good.clone() }), "repository");
        assert_eq!(list(Content { blobs: Vec::new(), ..good.clone() }), "repository");
        for wrong in ["latest", "sha256:12", &digest.to_uppercase(), "md5:d41d8cd98f00b204e9800998ecf8427e"] {
            assert_eq!(list(Content { blobs: vec![wrong.to_owned()], ..good.clone() }), "blobs", "{wrong}");
        }
    }
}
