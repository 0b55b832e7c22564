//! One client of a registry that is killed: what it does, and what it may expect afterwards.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use plimsoll_engine::trial::End;
use plimsoll_fixtures::{Algorithm, Blob, Seed, random};
use plimsoll_suite::activity::Moment;

use super::super::hand::{Hand, Read, Told};
use super::super::{manifest, settle};
use super::Trigger;
use super::promises::{Promises, Which};
use super::resume::{Upload, resume};

/// Tags of one client.
const TAGS: u64 = 2;
/// How long a registry that has just started may take until it knows what it has.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes of a chunk.
const CHUNK: usize = 24 << 10;

pub(super) struct Actor<'a> {
    hand: Hand<'a>,
    seed: Seed,
    number: usize,
    repo: String,
    subject: Blob,
    /// Operations so far.
    count: u64,
    promises: Promises,
    /// Referrers of the subject that were acknowledged.
    referrers: BTreeSet<String>,
    /// Uploads that were left open.
    uploads: Vec<Upload>,
}

/// The registry did not answer: this client waits for the next start.
struct Gone;

impl<'a> Actor<'a> {
    /// Pushes what its manifests refer to.
    pub(super) async fn begin(hand: Hand<'a>, seed: Seed, number: usize) -> Result<Self, End> {
        let repo = format!("crash/client-{number}");
        let subject = manifest(&seed, "subject", None)?;
        let address = subject.digest(Algorithm::Sha256);
        hand.push_blob(&repo, &Blob::empty_json()).await.or_blocked("pushing the empty descriptor")?;
        hand.push_manifest(&repo, &address, &subject).await.or_blocked("pushing the subject")?;
        let (promises, referrers, uploads) = (Promises::default(), BTreeSet::new(), Vec::new());
        Ok(Self { hand, seed, number, repo, subject, count: 0, promises, referrers, uploads })
    }

    /// Works until the registry is gone.
    pub(super) async fn act(&mut self, trigger: &Trigger, round: u32) {
        self.seed = self.seed.derive(&format!("round-{round}"));
        while !trigger.is_over() {
            self.count += 1;
            // Mostly that in which the registry is to be killed, and the rest among it.
            let moment = match self.roll("moment", 8) {
                0 => Moment::Upload,
                1 => Moment::Commit,
                2 => Moment::Tag,
                3 => Moment::Delete,
                _ => trigger.moment(),
            };
            let began = Instant::now();
            if self.once(moment, trigger).await.is_err() {
                return;
            }
            trigger.took(moment, began.elapsed());
        }
    }

    /// Tries everything some times, though the registry may have to give up each time.
    pub(super) async fn strain(&mut self, trigger: &Trigger, turn: u32) {
        self.seed = self.seed.derive(&format!("turn-{turn}"));
        use Moment::{Commit, Delete, Tag, Upload};
        // Small things first: they fit where there is hardly any room.
        for moment in [Tag, Tag, Commit, Tag, Upload, Tag, Delete, Tag, Commit] {
            self.count += 1;
            // What is not known now is open until it is looked at.
            let _ = self.once(moment, trigger).await;
        }
    }

    async fn once(&mut self, moment: Moment, trigger: &Trigger) -> Result<(), Gone> {
        match moment {
            Moment::Upload => self.upload(trigger).await,
            Moment::Commit => self.commit(trigger).await,
            Moment::Tag => self.tag(trigger).await,
            Moment::Delete => self.delete(trigger).await,
        }
    }

    fn roll(&self, label: &str, sides: u64) -> u64 {
        self.seed.derive(&format!("{label}-{}", self.count)).number() % sides
    }

    fn blob_path(&self, digest: &str) -> String {
        format!("/v2/{}/blobs/{digest}", self.repo)
    }

    fn manifest_path(&self, reference: &str) -> String {
        format!("/v2/{}/manifests/{reference}", self.repo)
    }

    /// Notes how the write of a value ended.
    fn note<T>(&mut self, path: &str, finding: &'static str, value: Option<&str>, told: &Told<T>) -> Result<(), Gone> {
        match told {
            Told::Done(_) => self.promises.kept(path, finding, value),
            // Not even a refusal: whoever refuses has not done it, and goes on.
            Told::Refused(_) => {}
            Told::Unknown(_) => {
                self.promises.open(path, finding, value);
                return Err(Gone);
            }
        }
        Ok(())
    }

    /// Two chunks; then the upload is closed, or left for later.
    async fn upload(&mut self, trigger: &Trigger) -> Result<(), Gone> {
        let content = random(&self.seed.derive(&format!("upload-{}", self.count)), 3 * CHUNK);
        let place = match self.hand.open(&self.repo).await {
            Told::Done(place) => place,
            Told::Refused(_) => return Ok(()),
            Told::Unknown(_) => return Err(Gone),
        };
        let mut upload = Upload { place, content, sent: 0 };
        for number in 0..2 {
            let start = number * CHUNK;
            trigger.begins(Moment::Upload);
            upload.sent = start + CHUNK;
            let chunk = upload.content.bytes.slice(start..start + CHUNK);
            match self.hand.chunk(upload.place.clone(), start, chunk).await {
                Told::Done(place) => upload.place = place,
                Told::Refused(_) => return Ok(()),
                Told::Unknown(_) => {
                    self.uploads.push(upload);
                    return Err(Gone);
                }
            }
        }
        if self.roll("leave", 2) == 0 {
            self.uploads.push(upload);
            return Ok(());
        }
        let digest = upload.content.digest(Algorithm::Sha256);
        let rest = upload.content.bytes.slice(upload.sent..);
        let told = self.hand.close_at(upload.place.clone(), &digest, upload.sent, rest).await;
        if matches!(told, Told::Unknown(_)) {
            // It may be open still, with the rest or without.
            upload.sent = upload.content.bytes.len();
            self.uploads.push(upload);
        }
        self.note(&self.blob_path(&digest), "blobs", Some(&digest), &told)
    }

    /// A blob, now and then under a digest that is not its own.
    async fn commit(&mut self, trigger: &Trigger) -> Result<(), Gone> {
        let size = 1 << (8 + self.roll("size", 9));
        let blob = random(&self.seed.derive(&format!("blob-{}", self.count)), size);
        let place = match self.hand.open(&self.repo).await {
            Told::Done(place) => place,
            Told::Refused(_) => return Ok(()),
            Told::Unknown(_) => return Err(Gone),
        };
        trigger.begins(Moment::Commit);
        if self.roll("refused", 5) == 0 {
            let other = random(&self.seed.derive(&format!("other-{}", self.count)), 64).digest(Algorithm::Sha256);
            return match self.hand.close(place, &other, blob.bytes).await {
                Told::Refused(_) => {
                    self.promises.kept(&self.blob_path(&other), "refused", None);
                    Ok(())
                }
                // That it is taken is for other cases to see.
                Told::Done(()) => Ok(()),
                Told::Unknown(_) => {
                    self.promises.kept(&self.blob_path(&other), "refused", None);
                    Err(Gone)
                }
            };
        }
        let digest = blob.digest(Algorithm::Sha256);
        let told = self.hand.close(place, &digest, blob.bytes).await;
        self.note(&self.blob_path(&digest), "blobs", Some(&digest), &told)
    }

    /// A new manifest under a tag, now and then one with a subject.
    async fn tag(&mut self, trigger: &Trigger) -> Result<(), Gone> {
        let subject = (self.roll("subject", 3) == 0).then_some(&self.subject);
        let Ok(content) = manifest(&self.seed, &format!("manifest-{}", self.count), subject) else { return Err(Gone) };
        let refers = subject.is_some();
        let digest = content.digest(Algorithm::Sha256);
        let tag = format!("tag-{}", self.roll("tag", TAGS));
        trigger.begins(Moment::Tag);
        let told = self.hand.push_manifest(&self.repo, &tag, &content).await;
        if refers && told == Told::Done(()) {
            self.referrers.insert(digest.clone());
        }
        let noted = self.note(&self.manifest_path(&tag), "tags", Some(&digest), &told);
        noted.and(self.note(&self.manifest_path(&digest), "manifests", Some(&digest), &told))
    }

    /// A tag or a blob that is there.
    async fn delete(&mut self, trigger: &Trigger) -> Result<(), Gone> {
        let (of, finding) = if self.roll("what", 2) == 0 { ("tags", "tags") } else { ("blobs", "blobs") };
        let there = self.promises.there(of);
        let Some(path) = there.get(self.roll("which", there.len().max(1) as u64) as usize).cloned() else {
            // There has to be something first.
            return if of == "tags" { self.tag(trigger).await } else { self.commit(trigger).await };
        };
        trigger.begins(Moment::Delete);
        match self.hand.delete(&path).await {
            Told::Done(()) => self.promises.kept(&path, "deleted", None),
            Told::Refused(_) => {}
            Told::Unknown(_) => {
                self.promises.open(&path, finding, None);
                return Err(Gone);
            }
        }
        Ok(())
    }

    /// Looks what is left; what is wrong.
    pub(super) async fn look(&mut self, which: Which) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        for path in self.promises.to_look_at(which, self.number + self.count as usize) {
            let (hand, at) = (self.hand, path.as_str());
            let mut read = hand.get(at).await;
            if self.promises.judge(&path, &read).is_some() {
                read = settle(GRACE, || hand.get(at), |read| !matches!(read, Read::Unknown(_) | Read::Absent)).await;
                wrong.extend(self.promises.judge(&path, &read));
            }
        }
        let subject = self.subject.digest(Algorithm::Sha256);
        if !self.referrers.is_empty()
            && let Ok(listed) = self.hand.referrers(&self.repo, &subject).await
            && let Some(lost) = self.referrers.iter().find(|digest| !listed.contains(digest))
        {
            wrong.push(("referrers", format!("{lost} is not among the {} referrers that are listed", listed.len())));
        }
        wrong
    }

    /// Takes up what was left open; what is wrong.
    pub(super) async fn resume(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        for upload in std::mem::take(&mut self.uploads) {
            let digest = upload.content.digest(Algorithm::Sha256);
            match resume(self.hand, upload).await {
                Ok(true) => self.promises.kept(&self.blob_path(&digest), "blobs", Some(&digest)),
                Ok(false) => {}
                Err(seen) => wrong.push(seen),
            }
        }
        wrong
    }
}
