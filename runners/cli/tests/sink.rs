//! A run whose results can no longer be written stops, cleans up, and says why.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use plimsoll::error::CliError;
use plimsoll::exit::Exit;
use plimsoll::reference::{Reference, Variant};
use plimsoll::session::Session;
use plimsoll_engine::Verdict;
use plimsoll_engine::event::Event;
use plimsoll_engine::run::Signal;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use tokio::sync::watch;
use url::Url;

const MANIFEST: &str = "/v2/shared/place/manifests/here";

/// `leaves` pushes a manifest to a known place and then waits for ever; `sees` ends when the manifest is there.
const SUITE: &str = "suite: distribution/mine
about: A suite.
cases:
  - id: leaves
    title: A promise
    given: { image: { manifest: {} } }
    steps:
      - push: image
        to: shared/place
        tag: here
      - GET: /v2/${repo}/tags/list
        within: 3600s
        expect: { status: { is: 200, req: dist.x.ping } }
  - id: sees
    title: A promise
    steps:
      - GET: /v2/shared/place/manifests/here
        within: 3600s
        expect: { status: { is: 200, req: dist.x.ping } }
  - id: later
    title: A promise
    steps:
      - GET: /v2/${repo}/tags/list
        within: 3600s
        expect: { status: { is: 200, req: dist.x.ping } }
";

fn session(reference: &Reference) -> Session {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("distribution")).unwrap();
    std::fs::write(folder.path().join("distribution/mine.yaml"), SUITE).unwrap();
    let suites = Arc::new(Library::from_folder(folder.path()).unwrap());
    let session = reference.session(&suites, "distribution", SpecVersion::V1_1).unwrap();
    let mut session = Session { jobs: 2, deadline: Duration::from_secs(3600), ..session };
    session.target.keep = false;
    session.target.client.timeout = Duration::from_secs(60);
    session
}

/// The status of a GET.
fn status(url: &Url, path: &str) -> String {
    let mut stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).split_whitespace().nth(1).unwrap().to_owned()
}

/// Nothing of this takes nearly as long; what does, does not stop.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_fails_in_the_middle_ends_the_run_with_its_error() {
    let reference = Reference::start(Variant::Usual, None).await.unwrap();
    let url = reference.url().unwrap();
    let session = session(&reference);
    let (_stop, stopped) = watch::channel(false);
    let mut told = Vec::new();
    let mut sink = |signal: &Signal| {
        if let Signal::Event(event) = signal {
            told.push(event.clone());
        }
        match signal {
            Signal::Event(Event::CaseFinished(_)) => Err(CliError::harness("the disk is full").hint("free some space")),
            _ => Ok(()),
        }
    };
    let ended = tokio::time::timeout(LIMIT, session.run(stopped, &mut sink)).await.expect("the run goes on");
    let error = ended.unwrap_err();
    assert_eq!((error.exit, error.to_string().as_str()), (Exit::Harness, "the disk is full\n  hint: free some space"));
    let Some(Event::CaseFinished(last)) = told.last() else { panic!("nothing is told after the failure") };
    assert_eq!((last.id.as_str(), last.verdict), ("distribution/mine/sees", Verdict::Pass), "the manifest was there");
    assert_eq!(tokio::task::spawn_blocking(move || status(&url, MANIFEST)).await.unwrap(), "404", "and is gone");
    reference.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_fails_at_once_lets_nothing_begin() {
    let reference = Reference::start(Variant::Usual, None).await.unwrap();
    let session = session(&reference);
    let (_stop, stopped) = watch::channel(false);
    let mut told = 0;
    let mut sink = |_: &Signal| {
        told += 1;
        Err(CliError::harness("the disk is full"))
    };
    let ended = tokio::time::timeout(LIMIT, session.run(stopped, &mut sink)).await.expect("the run goes on");
    assert_eq!(ended.unwrap_err().message, "the disk is full");
    assert_eq!(told, 1);
    reference.stop().await;
}
