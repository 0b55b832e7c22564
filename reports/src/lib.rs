//! Reports of a Plimsoll run. Every output, live or replayed, is a fold over [`plimsoll_engine::event::Event`].
//!
//! [`render`] turns a finished (or interrupted) run into one [`Format`]; [`Terminal`] follows a run while it happens;
//! [`RunDir`] keeps it on disk and [`read_run`] reads it back.
//!
//! Trust boundary: nearly every string in an event was chosen by the thing under test. All of it passes through
//! the `text` module (control characters, escape sequences and bidirectional overrides become visible) and then
//! through the escaping of the format.

mod error;
mod facts;
mod format;
mod html;
mod json;
mod junit;
mod markdown;
pub mod official;
mod palette;
mod replay;
mod rundir;
mod tap;
mod terminal;
mod text;
mod transcript;

pub use error::Error;
pub use format::Format;
pub use replay::{read_run, read_summary};
pub use rundir::RunDir;
pub use terminal::{Options, Terminal};

use plimsoll_engine::event::Event;
use plimsoll_engine::summary::Summary;

/// Version of `results.json`. A field that changes its meaning or goes away raises it; an added field does not.
pub const RESULTS_SCHEMA: u32 = 1;

/// The word for a requirement that no finished case asserted. It stands beside the words of
/// [`plimsoll_engine::Verdict`], which only a case can have.
pub const UNTESTED: &str = "untested";

/// Something that follows a run while it happens.
pub trait Reporter {
    /// Takes the next event.
    ///
    /// # Errors
    /// When the event could not be shown or stored. The run itself may go on.
    fn event(&mut self, event: &Event) -> Result<(), Error>;
}

/// Renders a whole run. [`Format::Terminal`] contains ANSI styles; print it through `anstream`, which strips them
/// where they are not wanted.
///
/// # Errors
/// When the format's writer fails; never because of what the subject sent.
pub fn render(format: Format, summary: &Summary) -> Result<String, Error> {
    match format {
        Format::Terminal => terminal::render(summary, &Options::default()),
        Format::Json => json::render(summary),
        Format::Junit => junit::render(summary),
        Format::Tap => tap::render(summary),
        Format::Markdown => markdown::render(summary),
        Format::Html => html::render(summary),
    }
}
