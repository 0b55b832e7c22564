//! Reading a stored run back.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use plimsoll_engine::event::{Event, SCHEMA};
use plimsoll_engine::summary::Summary;

use crate::{Error, rundir};

/// Reads the events of a run from its directory, or from an `events.jsonl`.
///
/// A last line that was cut off (the run was killed while writing) is left out; such a run has no `RunFinished`, so
/// that its summary is incomplete.
///
/// # Errors
/// When there is no run, when it was written with another event schema, or when it is damaged elsewhere than at its
/// end.
pub fn read_run(path: &Path) -> Result<Vec<Event>, Error> {
    let path = if path.is_dir() { path.join(rundir::EVENTS) } else { path.to_owned() };
    let io = |source| Error::io("read the stored run", &path, source);
    let mut reader = BufReader::new(File::open(&path).map_err(io)?);
    let mut events = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(io)? == 0 {
            break;
        }
        if number == 1 {
            check_start(&path, &line)?;
        }
        match serde_json::from_slice(&line) {
            Ok(event) => events.push(event),
            Err(_) if line.last() != Some(&b'\n') => break,
            Err(source) => return Err(Error::BadEvent { path, line: number, source }),
        }
    }
    if events.is_empty() { Err(Error::NoStart { path }) } else { Ok(events) }
}

/// [`read_run`], folded, with the cases in the order of the plan also when the run was killed.
///
/// # Errors
/// As [`read_run`].
pub fn read_summary(path: &Path) -> Result<Summary, Error> {
    Ok(Summary::of(&read_run(path)?))
}

/// The schema is looked at before anything else, because another schema may not even parse.
fn check_start(path: &Path, line: &[u8]) -> Result<(), Error> {
    let no_start = || Error::NoStart { path: path.to_owned() };
    let value: serde_json::Value = serde_json::from_slice(line).map_err(|_| no_start())?;
    let found = value.get("schema").and_then(serde_json::Value::as_u64).ok_or_else(no_start)?;
    if found != u64::from(SCHEMA) {
        return Err(Error::Schema { path: path.to_owned(), found, known: SCHEMA });
    }
    if value.get("event").and_then(serde_json::Value::as_str) == Some("run-started") { Ok(()) } else { Err(no_start()) }
}
