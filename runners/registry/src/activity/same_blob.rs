//! Clients push the same blob at the same time (dist.x.dedupe), and read it while they do.

use std::collections::HashSet;
use std::sync::Mutex;

use futures_util::future::join_all;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob, random};
use plimsoll_suite::activity::Load;

use super::hand::{Read, Told};
use super::{Findings, Stage, lag, settle};

/// Large enough to come in several pieces.
const SIZE: usize = 192 << 10;

pub(super) async fn perform(stage: &Stage<'_>, load: &Load, findings: &mut Findings) -> Result<(), End> {
    for round in 0..load.operations {
        let blob = random(&stage.seed.derive(&format!("blob-{round}")), SIZE);
        let found = Mutex::new(Vec::new());
        let clients = (0..load.clients).map(|client| one(stage, load, &blob, client, &found));
        let sessions: Vec<String> = join_all(clients).await.into_iter().flatten().collect();
        let distinct: HashSet<&String> = sessions.iter().collect();
        if distinct.len() < sessions.len() {
            let (uploads, places) = (sessions.len(), distinct.len());
            findings.add("sessions", format!("{uploads} uploads at the same time at {places} places"));
        }
        for (name, seen) in found.into_inner().unwrap_or_default() {
            findings.add(name, seen);
        }
    }
    Ok(())
}

/// One client: the place of its upload.
async fn one(
    stage: &Stage<'_>,
    load: &Load,
    blob: &Blob,
    client: u32,
    found: &Mutex<Vec<(&'static str, String)>>,
) -> Option<String> {
    let digest = blob.digest(Algorithm::Sha256);
    let find = |name, seen: String| {
        if let Ok(mut found) = found.lock() {
            found.push((name, format!("client {client} of {}: {seen}", load.clients)));
        }
    };
    let judge = |read: &Read| {
        if matches!(read, Read::Found(bytes) if *bytes != blob.bytes) {
            find("whole", format!("GET of {digest} answered 200 with {read}"));
        }
    };
    let session = match stage.hand.open(&stage.repo).await {
        Told::Done(session) => session,
        Told::Refused(status) => {
            find("accepted", format!("POST was answered with {status}"));
            return None;
        }
        Told::Unknown(reason) => {
            find("accepted", format!("POST: {reason}"));
            return None;
        }
    };
    // Those with an odd number look before they push, when others may be in the middle of it.
    if client % 2 == 1 {
        judge(&stage.hand.blob(&stage.repo, &digest).await);
    }
    let place = session.path().to_owned();
    match stage.hand.close(session, &digest, blob.bytes.clone()).await {
        Told::Done(()) => {
            let look = || stage.hand.blob(&stage.repo, &digest);
            // Its own push alone decides, so that nothing is waited for longer than one look takes.
            let mut read = look().await;
            if read == Read::Absent {
                read = settle(lag(load), look, |read| *read != Read::Absent).await;
            }
            judge(&read);
            if read == Read::Absent {
                find("readable", format!("PUT was answered with 201, and GET of {digest} with 404"));
            }
        }
        Told::Refused(status) => find("accepted", format!("PUT was answered with {status}")),
        Told::Unknown(reason) => find("accepted", format!("PUT: {reason}")),
    }
    Some(place)
}
