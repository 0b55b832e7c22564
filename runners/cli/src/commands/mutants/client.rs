//! Mutants of the reference client.

use std::sync::Arc;
use std::time::Duration;

pub(super) use plimsoll_client::rules::Rule;
use plimsoll_engine::plan::Selection;
use plimsoll_engine::run::Signal;
use plimsoll_engine::summary::Summary;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use tokio::sync::{OnceCell, watch};

use super::{Baseline, Mutant, enough};
use crate::client::{profile, target};
use crate::error::CliError;
use crate::exit::Exit;
use crate::reference::{Reference, Variant};
use crate::session::Session;

/// The profile of the reference client.
const PROFILE: &str = "plimsoll";

/// Looks for cases that notice: first among those about the requirement, then among all.
pub(super) async fn hunt(
    library: Arc<Library>,
    spec: String,
    rule: Rule,
    honest: Arc<OnceCell<Baseline>>,
) -> Result<Mutant, CliError> {
    let baseline = honest.get_or_try_init(|| baseline(&library, &spec)).await?;
    let near = Selection { requirements: vec![rule.requirement().to_owned()], ..Selection::default() };
    let enough = enough(&library, &spec, rule.requirement());
    let mut by = Vec::new();
    for selection in [near, Selection::default()] {
        let summary = match test(&library, &spec, Some(rule), selection).await {
            Err(error) if error.exit == Exit::Nothing => continue,
            tested => tested?,
        };
        let noticed = summary.cases.iter().filter(|case| {
            case.verdict >= enough && baseline.get(&case.id).is_none_or(|honest| case.verdict > *honest)
        });
        by = noticed.map(|case| case.id.clone()).collect();
        if !by.is_empty() {
            break;
        }
    }
    let (id, about) = (rule.id().to_owned(), rule.about().to_owned());
    Ok(Mutant { id, about, killed: !by.is_empty(), by, variant: Variant::Usual.name(), reason: None })
}

async fn baseline(library: &Arc<Library>, spec: &str) -> Result<Baseline, CliError> {
    let summary = test(library, spec, None, Selection::default()).await?;
    Ok(summary.cases.into_iter().map(|case| (case.id, case.verdict)).collect())
}

async fn test(
    library: &Arc<Library>,
    spec: &str,
    rule: Option<Rule>,
    selection: Selection,
) -> Result<Summary, CliError> {
    let reference = Reference::start(Variant::Usual, None).await?;
    let mut target = target(profile(PROFILE)?, reference.url()?, 1, Duration::from_secs(20))?;
    target.arguments = rule.iter().flat_map(|rule| ["--break".to_owned(), rule.id().to_owned()]).collect();
    let session = Session {
        selection,
        jobs: 4,
        deadline: Duration::from_secs(30),
        ..Session::new(Arc::clone(library), spec, SpecVersion::Main, target)
    };
    let (_sender, stop) = watch::channel(false);
    let result = session.run(stop, &mut |_: &Signal| Ok(())).await;
    reference.stop().await;
    result
}
