//! Clients push manifests of one subject at the same time, and delete some of them again.

use std::collections::BTreeSet;
use std::sync::Mutex;

use futures_util::future::join_all;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob};
use plimsoll_suite::activity::Load;

use super::hand::Told;
use super::{Findings, Stage, lag, settle};

/// Digests whose fate is known.
#[derive(Default)]
struct Known {
    there: BTreeSet<String>,
    gone: BTreeSet<String>,
}

pub(super) async fn perform(stage: &Stage<'_>, load: &Load, findings: &mut Findings) -> Result<(), End> {
    stage.lay_ground().await?;
    let subject = stage.manifest("subject", None)?;
    let address = subject.digest(Algorithm::Sha256);
    stage.hand.push_manifest(&stage.repo, &address, &subject).await.or_blocked("pushing the subject")?;
    let known = Mutex::new(Known::default());
    let clients = (0..load.clients).map(|client| one(stage, load, client, &subject, &known));
    join_all(clients).await.into_iter().collect::<Result<Vec<()>, End>>()?;
    let known = known.into_inner().unwrap_or_default();
    let look = || stage.hand.referrers(&stage.repo, &address);
    let fits = |list: &Result<Vec<String>, String>| list.as_ref().is_ok_and(|list| faults(&known, list).is_empty());
    let list = settle(lag(load), look, fits).await;
    let list = list.map_err(|reason| End::Error(format!("when all was quiet, there was no list: {reason}")))?;
    for (name, seen) in faults(&known, &list) {
        findings.add(name, seen);
    }
    Ok(())
}

/// What is wrong with a list.
fn faults(known: &Known, list: &[String]) -> Vec<(&'static str, String)> {
    let listed: BTreeSet<&String> = list.iter().collect();
    let mut faults = Vec::new();
    let missing: Vec<&String> = known.there.iter().filter(|digest| !listed.contains(digest)).collect();
    if let Some(first) = missing.first() {
        let (missing, all) = (missing.len(), known.there.len());
        faults.push(("lost", format!("{missing} of {all} pushes that were answered with 201 are not listed: {first}")));
    }
    if listed.len() < list.len() {
        faults.push(("twice", format!("{} entries with {} digests", list.len(), listed.len())));
    }
    if let Some(gone) = known.gone.iter().find(|digest| listed.contains(digest)) {
        faults.push(("deleted", format!("its deletion was answered with 202, and it is listed: {gone}")));
    }
    faults
}

async fn one(stage: &Stage<'_>, load: &Load, client: u32, subject: &Blob, known: &Mutex<Known>) -> Result<(), End> {
    for operation in 0..load.operations {
        let referrer = stage.manifest(&format!("referrer-{client}-{operation}"), Some(subject))?;
        let digest = referrer.digest(Algorithm::Sha256);
        let pushed = stage.hand.push_manifest(&stage.repo, &digest, &referrer).await;
        let deleted = match (&pushed, stage.roll(&format!("choice-{client}-{operation}"), 4)) {
            (Told::Done(()), 0) => {
                // One that may not delete leaves it where it is.
                match stage.hand.delete(&format!("/v2/{}/manifests/{digest}", stage.repo)).await {
                    Told::Refused(_) => None,
                    told => Some(told),
                }
            }
            _ => None,
        };
        if let Ok(mut known) = known.lock() {
            match (pushed, deleted) {
                (Told::Done(()), None) => known.there.insert(digest),
                (Told::Done(()), Some(Told::Done(()))) => known.gone.insert(digest),
                _ => false,
            };
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(there: &[&str], gone: &[&str]) -> Known {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Known { there: set(there), gone: set(gone) }
    }

    fn names(known: &Known, list: &[&str]) -> Vec<&'static str> {
        let list: Vec<String> = list.iter().map(|name| (*name).to_owned()).collect();
        faults(known, &list).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_list_has_every_referrer_once() {
        let known = known(&["a", "b"], &["c"]);
        assert_eq!(names(&known, &["b", "a"]), [""; 0]);
        // One whose fate nobody knows may be there.
        assert_eq!(names(&known, &["b", "a", "d"]), [""; 0]);
        assert_eq!(names(&known, &["a"]), ["lost"]);
        assert_eq!(names(&known, &["a", "b", "a"]), ["twice"]);
        assert_eq!(names(&known, &["a", "b", "c"]), ["deleted"]);
    }
}
