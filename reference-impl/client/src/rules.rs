//! The duties of a client that can be broken on purpose. A row is `Variant = "ledger.id/aspect", "what a client does when
//! the rule is broken";`.

macro_rules! rules {
    ($($variant:ident = $id:literal, $about:literal;)+) => {
        /// One duty of a client; the text is what happens when it is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $about] $variant,)+ }

        impl Rule {
            /// Every rule, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name: an id of the requirement ledger, then `/` and the aspect where there are several.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// What a client does when this rule is broken.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

rules! {
    // --- what older and newer registries send and do not send
    LegacyHeader = "dist.legacy.header.02", "a registry that does not send Docker-Distribution-API-Version is refused";
    LegacyError = "dist.legacy.error.02", "a referrers tag counts as missing only with the error code TAG_INVALID";
    OptionalDigest = "dist.compat.01/digest-header", "an answer without Docker-Content-Digest is refused";
    OlderRegistry = "dist.compat.01/mount", "a mount that is answered with an upload session is an error";
    UnfilteredList = "dist.compat.01/filter", "referrers that the registry did not filter are shown unfiltered";

    // --- names and references
    ReferenceForm = "dist.pull.manifest.ref.01/algorithm", "a manifest is asked for by the encoded part of its digest alone";
    PulledReference = "dist.pull.manifest.ref.02", "what is neither tag nor digest is asked for all the same";
    NameGrammar = "dist.pull.manifest.name.01", "a repository name with upper-case letters is sent";
    TagLength = "dist.pull.manifest.tag.01/length", "a tag of more than 128 characters is sent";
    PushedReference = "dist.push.manifest.ref.01", "a manifest is pushed under what is neither tag nor digest";

    // --- pulling
    Accept = "dist.pull.manifest.accept.01", "manifests are asked for without Accept";
    TypeParameters = "dist.pull.manifest.ctype.02", "a manifest whose Content-Type has parameters is refused";
    TypeDisagrees = "dist.pull.manifest.ctype.04", "a manifest whose mediaType disagrees with Content-Type is accepted";
    ManifestHeader = "dist.pull.manifest.digest.03", "Docker-Content-Digest is believed without a look at the manifest";
    ManifestDigest = "dist.pull.manifest.digest.04", "a manifest that was asked for by digest is not checked";
    BlobDigest = "dist.pull.blob.digest.04/bytes", "the bytes of a blob are not checked";
    BlobWhole = "dist.pull.blob.digest.04/length", "a blob whose connection broke off is kept as it is";

    // --- pushing blobs
    LocationQuery = "dist.push.blob.postput.05/query", "query parameters of the upload location are lost";
    LocationHost = "dist.push.blob.postput.05/host", "the path of an upload location is asked for at the registry, wherever it leads";
    SingleLength = "dist.push.blob.single.02", "a single POST is sent without a length";
    SingleDigest = "dist.push.blob.single.03", "a single POST names the digest of nothing";
    SingleFallback = "dist.push.blob.single.04", "a single POST that is answered with 202 is an error";
    ChunkedLength = "dist.push.blob.chunk.01", "the POST of a chunked upload has no Content-Length";
    ChunkedAlgorithm = "dist.push.blob.chunk.02", "the POST of a chunked upload never names the algorithm";
    ChunkEnd = "dist.push.blob.chunk.04", "the range of a chunk ends with the first byte behind it";
    ChunkStart = "dist.push.blob.chunk.05", "the range of the first chunk starts at 1";
    ChunkForm = "dist.push.blob.chunk.06", "the range of a chunk is written `bytes 0-9/*`";
    ChunkMinimum = "dist.push.blob.chunk.07", "the smallest chunk of the registry is not respected";
    ChunkLocation = "dist.push.blob.chunk.10", "every chunk goes to the first location";
    ChunkOrder = "dist.push.blob.chunk.11", "the second chunk is sent last";
    ChunkedClose = "dist.push.blob.chunk.14", "a chunked upload is never closed";
    ChunkedDigest = "dist.push.blob.chunk.16", "a chunked upload is closed with the digest of the last chunk";
    ChunkResume = "dist.push.blob.chunk.21", "after asking for the state of an upload the old location is used";
    Cancel = "dist.push.blob.cancel.02", "an upload that is given up is left open";
    MountDigest = "dist.push.blob.mount.02", "a mount whose digest is in another algorithm is an error";
    MountSession = "dist.push.blob.mount.04", "a mount that became an upload is left alone and another upload opened";

    // --- pushing manifests
    PushedParameters = "dist.push.manifest.ctype.01", "manifests are pushed with a charset";
    PushedType = "dist.push.manifest.ctype.03", "manifests are pushed as application/octet-stream";
    ManifestBlobs = "dist.push.manifest.blobs.01", "a manifest loses its layers on the way";
    PushedHeader = "dist.push.manifest.digest.02", "Docker-Content-Digest of a push is believed";
    ManifestLimit = "dist.push.manifest.limit.03", "manifests of more than a megabyte are refused";

    // --- subject and referrers
    Fallback = "dist.push.subject.fallback.01/update", "the referrers tag is never updated";
    FallbackKept = "dist.push.subject.fallback.01/kept", "what the referrers tag listed before is lost";
    FallbackForeign = "dist.push.subject.fallback.02", "something that is no index is overwritten at the referrers tag";
    FallbackFirst = "dist.push.subject.fallback.03", "without a referrers tag a push with a subject fails";
    FallbackTwice = "dist.push.subject.fallback.04", "a manifest that is pushed again is listed twice";
    FallbackType = "dist.push.subject.fallback.05/artifact-type", "entries of the referrers tag have no artifactType";
    FallbackConfig = "dist.push.subject.fallback.05/config", "the type of the config is not used where there is no artifactType";
    FallbackAnnotations = "dist.push.subject.fallback.06", "entries of the referrers tag have no annotations";
    ReferrersAssumed = "dist.compat.referrers.01", "404 from the referrers API means that the registry keeps the list itself";
    ReferrersBody = "dist.compat.referrers.02", "404 from the referrers API with a body is an error";
    ReferrersTag = "dist.compat.tagschema.01", "the referrers tag has a dot in place of the dash";
    ReferrersTagLength = "dist.compat.tagschema.02", "the referrers tag of a long digest is not cut";
    ReferrersFallback = "dist.referrers.client.01", "404 from the referrers API means that there are none";
    ReferrersNone = "dist.referrers.client.02", "it is an error when the referrers tag holds no index";

    // --- tags and deletion
    TagsLast = "dist.tags.last.01", "`last` is the number of tags that were read";
    DeleteList = "dist.delete.manifest.04", "the referrers tag still lists what was deleted";

    // --- HTTP
    RedirectFollowed = "dist.api.http.01/redirect", "redirects are not followed";
    RedirectRelative = "dist.api.http.01/relative", "only redirects to an absolute URL are followed";
    RetryAfter = "dist.api.http.01/retry-after", "Retry-After is passed over";
    TagPages = "dist.api.http.01/tag-pages", "only the first page of tags is read";
    ReferrerPages = "dist.api.http.01/referrer-pages", "only the first page of referrers is read";
    RedirectStatus = "dist.x.redirect.status", "307 is a success as it is";
    Authorization = "dist.api.redirect.01/authorization", "Authorization is sent wherever a redirect leads";
    TokenRedirected = "dist.api.redirect.01/token", "a token is sent wherever a redirect leads";
    Namespace = "dist.proxy.client.01", "every pull names the host in `ns`";
    WarningShown = "dist.warning.client.01/shown", "warnings are not shown";
    WarningOnce = "dist.warning.client.01/once", "the same warning is shown again and again";
    WarningOnly = "dist.warning.client.02", "a warning ends the program";

    // --- beside the specification: certificates
    TlsAuthority = "access.tls.01/authority", "a certificate of any authority is believed";
    TlsTime = "access.tls.01/time", "a certificate is believed for ever";
    TlsName = "access.tls.01/name", "a certificate of any host is believed";
    TlsGivenUp = "access.tls.02", "where TLS fails, the request is sent without it";

    // --- beside the specification: passwords
    BasicForm = "access.password.01", "a space stands between user and password";
    ForeignChallenge = "access.password.02", "another host gets the password if it asks";
    UploadElsewhere = "access.password.03", "credentials go wherever an upload goes";
    TokenServiceTls = "access.password.04", "a token service without TLS gets the password of a registry with TLS";
    ChallengeAmong = "access.password.05/list", "only the first challenge is looked at";
    ChallengeCase = "access.password.05/case", "a scheme is known only in its usual case";
    GivenUp = "access.password.06", "what is refused is sent again fifty times";
    PasswordPrinted = "access.password.07/password", "the password is printed";
    TokenPrinted = "access.password.07/token", "tokens are printed";

    // --- beside the specification: tokens
    TokenService = "access.bearer.01/service", "the token service is not told for which service";
    TokenScope = "access.bearer.01/scope", "the token service is not told for what";
    TokenField = "access.bearer.02/token", "only `access_token` is read";
    AccessTokenField = "access.bearer.02/access-token", "only `token` is read";
    BearerForm = "access.bearer.03", "the token is a query parameter";
    BearerOnce = "access.bearer.04", "the token is a query parameter as well";
    TokenReplaced = "access.bearer.05", "a token that is refused is never replaced";
}

/// The rules that are in force: all but some.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    broken: Vec<Rule>,
}

impl Rules {
    /// All rules but these.
    pub fn breaking(broken: Vec<Rule>) -> Self {
        Self { broken }
    }

    /// Whether the rule is broken.
    pub fn breaks(&self, rule: Rule) -> bool {
        self.broken.contains(&rule)
    }

    /// Whether the rule is in force.
    pub fn holds(&self, rule: Rule) -> bool {
        !self.breaks(rule)
    }
}

impl Rule {
    /// The requirement this rule serves.
    pub fn requirement(self) -> &'static str {
        self.id().split('/').next().unwrap_or_default()
    }

    /// The rule with that id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}
