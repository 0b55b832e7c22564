//! What a step expects, and the matchers it is said with.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::position::{At, OneOrMany};
use crate::template::Template;

/// What the answer to a step must look like: one expectation, or a list of alternatives of which the first whose
/// `status` and `when` match decides. An `otherwise` names the requirements that are broken when none before it does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expectations(pub Vec<At<Expect>>);

/// One expectation.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// Requirements of every assertion below that names none itself.
    #[serde(default)]
    pub req: OneOrMany<String>,
    /// The status code. In a list of alternatives it chooses the alternative.
    pub status: Option<At<Matcher>>,
    /// Only in a list of alternatives: header fields that take part in the choice, beside `status`.
    #[serde(default)]
    pub when: IndexMap<String, At<Matcher>>,
    /// Header fields by name. A field that is sent more than once is seen as a list.
    #[serde(default)]
    pub headers: IndexMap<String, At<Matcher>>,
    /// The body.
    pub body: Option<At<Matcher>>,
    /// The word for a case that takes this alternative; without one the case goes on.
    pub verdict: Option<At<Choice>>,
    /// The feature the subject declines by this alternative.
    pub feature: Option<At<String>>,
    /// Only in a list of alternatives, after the others: the requirements that are broken when none of them matched.
    /// With `status` or `when`, they are broken by such answers only.
    pub otherwise: Option<OneOrMany<String>>,
}

/// How a case ends when an alternative with a `verdict` is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The subject did what is asked of it; the case ends here.
    Pass,
    /// The subject made use of a freedom; the case ends here.
    Info,
    /// The subject lawfully declines the `feature`; the case ends here.
    Unsupported,
}

/// Says whether something that was seen is right. A bare scalar or list is short for `is`. Several tests in one
/// matcher must all hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matcher {
    /// Requirements that are broken when it does not hold; none: those of the expectation around it.
    pub req: OneOrMany<String>,
    /// The tests.
    pub tests: Vec<Test>,
}

/// One test of a [`Matcher`].
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal to the value.
    Is(Value),
    /// Not equal to the value.
    IsNot(Value),
    /// Equal to one of the values.
    OneOf(Vec<Value>),
    /// Of one of these types.
    Type(OneOrMany<Type>),
    /// Text that the regular expression describes completely.
    Matches(String),
    /// There at all (`true`) or not (`false`).
    Present(bool),
    /// Not there, or equal to the value.
    AbsentOr(Value),
    /// The same bytes.
    Equals(At<Template>),
    /// JSON whose values at the pointers (RFC 6901) match.
    Json(IndexMap<String, At<Matcher>>),
    /// Text, list or object that has all of these in it.
    Contains(OneOrMany<Value>),
    /// Text, list or object that has none of these in it.
    Lacks(OneOrMany<Value>),
    /// A list whose elements ascend.
    Ordered(Order),
    /// A number, or the length of a list or text, that is at most this.
    AtMost(Value),
    /// The length of a list, object or text.
    Length(Value),
    /// Every element of a list matches.
    Each(Box<At<Matcher>>),
    /// A digest (`algorithm:hex`) of these bytes, in whatever algorithm it names.
    DigestOf(At<Template>),
    /// Bytes whose digest is this one.
    HasDigest(At<Template>),
}

/// The types a value may be asked for: those of JSON, `integer` for a number without a fraction, and `absent` for a
/// value that is not there. A status is an integer; a header field and a body are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Not there at all.
    Absent,
    /// Text.
    String,
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array,
    /// A mapping.
    Object,
    /// `null`.
    Null,
}

impl Type {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }
}

/// The orders a list may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Ascending by bytes, or ascending when case is ignored: the two orders a tag list may have.
    AsciiOrLexical,
}

/// A key that is there has a value, even if that is `null`.
pub(crate) fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn pointers(generator: &mut SchemaGenerator) -> Schema {
    let (pointer, matcher) = (crate::schema::pointer(generator), generator.subschema_for::<Matcher>());
    json_schema!({ "type": "object", "propertyNames": pointer, "additionalProperties": matcher })
}

/// A matcher as it is written: each test is a key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MatcherKeys {
    /// Requirement ids that are broken when this does not hold.
    #[serde(default)]
    req: OneOrMany<String>,
    /// Equal to this value.
    #[serde(default, deserialize_with = "even_null")]
    is: Option<Value>,
    /// Not equal to this value.
    #[serde(default, deserialize_with = "even_null")]
    is_not: Option<Value>,
    /// Equal to one of these values.
    one_of: Option<Vec<Value>>,
    /// Of one of these JSON types; `absent` is one of the words.
    #[serde(rename = "type")]
    kind: Option<OneOrMany<Type>>,
    /// A regular expression that describes the whole text.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::pattern")]
    matches: Option<String>,
    /// Whether it is there at all.
    present: Option<bool>,
    /// Not there, or equal to this value.
    #[serde(default, deserialize_with = "even_null")]
    absent_or: Option<Value>,
    /// The same bytes as this.
    equals: Option<At<Template>>,
    /// Values in the document: JSON pointer to matcher.
    #[serde(default)]
    #[schemars(schema_with = "pointers")]
    json: Option<IndexMap<String, At<Matcher>>>,
    /// Has all of these in it.
    contains: Option<OneOrMany<Value>>,
    /// Has none of these in it.
    lacks: Option<OneOrMany<Value>>,
    /// A list in this order.
    ordered: Option<Order>,
    /// A number or length that is at most this.
    at_most: Option<Value>,
    /// A length that is exactly this.
    length: Option<Value>,
    /// Every element of the list matches.
    each: Option<Box<At<Matcher>>>,
    /// A digest of these bytes, in whatever algorithm it names.
    digest_of: Option<At<Template>>,
    /// Bytes that have this digest.
    has_digest: Option<At<Template>>,
}

impl From<MatcherKeys> for Matcher {
    fn from(keys: MatcherKeys) -> Self {
        let tests = [
            keys.present.map(Test::Present),
            keys.is.map(Test::Is),
            keys.is_not.map(Test::IsNot),
            keys.one_of.map(Test::OneOf),
            keys.kind.map(Test::Type),
            keys.matches.map(Test::Matches),
            keys.absent_or.map(Test::AbsentOr),
            keys.equals.map(Test::Equals),
            keys.json.map(Test::Json),
            keys.contains.map(Test::Contains),
            keys.lacks.map(Test::Lacks),
            keys.ordered.map(Test::Ordered),
            keys.at_most.map(Test::AtMost),
            keys.length.map(Test::Length),
            keys.each.map(Test::Each),
            keys.digest_of.map(Test::DigestOf),
            keys.has_digest.map(Test::HasDigest),
        ];
        Self { req: keys.req, tests: tests.into_iter().flatten().collect() }
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MatcherVisitor;
        fn is(value: impl Into<Value>) -> Matcher {
            Matcher { req: OneOrMany::default(), tests: vec![Test::Is(value.into())] }
        }
        impl<'de> Visitor<'de> for MatcherVisitor {
            type Value = Matcher;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, or a mapping of tests such as { is: 202, req: some.requirement.01 }")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Matcher, E> {
                Ok(is(v))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Matcher, E> {
                Ok(is(v))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Matcher, E> {
                Ok(is(v))
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Matcher, E> {
                Ok(is(v))
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<Matcher, E> {
                Ok(is(v))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Matcher, A::Error> {
                Vec::<Value>::deserialize(SeqAccessDeserializer::new(seq)).map(is)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Matcher, A::Error> {
                MatcherKeys::deserialize(MapAccessDeserializer::new(map)).map(Into::into)
            }
        }
        deserializer.deserialize_any(MatcherVisitor)
    }
}

impl JsonSchema for Matcher {
    fn schema_name() -> Cow<'static, str> {
        "Matcher".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<MatcherKeys>();
        json_schema!({
            "title": "a matcher",
            "description": "A value (short for `is`), or tests that must all hold.",
            "anyOf": [{ "type": ["string", "number", "boolean", "array"] }, keys],
            "examples": ["202", "{ is: 202, req: dist.push.blob.postput.01 }"]
        })
    }
}

impl<'de> Deserialize<'de> for Expectations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExpectationsVisitor;
        impl<'de> Visitor<'de> for ExpectationsVisitor {
            type Value = Vec<At<Expect>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expectation, or a list of alternatives")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let value = Expect::deserialize(MapAccessDeserializer::new(map))?;
                Ok(vec![At { value, at: crate::position::Position::default() }])
            }
        }
        /// Gives the only expectation of a step the position of the whole.
        struct Whole(Vec<At<Expect>>);
        impl<'de> Deserialize<'de> for Whole {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ExpectationsVisitor).map(Whole)
            }
        }
        let whole = At::<Whole>::deserialize(deserializer)?;
        let mut list = whole.value.0;
        for expect in &mut list {
            if expect.at.line == 0 {
                expect.at = whole.at;
            }
        }
        Ok(Self(list))
    }
}

impl JsonSchema for Expectations {
    fn schema_name() -> Cow<'static, str> {
        "Expectations".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Expect>();
        json_schema!({
            "title": "an expectation or a list of alternatives",
            "description": "One expectation, or alternatives of which the first with a matching status decides.",
            "anyOf": [one, { "type": "array", "items": one }],
            "examples": ["{ status: 200, req: dist.pull.blob.get.01 }"]
        })
    }
}

#[cfg(test)]
mod tests;
