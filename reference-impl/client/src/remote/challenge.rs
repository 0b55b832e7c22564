//! Challenges: what a registry wants to know about who asks (RFC 9110, section 11.6.1).

/// A scheme with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// As it was written.
    pub(crate) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The challenges in a value of WWW-Authenticate. Commas stand between challenges as well as between parameters: a part
/// that begins with two words begins a challenge.
pub(crate) fn parse(value: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for part in parts(value) {
        let (word, rest) = part.split_once(|c: char| c == '=' || c.is_whitespace()).unwrap_or((part, ""));
        let rest = rest.trim_start();
        let is_parameter = part[word.len()..].trim_start().starts_with('=');
        let parameter = if is_parameter {
            part
        } else {
            found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
            rest
        };
        if let (Some(challenge), Some((name, value))) = (found.last_mut(), parameter.split_once('=')) {
            challenge.parameters.push((name.trim().to_owned(), unquoted(value.trim())));
        }
    }
    found
}

/// Splits at commas outside of quotes.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let split = value.split(move |c: char| {
        let literal = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !literal => escaped = true,
            '"' if !literal => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    });
    split.map(str::trim).filter(|part| !part.is_empty())
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let mut text = String::new();
    let mut characters = inner.strip_suffix('"').unwrap_or(inner).chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_among_others() {
        let value =
            r#"Negotiate, basic realm="a, \"b\"" , charset = UTF-8,Bearer realm=x,scope="r:a/b:pull,push", Digest"#;
        let found = parse(value);
        let schemes: Vec<&str> = found.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "basic", "Bearer", "Digest"]);
        assert_eq!(found[1].parameter("REALM"), Some("a, \"b\""));
        assert_eq!(found[1].parameter("charset"), Some("UTF-8"));
        assert_eq!(found[2].parameter("realm"), Some("x"));
        assert_eq!(found[2].parameter("scope"), Some("r:a/b:pull,push"));
        assert_eq!(found[2].parameter("service"), None);
        assert_eq!(parse(" , ,"), []);
        assert_eq!(parse("realm=x"), [], "a parameter of nothing");
        assert_eq!(parse("Token68 abc==")[0].scheme, "Token68");
        assert_eq!(parse("Basic realm=\"open")[0].parameter("realm"), Some("open"));
    }
}
