//! Text with placeholders: `/v2/${repo}/blobs/${blob.digest}`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Text in which `${name}` or `${name.field}` stands for a value. There is nothing else: no expressions, no escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A placeholder.
    Name(Name),
}

/// What a placeholder names: `blob.digest` is the field `digest` of `blob`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The variable.
    pub root: String,
    /// The field, if one is named. It may itself contain dots (`chunk1.range`).
    pub field: Option<String>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}.{field}", self.root),
            None => f.write_str(&self.root),
        }
    }
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `${` without `}`.
    #[error("`${{` is never closed by `}}`")]
    Unclosed,
    /// Something between the braces that is no name.
    #[error("`${{{0}}}` is not a placeholder: a name is letters, digits, `-` and `_`, with fields after dots")]
    BadName(String),
}

impl Template {
    /// Reads a template.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let inside = &rest[start + 2..];
            let end = inside.find('}').ok_or(TemplateError::Unclosed)?;
            parts.push(Part::Name(parse_name(&inside[..end])?));
            rest = &inside[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The pieces in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The placeholders in order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The only placeholder of a text that consists of nothing else, such as `${blob}`.
    pub fn single(&self) -> Option<&Name> {
        match self.parts.as_slice() {
            [Part::Name(name)] => Some(name),
            _ => None,
        }
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

fn parse_name(text: &str) -> Result<Name, TemplateError> {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !text.split('.').all(is_word) {
        return Err(TemplateError::BadName(text.to_owned()));
    }
    Ok(match text.split_once('.') {
        Some((root, field)) => Name { root: root.to_owned(), field: Some(field.to_owned()) },
        None => Name { root: text.to_owned(), field: None },
    })
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TemplateVisitor;
        impl Visitor<'_> for TemplateVisitor {
            type Value = Template;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, which may hold placeholders such as ${repo}")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Template, E> {
                Template::parse(v).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Template, E> {
                self.visit_str(&v.to_string())
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Template, E> {
                self.visit_str(&v.to_string())
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Template, E> {
                self.visit_str(if v { "true" } else { "false" })
            }
        }
        deserializer.deserialize_any(TemplateVisitor)
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "text, in which ${name} and ${name.field} stand for values",
            "type": ["string", "integer", "boolean"],
            "format": "template"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_text_and_placeholders() {
        let template = Template::parse("/v2/${repo}/blobs/${blob.chunk1.range}").unwrap();
        let names: Vec<String> = template.names().map(ToString::to_string).collect();
        assert_eq!(names, ["repo", "blob.chunk1.range"]);
        assert_eq!(template.parts().len(), 4);
        assert_eq!(Template::parse("${a}").unwrap().single().unwrap().root, "a");
        assert_eq!(Template::parse("${a}b").unwrap().single(), None);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Template::parse("x${repo"), Err(TemplateError::Unclosed));
        assert_eq!(Template::parse("${1 + 1}"), Err(TemplateError::BadName("1 + 1".into())));
        assert_eq!(Template::parse("${}"), Err(TemplateError::BadName(String::new())));
        assert_eq!(Template::parse("${a..b}"), Err(TemplateError::BadName("a..b".into())));
    }
}
