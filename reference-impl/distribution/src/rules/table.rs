//! The table of rules. A row is `Variant = "ledger.id/aspect", "what a registry does when the rule is broken";`.
//! In square brackets stands what the deviation needs before it can be seen: a setting, several requests at once, or the
//! end of the process.

macro_rules! rules {
    ($($variant:ident = $id:literal, $about:literal;)+) => {
        /// One promise of a registry; the text is what happens when it is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $about] $variant,)+ }

        impl Rule {
            /// Every rule, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name: an id of the requirement ledger, then `/` and the aspect where there are several.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// What a registry does when this rule is broken.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

rules! {
    // --- determining support, names, references
    PingAnswers = "dist.x.ping/500", "GET /v2/ answers 500";
    PingExists = "dist.x.ping/404", "GET /v2/ answers 404";
    NameLowerCase = "dist.pull.manifest.name.01/upper-case", "repository names with upper-case letters are accepted";
    NameSeparators = "dist.pull.manifest.name.01/separators", "names such as a..b and a- are accepted";
    TagLength = "dist.pull.manifest.tag.01/length", "tags of more than 128 characters are accepted";
    TagFirstCharacter = "dist.pull.manifest.tag.01/first", "tags that begin with a dot or a hyphen are accepted";
    ReferenceCharset = "dist.pull.manifest.ref.02/charset", "references such as a+b, neither tag nor digest, are accepted as tags";
    ReferenceByDigest = "dist.pull.manifest.ref.01/tag-only", "manifests can be pulled by tag only, a digest answers 404";
    ReferenceByTag = "dist.pull.manifest.ref.01/digest-only", "manifests can be pulled by digest only, a tag answers 404";

    // --- pulling manifests
    ManifestGetStatus = "dist.pull.manifest.get.01/status", "GET of a manifest answers 202";
    ManifestGetBytes = "dist.pull.manifest.get.01/bytes", "a newline is appended to the manifest that is served";
    ManifestGetTruncated = "dist.pull.manifest.get.01/truncated", "manifests are cut after 4096 bytes when served";
    ManifestGetNoAccept = "dist.pull.manifest.get.01/accept", "404 unless Accept names the manifest's type";
    AcceptList = "dist.pull.manifest.get.01/accept-first", "404 unless the first type of Accept is the manifest's";
    AcceptFields = "dist.pull.manifest.get.01/accept-fields", "404 unless the first of several Accept fields names the type";
    AcceptQuality = "dist.pull.manifest.get.01/accept-quality", "a type in Accept is not recognised when it has a quality";
    AcceptWildcard = "dist.pull.manifest.get.01/accept-anything", "404 when Accept is */*";
    TagMoves = "dist.pull.manifest.get.01/stale-tag", "pushing to an existing tag answers 201 but leaves the tag where it was";
    TagMoveKeepsManifest = "dist.pull.manifest.get.01/old-lost", "moving a tag deletes the manifest it pointed to before";
    TagPushKeepsOthers = "dist.pull.manifest.get.01/other-tags", "a push by tag takes the other tags off the manifest";
    DigestPushKeepsTags = "dist.pull.manifest.get.01/tags-dropped", "a push by digest takes all tags off the manifest";
    TagOfKnownManifest = "dist.pull.manifest.get.01/known-manifest", "a push by tag of a manifest that is there already answers 201 and sets no tag";
    TagCase = "dist.pull.manifest.get.01/tag-case", "tags that differ in case alone are one tag";
    ManifestTypeBare = "dist.pull.manifest.ctype.01", "the Content-Type of a manifest carries '; charset=utf-8'";
    ManifestTypeKept = "dist.pull.manifest.ctype.03/docker", "every manifest is served as a Docker schema 2 manifest";
    ManifestTypeNotGeneric = "dist.pull.manifest.ctype.03/json", "every manifest is served as application/json";
    ManifestTypePresent = "dist.pull.manifest.ctype.03/absent", "manifests are served without Content-Type";
    ManifestTypeGuessed = "dist.pull.manifest.ctype.03/guessed", "a type the registry does not know becomes that of an image or index by the fields";
    ManifestGetDigest = "dist.pull.manifest.digest.01", "GET of a manifest lacks Docker-Content-Digest";
    ManifestGetDigestTrue = "dist.x.manifest.digest/get", "GET of a manifest carries the digest of something else";
    ManifestGetDigestByTag = "dist.x.manifest.digest/by-tag", "Docker-Content-Digest repeats the tag that was asked for";
    ManifestMissingNot200 = "dist.pull.manifest.missing.01/200", "an absent manifest answers 200 with an empty body";
    ManifestMissingNot400 = "dist.pull.manifest.missing.01/400", "an absent manifest answers 400";
    ManifestMissingNot500 = "dist.pull.manifest.missing.01/500", "an absent manifest answers 500";
    ManifestMissingTagNotGuessed = "dist.pull.manifest.missing.01/latest", "an unknown tag answers some other tag's manifest";
    ManifestIsolation = "dist.pull.manifest.missing.01/foreign", "a manifest of another repository is served by digest";
    TagIsolation = "dist.pull.manifest.missing.01/foreign-tag", "a tag of another repository is served";
    AbsentRepositoryNot200 = "dist.push.manifest.norepo.01/200", "a manifest pull from an absent repository answers 200";
    AbsentRepositoryNot400 = "dist.push.manifest.norepo.01/400", "a manifest pull from an absent repository answers 400";
    AbsentRepositoryNot500 = "dist.push.manifest.norepo.01/500", "a manifest pull from an absent repository answers 500";

    // --- pulling blobs
    BlobGetStatus = "dist.pull.blob.get.01/status", "GET of a blob answers 202";
    BlobGetBytes = "dist.pull.blob.get.01/bytes", "the last byte of every blob is served wrong";
    BlobGetTruncated = "dist.pull.blob.get.01/truncated", "the last byte of every blob is missing";
    BlobGetEmpty = "dist.pull.blob.get.01/empty", "the empty blob is taken but answers 404";
    BlobGetZeros = "dist.pull.blob.get.01/zeros", "zero bytes at the end of a blob are cut off when it is served";
    BlobGetLarge = "dist.pull.blob.get.01/large", "blobs are cut after 1 MiB when served";
    BlobNotEncoded = "dist.pull.blob.get.01/content-encoding", "a gzip layer is served with Content-Encoding: gzip";
    BlobSurvivesForeignDelete = "dist.pull.blob.get.01/foreign-delete", "deleting a blob in one repository deletes it in all";
    BlobGetDigest = "dist.pull.blob.digest.01", "GET of a blob lacks Docker-Content-Digest";
    BlobGetDigestTrue = "dist.pull.blob.digest.02/get", "Docker-Content-Digest of a blob is the digest of something else";
    BlobMissingNot200 = "dist.pull.blob.missing.01/200", "an absent blob answers 200 with an empty body";
    BlobMissingNot400 = "dist.pull.blob.missing.01/400", "an absent blob answers 400";
    BlobMissingNot500 = "dist.pull.blob.missing.01/500", "an absent blob answers 500";
    BlobIsolation = "dist.pull.blob.missing.01/foreign", "a blob of another repository is served";
    BlobDeleted = "dist.pull.blob.missing.01/deleted", "DELETE of a blob answers 202 but it stays readable";
    BlobNested = "dist.pull.blob.missing.01/nested", "a repository serves the blobs of the one above it";
    NamesSeparate = "dist.pull.blob.missing.01/flattened", "the names a/b and a-b lead to the same repository";
    BlobPathInside = "dist.pull.blob.missing.01/outside", "a digest becomes a file name with its dots and slashes: files of the host are served";
    RangeHonoured = "dist.pull.blob.range.01/ignored", "Range is ignored, yet Accept-Ranges: bytes is announced";
    RangeStatus = "dist.pull.blob.range.01/status", "a part is served with 200 instead of 206";
    RangeContentRange = "dist.pull.blob.range.01/no-content-range", "206 lacks Content-Range";
    RangeEndInclusive = "dist.pull.blob.range.01/end", "the last byte of a range is taken as exclusive";
    RangeTotal = "dist.pull.blob.range.01/total", "the total in Content-Range is the length of the part";
    RangeSuffix = "dist.pull.blob.range.01/suffix", "bytes=-N serves the first N bytes";
    RangeOpenEnd = "dist.pull.blob.range.01/open-end", "bytes=N- serves a single byte";
    RangeClamped = "dist.pull.blob.range.01/beyond-end", "a range that ends behind the blob answers 416";
    RangeUnsatisfiableNot200 = "dist.pull.blob.range.01/unsatisfiable-200", "an unsatisfiable range answers 200 with everything";
    RangeUnsatisfiableNot206 = "dist.pull.blob.range.01/unsatisfiable-206", "an unsatisfiable range answers 206 with nothing";
    RangeUnsatisfiableNot500 = "dist.pull.blob.range.01/unsatisfiable-500", "an unsatisfiable range answers 500";
    RangeUnsatisfiableTotal = "dist.pull.blob.range.01/unsatisfiable-total", "416 lacks Content-Range: bytes */N";
    RangeUnit = "dist.pull.blob.range.01/unit", "an unknown range unit answers 416 instead of the whole";
    RangeIf = "dist.pull.blob.range.01/if-range", "If-Range with another validator still gets a part";
    RangeFirstByte = "dist.pull.blob.range.01/first-byte", "bytes=0-0 serves the whole blob as a part";
    RangeLastByte = "dist.pull.blob.range.01/last-byte", "a range up to the last byte answers 416";
    RangeLongSuffix = "dist.pull.blob.range.01/long-suffix", "a suffix longer than the blob answers 416";
    RangeEmptyBlob = "dist.pull.blob.range.01/empty-500", "a range of the empty blob answers 500";
    RangeOverflow = "dist.pull.blob.range.01/overflow-500", "a range with a number of more than 64 bits answers 500";
    RangeNotOfHead = "dist.pull.blob.range.01/head", "HEAD honours Range";

    // --- checking existence
    HeadBlobStatus = "dist.head.status.01/blob", "HEAD of an existing blob answers 404";
    HeadManifestStatus = "dist.head.status.01/manifest", "HEAD of an existing manifest answers 404";
    HeadBlobAllowed = "dist.head.status.01/405", "HEAD of a blob answers 405";
    HeadBlobNot204 = "dist.head.status.01/204", "HEAD of an existing blob answers 204";
    HeadBlobDigest = "dist.head.digest.01/blob", "HEAD of a blob lacks Docker-Content-Digest";
    HeadManifestDigest = "dist.head.digest.01/manifest", "HEAD of a manifest lacks Docker-Content-Digest";
    HeadBlobDigestTrue = "dist.pull.blob.digest.02/head", "HEAD of a blob carries the digest of something else";
    HeadManifestDigestTrue = "dist.x.manifest.digest/head", "HEAD of a manifest carries the digest of something else";
    HeadBlobLength = "dist.head.length.01/blob", "HEAD of a blob lacks Content-Length";
    HeadManifestLength = "dist.head.length.01/manifest", "HEAD of a manifest lacks Content-Length";
    HeadBlobLengthTrue = "dist.head.length.01/blob-zero", "HEAD of a blob answers Content-Length: 0";
    HeadManifestLengthTrue = "dist.head.length.01/manifest-zero", "HEAD of a manifest answers Content-Length: 0";
    HeadBlobMissing = "dist.head.missing.01/blob", "HEAD of an absent blob answers 200";
    HeadManifestMissing = "dist.head.missing.01/manifest", "HEAD of an absent manifest answers 200";

    // --- pushing: what is refused
    SubjectMayBeAbsent = "dist.push.subject.order.01", "a manifest whose subject is absent is refused";
    MissingBlobCode = "dist.push.manifest.unknown.02/manifest-invalid", "a manifest with absent blobs is refused with MANIFEST_INVALID";
    MissingBlobCodeExact = "dist.push.manifest.unknown.02/blob-unknown", "a manifest with absent blobs is refused with BLOB_UNKNOWN";
    MissingBlobRefused = "dist.pull.manifest.missing.01/refused", "a manifest with absent blobs is refused and stored nevertheless";
    DigestCheckedSingle = "dist.push.blob.baddigest.01/single", "the digest is not checked on a single POST";
    DigestCheckedPut = "dist.push.blob.baddigest.01/put", "the digest is not checked on POST then PUT";
    DigestCheckedChunked = "dist.push.blob.baddigest.01/chunked", "the digest is not checked when the last chunk came by PATCH";
    DigestCheckedLastChunk = "dist.push.blob.baddigest.01/last-chunk", "the digest is not checked when the last chunk comes with the PUT";
    DigestCheckedStream = "dist.push.blob.baddigest.01/stream", "the digest is not checked after a PATCH without Content-Range";
    DigestMismatchStored = "dist.push.blob.baddigest.01/stored", "a digest mismatch answers 400 but the bytes become readable";
    DigestMismatchNot500 = "dist.push.blob.baddigest.01/500", "a digest mismatch answers 500";
    DigestMismatchNot404 = "dist.push.blob.baddigest.01/404", "a digest mismatch answers 404";
    DigestUpperCase = "dist.push.blob.baddigest.01/upper-case", "a digest in upper-case hex is accepted";
    DigestShort = "dist.push.blob.baddigest.01/short", "a digest cut to eight hex digits is accepted";
    DigestUnknownAlgorithm = "dist.push.blob.baddigest.01/unknown-algorithm", "content under an unknown algorithm is accepted unchecked";
    DigestMissing = "dist.push.blob.baddigest.01/missing", "a PUT without digest stores the blob under its sha256 digest";
    DigestOnce = "dist.pull.blob.missing.01/two-digests", "of two digest parameters the first is checked and the second is stored under";

    // --- pushing: POST then PUT, single POST
    SessionStatus = "dist.push.blob.postput.01/status", "POST opens a session and answers 200";
    SessionLocation = "dist.push.blob.postput.01/location", "POST answers 202 without Location";
    SessionLocationTrue = "dist.push.blob.postput.01/nowhere", "the Location of a new session leads to none";
    SessionUnique = "dist.push.blob.postput.02/shared", "two POSTs to a repository open the same session";
    SessionUuid = "dist.push.blob.postput.02/counter", "the upload location holds a counter, not a UUID";
    PutStatus = "dist.push.blob.postput.06/status", "PUT of a blob answers 200";
    PutStatusNot204 = "dist.push.blob.postput.06/204", "PUT of a blob answers 204";
    PutLocation = "dist.push.blob.postput.06/location", "PUT of a blob answers 201 without Location";
    PutEmpty = "dist.push.blob.postput.06/empty", "the empty blob is refused";
    PutSha512Kept = "dist.push.blob.postput.06/sha512", "a blob pushed by sha512 is stored under its sha256 digest only";
    PutStored = "dist.push.blob.postput.06/lost", "PUT answers 201 and forgets the blob";
    BlobReturns = "dist.push.blob.postput.06/deleted", "a blob that was deleted can never be pushed again: 201, and it is not there";
    PutBlobLocation = "dist.x.bloblocation/put", "the Location after a PUT is the closed session";
    ChunkedBlobLocation = "dist.x.bloblocation/chunked", "the Location after a chunked push is the closed session";
    SingleBlobLocation = "dist.x.bloblocation/single", "the Location after a single POST cannot be pulled";
    SingleFallback = "dist.push.blob.single.04", "a single POST is declined with 202 but without Location";
    SingleStatus = "dist.push.blob.single.05/status", "a finished single POST answers 200";
    SingleLocation = "dist.push.blob.single.05/location", "a finished single POST answers 201 without Location";
    SingleStored = "dist.push.blob.single.05/lost", "a single POST answers 201 and forgets the blob";

    // --- pushing in chunks
    ChunkMinimum = "dist.push.blob.chunk.03", "OCI-Chunk-Min-Length is not announced though small chunks are refused [--chunk-min-length]";
    ChunkStatus = "dist.push.blob.chunk.08/201", "PATCH answers 201";
    ChunkStatusNot204 = "dist.push.blob.chunk.08/204", "PATCH answers 204";
    ChunkLocation = "dist.push.blob.chunk.22", "PATCH answers 202 without Location";
    ChunkLocationTrue = "dist.push.blob.chunk.22/nowhere", "the Location after a chunk leads to no session";
    ChunkRange = "dist.push.blob.chunk.09/range", "PATCH answers 202 without Range";
    ChunkRangeForm = "dist.push.blob.chunk.09/bytes", "Range has the form bytes=0-N";
    ChunkRangeInclusive = "dist.push.blob.chunk.09/off-by-one", "the end of Range is the number of bytes, not the last position";
    ChunkRangeCounted = "dist.push.blob.chunk.09/believed", "Range says what Content-Range announced, however few bytes came";
    ChunkRangeTotal = "dist.x.range.total/last-chunk", "Range counts only the bytes of the last chunk";
    ChunkRangeGrows = "dist.x.range.total/lagging", "Range names the end of the chunk before";
    ChunkGap = "dist.push.blob.chunk.12/gap", "a chunk that leaves a gap is accepted and appended";
    ChunkOverlap = "dist.push.blob.chunk.12/overlap", "a chunk that overlaps is accepted and overwrites";
    ChunkFirst = "dist.push.blob.chunk.12/first", "a first chunk that does not begin at 0 is accepted";
    ChunkOrderNot400 = "dist.push.blob.chunk.12/400", "an out-of-order chunk answers 400";
    ChunkOrderNotStored = "dist.push.blob.chunk.12/stored", "an out-of-order chunk answers 416 but its bytes are appended";
    ChunkOrderKeepsSession = "dist.push.blob.chunk.12/session-lost", "an out-of-order chunk answers 416 and ends the session";
    CloseStatus = "dist.push.blob.chunk.17/status", "closing a chunked push answers 200";
    CloseLocation = "dist.push.blob.chunk.17/location", "closing a chunked push answers 201 without Location";
    CloseBody = "dist.push.blob.chunk.17/body-ignored", "the chunk in the closing PUT is ignored";
    CloseKeepsChunks = "dist.push.blob.chunk.17/body-only", "the closing PUT forgets the chunks before it";
    CloseRefusedForgotten = "dist.push.blob.chunk.17/refused-put", "what a refused PUT brought counts for the digest of the next one";
    RefusedBytesCut = "dist.pull.blob.get.01/refused-bytes", "bytes of a refused PUT stay in the blob that the next one makes";
    EmptyChunkHarmless = "dist.push.blob.chunk.17/empty-chunk", "an empty chunk throws away those before it";
    EmptyChunkNot500 = "dist.api.http.01/empty-chunk-500", "an empty chunk answers 500";
    LastChunkOrder = "dist.push.blob.chunk.18/accepted", "an out-of-order chunk in the closing PUT is appended";
    LastChunkOrderNot400 = "dist.push.blob.chunk.18/400", "an out-of-order chunk in the closing PUT answers 400";
    LastChunkNotStored = "dist.push.blob.chunk.18/stored", "an out-of-order closing PUT answers 416 but its bytes are appended";
    StatusCode204 = "dist.push.blob.chunk.19/200", "the status of a session answers 200";
    StatusFound = "dist.push.blob.chunk.19/404", "the status of a session answers 404";
    StatusLocation = "dist.push.blob.chunk.20/location", "the status of a session lacks Location";
    StatusLocationTrue = "dist.push.blob.chunk.20/location-nowhere", "the Location in the status of a session leads to none";
    StatusRange = "dist.push.blob.chunk.20/range", "the status of a session lacks Range";
    StatusRangeTrue = "dist.push.blob.chunk.20/stuck", "the status of a session always says Range: 0-0";
    StatusRangeForm = "dist.push.blob.chunk.20/bytes", "the status of a session says Range: bytes=0-N";

    // --- sessions: cancelling, closing, isolation
    CancelStatus = "dist.push.blob.cancel.01/200", "cancelling a session answers 200";
    CancelEffective = "dist.push.blob.cancel.01/kept", "cancelling answers 204 but the session lives on";
    CancelOnlyOne = "dist.push.blob.cancel.01/others", "cancelling a session ends all of the repository";
    SessionClosed = "dist.api.http.01/closed-session", "a session stays open after the PUT that closed it";
    ClosedPutHarmless = "dist.pull.blob.get.01/retried-put", "a PUT that is sent again replaces the blob by the body it brings";
    SessionIsolation = "dist.api.http.01/foreign-session", "a session can be used through another repository";
    SessionUnknown = "dist.api.http.01/unknown-session", "a session that was never opened is created on first use";
    SessionUnknownNot500 = "dist.api.http.01/unknown-session-500", "an unknown session answers 500";

    // --- mounting
    MountStatus = "dist.push.blob.mount.01/status", "a mount answers 200";
    MountLocation = "dist.push.blob.mount.01/location", "a mount answers 201 without Location";
    MountBlobLocation = "dist.push.blob.mount.01/location-unpullable", "the Location of a mount cannot be pulled";
    MountStored = "dist.push.blob.mount.01/lost", "a mount answers 201 but the blob is not readable";
    MountDeleted = "dist.push.blob.mount.01/deleted", "a mount of a blob that was deleted answers 201, and nothing is there";
    MountKeepsSource = "dist.pull.blob.get.01/mount-moves", "a mount takes the blob away from its source";
    MountSelf = "dist.pull.blob.get.01/mount-self", "a mount of a blob from its own repository deletes it";
    MountOnlyOne = "dist.pull.blob.missing.01/mounted-all", "a mount brings every blob of the source";
    MountDigestTrue = "dist.push.blob.mount.02", "the Docker-Content-Digest of a mount belongs to something else";
    MountMissingNotCreated = "dist.push.blob.mount.04/201", "a mount of an absent blob answers 201";
    MountMissingNot404 = "dist.push.blob.mount.04/404", "a mount of an absent blob answers 404";
    MountMissingLocation = "dist.push.blob.mount.04/location", "a mount of an absent blob answers 202 without Location";
    MountMissingSession = "dist.push.blob.mount.04/session", "the session offered for a mount of an absent blob does not exist";
    MountSourceAbsent = "dist.push.blob.mount.04/source-500", "a mount from a repository that does not exist answers 500";
    MountSourceName = "dist.push.blob.mount.04/cleaned-source", "a source such as x/../a is cleaned like a path and mounted from";

    // --- pushing manifests
    PushTypeParameters = "dist.push.manifest.ctype.02/refused", "a Content-Type with parameters is refused";
    PushTypeParametersDropped = "dist.push.manifest.ctype.02/kept", "parameters of the Content-Type at push come back at pull";
    PushByDigest = "dist.push.manifest.ref.01/tag-only", "a manifest cannot be pushed by digest";
    PushMalformedDigest = "dist.push.manifest.ref.01/malformed-digest", "a malformed digest is taken as a tag";
    ManifestWhitespace = "dist.push.manifest.bytes.01/whitespace", "manifests are stored without insignificant white space";
    ManifestKeyOrder = "dist.push.manifest.bytes.01/key-order", "manifests are stored with sorted keys";
    ManifestUnknownFields = "dist.push.manifest.bytes.01/unknown-fields", "fields unknown to the specification are dropped";
    ManifestTrailing = "dist.push.manifest.bytes.01/trailing", "white space at the end of a manifest is cut off";
    ManifestEscapes = "dist.push.manifest.bytes.01/html-escapes", "angle brackets and ampersands in manifests are stored as escapes";
    ManifestUnicode = "dist.push.manifest.bytes.01/ascii", "characters that are not ASCII are stored as escapes";
    ManifestPutStatus = "dist.push.manifest.status.01/200", "PUT of a manifest answers 200";
    ManifestPutStatusNot202 = "dist.push.manifest.status.01/202", "PUT of a manifest answers 202";
    ManifestPutLocation = "dist.push.manifest.status.01/location", "PUT of a manifest lacks Location";
    ManifestPutLocationPullable = "dist.push.manifest.status.01/location-unpullable", "the Location of a pushed manifest cannot be pulled";
    ManifestPutStored = "dist.push.manifest.status.01/lost", "PUT of a manifest answers 201 and forgets it";
    ManifestReturns = "dist.push.manifest.status.01/deleted", "a manifest that was deleted can never be pushed again: 201, and it is not there";
    ManifestRepeats = "dist.push.manifest.status.01/repeated-blob", "a manifest that names a blob twice is refused";
    ManifestPutDigestOwn = "dist.push.manifest.digest.01/sha256", "Docker-Content-Digest is sha256 though the client pushed by sha512";
    ManifestPutDigestTrue = "dist.push.manifest.digest.01/wrong", "PUT of a manifest carries the digest of something else";
    ManifestDigestChecked = "dist.push.manifest.ref.01/unchecked", "a manifest that does not match its digest is accepted";
    ManifestDigestMismatchStored = "dist.push.manifest.ref.01/stored", "a manifest that does not match its digest is refused and stored nevertheless";
    TagParameterTen = "dist.push.manifest.tagparam.02", "more than five tag parameters answer 414";
    TagParameterHeader = "dist.push.manifest.tagparam.04/absent", "tag parameters are applied but OCI-Tag is missing";
    TagParameterHeaderAll = "dist.push.manifest.tagparam.04/first", "OCI-Tag names only the first of the tags";
    TagParameterStored = "dist.push.manifest.tagparam.04/lost", "OCI-Tag names all tags but only the first is stored";
    LimitEnforced = "dist.push.manifest.limit.01", "manifests of any size are accepted";
    LimitStatus = "dist.push.manifest.limit.02/400", "a manifest over the limit answers 400";
    LimitStatusNot500 = "dist.push.manifest.limit.02/500", "a manifest over the limit answers 500";
    LimitFourMegabytes = "dist.push.manifest.limit.03", "manifests over 1 MiB are refused";
    LimitOfLayers = "dist.push.manifest.limit.03/layers", "manifests of more than 100 layers are refused";
    SubjectHeader = "dist.push.subject.header.01/absent", "OCI-Subject is missing";
    SubjectHeaderTrue = "dist.push.subject.header.01/wrong", "OCI-Subject carries the pushed manifest's own digest";
    FallbackTagStored = "dist.pull.manifest.tag.01/fallback", "tags of the referrers tag schema are refused";

    // --- listing tags
    TagsFound = "dist.tags.status.01/untagged", "the tag list of a repository without tags answers 404";
    TagsStatus = "dist.tags.status.01/status", "the tag list answers 206";
    TagsName = "dist.tags.body.01/name-absent", "the tag list lacks name";
    TagsNameTrue = "dist.tags.body.01/name-wrong", "name is only the last component of the repository";
    TagsArray = "dist.tags.body.01/null", "tags is null when there are none";
    TagsPresent = "dist.tags.body.01/tags-absent", "tags is left out when there are none";
    TagsAll = "dist.tags.body.01/hundred", "the list is cut after 100 tags without Link";
    TagsComplete = "dist.tags.body.01/incomplete", "the newest tag is missing from the list";
    TagsOnlyTags = "dist.tags.body.01/digests", "the tag list holds digests of untagged manifests too";
    TagsIsolation = "dist.tags.body.01/foreign", "the tag list shows tags of other repositories";
    TagsOrder = "dist.tags.order.01/push-order", "tags are listed in the order of their push";
    TagsOrderAscending = "dist.tags.order.01/reverse", "tags are listed in reverse order";
    TagsOrderText = "dist.tags.order.01/natural", "tags that are numbers are sorted as numbers";
    TagsOrderWithN = "dist.tags.order.02", "the tags of a page with n are in reverse order";
    TagsOrderWithLast = "dist.tags.order.03", "the tags of a page with last are in reverse order";
    TagsShortPage = "dist.tags.n.01", "n answers n-1 tags without Link";
    TagsLimit = "dist.tags.n.02/ignored", "n is ignored";
    TagsLimitExact = "dist.tags.n.02/plus-one", "n answers n+1 tags";
    TagsLimitLarge = "dist.tags.n.02/overflow", "of n only the lower 32 bits count";
    TagsLimitNegative = "dist.api.http.01/negative-n", "a negative n answers 500";
    TagsLinkRelation = "dist.tags.link.02/relation", "Link lacks rel=\"next\"";
    TagsLinkForm = "dist.tags.link.02/brackets", "the target of Link has no angle brackets";
    TagsLinkAdvances = "dist.tags.link.02/loop", "Link points to the same page";
    TagsLinkPath = "dist.tags.link.02/path", "the target of Link lacks the repository";
    TagsZero = "dist.tags.n0.01/all", "n=0 answers all tags";
    TagsZeroLink = "dist.tags.n0.01/link", "n=0 answers an empty list with Link";
    TagsLastExclusive = "dist.x.last.exclusive/inclusive", "last itself is listed again";
    TagsLastHonoured = "dist.x.last.exclusive/ignored", "last is ignored";
    TagsLastIsTag = "dist.x.last.exclusive/index", "last is taken as a numeric index";
    TagsLastUnknown = "dist.x.last.exclusive/unknown", "after a tag that does not exist the list starts over";
    TagsLastUnknownNotEnd = "dist.x.last.exclusive/unknown-empty", "after a tag that does not exist the list is empty";
    TagsLastWithoutN = "dist.tags.last.02", "last without n answers 400";

    // --- listing referrers
    ReferrersStatus = "dist.referrers.status.01/204", "an empty referrers list answers 204";
    ReferrersStatusExact = "dist.referrers.status.01/206", "a filtered referrers list answers 206";
    ReferrersEmptyFound = "dist.referrers.status.02/empty", "a subject without referrers answers 404";
    ReferrersSubjectAbsent = "dist.referrers.status.02/subject", "a subject that is not in the repository answers 404";
    ReferrersDigestNot200 = "dist.referrers.invalid.01/200", "a malformed digest answers 200 with an empty list";
    ReferrersDigestNot404 = "dist.referrers.invalid.01/404", "a malformed digest answers 404";
    ReferrersSchemaVersion = "dist.referrers.body.01/schema-version", "the list says schemaVersion 1";
    ReferrersDocument = "dist.referrers.body.01/array", "the body is the bare array of descriptors";
    ReferrersSize = "dist.referrers.body.01/size", "the size of every descriptor is wrong by one";
    ReferrersDigest = "dist.referrers.body.01/digest", "descriptors carry the digest of the subject";
    ReferrersDescriptorType = "dist.referrers.body.01/descriptor-type", "every descriptor claims to be an image manifest";
    ReferrersDuplicates = "dist.x.referrers.distinct/tagged", "a referrer that is also tagged is listed twice";
    ReferrersType = "dist.referrers.ctype.01/json", "the list is served as application/json";
    ReferrersTypeBare = "dist.referrers.ctype.01/absent", "the list is served without Content-Type";
    ReferrersArtifactType = "dist.referrers.at.01/absent", "artifactType is missing";
    ReferrersArtifactTypeOfIndex = "dist.referrers.at.01/index", "artifactType of an index is missing";
    ReferrersArtifactTypeCase = "dist.referrers.at.01/lower-case", "artifactType is listed in lower case";
    ReferrersArtifactTypeConfig = "dist.referrers.at.02/absent", "an image without artifactType gets none";
    ReferrersArtifactTypeEmpty = "dist.referrers.at.02/empty", "an empty artifactType is copied instead of the config's type";
    ReferrersArtifactTypeOmitted = "dist.referrers.at.03/empty", "an index without artifactType gets an empty string";
    ReferrersArtifactTypeNotInvented = "dist.referrers.at.03/media-type", "an index without artifactType gets its media type";
    ReferrersAnnotations = "dist.referrers.ann.01/absent", "annotations are missing";
    ReferrersAnnotationsOfIndex = "dist.referrers.ann.01/index", "annotations of an index are missing";
    ReferrersAnnotationsAll = "dist.referrers.ann.01/foreign-keys", "only org.opencontainers annotations are copied";
    ReferrersAnnotationsEmpty = "dist.referrers.ann.01/empty-values", "annotations without text are left out";
    ReferrersEmptyArray = "dist.referrers.empty.01/null", "manifests is null when nothing matches";
    ReferrersEmptyOfFilter = "dist.referrers.empty.01/filter", "a filter that matches nothing answers everything";
    ReferrersLink = "dist.referrers.link.01/absent", "a long list is cut without Link [--referrers-page]";
    ReferrersLinkComplete = "dist.referrers.link.01/dropped", "pagination drops an entry at the border [--referrers-page]";
    ReferrersLinkDistinct = "dist.x.referrers.distinct/pages", "pagination repeats an entry at the border [--referrers-page]";
    ReferrersLinkRelation = "dist.referrers.link.02/relation", "Link lacks rel=\"next\" [--referrers-page]";
    ReferrersLinkForm = "dist.referrers.link.02/brackets", "the target of Link has no angle brackets [--referrers-page]";
    ReferrersLinkPath = "dist.referrers.link.02/path", "the target of Link lacks the repository [--referrers-page]";
    ReferrersFilter = "dist.referrers.filter.01/ignored", "the artifactType filter is neither applied nor announced";
    ReferrersFilterConfig = "dist.referrers.filter.01/config", "the filter misses types that come from the config";
    ReferrersFilterLink = "dist.referrers.filter.01/link", "Link drops the filter [--referrers-page]";
    ReferrersFilterHeader = "dist.referrers.filter.02/absent", "a filter is applied without OCI-Filters-Applied";
    ReferrersFilterTrue = "dist.referrers.filter.02/claimed", "OCI-Filters-Applied is sent but nothing is filtered";
    ReferrersFilterExact = "dist.referrers.filter.02/prefix", "the filter lets through types that merely begin alike";
    ReferrersIsolation = "dist.x.referrers.scope/repository", "referrers of other repositories are listed";
    ReferrersSubject = "dist.x.referrers.scope/subject", "referrers of other subjects are listed";
    ReferrersDeleted = "dist.x.referrers.scope/deleted", "a deleted manifest stays in the list";
    ReferrersChain = "dist.x.referrers.scope/chain", "referrers of the referrers are listed as well";
    UpgradeFallbackTag = "dist.upgrade.referrers.01", "manifests of a fallback tag, pushed before the API existed, are not listed [--referrers-late]";
    ReferrersIndexed = "dist.upgrade.referrers.03/lost", "new manifests with a subject are not listed";
    ReferrersIndexes = "dist.x.referrers.index", "indexes with a subject are not listed";
    ReferrersSha512 = "dist.upgrade.referrers.03/sha512", "manifests whose subject is a sha512 digest are not listed";
    ReferrersEarly = "dist.upgrade.referrers.03/early", "manifests pushed before their subject are not listed";
    ReferrersTagged = "dist.upgrade.referrers.03/tagged", "manifests with a subject that are pushed by tag are not listed";
    ReferrersSeveral = "dist.upgrade.referrers.03/latest", "only the latest referrer of a subject is listed";
    ReferrersReturned = "dist.upgrade.referrers.03/returned", "a referrer that was deleted and pushed again is not listed";
    ReferrersSubjectPushed = "dist.upgrade.referrers.03/subject-pushed", "a push of the subject empties its list";
    ReferrersSubjectDeleted = "dist.upgrade.referrers.03/subject-deleted", "the list of a subject stays empty once the subject was deleted";
    ReferrersForeignDelete = "dist.upgrade.referrers.03/foreign-delete", "deleting a referrer takes it off the lists of all repositories";
    ReferrersTagMoved = "dist.upgrade.referrers.03/tag-moved", "a referrer whose tag moves on is no longer listed";

    // --- deleting
    DeleteTagStatus = "dist.delete.tag.01/200", "deleting a tag answers 200";
    DeleteTagStatusNot204 = "dist.delete.tag.01/204", "deleting a tag answers 204";
    DeleteTagDisabled = "dist.delete.tag.02", "disabled tag deletion answers 404 [--no-deletes]";
    DeleteTagEffective = "dist.x.tagdel.404/kept", "a deleted tag can still be pulled";
    DeleteTagOnly = "dist.pull.manifest.get.01/tag-deleted", "deleting a tag deletes the manifest and so every tag of it";
    DeleteTagWhole = "dist.pull.manifest.get.01/tag-prefix", "deleting a tag deletes all that begin with it";
    DeleteTagListed = "dist.x.tagdel.404/listed", "a deleted tag stays in the tag list";
    DeleteManifestStatus = "dist.delete.manifest.01/200", "deleting a manifest answers 200";
    DeleteManifestStatusNot204 = "dist.delete.manifest.01/204", "deleting a manifest answers 204";
    DeleteManifestNoRepository = "dist.delete.manifest.02/202", "deleting in an absent repository answers 202";
    DeleteManifestNoRepositoryNot500 = "dist.delete.manifest.02/500", "deleting in an absent repository answers 500";
    DeleteManifestDisabled = "dist.delete.manifest.03", "disabled manifest deletion answers 202 and deletes nothing [--no-deletes]";
    DeleteManifestAbsent = "dist.api.http.01/absent-manifest", "deleting an absent manifest answers 202";
    DeleteManifestEffective = "dist.x.mandel.404/kept", "a deleted manifest can still be pulled by digest";
    DeleteManifestTags = "dist.x.mandel.404/tags", "tags of a deleted manifest can still be pulled";
    DeleteManifestTagsAll = "dist.x.mandel.404/one-tag", "only one of the tags of a deleted manifest goes";
    DeleteManifestTagsGone = "dist.x.mandel.404/dangling", "tags of a deleted manifest are listed on, and lead to it again when it is pushed again";
    DeleteManifestBlobs = "dist.pull.blob.get.01/manifest-deleted", "deleting a manifest deletes the blobs it names, whoever else does";
    DeleteBlobStatus = "dist.delete.blob.01/200", "deleting a blob answers 200";
    DeleteBlobStatusNot204 = "dist.delete.blob.01/204", "deleting a blob answers 204";
    DeleteBlobAbsent = "dist.delete.blob.02/202", "deleting an absent blob answers 202";
    DeleteBlobAbsentNot500 = "dist.delete.blob.02/500", "deleting an absent blob answers 500";
    DeleteBlobDisabled = "dist.delete.blob.03", "disabled blob deletion answers 404 [--no-deletes]";

    // --- errors, warnings, HTTP
    ErrorsArray = "dist.error.body.01/object", "errors is an object, not an array";
    ErrorsPresent = "dist.error.body.01/flat", "the body is {\"code\", \"message\"} without errors";
    ErrorCodePresent = "dist.error.body.01/code-absent", "errors carry no code";
    ErrorCodeUpperCase = "dist.error.code.01/lower-case", "codes are written in lower case";
    ErrorCodeLetters = "dist.error.code.01/number", "codes are numbers of the status";
    ErrorCodeListed = "dist.error.code.02/tag-unknown", "an absent manifest is reported as TAG_UNKNOWN";
    ErrorCodeListedRange = "dist.error.code.02/range-invalid", "an out-of-order chunk is reported as RANGE_INVALID";
    ErrorCodeListedBlob = "dist.error.code.02/blob-not-found", "an absent blob is reported as BLOB_NOT_FOUND";
    ErrorCodeListedUpload = "dist.error.code.02/upload-not-found", "an unknown upload is reported as UPLOAD_NOT_FOUND";
    ErrorCodeListedName = "dist.error.code.02/name", "an invalid name is reported as REPOSITORY_NAME_INVALID";
    ErrorCodeListedDigest = "dist.error.code.02/digest", "an invalid digest is reported as INVALID_DIGEST";
    ErrorCodeListedManifest = "dist.error.code.02/manifest", "an invalid manifest is reported as INVALID_MANIFEST";
    ErrorCodeListedMethod = "dist.error.code.02/method", "a method that is not offered is reported as METHOD_NOT_ALLOWED";
    ErrorMessageString = "dist.error.message.01", "message is an object, not a string";
    RetryAfter = "dist.error.429.01", "429 lacks Retry-After [--rate-limit]";
    WarningCode = "dist.warning.02/code", "every answer has a Warning with code 199";
    WarningAgent = "dist.warning.02/agent", "every answer has a Warning whose agent is the registry's name";
    WarningNoDate = "dist.warning.02/date", "every answer has a Warning with a date";
    WarningQuoted = "dist.warning.02/unquoted", "every answer has a Warning whose text has no quotes";
    WarningOnErrors = "dist.warning.02/errors", "errors, and they alone, have a Warning with code 199";
    WarningLength = "dist.warning.03", "every answer has Warnings of more than 4096 bytes";
    MethodAllow = "dist.api.http.01/allow", "405 lacks Allow";
    MethodStatus = "dist.api.http.01/method", "a method an endpoint does not have answers 500";
    IfNoneMatch = "dist.api.http.01/if-none-match", "If-None-Match answers 304 whatever the validator";
    IfMatch = "dist.api.http.01/if-match", "If-Match on a manifest PUT is ignored though an ETag is offered";
    IfNoneMatchAny = "dist.api.http.01/if-none-match-any", "If-None-Match: * on a manifest PUT is ignored though an ETag is offered";
    IfNoneMatchNot412 = "dist.api.http.01/if-none-match-412", "a pull of what the client has already answers 412";
    HeadType = "dist.api.http.01/head-type", "the Content-Type of HEAD is not that of GET";
    HeadValidator = "dist.api.http.01/head-etag", "the ETag of HEAD is not that of GET";
    ExpectContinue = "dist.api.http.01/expect", "Expect: 100-continue answers 417";
    BodyWhole = "dist.api.http.01/short-body", "a body that breaks off is taken as if it had ended";
    ManifestNot500 = "dist.api.http.01/manifest-500", "a manifest that is not JSON answers 500";
    ManifestDeepNot500 = "dist.api.http.01/deep-500", "a manifest nested deeper than the parser reads answers 500";
    ManifestDescriptorNot500 = "dist.api.http.01/descriptor-500", "a descriptor without a proper size or digest answers 500";
    PathNulNot500 = "dist.api.http.01/nul-500", "a path with an escaped NUL answers 500";
    PathTextNot500 = "dist.api.http.01/utf8-500", "a path that is not UTF-8 answers 500";
    PathEscapeNot500 = "dist.api.http.01/escape-500", "a path with an incomplete escape answers 500";
    PathDotsNot500 = "dist.api.http.01/dots-500", "a path with .. in it answers 500";
    PathLongNot500 = "dist.api.http.01/long-500", "a name or reference that is no longer a file name answers 500";
    PathEmptyNot500 = "dist.api.http.01/empty-part-500", "an empty part of a path answers 500";
    PathDecodedOnce = "dist.pull.manifest.missing.01/double-decoding", "escapes in a path are decoded twice";
    PathLineBreak = "dist.api.http.01/header-splitting", "an escaped line break in a path becomes one in the header of the answer";
    ConcurrentKnownBlob = "dist.x.dedupe/known", "a push of a blob the repository already has answers 400";
    ConcurrentSessions = "dist.x.dedupe/one-session", "opening a session ends every other session of the repository";

    // --- several clients at once
    ConcurrentPushes = "dist.x.dedupe/busy", "a blob that somebody else is storing answers 500 [at once]";
    SessionUniqueAtOnce = "dist.push.blob.postput.02/at-once", "sessions of a repository that are opened in the same moment are one [at once]";
    BlobWhole = "dist.pull.blob.get.01/in-place", "blobs are written in place, over what is there, and can be read meanwhile [at once]";
    BlobDeletedOnce = "dist.pull.blob.get.01/late-delete", "a deleted blob is removed once more a moment later, though it was pushed again [at once]";
    ManifestWhole = "dist.pull.manifest.get.01/in-place", "manifests are written in place and after their tags, and can be read meanwhile [at once]";
    ManifestBeforeTag = "dist.pull.manifest.get.01/tag-first", "a tag is moved before the manifest is stored [at once]";
    TagWhole = "dist.pull.manifest.get.01/tag-in-place", "tags are written in place, and are none meanwhile [at once]";
    TagDeletedOnce = "dist.pull.manifest.get.01/late-delete", "a deleted tag is removed once more a moment later, though it was pushed again [at once]";
    TagReadFresh = "dist.api.http.01/stale-read", "a tag that was just read is answered from memory for a moment [at once]";
    MountLinked = "dist.push.blob.mount.01/check-then-link", "a mount whose source goes between the look and the link answers 201 [at once]";
    ReferrersTakeTurns = "dist.upgrade.referrers.03/lost-update", "a referrers list is read, changed and written back by all at once [at once]";

    // --- crashes
    BlobWritten = "dist.pull.blob.get.01/write-behind", "a blob is acknowledged and served from memory before it has its name [kill]";
    RefusedForgotten = "dist.pull.blob.missing.01/recovered", "bytes that were refused become readable with the next start [kill]";
    SessionStateLast = "dist.push.blob.chunk.20/state-first", "the state of a session counts a chunk before its bytes are there [kill]";
    DeleteTagWritten = "dist.x.tagdel.404/write-behind", "the deletion of a tag is acknowledged before it is done [kill]";
    ReferrersWritten = "dist.upgrade.referrers.03/write-behind", "a referrer is acknowledged before it is listed [kill]";

    ManifestRoom = "dist.pull.manifest.get.01/no-room", "a manifest for which there is no room is acknowledged [full]";
    TagRoom = "dist.pull.manifest.get.01/tag-emptied", "a tag for which there is no room is emptied [full]";

    // --- access: none of this is of the specification, see docs/access.md; all of it shows with --users only
    ChallengeSent = "access.http.01", "401 lacks WWW-Authenticate [--users]";
    TokenInvalidStatus = "access.http.02", "a token that is no good is answered with 400 [--users]";
    AccessTagPull = "access.read.01/tag", "whoever has logged in may pull every manifest by tag [--users]";
    AccessManifestPull = "access.read.01/digest", "whoever has logged in may pull every manifest by digest [--users]";
    AccessManifestHead = "access.read.01/head", "whoever has logged in may ask for every manifest with HEAD [--users]";
    AnonymousTagPull = "access.read.01/anonymous", "anybody may pull every manifest by tag [--users]";
    GrantPrefix = "access.read.01/prefix", "a right in a also counts in a-b, which merely begins alike [--users]";
    RefusalStatus = "access.read.01/200", "a refused GET or HEAD answers 200 with nothing [--users]";
    AccessBlobPull = "access.read.02/get", "whoever has logged in may pull every blob [--users]";
    AccessBlobHead = "access.read.02/head", "whoever has logged in may ask for every blob with HEAD [--users]";
    AccessBlobRange = "access.read.02/range", "whoever has logged in may pull parts of every blob [--users]";
    AnonymousBlobPull = "access.read.02/anonymous", "anybody may pull every blob [--users]";
    AccessTags = "access.read.03/tags", "whoever has logged in may list the tags of every repository [--users]";
    AccessReferrers = "access.read.03/referrers", "whoever has logged in may list all referrers [--users]";
    AnonymousTags = "access.read.03/anonymous", "anybody may list the tags of every repository [--users]";
    CatalogHidden = "access.read.03/catalog", "/v2/_catalog shows every repository to whoever has logged in [--users]";
    AccessUploadOpen = "access.write.01/blob", "whoever has logged in may push blobs to every repository [--users]";
    AccessManifestPush = "access.write.01/manifest", "whoever has logged in may push manifests to every repository [--users]";
    AnonymousUploadOpen = "access.write.01/anonymous-blob", "anybody may open an upload in every repository [--users]";
    AnonymousManifestPush = "access.write.01/anonymous-manifest", "anybody may push manifests to every repository [--users]";
    RefusedPushDropped = "access.write.01/stored", "a refused push of a manifest is stored nevertheless [--users]";
    AccessUploadStatus = "access.session.01/status", "whoever has logged in may ask for the state of every upload [--users]";
    AccessUploadChunk = "access.session.01/chunk", "whoever has logged in may add to every upload [--users]";
    AccessUploadClose = "access.session.01/close", "whoever has logged in may close every upload [--users]";
    AccessUploadCancel = "access.session.01/cancel", "whoever has logged in may cancel every upload [--users]";
    AnonymousUploadChunk = "access.session.01/anonymous", "anybody may add to every upload [--users]";
    AccessMountFrom = "access.mount.01/from", "a blob can be mounted from every repository [--users]";
    MountAnywhere = "access.mount.01/anywhere", "a mount without from finds the blob in every repository [--users]";
    AccessTagDelete = "access.delete.01/tag", "whoever has logged in may delete every tag [--users]";
    AccessManifestDelete = "access.delete.01/manifest", "whoever has logged in may delete every manifest [--users]";
    AccessBlobDelete = "access.delete.01/blob", "whoever has logged in may delete every blob [--users]";
    RefusedDeleteDropped = "access.delete.01/done", "a refused deletion of a manifest happens nevertheless [--users]";
    HiddenTag = "access.hidden.01/tag", "where one may not pull, tags that do not exist answer 404 and others do not [--users]";
    HiddenManifest = "access.hidden.01/manifest", "the same for manifests by digest [--users]";
    HiddenBlob = "access.hidden.01/blob", "the same for blobs [--users]";
    HiddenRepository = "access.hidden.01/repository", "the same for the tag lists of repositories [--users]";
    HiddenMount = "access.hidden.01/mount", "a mount from a repository one may not read answers 403 if the blob is there, and 202 if not [--users]";
    HiddenCode = "access.hidden.02/code", "the refusal of what exists has another error code [--users]";
    HiddenDigest = "access.hidden.02/digest", "the refusal of what exists carries Docker-Content-Digest [--users]";
    TokenRepository = "access.token.01/repository", "the repository a token was sold for is not looked at [--users]";
    TokenSoldChecked = "access.token.01/sold", "the token service sells every user whatever is asked for [--users]";
    TokenSoldToNobody = "access.token.01/anonymous", "the token service sells anybody whatever is asked for [--users]";
    TokenBelow = "access.token.02/below", "a token for a repository is good for those below it [--users]";
    TokenAction = "access.token.02/push", "a token for pulling is good for pushing [--users]";
    TokenDelete = "access.token.02/delete", "a token for pulling or pushing is good for deleting [--users]";
    TokenIssued = "access.token.03/any", "every token is good for everything [--users]";
    TokenWhole = "access.token.03/longer", "what stands behind the known part of a token is not looked at [--users]";
    TokenSigned = "access.token.03/unsigned", "a JSON Web Token without a signature is good for what it says [--users]";
    TokenExpires = "access.token.04", "tokens never expire [--users]";
    PasswordChecked = "access.token.05/wrong", "passwords are not looked at [--users]";
    PasswordPresent = "access.token.05/empty", "an empty password will do [--users]";
    TokenService = "access.token.06", "a token that was sold for another service is good [--users]";
}
