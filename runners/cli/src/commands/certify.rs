//! `plimsoll certify`: everything of one version against a product, and what the certification programme wants of it.

pub(crate) mod bundle;
mod product;
mod readme;
pub mod verify;

use std::path::Path;

use plimsoll_engine::run::Signal;
use plimsoll_engine::summary::Summary;
use plimsoll_reports::{Format, Options, Reporter, RunDir, Terminal, official};
use plimsoll_suite::Library;
use plimsoll_suite::official::Official;

use self::bundle::Bundle;
use self::product::Product;
use crate::args::{CertifyArgs, RunArgs};
use crate::commands::run::{on_interrupt, session};
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;
use crate::subject::Opened;

/// The reports of a bundle that `plimsoll run` writes, too.
const REPORTS: [Format; 3] = [Format::Html, Format::Junit, Format::Json];

/// Makes a bundle, or checks one.
pub async fn certify(args: &CertifyArgs) -> Result<Exit, CliError> {
    if let Some(folder) = &args.verify {
        return verify::verify(folder);
    }
    let mut run = args.run();
    crate::config::fill(&mut run)?;
    whole(&mut run);
    let product = Product::gather(&args.product, &run.subject)?;
    run.subject.product = Some(product.name.clone());
    run.subject.product_version = Some(product.version.clone());
    let setup = args.setup.as_deref().map(read_setup).transpose()?;
    let out =
        args.out.as_deref().ok_or_else(|| CliError::usage("there is no place for the bundle").hint("add --out DIR"))?;
    let bundle = Bundle::begin(out)?;

    let stop = on_interrupt()?;
    let opened = Opened::open(&mut run, None).await?;
    let result = match session(&run, &opened) {
        Ok(session) => match official_of(&session.suites, &session.spec) {
            Ok(official) => record(&session, &bundle, stop).await.map(|(summary, events)| (summary, events, official)),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    opened.stop(None).await;
    let (summary, events, official) = result?;
    if !summary.is_complete() {
        return Err(
            CliError::harness("the run did not come to its end").hint("nothing is certified, and there is no bundle")
        );
    }
    for (name, text) in derived(&summary, &product, setup.as_deref(), &official)? {
        bundle.write(name, &text)?;
    }
    bundle.write("PRODUCT.yaml", &product.yaml())?;
    if let Some(setup) = &setup {
        bundle.write("SETUP.md", setup)?;
    }
    bundle.write(bundle::EVENTS, &events)?;
    bundle.finish()?;
    anstream::eprintln!("{} holds the bundle; `plimsoll certify --verify {0}` checks it", out.display());
    if setup.is_none() {
        anstream::eprintln!(
            "hint: the programme wants to know how the product was set up; say it in a file for --setup"
        );
    }
    Ok(summary.outcome(false).into())
}

/// What is certified is everything, with the suites that are built in, and without excuses.
fn whole(run: &mut RunArgs) {
    run.select.suites = None;
    run.select.partition = None;
    run.how.expect = None;
    run.subject.known = plimsoll_engine::expectations::Expectations::default();
}

fn read_setup(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
        .map_err(|error| error.hint("--setup takes a Markdown file that says how the product was set up"))
}

/// Runs, and returns the summary with the text of the events.
async fn record(
    session: &Session,
    bundle: &Bundle,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Result<(Summary, String), CliError> {
    let path = bundle.scratch("run");
    let mut dir = RunDir::create(&path)?;
    let mut terminal = Terminal::new(Options::default());
    let summary = session
        .run(stop, &mut |signal| {
            if let Signal::Event(event) = signal {
                dir.event(event)?;
                terminal.event(event)?;
            }
            Ok(())
        })
        .await?;
    let events = std::fs::read_to_string(path.join(bundle::EVENTS))
        .map_err(|error| CliError::harness(format!("cannot read the events of the run back: {error}")))?;
    Ok((summary, events))
}

/// The rows of the official program for a specification.
fn official_of(library: &Library, spec: &str) -> Result<Official, CliError> {
    let official = library.specs.get(spec).and_then(|spec| spec.official.clone());
    official.ok_or_else(|| CliError::usage(format!("there is no certification programme for `{spec}`")))
}

/// The files of a bundle that follow from the events: made when it is written, and again when it is checked.
fn derived(
    summary: &Summary,
    product: &Product,
    setup: Option<&str>,
    official: &Official,
) -> Result<Vec<(&'static str, String)>, CliError> {
    let mut files = vec![
        ("results.yaml", official::render(official, summary)?),
        ("README.md", readme::readme(summary, product, setup, official)),
    ];
    for format in REPORTS {
        if let Some(name) = format.file_name() {
            files.push((name, plimsoll_reports::render(format, summary)?));
        }
    }
    Ok(files)
}
