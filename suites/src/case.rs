//! Suites, cases and steps as they are written.

use std::{str::FromStr, time::Duration};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::activity::Activity;
use crate::client::ClientCase;
use crate::expect::{Expectations, Matcher};
use crate::given::Fixture;
use crate::matrix::Values;
use crate::position::{At, Key, OneOrMany};
use crate::template::Template;

/// A suite: one topic of one specification. It has `suite:`, `about:` and `cases:`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suite {
    /// Name of the suite, which is its path without `.yaml`: `distribution/blob-upload`.
    #[serde(rename = "suite")]
    pub name: At<String>,
    /// One or two sentences about the topic.
    pub about: String,
    /// The cases.
    pub cases: Vec<At<Case>>,
}

/// One observable promise.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// Slug, unique in the suite, never a number.
    #[schemars(schema_with = "crate::schema::slug")]
    pub id: At<String>,
    /// Slugs the case had before.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::slugs")]
    pub was: Vec<At<String>>,
    /// A sentence that states the promise.
    pub title: String,
    /// Features the subject must have, else the case ends as `unsupported`.
    #[serde(default)]
    pub needs: OneOrMany<String>,
    /// Capabilities of the harness where it runs, without which the case ends as `skipped`.
    #[serde(default)]
    pub requires: OneOrMany<String>,
    /// First version of the specification that makes the promise.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::version")]
    pub since: Option<At<String>>,
    /// Last version of the specification that makes the promise.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::version")]
    pub until: Option<At<String>>,
    /// The case runs once for every combination of these values.
    #[serde(default)]
    pub matrix: IndexMap<Key, Values>,
    /// Content made from the seed.
    #[serde(default)]
    pub given: IndexMap<Key, At<Fixture>>,
    /// What is done and expected, in order.
    #[serde(default)]
    pub steps: Vec<At<Step>>,
    /// Instead of steps: looks at every answer that other cases of the run receive.
    pub watch: Option<At<Watch>>,
    /// Instead of steps: what takes code, such as several clients at the same time.
    pub activity: Option<At<Activity>>,
    /// Instead of steps: what a client is made to do, in suites for clients.
    pub client: Option<At<ClientCase>>,
}

/// A promise about every answer of the subject, whatever it answers to.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Watch {
    /// Only answers with such a status.
    pub status: Option<At<Matcher>>,
    /// Only answers with such header fields.
    #[serde(default)]
    pub headers: IndexMap<String, At<Matcher>>,
    /// What holds for each of them.
    pub expect: Expectations,
}

/// One thing that is done: a request, or the push of a fixture with all that it refers to.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// GET this path or URL.
    #[serde(rename = "GET")]
    pub get: Option<At<Template>>,
    /// HEAD this path or URL.
    #[serde(rename = "HEAD")]
    pub head: Option<At<Template>>,
    /// POST to this path or URL.
    #[serde(rename = "POST")]
    pub post: Option<At<Template>>,
    /// PUT to this path or URL.
    #[serde(rename = "PUT")]
    pub put: Option<At<Template>>,
    /// PATCH this path or URL.
    #[serde(rename = "PATCH")]
    pub patch: Option<At<Template>>,
    /// DELETE this path or URL.
    #[serde(rename = "DELETE")]
    pub delete: Option<At<Template>>,
    /// Push these fixtures and what they refer to, as a precondition of what follows.
    #[serde(default)]
    pub push: OneOrMany<String>,
    /// Ask the token service that the registry names for a token with this scope, e.g. `repository:${repo}:pull`.
    pub token: Option<At<Template>>,

    /// Query parameters, added to what the URL already has. A list sends the parameter several times.
    #[serde(default)]
    pub query: IndexMap<String, OneOrMany<Template>>,
    /// Request header fields.
    #[serde(default)]
    pub headers: IndexMap<String, At<Template>>,
    /// Request body.
    pub body: Option<At<Template>>,
    /// Send the body without a length, in chunked transfer coding.
    #[serde(default)]
    pub stream: bool,
    /// For `token`: the service it is asked for, in place of the one the registry names.
    pub service: Option<At<Template>>,
    /// For `token`: the case ends as `skipped` when the token lives longer than this.
    pub lives: Option<At<Span>>,
    /// Send the path exactly as it is written, without making `..` and the like disappear, and follow no redirects.
    #[serde(default)]
    pub as_written: bool,
    /// Announce the whole body, send so many bytes of it, and close that side of the connection. No answer is owed.
    pub break_off: Option<At<Template>>,
    /// Who sends the request; the configured user unless said otherwise.
    #[serde(rename = "as")]
    pub identity: Option<Identity>,
    /// Follow `Link: <...>; rel="next"` and judge all pages as one document.
    pub pages: Option<At<Pages>>,

    /// For `push`: the repository (default `${repo}`).
    pub to: Option<At<Template>>,
    /// For `push`: tags of the manifest; without one it is pushed by digest.
    #[serde(default)]
    pub tag: OneOrMany<Template>,

    /// What the answer must look like.
    pub expect: Option<Expectations>,
    /// Values to keep from the answer, by the name of the new variable.
    #[serde(default)]
    pub save: IndexMap<Key, At<Save>>,
    /// Repeat the request until the expectation holds, for at most this long (`500ms`, `2s`).
    pub within: Option<At<Span>>,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Nobody: no credentials, no token.
    Anonymous,
    /// The second user.
    Other,
    /// The name of the second user, and a password that is wrong.
    WrongPassword,
    /// The name of the second user, and no password.
    EmptyPassword,
}

/// How pages are put together.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pages {
    /// JSON pointer of the list that is spread over the pages.
    #[schemars(schema_with = "crate::schema::pointer")]
    pub join: String,
    /// Requirements that are broken when the chain of links does not end, or a link cannot be followed.
    #[serde(default)]
    pub req: OneOrMany<String>,
}

/// Where a saved value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Save {
    /// Header field or place in the body.
    pub from: SaveFrom,
    /// Regular expression: what it finds is kept (its first group, or all of it without groups) instead of the whole text.
    pub find: Option<String>,
    /// Value when there is none; without it the case is blocked.
    pub or: Option<Value>,
}

/// See [`Save`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveFrom {
    /// A header field. `Location` is resolved against the URL of the request.
    Header(String),
    /// A JSON pointer into the body.
    Json(String),
    /// A part of the answer.
    Part(Part),
}

/// A part of an answer that can be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The status.
    Status,
    /// The body as text.
    Body,
    /// The token in the answer of a token service. It is kept out of everything that is shown.
    Token,
}

/// [`Save`] as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SaveKeys {
    /// A header field.
    header: Option<String>,
    /// A JSON pointer into the body.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::pointer")]
    json: Option<String>,
    /// A part of the answer: its status, its body, or the token in it.
    #[serde(default)]
    part: Option<Part>,
    /// Keep only what this regular expression finds: its first group, or all of it without groups.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::pattern")]
    find: Option<String>,
    /// Value when there is none.
    #[serde(default, deserialize_with = "crate::expect::even_null")]
    or: Option<Value>,
}

impl<'de> Deserialize<'de> for Save {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
        struct SaveVisitor;
        impl<'de> Visitor<'de> for SaveVisitor {
            type Value = Save;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a header field, { header: NAME }, { json: /pointer } or { part: status }")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Save, E> {
                Ok(Save { from: SaveFrom::Header(v.to_owned()), find: None, or: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Save, A::Error> {
                let keys = SaveKeys::deserialize(MapAccessDeserializer::new(map))?;
                let from = match (keys.header, keys.json, keys.part) {
                    (Some(header), None, None) => SaveFrom::Header(header),
                    (None, Some(pointer), None) => SaveFrom::Json(pointer),
                    (None, None, Some(part)) => SaveFrom::Part(part),
                    _ => {
                        let message = "a saved value comes from either `header`, `json` or `part`";
                        return Err(A::Error::custom(format!("{message}; hint: write exactly one of them")));
                    }
                };
                Ok(Save { from, find: keys.find, or: keys.or })
            }
        }
        deserializer.deserialize_any(SaveVisitor)
    }
}

impl JsonSchema for Save {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Save".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let keys = generator.subschema_for::<SaveKeys>();
        schemars::json_schema!({
            "title": "the name of a header field, or where else the value comes from",
            "anyOf": [{ "type": "string" }, keys],
            "examples": ["Location", "{ json: /manifests/0/digest }"]
        })
    }
}

/// A length of time, written `500ms`, `2s` or `1m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "ms" => Some(Duration::from_millis(1)),
            "s" => Some(Duration::from_secs(1)),
            "m" => Some(Duration::from_mins(1)),
            _ => None,
        };
        let time = unit.and_then(|unit| unit.checked_mul(digits.parse().ok()?));
        time.map(Span).ok_or_else(|| format!("`{text}` is not a time such as 500ms, 2s or 1m"))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "title": "a time",
            "type": "string",
            "pattern": "^[0-9]{1,9}(ms|s|m)$",
            "examples": ["500ms", "2s"]
        })
    }
}

/// The action of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action<'a> {
    /// An HTTP request.
    Request {
        /// `GET`, `HEAD`, ...
        method: &'static str,
        /// Path (from the root of the subject) or absolute URL.
        target: &'a At<Template>,
    },
    /// A push of fixtures.
    Push(&'a [At<String>]),
    /// A request for a token of this scope.
    Token(&'a At<Template>),
}

impl Step {
    /// Every action the step names; right is exactly one.
    pub fn actions(&self) -> Vec<Action<'_>> {
        let requests = [
            ("GET", &self.get),
            ("HEAD", &self.head),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
        ];
        let mut actions: Vec<Action<'_>> = requests
            .into_iter()
            .filter_map(|(method, target)| target.as_ref().map(|target| Action::Request { method, target }))
            .collect();
        if !self.push.is_empty() {
            actions.push(Action::Push(&self.push));
        }
        actions.extend(self.token.as_ref().map(Action::Token));
        actions
    }
}

/// The features of one specification: what a subject may have or lack.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeatureFile {
    /// The features, in the order in which they are probed.
    pub features: Vec<At<Feature>>,
    /// What the harness, its host and its configuration may lack.
    #[serde(default)]
    pub capabilities: Vec<At<Capability>>,
}

/// Something about the harness where it runs, not about the subject, that rules cases in or out.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Capability {
    /// Slug that cases name in `requires`.
    #[schemars(schema_with = "crate::schema::slug")]
    pub id: At<String>,
    /// What it is, and how to have it.
    pub about: String,
}

/// Something a subject may lawfully lack.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Feature {
    /// Slug that cases name in `needs`.
    #[schemars(schema_with = "crate::schema::slug")]
    pub id: At<String>,
    /// What the subject can do that has it.
    pub about: String,
    /// Features without which this one is not there either.
    #[serde(default)]
    pub needs: OneOrMany<String>,
    /// First version of the specification that knows it.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::version")]
    pub since: Option<At<String>>,
    /// Content for the probe.
    #[serde(default)]
    pub given: IndexMap<Key, At<Fixture>>,
    /// The probe. It finds the feature missing when it ends as `unsupported`, and there in every other case: an answer
    /// that is wrong is for the cases to judge.
    pub probe: Vec<At<Step>>,
    /// Facts: variables that the probe saves for every case, `${subject.NAME}`, with their value when it saves none.
    #[serde(default)]
    pub facts: IndexMap<Key, At<Value>>,
}

#[cfg(test)]
mod tests;
