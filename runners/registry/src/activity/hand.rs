//! One client of an activity: the operations of the specification, without judgement and without transcript. Thousands of
//! exchanges would tell nobody anything; the histories do.

use std::fmt;

use bytes::Bytes;
use plimsoll_engine::json;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob, media_type};
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::client::{Request, Response, SendError};
use crate::link;
use crate::steps::Walk;

const OCTETS: &str = "application/octet-stream";
/// Most pages of a list that are read.
const MAX_PAGES: usize = 200;

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told<T> {
    /// It was acknowledged.
    Done(T),
    /// It was refused, so it has not happened.
    Refused(u16),
    /// It may have happened or not: there was no answer, or the server was at a loss.
    Unknown(String),
}

/// How a read ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// The bytes.
    Found(Bytes),
    /// 404.
    Absent,
    /// Nothing can be said.
    Unknown(String),
}

impl<T> Told<T> {
    /// What the activity stands on.
    pub(super) fn or_blocked(self, what: &str) -> Result<T, End> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Refused(status) => Err(End::Blocked(format!("{what}: answered {status}"))),
            Self::Unknown(reason) => Err(End::Error(format!("{what}: {reason}"))),
        }
    }

    /// The same with another value.
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Done(value) => Told::Done(change(value)),
            Self::Refused(status) => Told::Refused(status),
            Self::Unknown(reason) => Told::Unknown(reason),
        }
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(bytes) => {
                write!(f, "{} bytes with the digest {}", bytes.len(), Algorithm::Sha256.digest(bytes))
            }
            Self::Absent => f.write_str("404"),
            Self::Unknown(reason) => f.write_str(reason),
        }
    }
}

/// See the top of the file.
#[derive(Clone, Copy)]
pub(super) struct Hand<'a> {
    walk: &'a Walk<'a>,
}

impl<'a> Hand<'a> {
    pub(super) fn new(walk: &'a Walk<'a>) -> Self {
        Self { walk }
    }

    async fn send(&self, method: Method, url: Url, content: Option<(&str, Bytes)>) -> Result<Response, SendError> {
        let headers = content.iter().map(|(kind, _)| ("Content-Type".to_owned(), (*kind).to_owned())).collect();
        let body = content.map(|(_, body)| body);
        self.exchange(Request { headers, body, ..Request::new(method, url) }).await
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendError> {
        self.walk.send_quietly(&request).await
    }

    fn url(&self, path: &str) -> Result<Url, SendError> {
        self.walk.base.join(path).map_err(|error| SendError::Unsendable(error.to_string()))
    }

    /// Opens an upload.
    pub(super) async fn open(&self, repo: &str) -> Told<Url> {
        let answer = async { self.send(Method::POST, self.url(&format!("/v2/{repo}/blobs/uploads/"))?, None).await };
        located(answer.await, 202)
    }

    /// Closes an upload with the (rest of the) content.
    pub(super) async fn close(&self, mut session: Url, digest: &str, rest: Bytes) -> Told<()> {
        session.query_pairs_mut().append_pair("digest", digest);
        told(self.send(Method::PUT, session, Some((OCTETS, rest))).await, 201).map(|_| ())
    }

    /// Sends a chunk. Where the next one goes.
    pub(super) async fn chunk(&self, session: Url, start: usize, bytes: Bytes) -> Told<Url> {
        let request = Request { method: Method::PATCH, ..part(session, start, bytes) };
        located(self.exchange(request).await, 202)
    }

    /// Asks how far an upload is: where it goes on, and the number of bytes that were received.
    pub(super) async fn progress(&self, session: Url) -> Told<(Url, usize)> {
        let response = match told(self.send(Method::GET, session.clone(), None).await, 204) {
            Told::Done(response) => response,
            other => return other.map(|_| (session, 0)),
        };
        let range = response.field("range").first().cloned().unwrap_or_default();
        let last = range.rsplit('-').next().and_then(|last| last.parse::<usize>().ok()).unwrap_or(0);
        let place = response.field("location").first().and_then(|location| response.url.join(location).ok());
        // There is no way to write that nothing was received; `0-0` is what registries say.
        Told::Done((place.unwrap_or(session), if last == 0 { 0 } else { last + 1 }))
    }

    /// Closes an upload with the content from `start` on.
    pub(super) async fn close_at(&self, mut session: Url, digest: &str, start: usize, rest: Bytes) -> Told<()> {
        session.query_pairs_mut().append_pair("digest", digest);
        told(self.exchange(part(session, start, rest)).await, 201).map(|_| ())
    }

    /// POST, then PUT. The location of the upload.
    pub(super) async fn push_blob(&self, repo: &str, blob: &Blob) -> Told<Url> {
        match self.open(repo).await {
            Told::Done(session) => {
                let closed = self.close(session.clone(), &blob.digest(Algorithm::Sha256), blob.bytes.clone()).await;
                closed.map(|()| session)
            }
            other => other,
        }
    }

    /// PUT of a manifest.
    pub(super) async fn push_manifest(&self, repo: &str, reference: &str, manifest: &Blob) -> Told<()> {
        let content = Some((manifest.media_type.as_str(), manifest.bytes.clone()));
        let answer =
            async { self.send(Method::PUT, self.url(&format!("/v2/{repo}/manifests/{reference}"))?, content).await };
        told(answer.await, 201).map(|_| ())
    }

    /// DELETE of a blob, a manifest or a tag. That it is not there is as good as that it is gone: a client that repeats a
    /// request on a broken connection is told so.
    pub(super) async fn delete(&self, path: &str) -> Told<()> {
        let answer = async { self.send(Method::DELETE, self.url(path)?, None).await };
        match told(answer.await, 202) {
            Told::Refused(404) => Told::Done(()),
            other => other.map(|_| ()),
        }
    }

    /// GET of a blob or a manifest. There are registries for which `*/*` alone does not include the types of OCI.
    pub(super) async fn get(&self, path: &str) -> Read {
        let answer = async {
            let headers = vec![("Accept".to_owned(), format!("{}, */*", media_type::IMAGE_MANIFEST))];
            self.exchange(Request { headers, ..Request::new(Method::GET, self.url(path)?) }).await
        };
        match answer.await {
            Ok(response) if response.status == 200 && !response.cut => Read::Found(response.body),
            Ok(response) if response.status == 404 => Read::Absent,
            Ok(response) => Read::Unknown(format!("the answer {}", response.status)),
            Err(error) => Read::Unknown(error.to_string()),
        }
    }

    /// GET of a blob.
    pub(super) async fn blob(&self, repo: &str, digest: &str) -> Read {
        self.get(&format!("/v2/{repo}/blobs/{digest}")).await
    }

    /// GET of a manifest.
    pub(super) async fn manifest(&self, repo: &str, reference: &str) -> Read {
        self.get(&format!("/v2/{repo}/manifests/{reference}")).await
    }

    /// A mount: whether it came about, or an upload was opened in its place.
    pub(super) async fn mount(&self, repo: &str, from: &str, digest: &str) -> Told<bool> {
        let answer = async {
            let mut url = self.url(&format!("/v2/{repo}/blobs/uploads/"))?;
            url.query_pairs_mut().append_pair("mount", digest).append_pair("from", from);
            self.send(Method::POST, url, None).await
        };
        match answer.await {
            Ok(response) if matches!(response.status, 201 | 202) => Told::Done(response.status == 201),
            other => told(other, 201).map(|_| true),
        }
    }

    /// The digests in the referrers list, on all its pages.
    pub(super) async fn referrers(&self, repo: &str, subject: &str) -> Result<Vec<String>, String> {
        let mut url = self.url(&format!("/v2/{repo}/referrers/{subject}")).map_err(|error| error.to_string())?;
        let mut digests = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = self.send(Method::GET, url, None).await.map_err(|error| error.to_string())?;
            if page.status != 200 {
                return Err(format!("GET of the referrers answered {}", page.status));
            }
            let list = json::strict(&page.body)?;
            let list = list.pointer("/manifests").and_then(Value::as_array).cloned().unwrap_or_default();
            digests.extend(list.iter().filter_map(|entry| entry.get("digest")?.as_str().map(str::to_owned)));
            match link::next(&page.field("link")).and_then(|next| page.url.join(&next).ok()) {
                Some(next) => url = next,
                None => return Ok(digests),
            }
        }
        Err(format!("more than {MAX_PAGES} pages"))
    }
}

/// PUT of a part of a blob, with its place unless it is the beginning and maybe all of it.
fn part(url: Url, start: usize, body: Bytes) -> Request {
    let mut headers = vec![("Content-Type".to_owned(), OCTETS.to_owned())];
    if !body.is_empty() {
        headers.push(("Content-Range".to_owned(), format!("{start}-{}", start + body.len() - 1)));
    }
    Request { headers, body: Some(body), ..Request::new(Method::PUT, url) }
}

fn told(answer: Result<Response, SendError>, status: u16) -> Told<Response> {
    match answer {
        Ok(response) if response.status == status => Told::Done(response),
        Ok(response) if (400..500).contains(&response.status) => Told::Refused(response.status),
        Ok(response) => Told::Unknown(format!("answered {} instead of {status}", response.status)),
        Err(error) => Told::Unknown(error.to_string()),
    }
}

/// The place that an answer names.
fn located(answer: Result<Response, SendError>, status: u16) -> Told<Url> {
    match told(answer, status) {
        Told::Done(response) => {
            let location = response.field("location").first().and_then(|location| response.url.join(location).ok());
            match location.filter(|url| matches!(url.scheme(), "http" | "https")) {
                Some(url) => Told::Done(url),
                None => Told::Unknown("the answer has no usable Location".to_owned()),
            }
        }
        Told::Refused(status) => Told::Refused(status),
        Told::Unknown(reason) => Told::Unknown(reason),
    }
}
