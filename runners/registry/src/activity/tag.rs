//! Clients push manifests to one tag, read it and, if they may, delete it.

use std::sync::Mutex;

use futures_util::future::join_all;
use plimsoll_engine::trial::End;
use plimsoll_fixtures::Blob;
use plimsoll_suite::activity::Load;

use super::hand::{Read, Told};
use super::history::{History, Value, What};
use super::{Findings, Stage, judge_register, lag};

const TAG: &str = "contended";

/// What is pushed: the manifest that is there from the start, then one for each operation of each client.
struct Contents(Vec<Blob>);

impl Contents {
    fn value(&self, read: &Read) -> Option<Value> {
        match read {
            Read::Found(bytes) => self.0.iter().position(|content| content.bytes == *bytes).map(Some),
            Read::Absent => Some(None),
            Read::Unknown(_) => None,
        }
    }
}

pub(super) async fn perform(stage: &Stage<'_>, load: &Load, deletes: bool, findings: &mut Findings) -> Result<(), End> {
    stage.lay_ground().await?;
    let (clients, operations) = (load.clients as usize, load.operations as usize);
    let contents: Result<Vec<Blob>, End> =
        (0..=clients * operations).map(|number| stage.manifest(&format!("content-{number}"), None)).collect();
    let contents = Contents(contents?);
    let history = History::default();
    let torn = Mutex::new(None);
    let begin = history.now();
    stage.hand.push_manifest(&stage.repo, TAG, &contents.0[0]).await.or_blocked("pushing the first manifest")?;
    history.ended(0, begin, What::Write(Some(0)));
    let clients = (0..clients).map(|client| {
        let first = 1 + client * operations;
        one(stage, client + 1, first..first + operations, deletes, &contents, &history, &torn)
    });
    join_all(clients).await;
    if deletes {
        // What is still under way now may not take this one along.
        let begin = history.now();
        let told = stage.hand.push_manifest(&stage.repo, TAG, &contents.0[0]).await;
        record(&history, 0, begin, Some(0), &told);
    }
    if let Some(seen) = torn.into_inner().unwrap_or_default() {
        findings.add("whole", seen);
    }
    if !deletes && let Some(gap) = history.absence() {
        findings.add("gap", gap);
    }
    let look = || async {
        let read = stage.hand.manifest(&stage.repo, TAG).await;
        let value = contents.value(&read);
        (read, value)
    };
    judge_register(&history, lag(load), look, findings).await
}

async fn one(
    stage: &Stage<'_>,
    client: usize,
    numbers: std::ops::Range<usize>,
    deletes: bool,
    contents: &Contents,
    history: &History,
    torn: &Mutex<Option<String>>,
) {
    for number in numbers {
        let begin = history.now();
        match stage.roll(&format!("choice-{number}"), 10) {
            0..4 => {
                let read = stage.hand.manifest(&stage.repo, TAG).await;
                match contents.value(&read) {
                    Some(value) => history.ended(client, begin, What::Read(value)),
                    None if matches!(read, Read::Found(_)) => {
                        if let Ok(mut torn) = torn.lock() {
                            torn.get_or_insert(format!("GET of the tag answered 200 with {read}, which nobody pushed"));
                        }
                    }
                    None => {}
                }
            }
            4..6 if deletes => {
                let told = stage.hand.delete(&format!("/v2/{}/manifests/{TAG}", stage.repo)).await;
                record(history, client, begin, None, &told);
            }
            _ => {
                let told = stage.hand.push_manifest(&stage.repo, TAG, &contents.0[number]).await;
                record(history, client, begin, Some(number), &told);
            }
        }
    }
}

/// Adds a write as it ended.
pub(super) fn record<T>(history: &History, client: usize, begin: u64, value: Value, told: &Told<T>) {
    match told {
        Told::Done(_) => history.ended(client, begin, What::Write(value)),
        Told::Unknown(_) => history.uncertain(client, begin, value),
        Told::Refused(_) => {}
    }
}
