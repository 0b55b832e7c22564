//! Activities: what a case does that steps cannot say, because it takes code in a runner: several clients at the same
//! time, a subject that is killed. The list is closed; what can be found wrong is listed here, too, and a case says which
//! requirements each finding breaks.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::case::Span;
use crate::position::{At, Key, OneOrMany};

/// One activity with its parameters, and what its findings mean.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Activity {
    /// Clients push the same blob at the same time and read it while they do.
    pub same_blob: Option<At<Load>>,
    /// Clients push other manifests to one tag and read it.
    pub tag: Option<At<Load>>,
    /// As `tag`, and they delete it, too.
    pub tag_deletes: Option<At<Load>>,
    /// Clients push, delete and read one blob.
    pub blob_deletes: Option<At<Load>>,
    /// Clients mount a blob while others delete it at its source and push it again.
    pub mounts: Option<At<Load>>,
    /// Clients push and delete manifests of one subject.
    pub referrers: Option<At<Load>>,
    /// A subject that the harness starts itself is killed under load and started again on what it left.
    pub crash_consistency: Option<At<Crash>>,
    /// As `crash-consistency`, and its disk is full before it is killed.
    pub full_disk: Option<At<Crash>>,
    /// The requirements that each finding of the activity breaks.
    #[serde(default)]
    pub findings: IndexMap<Key, OneOrMany<String>>,
}

/// How many do how much at the same time.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// Clients at the same time.
    #[schemars(range(min = 2, max = 12))]
    pub clients: u32,
    /// What each of them does, one after the other.
    #[schemars(range(min = 1, max = 10))]
    pub operations: u32,
    /// What a client is told may be so old; a registry that is made of several servers may need it.
    pub within: Option<At<Span>>,
}

/// How a subject is killed.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crash {
    /// How often, unless the user says otherwise.
    #[schemars(range(min = 1, max = 100_000))]
    pub kills: u32,
    /// Clients at the same time.
    #[schemars(range(min = 1, max = 16))]
    pub clients: u32,
    /// In the middle of what it is killed, in turns.
    pub during: Vec<At<Moment>>,
}

/// What a subject is doing when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// It receives chunks.
    Upload,
    /// It makes what it received a blob.
    Commit,
    /// It stores a manifest under a tag.
    Tag,
    /// It deletes a tag or a blob.
    Delete,
}

/// What an activity can find wrong: a name, and what holds otherwise.
pub type Finding = (&'static str, &'static str);

/// The activity that is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'a> {
    /// See [`Activity::same_blob`].
    SameBlob(&'a Load),
    /// See [`Activity::tag`].
    Tag(&'a Load),
    /// See [`Activity::tag_deletes`].
    TagDeletes(&'a Load),
    /// See [`Activity::blob_deletes`].
    BlobDeletes(&'a Load),
    /// See [`Activity::mounts`].
    Mounts(&'a Load),
    /// See [`Activity::referrers`].
    Referrers(&'a Load),
    /// See [`Activity::crash_consistency`].
    CrashConsistency(&'a Crash),
    /// See [`Activity::full_disk`].
    FullDisk(&'a Crash),
}

impl Activity {
    /// Every activity that is named; right is exactly one.
    pub fn kinds(&self) -> Vec<Kind<'_>> {
        let loads = [
            self.same_blob.as_ref().map(|load| Kind::SameBlob(load)),
            self.tag.as_ref().map(|load| Kind::Tag(load)),
            self.tag_deletes.as_ref().map(|load| Kind::TagDeletes(load)),
            self.blob_deletes.as_ref().map(|load| Kind::BlobDeletes(load)),
            self.mounts.as_ref().map(|load| Kind::Mounts(load)),
            self.referrers.as_ref().map(|load| Kind::Referrers(load)),
            self.crash_consistency.as_ref().map(|crash| Kind::CrashConsistency(crash)),
            self.full_disk.as_ref().map(|crash| Kind::FullDisk(crash)),
        ];
        loads.into_iter().flatten().collect()
    }
}

impl Kind<'_> {
    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameBlob(_) => "same-blob",
            Self::Tag(_) => "tag",
            Self::TagDeletes(_) => "tag-deletes",
            Self::BlobDeletes(_) => "blob-deletes",
            Self::Mounts(_) => "mounts",
            Self::Referrers(_) => "referrers",
            Self::CrashConsistency(_) => "crash-consistency",
            Self::FullDisk(_) => "full-disk",
        }
    }

    /// What it can find wrong.
    pub fn findings(self) -> &'static [Finding] {
        const WHOLE: Finding = ("whole", "whatever is served is whole: the bytes that were pushed");
        const SETTLED: Finding = ("settled", "when all is quiet, what is there follows from what was acknowledged");
        const STARTS: Finding = ("starts", "the registry starts again on what it left");
        const BLOBS: Finding =
            ("blobs", "a blob that was acknowledged is there, and every blob that is there is whole");
        const MANIFESTS: Finding =
            ("manifests", "a manifest that was acknowledged is there, and every one that is there is whole");
        const TAGS: Finding =
            ("tags", "a tag points to the manifest that was acknowledged last, or to one whose push was cut off");
        const REFERRERS: Finding = ("referrers", "a referrer that was acknowledged is listed");
        const REFUSED: Finding = ("refused", "what was refused is absent");
        const DELETED: Finding = ("deleted", "what was deleted stays absent");
        const SESSIONS: Finding = ("sessions", "an upload goes on where its status says, or is gone");
        const ROOM: Finding = ("room", "when there is room again, pushes are accepted again");
        const ORDER: Finding = ("order", "all answers fit one order of the operations, as if they had come one by one");
        match self {
            Self::SameBlob(_) => &[
                ("accepted", "every client's push is answered with 201"),
                ("sessions", "every client gets an upload of its own"),
                ("readable", "who was answered with 201 can read the blob"),
                WHOLE,
            ],
            Self::Tag(_) => &[WHOLE, ("gap", "a tag that moves is never absent"), SETTLED, ORDER],
            Self::TagDeletes(_) | Self::BlobDeletes(_) => &[WHOLE, SETTLED, ORDER],
            Self::Mounts(_) => &[("readable", "a blob whose mount was answered with 201 can be read"), WHOLE],
            Self::Referrers(_) => &[
                ("lost", "every referrer whose push was acknowledged is listed"),
                ("twice", "no referrer is listed twice"),
                ("deleted", "no referrer whose deletion was acknowledged is listed"),
            ],
            Self::CrashConsistency(_) => &[STARTS, BLOBS, MANIFESTS, TAGS, REFERRERS, REFUSED, DELETED, SESSIONS],
            Self::FullDisk(_) => &[STARTS, BLOBS, MANIFESTS, TAGS, REFERRERS, REFUSED, DELETED, SESSIONS, ROOM],
        }
    }
}
