//! Takes request bodies in: into memory up to a limit, or to disk while hashing.

use crate::{
    errors::{Code, Refusal, StoreError},
    store::sink::Sink,
};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes handed to the disk at a time.
const BATCH: usize = 1024 * 1024;

/// How bodies are taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intake {
    /// Longest wait for the next bytes.
    pub(crate) idle: Duration,
    /// Whether what breaks off is refused.
    pub(crate) whole: bool,
}

/// The next bytes of a body; None at its end.
async fn next(body: &mut Incoming, intake: Intake) -> Result<Option<Bytes>, Refusal> {
    loop {
        match tokio::time::timeout(intake.idle, body.frame()).await {
            Err(_) => return Err(Refusal::plain(StatusCode::REQUEST_TIMEOUT, "the body did not go on")),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) if !intake.whole => return Ok(None),
            Ok(Some(Err(error))) => {
                return Err(Refusal::bad_request(Code::SizeInvalid, format!("the body broke off: {error}")));
            }
            Ok(Some(Ok(frame))) => {
                // Trailers carry nothing here.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads a whole body, or None if it has more than `limit` bytes.
pub(crate) async fn to_memory(body: &mut Incoming, limit: usize, intake: Intake) -> Result<Option<Bytes>, Refusal> {
    let mut whole = BytesMut::new();
    while let Some(data) = next(body, intake).await? {
        if whole.len() + data.len() > limit {
            return Ok(None);
        }
        whole.extend_from_slice(&data);
    }
    Ok(Some(whole.freeze()))
}

/// Appends a body to a file. One batch is written and hashed while the next arrives.
pub(crate) async fn to_disk(body: &mut Incoming, sink: Sink, intake: Intake) -> Result<Sink, Refusal> {
    let mut writer = Writer::Idle(Box::new(sink));
    let mut batch = Vec::new();
    let mut size = 0;
    while let Some(data) = next(body, intake).await? {
        size += data.len();
        batch.push(data);
        if size >= BATCH {
            writer = writer.write(std::mem::take(&mut batch)).await?;
            size = 0;
        }
    }
    writer.write(batch).await?.finish().await
}

/// A sink that is at hand, or away in a thread that may block.
enum Writer {
    Idle(Box<Sink>),
    Busy(JoinHandle<Result<Sink, StoreError>>),
}

impl Writer {
    async fn write(self, batch: Vec<Bytes>) -> Result<Self, Refusal> {
        if batch.is_empty() {
            return Ok(self);
        }
        let mut sink = self.finish().await?;
        Ok(Self::Busy(spawn_blocking(move || sink.absorb(&batch).map(|()| sink))))
    }

    async fn finish(self) -> Result<Sink, Refusal> {
        match self {
            Self::Idle(sink) => Ok(*sink),
            Self::Busy(thread) => Ok(thread.await.map_err(|error| Refusal::lost(&error))??),
        }
    }
}
