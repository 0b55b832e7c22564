//! Every format of one sample run, and of the same run interrupted, against checked-in snapshots.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test -p plimsoll-reports --test snapshots`, then read the
//! difference before you keep it.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use plimsoll_reports::{Format, render};

fn snapshots(name: &str, events: &[plimsoll_engine::event::Event]) {
    let summary = common::summary(events);
    for format in Format::ALL {
        let mut text = render(format, &summary).unwrap();
        match format {
            // Readable without a terminal; that styles are there is looked at elsewhere.
            Format::Terminal => text = anstream::adapter::strip_str(&text).to_string(),
            // One element a line, and without the constants.
            Format::Junit => text = text.replace("><", ">\n<"),
            Format::Html => text = without(&without(&text, "style"), "script").replace("><", ">\n<"),
            _ => {}
        }
        insta::assert_snapshot!(format!("{name}.{format}"), text);
    }
}

fn without(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let (before, rest) = html.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    let policy = format!("{element}-src 'sha256-");
    let (head, tail) = before.split_once(&policy).unwrap();
    let (_, tail) = tail.split_once('\'').unwrap();
    format!("{head}{element}-src [hash]{tail}{open}[left out]{close}{after}")
}

#[test]
fn a_complete_run() {
    snapshots("complete", &common::events());
}

#[test]
fn an_interrupted_run() {
    snapshots("interrupted", &common::interrupted());
}

#[test]
fn the_terminal_summary_is_styled() {
    let text = render(Format::Terminal, &common::summary(&common::events())).unwrap();
    insta::assert_snapshot!(
        "complete.terminal-styled",
        text.replace('\u{1b}', "␛").lines().take(30).collect::<Vec<_>>().join("\n")
    );
}
