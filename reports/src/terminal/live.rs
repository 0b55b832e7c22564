//! Progress of a run on standard error; the summary on standard output when it ends.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, Event};
use plimsoll_engine::summary::Summary;

use super::{Options, render};
use crate::facts::{broken, is_failure, surprise};
use crate::palette::{QUIET, paint, verdict};
use crate::{Error, Reporter, text};

/// Failing cases that get a line while the run is going on; the summary has them all.
const LIVE_FAILURES: usize = 100;

/// Follows a run on a terminal. When standard error is no terminal it writes a plain line per failing case and one
/// per tenth of the plan instead of a progress bar.
pub struct Terminal {
    options: Options,
    summary: Summary,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
    running: Vec<String>,
    tenth: usize,
    failures: usize,
}

impl Terminal {
    /// Talks on standard error and prints the summary on standard output, with colours where they are wanted.
    pub fn new(options: Options) -> Self {
        let live = io::stderr().is_terminal();
        Self::with(options, Box::new(anstream::stdout()), Box::new(anstream::stderr()), live)
    }

    /// As [`Terminal::new`], with other writers, which receive ANSI styles. `live`: draw a progress bar on the
    /// process's standard error.
    pub fn with(options: Options, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, live: bool) -> Self {
        let bar = live.then(progress_bar);
        Self { options, summary: Summary::default(), out, err, bar, running: Vec::new(), tenth: 0, failures: 0 }
    }

    fn planned(&self) -> usize {
        self.summary.run.as_ref().map_or(0, |run| run.plan.len())
    }

    /// Writes a line above the progress bar.
    fn say(&mut self, line: &str) -> io::Result<()> {
        let err = &mut self.err;
        let mut write = || writeln!(err, "{line}").and_then(|()| err.flush());
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        let Some(run) = &self.summary.run else { return Ok(()) };
        let cases = text::count(run.plan.len(), "case");
        let (title, version) = (text::name(&run.spec_title), text::name(&run.spec_version));
        let line = format!("{cases} of {title} {version} against {}", text::name(&run.subject.target));
        if let Some(bar) = &self.bar {
            bar.set_length(run.plan.len() as u64);
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.say(&line)
    }

    fn finish_case(&mut self, case: &CaseReport) -> io::Result<()> {
        self.running.retain(|id| *id != case.id);
        if is_failure(case) || case.verdict == Verdict::Error {
            self.failures += 1;
            if self.failures <= LIVE_FAILURES {
                self.say(&failure_line(case))?;
            } else if self.failures == LIVE_FAILURES + 1 {
                self.say("… further failures are only counted here; the summary has them all")?;
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.summary.cases.len() as u64);
        } else {
            self.plain_progress()?;
        }
        Ok(())
    }

    /// One line per tenth of the plan.
    fn plain_progress(&mut self) -> io::Result<()> {
        let (done, planned) = (self.summary.cases.len(), self.planned());
        let tenth = (done * 10).checked_div(planned).unwrap_or(0);
        if tenth > self.tenth {
            self.tenth = tenth;
            let line = format!("{done}/{planned} cases: {}", self.counts());
            self.say(&line)?;
        }
        Ok(())
    }

    /// Running counts, e.g. `12 pass 1 fail`.
    fn counts(&self) -> String {
        let counts = self.summary.counts();
        let shown = counts.iter().filter(|(_, n)| **n > 0);
        shown.map(|(v, n)| paint(verdict(*v), format!("{n} {v}"))).collect::<Vec<_>>().join(" ")
    }

    fn draw(&self) {
        if let Some(bar) = &self.bar {
            let current = self.running.last().map_or_else(String::new, |id| text::line(id, 100));
            let message = format!("{}  {}", self.counts(), paint(QUIET, current));
            bar.set_message(if plain_stderr() { anstream::adapter::strip_str(&message).to_string() } else { message });
        }
    }

    fn finish(&mut self) -> Result<(), Error> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let text = render(&self.summary, &self.options)?;
        quiet_pipe(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
    }
}

impl Reporter for Terminal {
    fn event(&mut self, event: &Event) -> Result<(), Error> {
        self.summary.apply(event);
        let said = match event {
            Event::RunStarted(_) => self.start(),
            Event::CaseStarted { id } => {
                self.running.push(id.clone());
                Ok(())
            }
            Event::CaseFinished(case) => self.finish_case(case),
            Event::FeatureProbed(_) => Ok(()),
            Event::RunFinished(_) => return self.finish(),
        };
        self.draw();
        quiet_pipe(said)
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    // The template is a constant; should it ever be refused, the default style serves as well.
    let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}

fn plain_stderr() -> bool {
    anstream::AutoStream::choice(&io::stderr()) == anstream::ColorChoice::Never
}

fn failure_line(case: &CaseReport) -> String {
    let style = verdict(if is_failure(case) { Verdict::Fail } else { case.verdict });
    let why = surprise(case).unwrap_or_else(|| match broken(case).next() {
        Some(check) => {
            let requirement = check.requirements.first().map_or_else(String::new, |id| format!("{} ", text::name(id)));
            let (what, seen) = (text::line(&check.what, 60), text::line(&check.seen, 48));
            format!("{requirement}{what}: expected {}, seen {seen}", text::line(&check.expected, 48))
        }
        None => text::line(case.reason.as_deref().unwrap_or(""), 160),
    });
    format!("{} {}  {}", paint(style, case.verdict), text::name(&case.id), paint(QUIET, why))
}

/// Nobody reading any more (`| head`) is no error of a report.
fn quiet_pipe(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("write to", std::path::Path::new("the terminal"), error))
        }
        _ => Ok(()),
    }
}
