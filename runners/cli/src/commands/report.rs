//! `plimsoll report`: a stored run, rendered again.

use plimsoll_reports::{Format, read_summary, render};

use crate::args::ReportArgs;
use crate::commands::{data, text};
use crate::error::CliError;
use crate::exit::Exit;

/// Prints the run in the format that is asked for. The exit code is that of the command, not of the run: a report of a
/// failed run is a good report.
pub fn report(args: &ReportArgs) -> Result<Exit, CliError> {
    let summary = read_summary(&args.run).map_err(|error| {
        let hint = "name the directory that `plimsoll run` wrote, by default plimsoll-run";
        // What the error knows of its own is more to the point.
        let known = CliError::from(error);
        CliError { exit: Exit::Usage, hint: known.hint.or_else(|| Some(hint.to_owned())), ..known }
    })?;
    let rendered = render(args.format, &summary)?;
    if args.format == Format::Terminal {
        text(|out| out.write_all(rendered.as_bytes()))?;
    } else {
        data(|out| out.write_all(rendered.as_bytes()))?;
    }
    Ok(Exit::Conformant)
}
