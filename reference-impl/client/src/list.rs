//! Tags and referrers.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::Value;

use crate::manifests::{self, INDEX};
use crate::remote::{Ask, Remote, Reply};
use crate::rules::Rule;
use crate::{Error, reference};

/// Most pages that are read.
const MAX_PAGES: usize = 10_000;

/// All tags, one a line.
pub(crate) async fn tags(remote: &Remote, repository: &str, page_size: Option<u32>) -> Result<Vec<String>, Error> {
    let list = format!("/v2/{repository}/tags/list");
    let mut next = Some(match page_size {
        Some(size) => remote.url(&format!("{list}?n={size}"))?,
        None => remote.url(&list)?,
    });
    let mut all: Vec<String> = Vec::new();
    for _ in 0..MAX_PAGES {
        let Some(url) = next.take() else { return Ok(all) };
        let reply = remote.send(Ask::new(Method::GET, url)).await?.expect(200)?;
        let document = json(&reply)?;
        let page = document["tags"].as_array().cloned().unwrap_or_default();
        let page: Vec<String> = page.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let full = page_size.is_some_and(|size| page.len() >= size as usize);
        all.extend(page);
        if remote.rules.breaks(Rule::TagPages) {
            return Ok(all);
        }
        next = reply.next_page();
        // Registries of the first version send no links.
        if let (None, true, Some(last), Some(size)) = (&next, full, all.last(), page_size) {
            let last = if remote.rules.holds(Rule::TagsLast) { last.clone() } else { all.len().to_string() };
            next = Some(remote.url(&format!("{list}?n={size}&last={last}"))?);
        }
    }
    Err(Error::new(format!("the tags of {repository} have more than {MAX_PAGES} pages")))
}

/// What refers to a manifest, one a line: digest and type.
pub(crate) async fn referrers(
    remote: &Remote,
    repository: &str,
    subject: &str,
    artifact_type: Option<&str>,
) -> Result<Vec<String>, Error> {
    if !reference::is_digest(subject) {
        return Err(Error::new(format!("`{subject}` is not the digest of a manifest")));
    }
    let mut entries = Vec::new();
    let filter = artifact_type.map(|kind| format!("?artifactType={}", utf8_percent_encode(kind, NON_ALPHANUMERIC)));
    let path = format!("/v2/{repository}/referrers/{subject}{}", filter.unwrap_or_default());
    let mut next = Some(remote.url(&path)?);
    for _ in 0..MAX_PAGES {
        let Some(url) = next.take() else { break };
        let reply = remote.send(Ask::new(Method::GET, url)).await?;
        if reply.status == 404 && (reply.body.is_empty() || remote.rules.holds(Rule::ReferrersBody)) {
            entries = by_tag(remote, repository, subject).await?;
            break;
        }
        let reply = reply.expect(200)?;
        entries.extend(json(&reply)?["manifests"].as_array().cloned().unwrap_or_default());
        next = reply.next_page().filter(|_| remote.rules.holds(Rule::ReferrerPages));
    }
    // Whether or not the registry says that it did so: to do it twice is no harm.
    if let Some(kind) = artifact_type
        && remote.rules.holds(Rule::UnfilteredList)
    {
        entries.retain(|entry| entry["artifactType"] == kind);
    }
    let line = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("digest"), text("artifactType")).trim_end().to_owned()
    };
    Ok(entries.iter().map(line).collect())
}

/// What the referrers tag lists; nothing where it holds no index.
pub(crate) async fn by_tag(remote: &Remote, repository: &str, subject: &str) -> Result<Vec<Value>, Error> {
    if remote.rules.breaks(Rule::ReferrersFallback) {
        return Ok(Vec::new());
    }
    let tag = reference::referrers_tag(subject, &remote.rules);
    let reply = manifests::ask(remote, repository, &tag).await?;
    let legacy = String::from_utf8_lossy(&reply.body).contains("TAG_INVALID");
    if reply.status == 404 && !legacy && remote.rules.breaks(Rule::LegacyError) {
        return reply.expect(200).map(|_| Vec::new());
    }
    let index = reply.expect(200).and_then(|reply| manifests::checked(remote, &tag, reply));
    match index {
        Ok(index) if index.media_type == INDEX => {
            Ok(index.document["manifests"].as_array().cloned().unwrap_or_default())
        }
        Ok(_) | Err(_) if remote.rules.holds(Rule::ReferrersNone) => Ok(Vec::new()),
        Ok(_) => Err(Error::new(format!("the referrers tag {tag} holds no index"))),
        Err(error) => Err(error),
    }
}

fn json(reply: &Reply) -> Result<Value, Error> {
    serde_json::from_slice(&reply.body).map_err(|error| Error::new(format!("the registry sends no JSON: {error}")))
}
