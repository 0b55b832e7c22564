//! Taking up an upload that was under way when the registry was killed.

use plimsoll_fixtures::{Algorithm, Blob};
use url::Url;

use super::super::hand::{Hand, Told};

/// An upload that is not closed.
pub(super) struct Upload {
    /// Where it goes on.
    pub(super) place: Url,
    pub(super) content: Blob,
    /// Bytes that were sent, acknowledged or not.
    pub(super) sent: usize,
}

/// Goes on where the status of the upload says. True when the blob is complete now, false when the upload is gone. A
/// registry may have forgotten what it acknowledged of it, as long as it says so.
pub(super) async fn resume(hand: Hand<'_>, upload: Upload) -> Result<bool, String> {
    let Upload { place, content, sent } = upload;
    let shown = place.path().to_owned();
    let (place, received) = match hand.progress(place).await {
        Told::Done(progress) => progress,
        Told::Refused(_) => return Ok(false),
        Told::Unknown(reason) => return Err(format!("GET {shown}: {reason}")),
    };
    if received > sent {
        return Err(format!("GET {shown} says that {received} bytes were received, when {sent} were sent"));
    }
    let rest = content.bytes.slice(received..);
    match hand.close_at(place, &content.digest(Algorithm::Sha256), received, rest).await {
        Told::Done(()) => Ok(true),
        Told::Refused(404) => Ok(false),
        Told::Refused(status) => Err(format!(
            "GET {shown} says that {received} bytes were received; a PUT of the rest is answered with {status}"
        )),
        Told::Unknown(reason) => {
            Err(format!("GET {shown} says that {received} bytes were received; a PUT of the rest: {reason}"))
        }
    }
}
