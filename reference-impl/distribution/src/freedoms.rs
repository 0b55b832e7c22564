//! What the specification leaves to a registry. Each freedom can be taken on its own, to prove that a conformance suite
//! does not blame a registry for what it may do.

macro_rules! freedoms {
    ($($variant:ident = $id:literal, $requirement:literal, $about:literal;)+) => {
        /// One freedom; the text is what a registry does that takes it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Freedom { $(#[doc = $about] $variant,)+ }

        impl Freedom {
            /// Every freedom.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// The requirement that permits it, or that may be left unfulfilled because it is a SHOULD.
            pub fn requirement(self) -> &'static str {
                match self { $(Self::$variant => $requirement,)+ }
            }

            /// What a registry does that takes it.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

freedoms! {
    DeletesDeclined = "deletes-declined-400", "dist.req.other.01", "every deletion answers 400";
    TagDeletesDeclined = "tag-deletes-declined", "dist.req.other.01", "deletion of a tag answers 405";
    BlobDeletesDeclined = "blob-deletes-declined", "dist.req.other.01", "deletion of a blob answers 405";
    MountsDeclined = "mounts-declined", "dist.push.blob.mount.04", "every mount answers 202 with an upload session";
    SinglePostDeclined = "single-post-declined", "dist.push.blob.single.01", "a single POST answers 202 with an upload session";
    CancelDeclined = "cancel-declined", "dist.push.blob.cancel.01", "cancelling an upload answers 405";
    TagParametersDeclined = "tag-parameters-declined", "dist.push.manifest.tagparam.01", "tag parameters are passed over";
    TagParametersLimited = "tag-parameters-limited", "dist.push.manifest.tagparam.02", "more than ten tag parameters answer 414";
    ManifestsLimited = "manifests-limited", "dist.push.manifest.limit.03", "manifests of more than 4,000,000 bytes answer 413";
    Sha512Declined = "sha512-declined", "dist.push.blob.baddigest.01", "pushes by sha512 answer 400";
    RangesDeclined = "ranges-declined", "dist.pull.blob.range.01", "Range is passed over, and no Accept-Ranges is sent";
    FilterDeclined = "filter-declined", "dist.referrers.filter.01", "referrers are not filtered, and nothing says they were";
    TagsPaged = "tags-paged", "dist.tags.link.01", "tag lists come in pages of two with Link, whether or not n is given";
    TagsFolded = "tags-folded", "dist.tags.order.01", "tags are sorted without regard to case";
    Unsized = "unsized", "dist.api.http.01", "GET is answered in chunked transfer coding without Content-Length";
    TypeParameter = "type-parameter", "dist.pull.manifest.ctype.01", "the Content-Type of a manifest carries a charset";
    OtherAlgorithm = "other-algorithm", "dist.pull.manifest.digest.02", "Docker-Content-Digest of a manifest is its sha512 digest";
    DigestAfterPush = "no-digest-after-push", "dist.push.manifest.digest.01", "the answer to a push has no Docker-Content-Digest";
    AbsoluteLocations = "absolute-locations", "dist.push.blob.postput.03", "every Location is a whole URL";
    LocationState = "location-state", "dist.push.blob.postput.04", "every Location of an upload has a new parameter, without which only its state is told";
    Redirects = "redirects", "dist.api.redirect.01", "GET of a blob answers 307 with another URL";
    HtmlErrors = "html-errors", "dist.error.body.01", "the body of an error is HTML";
    EmptyErrors = "empty-errors", "dist.error.body.01", "errors have no body";
    MessagesLeftOut = "messages-left-out", "dist.error.message.01", "errors have a code and no message";
    VersionLeftOut = "version-left-out", "dist.legacy.header.02", "the header of the Docker registry protocol is not sent";
    ValidatorsLeftOut = "validators-left-out", "dist.api.http.01", "there is no ETag, and conditions are passed over";
}

impl Freedom {
    /// The freedom with that id, as printed by `plimsoll-registry freedoms`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|freedom| freedom.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_round_trip() {
        for freedom in Freedom::ALL {
            assert_eq!(Freedom::from_id(freedom.id()), Some(*freedom));
        }
        assert_eq!(Freedom::from_id("none"), None);
    }
}
