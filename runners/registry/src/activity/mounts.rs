//! Clients mount a blob while others delete it at its source and push it again. Whatever the source says: a mount that was
//! answered with 201 can be read, since nobody deletes it at its target.

use std::sync::Mutex;

use futures_util::future::join_all;
use plimsoll_engine::Verdict;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob, random};
use plimsoll_suite::activity::Load;

use super::hand::{Read, Told};
use super::{Findings, Stage, lag, settle};

const SIZE: usize = 16 << 10;

pub(super) async fn perform(stage: &Stage<'_>, load: &Load, findings: &mut Findings) -> Result<(), End> {
    let source = &stage.other;
    let mut mounted = 0;
    // Every round has a blob of its own, because what was mounted once is there.
    for round in 0..load.operations {
        let blob = random(&stage.seed.derive(&format!("blob-{round}")), SIZE);
        stage.hand.push_blob(source, &blob).await.or_blocked("pushing the blob to its source")?;
        let found = Mutex::new(Vec::new());
        let deleter = async {
            let path = format!("/v2/{source}/blobs/{}", blob.digest(Algorithm::Sha256));
            let _ = stage.hand.delete(&path).await;
            let _ = stage.hand.push_blob(source, &blob).await;
            let _ = stage.hand.delete(&path).await;
        };
        let mounters = (1..load.clients).map(|client| mount(stage, load, client, &blob, &found));
        let (_, mounts) = tokio::join!(deleter, join_all(mounters));
        mounted += mounts.into_iter().filter(|mounted| *mounted).count();
        for (name, seen) in found.into_inner().unwrap_or_default() {
            findings.add(name, seen);
        }
    }
    if mounted == 0 {
        return Err(End::Chosen {
            verdict: Verdict::Unsupported,
            feature: Some("blob-mount".to_owned()),
            reason: "no mount was answered with 201".to_owned(),
        });
    }
    Ok(())
}

/// One client: whether it was told that the blob is mounted.
async fn mount(
    stage: &Stage<'_>,
    load: &Load,
    client: u32,
    blob: &Blob,
    found: &Mutex<Vec<(&'static str, String)>>,
) -> bool {
    let digest = blob.digest(Algorithm::Sha256);
    let find = |name, seen: String| {
        if let Ok(mut found) = found.lock() {
            found.push((name, seen));
        }
    };
    if stage.hand.mount(&stage.repo, &stage.other, &digest).await != Told::Done(true) {
        return false;
    }
    let look = || stage.hand.blob(&stage.repo, &digest);
    let mut read = look().await;
    if read == Read::Absent {
        read = settle(lag(load), look, |read| *read != Read::Absent).await;
    }
    match read {
        Read::Absent => {
            find(
                "readable",
                format!("client {client}'s mount of {digest} was answered with 201, and GET of it with 404"),
            );
        }
        Read::Found(ref bytes) if *bytes != blob.bytes => {
            find("whole", format!("GET of {digest} answered 200 with {read}"));
        }
        _ => {}
    }
    true
}
