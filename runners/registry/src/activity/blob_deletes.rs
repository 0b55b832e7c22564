//! Clients push, delete and read one blob: a register with one content.

use std::sync::Mutex;

use futures_util::future::join_all;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob, random};
use plimsoll_suite::activity::Load;

use super::hand::Read;
use super::history::{History, Value, What};
use super::tag::record;
use super::{Findings, Stage, judge_register, lag};

const SIZE: usize = 16 << 10;

pub(super) async fn perform(stage: &Stage<'_>, load: &Load, findings: &mut Findings) -> Result<(), End> {
    let blob = random(&stage.seed.derive("blob"), SIZE);
    let history = History::default();
    let torn = Mutex::new(None);
    join_all((0..load.clients).map(|client| one(stage, load, client, &blob, &history, &torn))).await;
    // What is still under way now may not take this one along.
    let begin = history.now();
    let told = stage.hand.push_blob(&stage.repo, &blob).await;
    record(&history, 0, begin, Some(0), &told);
    if let Some(seen) = torn.into_inner().unwrap_or_default() {
        findings.add("whole", seen);
    }
    let look = || async {
        let read = stage.hand.blob(&stage.repo, &blob.digest(Algorithm::Sha256)).await;
        let value = value(&blob, &read);
        (read, value)
    };
    judge_register(&history, lag(load), look, findings).await
}

fn value(blob: &Blob, read: &Read) -> Option<Value> {
    match read {
        Read::Found(bytes) => (*bytes == blob.bytes).then_some(Some(0)),
        Read::Absent => Some(None),
        Read::Unknown(_) => None,
    }
}

async fn one(
    stage: &Stage<'_>,
    load: &Load,
    client: u32,
    blob: &Blob,
    history: &History,
    torn: &Mutex<Option<String>>,
) {
    let digest = blob.digest(Algorithm::Sha256);
    let number = client as usize + 1;
    for operation in 0..load.operations {
        let begin = history.now();
        match stage.roll(&format!("choice-{client}-{operation}"), 3) {
            0 => {
                let read = stage.hand.blob(&stage.repo, &digest).await;
                match value(blob, &read) {
                    Some(value) => history.ended(number, begin, What::Read(value)),
                    None if matches!(read, Read::Found(_)) => {
                        if let Ok(mut torn) = torn.lock() {
                            torn.get_or_insert(format!("GET of {digest} answered 200 with {read}"));
                        }
                    }
                    None => {}
                }
            }
            1 => {
                let told = stage.hand.delete(&format!("/v2/{}/blobs/{digest}", stage.repo)).await;
                record(history, number, begin, None, &told);
            }
            _ => {
                let told = stage.hand.push_blob(&stage.repo, blob).await;
                record(history, number, begin, Some(0), &told);
            }
        }
    }
}
