//! The `Link` header field, RFC 8288 (which replaced RFC 5988).

/// The target of the first link with the relation `next`.
pub fn next(fields: &[String]) -> Option<String> {
    fields
        .iter()
        .flat_map(|field| links(field))
        .find(|(_, relations)| relations.iter().any(|r| r == "next"))
        .map(|l| l.0)
}

/// Targets with their relation types in lower case.
fn links(field: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = field;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>').map(|n| start + n) else { break };
        let target = rest[start + 1..end].to_owned();
        rest = &rest[end + 1..];
        // Parameters go on until a comma outside quotes.
        let mut quoted = false;
        let stop = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == ',' && !quoted
            })
            .map_or(rest.len(), |(n, _)| n);
        let relations = rest[..stop].split(';').filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        let relations: Vec<String> =
            relations.flat_map(|r| r.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        found.push((target, relations));
        rest = &rest[stop..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_page() {
        let next = |field: &str| next(&[field.to_owned()]);
        assert_eq!(next(r#"</v2/a/tags/list?n=1&last=b>; rel="next""#).as_deref(), Some("/v2/a/tags/list?n=1&last=b"));
        assert_eq!(next(r#"<x>; rel=prev, <y?a,b>; title="a, b"; rel="last next""#).as_deref(), Some("y?a,b"));
        assert_eq!(next("<x>; rel=prev"), None);
        assert_eq!(next("<x"), None);
    }
}
