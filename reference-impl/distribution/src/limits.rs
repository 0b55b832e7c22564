//! Bounds on what clients can make the server do.

use crate::errors::{Code, Refusal};
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A body that nobody wants is read so far before the connection is closed, so that the client, which sends first and
/// listens afterwards, sees the answer instead of a reset. Bytes.
const DRAIN_BYTES: u64 = 32 * 1024 * 1024;
/// And so long.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Reads and forgets the rest of a body, within bounds.
pub(crate) async fn drain(body: &mut Incoming) {
    let read = async {
        let mut left = DRAIN_BYTES;
        while !body.is_end_stream() && left > 0 {
            let Some(Ok(frame)) = body.frame().await else { return };
            left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
    };
    // Out of time is out of bounds; either way the answer goes out now.
    let _ = tokio::time::timeout(DRAIN_TIME, read).await;
}

/// A number of requests per second, counted in fixed windows.
pub(crate) struct RateLimit {
    per_second: u32,
    window: Mutex<(Instant, u32)>,
}

impl RateLimit {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, window: Mutex::new((Instant::now(), 0)) }
    }

    /// Counts a request; refuses it with the seconds to wait (dist.error.429.01).
    pub(crate) fn take(&self, announce: bool) -> Result<(), Refusal> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 = window.1.saturating_add(1);
        if window.1 <= self.per_second {
            return Ok(());
        }
        let refusal =
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, Code::TooManyRequests, "too many requests in this second");
        Err(if announce { refusal.with(header::RETRY_AFTER, "1") } else { refusal })
    }
}
