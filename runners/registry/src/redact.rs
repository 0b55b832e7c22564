//! Keeps secrets out of everything that is shown or stored.

use std::sync::LazyLock;

use bytes::Bytes;
use regex::{Captures, Regex, bytes::Regex as BytesRegex};
use url::Url;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "<redacted>";
/// Shortest secret that is looked for. A shorter one would be found everywhere.
const SHORTEST: usize = 4;
/// Parameters of URLs whose value is a secret, as in presigned URLs, and users and passwords of URLs. The suite language
/// knows no such parameters, so nothing a case sends is hidden.
const IN_URLS: &str = r#"(?ix)
    (?<keep> [?&;] (?: [^=&;?\s"'<>]* (?: signature | token | credential | secret | password ) [^=&;?\s"'<>]* | sig ) = )
    [^&;\s"'<>]*
    | (?<scheme> [a-z][a-z0-9+.-]* :// ) [^/?\#\s"'<>]* @
"#;

static TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(IN_URLS).ok());

/// Text without the secrets of the URLs in it.
pub(crate) fn text(text: &str) -> String {
    let replace = |found: &Captures<'_>| match (found.name("keep"), found.name("scheme")) {
        (Some(keep), _) => format!("{}{REDACTED}", keep.as_str()),
        (None, scheme) => scheme.map_or("", |scheme| scheme.as_str()).to_owned(),
    };
    match &*TEXT {
        Some(pattern) => pattern.replace_all(text, replace).into_owned(),
        None => REDACTED.to_owned(),
    }
}

/// Header fields whose value is a secret.
const SECRET_FIELDS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-registry-auth"];
/// Parts of the names of header fields whose value is a secret.
const SECRET_WORDS: [&str; 3] = ["token", "secret", "api-key"];

/// True when the value of such a header field is a secret.
pub(crate) fn is_secret_field(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_FIELDS.contains(&name.as_str()) || SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// A URL without user, password and secret parameters.
pub(crate) fn url(url: &Url) -> String {
    text(url.as_str())
}

/// Hides secrets that are known, beside those that show themselves in URLs.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    /// Longest first, so that a secret is not found within another one.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor of these secrets.
    pub(crate) fn new(mut secrets: Vec<String>) -> Self {
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// Text without secrets.
    pub(crate) fn text(&self, shown: &str) -> String {
        self.secrets.iter().fold(text(shown), |shown, secret| shown.replace(secret, REDACTED))
    }

    /// A body without the secrets that are known. What looks like a secret is left: a body is evidence.
    pub(crate) fn body(&self, body: &Bytes) -> Bytes {
        let patterns: Vec<String> = self.secrets.iter().map(|secret| regex::escape(secret)).collect();
        if patterns.is_empty() || body.is_empty() {
            return body.clone();
        }
        match BytesRegex::new(&patterns.join("|")) {
            Ok(secrets) if !secrets.is_match(body) => body.clone(),
            Ok(secrets) => secrets.replace_all(body, REDACTED.as_bytes()).into_owned().into(),
            // A secret too long to be looked for: nothing is shown.
            Err(_) => Bytes::from_static(REDACTED.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_do_not_show() {
        let shown = |text: &str| url(&Url::parse(text).unwrap());
        assert_eq!(
            shown("https://u:p@store.example/x?X-Amz-Signature=abc&digest=sha256:1&sig=2&_state=3"),
            "https://store.example/x?X-Amz-Signature=<redacted>&digest=sha256:1&sig=<redacted>&_state=3"
        );
        assert_eq!(text("<http://u:p@h/a?Token=b>; rel=next"), "<http://h/a?Token=<redacted>>; rel=next");
        assert_eq!(text("see https://h/@a?tokens"), "see https://h/@a?tokens");
        assert_eq!(text("\"http://h/?a=1&amp;access_token=x\""), "\"http://h/?a=1&amp;access_token=<redacted>\"");
    }

    #[test]
    fn known_secrets_do_not_show_wherever_they_are() {
        let redactor = Redactor::new(vec!["pass.word".to_owned(), "pass.word+more".to_owned(), "abc".to_owned()]);
        assert_eq!(redactor.text("abc pass.word+more, pass.word, passXword"), "abc <redacted>, <redacted>, passXword");
        assert_eq!(redactor.body(&Bytes::from_static(b"\xffpass.word")), &b"\xff<redacted>"[..]);
        let body = Bytes::from_static(b"http://h/?token=x");
        assert_eq!(redactor.body(&body), body, "a body is evidence");
    }
}
