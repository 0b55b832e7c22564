//! Output for people at a terminal: progress while a run happens ([`live`]), and what came out of it ([`summary`]).

mod failure;
mod live;
mod summary;

pub use live::Terminal;
pub(crate) use summary::render;

use std::path::PathBuf;

/// What only the caller knows about a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A SHOULD that does not hold makes the run fail (`--strict`).
    pub strict: bool,
    /// Where the run is stored, to be told at the end.
    pub run_dir: Option<PathBuf>,
}
