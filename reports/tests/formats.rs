//! Properties every format has whatever a subject sends: nothing acts, nothing is hidden, nothing grows without bound.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use plimsoll_engine::Verdict;
use plimsoll_engine::event::Event;
use plimsoll_engine::summary::Summary;
use plimsoll_reports::{Format, render};

fn plain(format: Format, events: &[Event]) -> String {
    let text = render(format, &common::summary(events)).unwrap();
    if format == Format::Terminal { anstream::adapter::strip_str(&text).to_string() } else { text }
}

#[test]
fn names_of_formats_are_read_back_and_a_wrong_one_is_answered_with_all() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
    }
    let error = "xml".parse::<Format>().unwrap_err().to_string();
    assert!(error.contains("`xml`") && error.contains("junit"), "{error}");
}

#[test]
fn no_format_lets_acting_characters_through() {
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Json) {
        let text = render(format, &common::summary(&common::hostile())).unwrap();
        // What the palette writes is `ESC [ digits ; m`; whatever else is left came from the subject.
        let text = if format == Format::Terminal { strip_styles(&text) } else { text };
        for c in text.chars() {
            assert!(!c.is_control() || c == '\n', "{format}: {c:?}");
            assert!(!matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), "{format}: {c:?}");
        }
    }
    let json = plain(Format::Json, &common::hostile());
    assert!(json.chars().all(|c| c == '\n' || !c.is_ascii_control()));
}

fn strip_styles(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (style, rest) = part.split_once('m').unwrap();
        assert!(style.starts_with('[') && style[1..].bytes().all(|b| b.is_ascii_digit() || b == b';'), "{style:?}");
        out.push_str(rest);
    }
    out
}

#[test]
fn markup_of_the_subject_stays_text() {
    let html = plain(Format::Html, &common::hostile());
    assert!(!html.contains("<img") && !html.contains("<script>alert") && !html.contains("href=\"javascript"));
    let markdown = plain(Format::Markdown, &common::hostile());
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                for bad in ["<script", "<img", "](javascript", "@everyone", "</pre>"] {
                    assert!(!line.contains(bad), "{bad} in {line}");
                }
            }
        }
    }
    assert_eq!(fence, None, "a code block is left open");
    let tap = plain(Format::Tap, &common::hostile());
    for line in tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")) {
        let directives = line.replace("\\\\", "").replace("\\#", "").matches('#').count();
        assert!(directives <= 1, "{line}");
    }
    assert_eq!(tap.lines().filter(|line| line.starts_with("Bail out")).count(), 0);
}

#[test]
fn junit_keeps_its_sections_whole() {
    let xml = plain(Format::Junit, &common::hostile());
    let mut rest = xml.as_str();
    while let Some((_, after)) = rest.split_once("<![CDATA[") {
        let (_, after) = after.split_once("]]>").expect("a section is closed");
        rest = after;
    }
    assert!(xml.ends_with("</testsuites>"));
    assert_eq!(xml.matches("<testcase ").count(), 13);
    assert_eq!(
        (xml.matches("<failure ").count(), xml.matches("<error ").count(), xml.matches("<skipped ").count()),
        (4, 2, 3)
    );
}

#[test]
fn results_json_is_what_others_rely_on() {
    let json: serde_json::Value = serde_json::from_str(&plain(Format::Json, &common::events())).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["complete"], true);
    for verdict in Verdict::ALL {
        assert!(json["counts"][verdict.as_str()].is_u64(), "{verdict}");
    }
    let untested = json["requirements"].as_array().unwrap().iter().find(|r| r["verdict"] == "untested").unwrap();
    assert_eq!(untested["reason"], "no selected case asserts it");
    assert_eq!(json["cases"][11]["expectation"]["outcome"], "unmet");
}

#[test]
fn an_incomplete_run_says_so_in_every_format() {
    let interrupted = common::interrupted();
    let killed: Vec<Event> = interrupted[..interrupted.len() - 1].to_vec();
    for events in [interrupted, killed] {
        for (format, sign) in [
            (Format::Terminal, " INCOMPLETE "),
            (Format::Json, "\"complete\": false"),
            (Format::Junit, "<error type=\"incomplete\""),
            (Format::Tap, "\nBail out! incomplete: "),
            (Format::Markdown, "**Incomplete run:**"),
            (Format::Html, "Incomplete run."),
        ] {
            let text = plain(format, &events);
            assert!(text.contains(sign), "{format}: {text}");
            assert!(text.contains("6 of 13 cases ran"), "{format}");
        }
    }
}

#[test]
fn an_empty_run_is_rendered_and_passes_nowhere() {
    for format in Format::ALL {
        let text = render(format, &Summary::default()).unwrap();
        assert!(!text.is_empty(), "{format}");
    }
    assert!(render(Format::Tap, &Summary::default()).unwrap().contains("Bail out!"));
}

#[test]
fn big_runs_stay_readable() {
    let events = common::big(600);
    let terminal = plain(Format::Terminal, &events);
    assert!(terminal.lines().count() < 800, "{} lines", terminal.lines().count());
    assert!(terminal.lines().all(|line| line.chars().count() < 700));
    assert!(plain(Format::Markdown, &events).len() < 200_000);
    assert!(plain(Format::Markdown, &events).contains("cut to keep this summary small"));
    let html = plain(Format::Html, &events);
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    assert_eq!(html.matches("class=\"case ").count(), 600);
}

#[test]
fn the_terminal_shows_what_was_asked_again_and_again_once() {
    let suite = "distribution/delete-tags";
    let mut case = common::case(suite, "gone", "A deleted tag is not listed", Verdict::Fail, &["dist.x.tagdel.404"]);
    let list = common::exchange("GET", "/v2/p/a/tags/list", "200 OK", "", 1);
    case.exchanges = vec![common::exchange("DELETE", "/v2/p/a/manifests/x", "202 Accepted", "", 1)];
    case.exchanges.extend(std::iter::repeat_n(list, 41));
    case.checks = vec![common::check(&["dist.x.tagdel.404"], Verdict::Fail, "status", "404", "200")];
    case.checks[0].exchange = Some(41);
    let text = plain(Format::Terminal, &common::events_of(vec![case]));
    let told = "\n  DELETE /v2/p/a/manifests/x -> 202 Accepted\n  GET /v2/p/a/tags/list -> 200 OK (40 times)\n  > GET";
    assert!(text.contains(told), "{text}");
}

#[test]
fn the_terminal_shows_long_lines_of_a_subject_only_in_part() {
    let text = plain(Format::Terminal, &common::hostile());
    assert!(text.lines().all(|line| line.chars().count() < 1500));
}

#[test]
fn what_is_not_of_the_specification_is_counted_by_itself() {
    let mut events = common::events();
    let plainly = plain(Format::Terminal, &events);
    assert!(!plainly.contains("beside"), "{plainly}");
    let Event::RunStarted(run) = &mut events[0] else { panic!("a run begins with its start") };
    let all = run.requirements.len();
    run.requirements.iter_mut().take(2).for_each(|requirement| requirement.beside = true);
    let text = plain(Format::Terminal, &events);
    let line = format!("of the {} requirements that bind a registry, and 2 beside the specification:", all - 2);
    assert!(text.contains(&line), "{text}");
    let held = text.lines().find(|line| line.contains("held: ")).unwrap();
    assert!(held.contains("not OCI ") && held.ends_with("/2"), "{held}");
}
