//! Cases for clients: what a client is made to do, what the registry does to it, and what must be seen of it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::expect::Matcher;
use crate::position::{At, OneOrMany};
use crate::template::Template;

/// One run of a client against a registry that is scripted and sees every request.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientCase {
    /// Certificates that the client is shown. Without it, both hosts speak HTTP without TLS.
    pub tls: Option<At<Tls>>,
    /// What the registry holds before the client comes.
    #[serde(default)]
    pub upstream: Vec<At<Upstream>>,
    /// What is done to requests and answers on the way. Every entry that fits is applied, in order.
    #[serde(default)]
    pub script: Vec<At<Intervention>>,
    /// What the client is asked to do.
    pub run: At<Verb>,
    /// Parameters of the command, by the names that profiles use.
    #[serde(default)]
    pub with: IndexMap<String, At<Template>>,
    /// Fixtures that the client finds in an image layout, to push them.
    #[serde(default)]
    pub content: OneOrMany<String>,
    /// How the client ended: `ok` when its exit status was 0, `crashed` when a signal ended it, else `refused`.
    pub exit: Option<At<Matcher>>,
    /// What its requests must look like.
    #[serde(default)]
    pub seen: Vec<At<Sight>>,
    /// Files the client wrote that hold exactly these bytes.
    #[serde(default)]
    pub written: Vec<At<Occurrence>>,
    /// What the client said on standard output and standard error.
    #[serde(default)]
    pub output: Vec<At<Occurrence>>,
}

/// What a client can be asked to do. A profile says by which command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Pull `reference` into a folder.
    Pull,
    /// Push the `content` to `reference`.
    Push,
    /// Copy `reference` from the repository `from`.
    Copy,
    /// List all tags.
    ListTags,
    /// List what refers to `reference`.
    Referrers,
    /// Delete `reference`.
    Delete,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 6] = [Self::Pull, Self::Push, Self::Copy, Self::ListTags, Self::Referrers, Self::Delete];

    /// The word of the language, which is also the id of the feature.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Copy => "copy",
            Self::ListTags => "list-tags",
            Self::Referrers => "referrers",
            Self::Delete => "delete",
        }
    }
}

/// Content that is in the registry from the beginning.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upstream {
    /// Fixtures, with all that they refer to.
    pub push: OneOrMany<String>,
    /// Tags of a manifest; without one it is known by its digest only.
    #[serde(default)]
    pub tag: OneOrMany<Template>,
    /// The repository (default `${repo}`).
    pub to: Option<At<Template>>,
}

/// What a client gets to see when it asks for TLS. What it asks without TLS is answered, too, and seen.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// The certificate of the registry: `trusted`, `unknown-authority`, `other-name`, `expired`, or `none` for no TLS.
    pub registry: At<Template>,
    /// That of the other host (default `trusted`).
    pub elsewhere: Option<At<Template>>,
}

/// A certificate as a client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certificate {
    /// For that host, and of the authority that the client was told to trust.
    Trusted,
    /// Of another authority, which has the same name.
    UnknownAuthority,
    /// For another host.
    OtherName,
    /// Good until some years ago.
    Expired,
}

impl Certificate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Trusted, Self::UnknownAuthority, Self::OtherName, Self::Expired];

    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::UnknownAuthority => "unknown-authority",
            Self::OtherName => "other-name",
            Self::Expired => "expired",
        }
    }

    /// The certificate with that word; nothing for `none`.
    ///
    /// # Errors
    /// Why the word is none of the language.
    pub fn parse(word: &str) -> Result<Option<Self>, String> {
        match Self::ALL.into_iter().find(|certificate| certificate.word() == word) {
            None if word != "none" => Err(format!("`{word}` is not a certificate that a client can be shown")),
            found => Ok(found),
        }
    }
}

/// Fields of `${client}` in cases for clients: user, password, both as Basic authentication writes them, and the roots of
/// the two hosts.
pub const CLIENT_FIELDS: [&str; 5] = ["user", "password", "basic", "registry", "elsewhere"];

/// The hosts that a client gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The registry that the client was told of.
    #[default]
    Registry,
    /// Another host, to which the registry may send the client.
    Elsewhere,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// HTTP over TLS.
    Tls,
    /// HTTP that everybody on the way can read.
    Plain,
}

/// Something that is done to the requests that fit.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Intervention {
    /// Which requests: a glob over method and path, such as `GET /v2/${repo}/blobs/*`. `*` spans `/`.
    pub request: At<Template>,
    /// At which host.
    #[serde(default, rename = "at")]
    pub host: Host,
    /// Only requests with such header fields.
    #[serde(default)]
    pub when: IndexMap<String, At<Matcher>>,
    /// Only the request with this number among those that fit, from 1.
    pub nth: Option<usize>,
    /// Query parameters that do not reach the registry, and with `digest` neither does the body.
    #[serde(default)]
    pub strip: OneOrMany<String>,
    /// Answer this, without asking the registry.
    pub answer: Option<At<Answer>>,
    /// Send the client elsewhere with this status, to the same path.
    pub redirect: Option<At<Template>>,
    /// Change the answer of the registry.
    pub change: Option<At<Change>>,
}

/// An answer that the registry never gave.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields.
    #[serde(default)]
    pub headers: IndexMap<String, At<Template>>,
    /// The body.
    pub body: Option<At<Template>>,
}

/// How an answer of the registry is changed.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    /// Header fields that are set.
    #[serde(default)]
    pub headers: IndexMap<String, At<Template>>,
    /// Header fields that are taken out.
    #[serde(default)]
    pub drop: OneOrMany<String>,
    /// Another body.
    pub body: Option<At<Template>>,
    /// One bit of the body is another one.
    #[serde(default)]
    pub flip: bool,
    /// The connection ends after half of the body.
    #[serde(default)]
    pub cut: bool,
    /// How `Location` is written: `absolute`, `relative` (to the host), or `elsewhere` (at the other host).
    pub location: Option<At<Template>>,
    /// `Location` gets a query parameter `_state` with this value, which the client has to send back.
    pub state: Option<At<Template>>,
}

/// A way to write a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With scheme and host.
    Absolute,
    /// Path and query only.
    Relative,
    /// With scheme and host of the other host.
    Elsewhere,
}

impl std::str::FromStr for Form {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "absolute" => Ok(Self::Absolute),
            "relative" => Ok(Self::Relative),
            "elsewhere" => Ok(Self::Elsewhere),
            _ => Err(format!("`{word}` is not a way to write a location")),
        }
    }
}

/// Something about requests of the client.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sight {
    /// Which requests: a glob over method and path, as in the script. Without `count` there has to be at least one.
    pub request: At<Template>,
    /// At which host.
    #[serde(default, rename = "at")]
    pub host: Host,
    /// Only those that came so.
    pub over: Option<Over>,
    /// Only these among those that fit; all without it.
    pub pick: Option<Pick>,
    /// Only if the client ended so.
    pub after: Option<Exit>,
    /// Requirements of every matcher below that names none itself.
    #[serde(default)]
    pub req: OneOrMany<String>,
    /// How many there are.
    pub count: Option<At<Matcher>>,
    /// The path.
    pub path: Option<At<Matcher>>,
    /// Query parameters by name.
    #[serde(default)]
    pub query: IndexMap<String, At<Matcher>>,
    /// Header fields by name.
    #[serde(default)]
    pub headers: IndexMap<String, At<Matcher>>,
    /// The body.
    pub body: Option<At<Matcher>>,
    /// What a chunk of an upload amounts to, as JSON: `start`, `end` and `size` as said, `excess` of the range over the
    /// bytes sent, `gap` to the end of the bytes before, and how many bytes are `missing` to the announced minimum.
    pub chunk: Option<At<Matcher>>,
    /// Milliseconds since the answer to the same request before.
    pub waited: Option<At<Matcher>>,
}

/// Which of several requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The last.
    Last,
    /// All but the last.
    ButLast,
}

impl Pick {
    /// The ones of a list that are meant.
    pub fn of<T>(self, list: &[T]) -> &[T] {
        let count = list.len();
        let range = match self {
            Self::First => 0..1,
            Self::Second => 1..2,
            Self::Third => 2..3,
            Self::Last => count.saturating_sub(1)..count,
            Self::ButLast => 0..count.saturating_sub(1),
        };
        list.get(range).unwrap_or_default()
    }
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// With status 0.
    Ok,
    /// With another status.
    Refused,
    /// By a signal, which is no way to refuse anything.
    Crashed,
}

impl Exit {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Crashed => "crashed",
        }
    }
}

/// How often something occurs in what the client left behind.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Occurrence {
    /// The text or the bytes.
    pub of: At<Template>,
    /// How often.
    pub times: At<Matcher>,
    /// Only if the client ended so.
    pub after: Option<Exit>,
}

impl ClientCase {
    /// Every matcher that can break a requirement, with the requirements around it.
    pub fn matchers(&self) -> Vec<(&At<Matcher>, &[At<String>])> {
        let mut all: Vec<(&At<Matcher>, &[At<String>])> = Vec::new();
        all.extend(self.exit.iter().map(|matcher| (matcher, &[][..])));
        for sight in &self.seen {
            all.extend(sight.matchers().map(|matcher| (matcher, &sight.req[..])));
        }
        all.extend(self.written.iter().chain(&self.output).map(|occurrence| (&occurrence.times, &[][..])));
        all
    }
}

impl Sight {
    /// Its matchers.
    pub fn matchers(&self) -> impl Iterator<Item = &At<Matcher>> {
        let fields = self.query.values().chain(self.headers.values());
        let whole = self.count.iter().chain(&self.path).chain(&self.body).chain(&self.chunk).chain(&self.waited);
        whole.chain(fields)
    }
}
