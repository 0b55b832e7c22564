//! Deleting a manifest or a tag.

use reqwest::Method;

use crate::remote::{Ask, Remote};
use crate::rules::Rule;
use crate::{Error, list, manifests, push, reference};

/// Deletes, and takes the manifest out of the list of its subject where the registry keeps none.
pub(crate) async fn delete(remote: &Remote, repository: &str, wanted: &str) -> Result<Vec<String>, Error> {
    reference::check(repository, wanted, &remote.rules, Rule::PushedReference)?;
    let by_digest = reference::is_digest(wanted);
    // Afterwards nobody can say what its subject was.
    let manifest = if by_digest { Some(manifests::pull(remote, repository, wanted).await?) } else { None };
    let url = remote.url(&format!("/v2/{repository}/manifests/{wanted}"))?;
    remote.send(Ask::new(Method::DELETE, url)).await?.expect(202)?;
    let subject = manifest.as_ref().and_then(|manifest| manifest.document["subject"]["digest"].as_str());
    if let Some(subject) = subject
        && remote.rules.holds(Rule::DeleteList)
    {
        let url = remote.url(&format!("/v2/{repository}/referrers/{subject}"))?;
        if remote.send(Ask::new(Method::GET, url)).await?.status == 404 {
            let mut entries = list::by_tag(remote, repository, subject).await?;
            let before = entries.len();
            entries.retain(|entry| entry["digest"] != wanted);
            if entries.len() != before {
                let tag = reference::referrers_tag(subject, &remote.rules);
                push::list(remote, repository, &tag, entries).await?;
            }
        }
    }
    Ok(vec![format!("deleted {wanted}")])
}
