//! Query parameters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is escaped in a query value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The decoded parameters of one request, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query by RFC 3986, where `+` is itself. Forms write a space so, but no parameter of this API may
    /// hold a space, while media types (`artifactType`) are full of plus signs that clients forget to escape.
    pub(crate) fn parse(query: &str) -> Self {
        Self::pairs(query, decode)
    }

    /// Reads an `application/x-www-form-urlencoded` body, where `+` is a space.
    pub(crate) fn parse_form(body: &str) -> Self {
        Self::pairs(body, |text| decode(&text.replace('+', " ")))
    }

    fn pairs(text: &str, decode: impl Fn(&str) -> String) -> Self {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The first value of that name.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Takes every value of that name away.
    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    /// Adds a value.
    pub(crate) fn add(&mut self, key: &str, value: &str) {
        self.0.push((key.to_owned(), value.to_owned()));
    }

    /// Every value of that name.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

/// Invalid UTF-8 becomes U+FFFD, which no grammar of this API accepts.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Escapes a value for use in a query.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_is_itself_in_a_query_and_a_space_in_a_form() {
        assert_eq!(Query::parse("artifactType=a/b+json&x").get("artifactType"), Some("a/b+json"));
        assert_eq!(Query::parse("a=b%2Bc").get("a"), Some("b+c"));
        assert_eq!(Query::parse_form("scope=a+b%2B").get("scope"), Some("a b+"));
        assert_eq!(Query::parse("tag=1&tag=2").all("tag").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(encode("a/b+json"), "a%2Fb%2Bjson");
    }
}
