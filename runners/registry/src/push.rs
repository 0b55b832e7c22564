//! Pushes fixtures as the ground a case stands on.

use std::collections::HashSet;

use plimsoll_engine::scope::Scope;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob};
use plimsoll_suite::case::{Identity, Step};
use plimsoll_suite::position::At;
use reqwest::Method;

use crate::client::{Request, Response, SendError};
use crate::steps::{Halt, Walk};

/// Pushes fixtures with all that they refer to, except subjects, so that a case decides in which order those come.
pub(crate) async fn push(walk: &Walk<'_>, step: &At<Step>, names: &[At<String>]) -> Result<(), Halt> {
    let repository = match &step.to {
        Some(to) => walk.scope.text(to)?,
        None => repository_of(&walk.scope)?,
    };
    let tags: Vec<String> = step.tag.iter().map(|tag| walk.scope.text(tag)).collect::<Result<_, _>>()?;
    let push = Push { walk, repository, identity: step.identity };
    let mut pushed = HashSet::new();
    for name in names {
        for part in with_parts(&walk.scope, name) {
            if pushed.insert(part.clone()) {
                let tags = if part == name.value { tags.as_slice() } else { &[] };
                push.fixture(&part, tags).await?;
            }
        }
    }
    Ok(())
}

fn repository_of(scope: &Scope) -> Result<String, Halt> {
    let name = plimsoll_suite::template::Template::parse("${repo}").map_err(|error| ended(&error.to_string()))?;
    Ok(scope.text(&name)?)
}

fn ended(reason: &str) -> Halt {
    Halt::End(End::Error(reason.to_owned()))
}

/// The fixture after everything it refers to.
fn with_parts(scope: &Scope, name: &str) -> Vec<String> {
    let mut order = Vec::new();
    if let Some(made) = scope.fixture(name) {
        for part in &made.refers_to {
            order.extend(with_parts(scope, part));
        }
    }
    order.push(name.to_owned());
    order
}

/// Where fixtures go, and by whom.
struct Push<'a> {
    walk: &'a Walk<'a>,
    repository: String,
    identity: Option<Identity>,
}

impl Push<'_> {
    async fn fixture(&self, name: &str, tags: &[String]) -> Result<(), Halt> {
        let Some(made) = self.walk.scope.fixture(name).cloned() else {
            return Err(ended(&format!("there is no fixture `{name}`")));
        };
        if made.refers_to_empty {
            self.blob("the empty descriptor", &Blob::empty_json(), Algorithm::Sha256).await?;
        }
        if !made.is_manifest {
            return self.blob(name, &made.blob, made.algorithm).await;
        }
        let references = if tags.is_empty() { vec![made.digest()] } else { tags.to_vec() };
        for reference in references {
            let mut request = self.request(Method::PUT, &format!("manifests/{reference}"))?;
            request.headers.push(("Content-Type".to_owned(), made.blob.media_type.clone()));
            request.body = Some(made.bytes());
            self.expect(&request, name, 201).await?;
        }
        Ok(())
    }

    async fn blob(&self, name: &str, blob: &Blob, algorithm: Algorithm) -> Result<(), Halt> {
        let open = self.request(Method::POST, "blobs/uploads/")?;
        let session = self.expect(&open, name, 202).await?;
        let location = session.field("location").first().and_then(|location| session.url.join(location).ok());
        let Some(mut url) = location.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return Err(blocked(name, "the answer to POST has no usable Location"));
        };
        url.query_pairs_mut().append_pair("digest", &blob.digest(algorithm));
        let mut close = Request { identity: self.identity, ..Request::new(Method::PUT, url) };
        close.headers.push(("Content-Type".to_owned(), "application/octet-stream".to_owned()));
        close.body = Some(blob.bytes.clone());
        self.expect(&close, name, 201).await.map(|_| ())
    }

    /// A request to something in the repository.
    fn request(&self, method: Method, what: &str) -> Result<Request, Halt> {
        let path = format!("/v2/{}/{what}", self.repository);
        let url = self.walk.base.join(&path).map_err(|error| ended(&format!("{path}: {error}")))?;
        Ok(Request { identity: self.identity, ..Request::new(method, url) })
    }

    async fn expect(&self, request: &Request, name: &str, status: u16) -> Result<Response, Halt> {
        match self.walk.send(request).await.0 {
            Ok(response) if response.status == status => Ok(response),
            Ok(response) => {
                Err(blocked(name, &format!("{} answered {} instead of {status}", request.method, response.status)))
            }
            Err(error @ SendError::Broken(_)) => Err(blocked(name, &error.to_string())),
            // Silence is nothing that the subject did wrong.
            Err(error) => Err(ended(&format!("pushing `{name}`: {error}"))),
        }
    }
}

fn blocked(name: &str, reason: &str) -> Halt {
    Halt::End(End::Blocked(format!("pushing `{name}`: {reason}")))
}
