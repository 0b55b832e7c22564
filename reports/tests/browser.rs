//! Looks at the HTML report with a real browser: it fits on a desk and a phone, filters work, and nothing a subject
//! sent is executed.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plimsoll_reports::{Format, render};

/// The browser gets this long for one page.
const LIMIT: Duration = Duration::from_secs(60);

fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let named = std::env::var_os("PLIMSOLL_BROWSER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name)));
    named.into_iter().chain(found).find(|file| file.is_file())
}

/// The page after its scripts have run.
fn dump(browser: &Path, page: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
        .args(["--window-size=1280,1600", "--virtual-time-budget=8000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser did not finish within {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    reader.join().unwrap().unwrap()
}

/// Measures the report in frames of two widths, and tries its filters.
const MEASURE: &str = include_str!("measure.js");

/// A page that embeds the report as text and measures it in frames. `alert` is replaced before anything of the report
/// runs, so that an executed injection is seen; the policy of the report is taken out for the same reason: escaping
/// alone has to hold.
fn measured(browser: &Path, name: &str, report: &str) -> serde_json::Value {
    let start = report.find("<meta http-equiv=\"Content-Security-Policy\"").expect("the report has a policy");
    let end = start + report[start..].find('>').unwrap() + 1;
    let spy = "<script>window.alert = () => { window.alerted = true; }; document.currentScript.remove();</script>";
    let bare = format!("{}{spy}{}", &report[..start], &report[end..]);
    let text = bare.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html><meta charset=utf-8><body><pre id=results></pre><textarea id=page hidden>\n{text}</textarea><script>{MEASURE}</script>"
    );
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.measure.html"));
    std::fs::write(&file, page).unwrap();
    let dom = dump(browser, &file);
    let json = dom.split("<pre id=\"results\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
    let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&json).unwrap_or_else(|e| panic!("the measuring script did not finish ({e}): {json}"))
}

#[test]
fn the_report_fits_filters_and_executes_nothing() {
    let Some(browser) = browser() else {
        println!("skipped: no chromium or chrome in PATH, and PLIMSOLL_BROWSER names none");
        assert!(std::env::var_os("PLIMSOLL_REQUIRE_BROWSER").is_none(), "PLIMSOLL_REQUIRE_BROWSER is set");
        return;
    };
    let samples = [
        ("sample", common::events()),
        ("hostile", common::hostile()),
        ("interrupted", common::interrupted()),
        ("big", common::big(600)),
    ];
    for (name, events) in samples {
        let report = render(Format::Html, &common::summary(&events)).unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.html")), &report).unwrap();
        if name == "big" {
            continue;
        }
        let results = measured(&browser, name, &report);
        println!("{name}: {results:#}");
        for width in [1280, 390] {
            let is = |key: &str| &results[format!("{key}{width}")];
            assert_eq!(*is("fits"), true, "{name} at {width}: {}", is("width"));
            assert_eq!(*is("executed"), false, "{name} at {width}");
            assert_eq!(*is("subjectElements"), 0, "{name} at {width}");
            for key in ["searchShown", "failOnly", "emptySuitesHidden", "warnRows", "noneShown"] {
                assert_eq!(*is(key), true, "{name} at {width}: {key}");
            }
            assert_eq!(*is("searchRows"), 1, "{name} at {width}");
            assert_eq!(*is("searchCases"), 1, "{name} at {width}");
            let finished =
                events.iter().filter(|e| matches!(e, plimsoll_engine::event::Event::CaseFinished(_))).count();
            assert_eq!(*is("allCases"), finished, "{name} at {width}");
        }
    }
}

#[test]
fn the_policy_lets_the_own_script_run_and_no_other() {
    let Some(browser) = browser() else { return };
    let report = render(Format::Html, &common::summary(&common::events())).unwrap();
    let foreign =
        "<script>document.documentElement.dataset.foreign = 1</script><p id=styled style='color: red'>x</p></main>";
    let page = report.replacen("</main>", foreign, 1);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy.html");
    std::fs::write(&file, page).unwrap();
    let dom = dump(&browser, &file);
    assert!(!dom.contains("data-foreign"), "a script that is not the report's own was run");
    assert!(dom.contains("<div class=\"search\" id=\"search\">"), "the report's own script did not run");
}
