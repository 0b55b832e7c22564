//! Answers, and how refusals become answers.

use crate::{
    errors::{Code, Refusal},
    rules::{Rule, Rules},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full, combinators::BoxBody};
use serde::Serialize;
use serde_json::{Value, json};
use std::io;

pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// The digest of the content an answer is about.
pub(crate) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// An answer under construction.
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Reply {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: empty() }
    }

    /// Adds a header field. Values consist of names that obey a grammar; one that is no header value is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.append(name, value);
        }
        self
    }

    /// Adds a header field while a condition holds, mostly a rule.
    pub(crate) fn header_if(self, condition: bool, name: HeaderName, value: impl AsRef<str>) -> Self {
        if condition { self.header(name, value) } else { self }
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.body(full(bytes.into()))
    }

    /// A JSON body; the Content-Type is left to the caller.
    pub(crate) fn json(self, value: &impl Serialize) -> Self {
        // Everything that is sent is made of strings, numbers and lists, which always serialize.
        self.bytes(serde_json::to_vec(value).unwrap_or_default())
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

impl Refusal {
    /// The answer: JSON of spec.md#error-codes if one of its codes fits, else plain text.
    pub(crate) fn into_response(self, rules: &Rules) -> Response<Body> {
        let mut reply = Reply { status: self.status, headers: *self.headers, body: empty() };
        reply = match self.code {
            Some(code) => {
                let body = error_body(code, self.status, &self.message, rules);
                reply.header(header::CONTENT_TYPE, "application/json").json(&body)
            }
            None => reply.header(header::CONTENT_TYPE, "text/plain; charset=utf-8").bytes(self.message),
        };
        reply.into_response()
    }
}

/// What registries call an error whose code they made up.
const PRIVATE_CODES: [(Rule, Code, &str); 7] = [
    (Rule::ErrorCodeListed, Code::ManifestUnknown, "TAG_UNKNOWN"),
    (Rule::ErrorCodeListedBlob, Code::BlobUnknown, "BLOB_NOT_FOUND"),
    (Rule::ErrorCodeListedUpload, Code::BlobUploadUnknown, "UPLOAD_NOT_FOUND"),
    (Rule::ErrorCodeListedName, Code::NameInvalid, "REPOSITORY_NAME_INVALID"),
    (Rule::ErrorCodeListedDigest, Code::DigestInvalid, "INVALID_DIGEST"),
    (Rule::ErrorCodeListedManifest, Code::ManifestInvalid, "INVALID_MANIFEST"),
    (Rule::ErrorCodeListedMethod, Code::Unsupported, "METHOD_NOT_ALLOWED"),
];

fn error_body(code: Code, status: StatusCode, message: &str, rules: &Rules) -> Value {
    let private = PRIVATE_CODES.iter().find(|(rule, own, _)| *own == code && rules.breaks(*rule));
    let mut name = private.map_or(code.as_str(), |(_, _, name)| name).to_owned();
    if rules.breaks(Rule::ErrorCodeListedRange) && status == StatusCode::RANGE_NOT_SATISFIABLE {
        "RANGE_INVALID".clone_into(&mut name);
    }
    if rules.breaks(Rule::ErrorCodeUpperCase) {
        name.make_ascii_lowercase();
    }
    if rules.breaks(Rule::ErrorCodeLetters) {
        name = status.as_u16().to_string();
    }
    let mut error = json!({ "code": name, "message": message });
    if rules.breaks(Rule::ErrorMessageString) {
        error["message"] = json!({ "text": message });
    }
    if rules.breaks(Rule::ErrorCodePresent) {
        error = json!({ "message": message });
    }
    if rules.breaks(Rule::ErrorsPresent) {
        return error;
    }
    if rules.breaks(Rule::ErrorsArray) { json!({ "errors": error }) } else { json!({ "errors": [error] }) }
}
