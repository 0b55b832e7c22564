//! The freedoms a registry takes, where they show: in what it makes of a request, and in how it puts the answer.

use super::Call;
use crate::{
    errors::{Code, Refusal},
    freedoms::Freedom,
    path::{Reference, Route},
    reply::{Body, DIGEST, Reply, empty, full},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
    },
};
use http_body_util::{BodyExt as _, BodyStream, StreamBody};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Parameter of a location that has been redirected to.
const DIRECT: &str = "direct";
/// Parameter that every location of an upload has anew.
const STATE: &str = "state";
/// Tags on a page, and tag parameters of a push, where they are limited.
const TAGS_ON_A_PAGE: usize = 2;
const TAG_PARAMETERS: usize = 10;
/// Four megabytes, as those count who sell disks.
const MANIFEST_LIMIT: u64 = 4_000_000;

/// The freedoms taken, and what they have to remember.
pub(super) struct Manner {
    taken: BTreeSet<Freedom>,
    /// The only good state of each upload.
    states: Mutex<HashMap<String, u64>>,
}

impl Manner {
    pub(super) fn new(taken: &BTreeSet<Freedom>) -> Self {
        Self { taken: taken.clone(), states: Mutex::default() }
    }

    pub(super) fn takes(&self, freedom: Freedom) -> bool {
        self.taken.contains(&freedom)
    }

    /// What is declined, or answered at once. Else the request is made what the registry takes it for.
    pub(super) fn before(&self, route: &Route, call: &mut Call) -> Result<Option<Reply>, Refusal> {
        match (route, call.method.as_str()) {
            (Route::Manifest(..) | Route::Blob(..), "DELETE") if self.takes(Freedom::DeletesDeclined) => {
                return Err(Refusal::bad_request(Code::Unsupported, "nothing is deleted here"));
            }
            (Route::Manifest(_, Reference::Tag(_)), "DELETE") if self.takes(Freedom::TagDeletesDeclined) => {
                return Err(not_offered("GET, HEAD, PUT"));
            }
            (Route::Blob(..), "DELETE") if self.takes(Freedom::BlobDeletesDeclined) => {
                return Err(not_offered("GET, HEAD"));
            }
            (Route::Session(..), "DELETE") if self.takes(Freedom::CancelDeclined) => {
                return Err(not_offered("GET, HEAD, PATCH, PUT"));
            }
            (Route::Blob(name, digest), "GET")
                if self.takes(Freedom::Redirects) && call.query.get(DIRECT).is_none() =>
            {
                let place = format!("/v2/{name}/blobs/{digest}?{DIRECT}=1");
                return Ok(Some(Reply::new(StatusCode::TEMPORARY_REDIRECT).header(LOCATION, place)));
            }
            // The state is told at any location there was (spec.md#pushing-a-blob-in-chunks).
            (Route::Session(_, id), "PATCH" | "PUT" | "DELETE") if self.takes(Freedom::LocationState) => {
                self.is_current(id, call)?;
            }
            (Route::Tags(_), _) if self.takes(Freedom::TagsPaged) && call.query.get("n").is_none() => {
                call.query.add("n", &TAGS_ON_A_PAGE.to_string());
            }
            (Route::Referrers(..), _) if self.takes(Freedom::FilterDeclined) => call.query.remove("artifactType"),
            _ => {}
        }
        self.decline_pushes(route, call)?;
        if self.takes(Freedom::RangesDeclined) {
            call.headers.remove(RANGE);
        }
        if self.takes(Freedom::ValidatorsLeftOut) {
            for condition in [IF_MATCH, IF_NONE_MATCH, IF_RANGE] {
                call.headers.remove(condition);
            }
        }
        Ok(None)
    }

    fn decline_pushes(&self, route: &Route, call: &mut Call) -> Result<(), Refusal> {
        if matches!(route, Route::Uploads(_)) {
            if self.takes(Freedom::MountsDeclined) && call.query.get("mount").is_some() {
                for parameter in ["mount", "from", "digest"] {
                    call.query.remove(parameter);
                }
            }
            if self.takes(Freedom::SinglePostDeclined) && call.query.get("mount").is_none() {
                call.query.remove("digest");
            }
        }
        let by_sha512 = match route {
            Route::Uploads(_) | Route::Session(..) => ["digest", "mount", "digest-algorithm"]
                .iter()
                .filter_map(|parameter| call.query.get(parameter))
                .any(|value| value.starts_with("sha512")),
            Route::Manifest(_, Reference::Digest(digest)) if call.method == Method::PUT => {
                digest.as_str().starts_with("sha512")
            }
            _ => false,
        };
        if by_sha512 && self.takes(Freedom::Sha512Declined) {
            return Err(Refusal::bad_request(Code::DigestInvalid, "the only algorithm is sha256"));
        }
        if !matches!(route, Route::Manifest(..)) || call.method != Method::PUT {
            return Ok(());
        }
        if self.takes(Freedom::TagParametersDeclined) {
            call.query.remove("tag");
        }
        if self.takes(Freedom::TagParametersLimited) && call.query.all("tag").count() > TAG_PARAMETERS {
            return Err(Refusal::plain(StatusCode::URI_TOO_LONG, "one request takes at most ten tags"));
        }
        let length = call.header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if self.takes(Freedom::ManifestsLimited) && length.is_some_and(|length: u64| length > MANIFEST_LIMIT) {
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Code::SizeInvalid, "the manifest is too large"));
        }
        Ok(())
    }

    /// Puts the answer as the registry likes it.
    pub(super) async fn after(&self, path: &str, host: &str, call: &Call, response: Response<Body>) -> Response<Body> {
        if self.taken.is_empty() {
            return response;
        }
        let (mut parts, mut body) = response.into_parts();
        let headers = &mut parts.headers;
        self.leave_out(headers);
        self.locate(host, headers);
        let pulls = matches!(call.method, Method::GET | Method::HEAD) && parts.status.is_success();
        if pulls && path.contains("/manifests/") && self.takes(Freedom::TypeParameter) {
            append(headers, CONTENT_TYPE, "; charset=utf-8");
        }
        if !pulls && parts.status == StatusCode::CREATED && self.takes(Freedom::DigestAfterPush) {
            headers.remove(DIGEST);
        }
        if parts.status.is_client_error() {
            body = self.refuse(headers, body).await;
        }
        if call.method == Method::GET && self.takes(Freedom::Unsized) {
            headers.remove(CONTENT_LENGTH);
            body = Body::new(StreamBody::new(BodyStream::new(body)));
        }
        Response::from_parts(parts, body)
    }

    fn leave_out(&self, headers: &mut HeaderMap) {
        let optional = [
            (Freedom::VersionLeftOut, super::API_VERSION),
            (Freedom::ValidatorsLeftOut, ETAG),
            (Freedom::RangesDeclined, ACCEPT_RANGES),
        ];
        for (freedom, name) in optional {
            if self.takes(freedom) {
                headers.remove(name);
            }
        }
    }

    fn locate(&self, host: &str, headers: &mut HeaderMap) {
        let Some(place) = headers.get(LOCATION).and_then(|place| place.to_str().ok()) else { return };
        let mut place = place.to_owned();
        if let (true, Some((_, id))) = (self.takes(Freedom::LocationState), place.rsplit_once("/blobs/uploads/")) {
            let mut states = self.states();
            let state = states.entry(id.to_owned()).or_default();
            *state += 1;
            place = format!("{place}?{STATE}={state}");
        }
        if self.takes(Freedom::AbsoluteLocations) && place.starts_with('/') {
            place = format!("http://{host}{place}");
        }
        set(headers, LOCATION, &place);
    }

    /// A location that is not the newest leads nowhere.
    fn is_current(&self, id: &str, call: &Call) -> Result<(), Refusal> {
        let given = call.query.get(STATE).and_then(|state| state.parse().ok());
        match self.states().get(id) {
            Some(current) if given != Some(*current) => {
                Err(Refusal::not_found(Code::BlobUploadUnknown, "the upload has gone on at another location"))
            }
            _ => Ok(()),
        }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of an error.
    async fn refuse(&self, headers: &mut HeaderMap, body: Body) -> Body {
        // Bodies of errors are made in memory, and collecting them cannot fail.
        let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let mut error = serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
        let mut errors: Vec<&mut Value> = error["errors"].as_array_mut().into_iter().flatten().collect();
        if self.takes(Freedom::MessagesLeftOut) && !errors.is_empty() {
            for error in errors {
                error.as_object_mut().map(|error| error.remove("message"));
            }
            return full(error.to_string().into());
        }
        // This one has to be there (dist.push.manifest.unknown.02).
        if errors.iter_mut().any(|error| error["code"] == Code::ManifestBlobUnknown.as_str()) {
            return full(bytes);
        }
        if self.takes(Freedom::EmptyErrors) {
            headers.remove(CONTENT_TYPE);
            return empty();
        }
        if self.takes(Freedom::HtmlErrors) {
            set(headers, CONTENT_TYPE, "text/html");
            return full("<!doctype html><title>Error</title><p>The registry does not do that.".into());
        }
        full(bytes)
    }
}

fn not_offered(allowed: &str) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unsupported, "this is not offered").with(ALLOW, allowed)
}

fn append(headers: &mut HeaderMap, name: HeaderName, more: &str) {
    if let Some(value) = headers.get(&name).and_then(|value| value.to_str().ok()).map(|value| format!("{value}{more}"))
    {
        set(headers, name, &value);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Made of header values and of what this file adds to them.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
