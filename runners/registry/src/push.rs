//! Pushes fixtures as the ground a case stands on.

use std::collections::HashSet;

use plimsoll_engine::scope::Scope;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob};
use plimsoll_suite::case::Step;
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
    let mut pushed = HashSet::new();
    for name in names {
        for part in with_parts(&walk.scope, name) {
            if pushed.insert(part.clone()) {
                let tags = if part == name.value { tags.as_slice() } else { &[] };
                fixture(walk, &repository, &part, tags).await?;
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

async fn fixture(walk: &Walk<'_>, repository: &str, name: &str, tags: &[String]) -> Result<(), Halt> {
    let Some(made) = walk.scope.fixture(name).cloned() else {
        return Err(ended(&format!("there is no fixture `{name}`")));
    };
    if made.refers_to_empty {
        blob(walk, repository, "the empty descriptor", &Blob::empty_json(), Algorithm::Sha256).await?;
    }
    if !made.is_manifest {
        return blob(walk, repository, name, &made.blob, made.algorithm).await;
    }
    let references = if tags.is_empty() { vec![made.digest()] } else { tags.to_vec() };
    for reference in references {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let mut request = request(walk, Method::PUT, &path)?;
        request.headers.push(("Content-Type".to_owned(), made.blob.media_type.clone()));
        request.body = Some(made.bytes());
        expect(walk, &request, name, 201).await?;
    }
    Ok(())
}

async fn blob(walk: &Walk<'_>, repository: &str, name: &str, blob: &Blob, algorithm: Algorithm) -> Result<(), Halt> {
    let open = request(walk, Method::POST, &format!("/v2/{repository}/blobs/uploads/"))?;
    let session = expect(walk, &open, name, 202).await?;
    let location = session.field("location").first().and_then(|location| session.url.join(location).ok());
    let Some(mut url) = location.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return Err(blocked(name, "the answer to POST has no usable Location"));
    };
    url.query_pairs_mut().append_pair("digest", &blob.digest(algorithm));
    let close = Request {
        method: Method::PUT,
        url,
        headers: vec![("Content-Type".to_owned(), "application/octet-stream".to_owned())],
        body: Some(blob.bytes.clone()),
        stream: false,
        anonymous: false,
    };
    expect(walk, &close, name, 201).await.map(|_| ())
}

fn request(walk: &Walk<'_>, method: Method, path: &str) -> Result<Request, Halt> {
    let url = walk.base.join(path).map_err(|error| ended(&format!("{path}: {error}")))?;
    Ok(Request { method, url, headers: Vec::new(), body: None, stream: false, anonymous: false })
}

async fn expect(walk: &Walk<'_>, request: &Request, name: &str, status: u16) -> Result<Response, Halt> {
    match walk.send(request).await.0 {
        Ok(response) if response.status == status => Ok(response),
        Ok(response) => {
            Err(blocked(name, &format!("{} answered {} instead of {status}", request.method, response.status)))
        }
        Err(error @ SendError::Broken(_)) => Err(blocked(name, &error.to_string())),
        // Silence is nothing that the subject did wrong.
        Err(error) => Err(ended(&format!("pushing `{name}`: {error}"))),
    }
}

fn blocked(name: &str, reason: &str) -> Halt {
    Halt::End(End::Blocked(format!("pushing `{name}`: {reason}")))
}
