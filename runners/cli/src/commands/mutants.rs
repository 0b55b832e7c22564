//! `plimsoll mutants`: proves that the suites can fail. Every rule of the reference registry is broken on its own, and
//! a case has to notice.

mod client;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use plimsoll_engine::Verdict;
use plimsoll_engine::plan::{Entry, Selection, glob_matches, plan};
use plimsoll_engine::run::Signal;
use plimsoll_engine::summary::Summary;
use plimsoll_registry::Rule;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::{Side, SpecVersion, Weight};
use plimsoll_suite::mutants::Survivor;
use plimsoll_suite::position::At;
use serde::Serialize;
use tokio::sync::{OnceCell, Semaphore, watch};
use tokio::task::JoinSet;

use crate::args::MutantsArgs;
use crate::commands::run::on_interrupt;
use crate::commands::{file, has_suites, json_file, library, nothing, spec_of, text};
use crate::error::CliError;
use crate::exit::Exit;
use crate::reference::{Reference, Variant};
use crate::session::Session;

/// The kill table.
#[derive(Debug, Serialize)]
struct Table {
    mutants: Vec<Mutant>,
}

/// One broken rule.
#[derive(Debug, Clone, Serialize)]
struct Mutant {
    id: String,
    about: String,
    killed: bool,
    /// Cases that noticed.
    by: Vec<String>,
    /// The reference registry they noticed it in.
    variant: &'static str,
    /// Why no case can notice it, from the `mutants.yaml` of the specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Mutant {
    /// What became of it, and whether that is as it should be: killed, or known to survive.
    fn word(&self) -> (&'static str, bool) {
        match (self.killed, &self.reason) {
            (true, None) => ("killed", true),
            (false, Some(_)) => ("known", true),
            (false, None) => ("SURVIVED", false),
            (true, Some(_)) => ("KILLED", false),
        }
    }
}

/// Verdicts of an honest registry by case.
type Baseline = BTreeMap<String, Verdict>;

/// The variants of the reference registry, each with its baseline once it is needed.
type Baselines = Vec<(Variant, OnceCell<Baseline>)>;

/// Breaks every rule and prints the kill table.
pub async fn mutants(args: MutantsArgs) -> Result<Exit, CliError> {
    let library = library(args.suites.as_deref())?;
    let spec = spec_of(&library, args.spec.as_deref())?;
    has_suites(&library, &spec)?;
    let wanted = |id: &str| args.rule.is_empty() || args.rule.iter().any(|glob| glob_matches(glob, id));
    let survivors = library.specs[&spec].mutants.survivors.clone();
    let table = if library.specs[&spec].ledger.side() == Side::Client {
        look_for_stale(&spec, &survivors, client::Rule::ALL.iter().map(|rule| rule.id()))?;
        let rules = client::Rule::ALL.iter().copied().filter(|rule| wanted(rule.id()));
        let honest = Arc::new(OnceCell::new());
        let hunt = |rule| client::hunt(Arc::clone(&library), spec.clone(), rule, Arc::clone(&honest));
        collect(rules.map(hunt).collect(), args.jobs, &survivors).await?
    } else {
        look_for_stale(&spec, &survivors, Rule::ALL.iter().map(|rule| rule.id()))?;
        let rules = Rule::ALL.iter().copied().filter(|rule| wanted(rule.id()));
        let baselines: Arc<Baselines> = Arc::new(Variant::ALL.map(|variant| (variant, OnceCell::new())).into());
        let hunt = |rule| {
            let (library, spec, baselines) = (Arc::clone(&library), spec.clone(), Arc::clone(&baselines));
            async move { hunt(&library, &spec, rule, &baselines).await }
        };
        collect(rules.map(hunt).collect(), args.jobs, &survivors).await?
    };
    if let Some(out) = &args.out {
        json_file(out, "mutants", &table)?;
        file(out, "mutants.md", &page(&spec, &table))?;
    }
    report(&table)?;
    Ok(if table.mutants.iter().all(|mutant| mutant.word().1) { Exit::Conformant } else { Exit::Violations })
}

/// An entry for a rule that does not exist would never be missed.
fn look_for_stale(
    spec: &str,
    survivors: &[At<Survivor>],
    mut ids: impl Iterator<Item = &'static str> + Clone,
) -> Result<(), CliError> {
    match survivors.iter().find(|survivor| !ids.clone().any(|id| glob_matches(&survivor.rule, id))) {
        None if ids.next().is_some() => Ok(()),
        None => Err(CliError::harness("there are no rules")),
        Some(gone) => {
            let place = format!("{spec}/mutants.yaml:{}", gone.rule.at.line);
            Err(CliError::usage(format!("{place}: there is no rule `{}`", gone.rule)).hint(RULES))
        }
    }
}

const RULES: &str = "`plimsoll-registry rules` lists them; those of clients are in `plimsoll explain ID`";

/// Hunts for all mutants, some at a time, in the order of their table.
async fn collect<F: Future<Output = Result<Mutant, CliError>> + Send + 'static>(
    hunts: Vec<F>,
    jobs: Option<usize>,
    survivors: &[At<Survivor>],
) -> Result<Table, CliError> {
    if hunts.is_empty() {
        return Err(CliError { exit: Exit::Nothing, ..CliError::usage("no rule is selected") }.hint(RULES));
    }
    let all = hunts.len();
    let bar = ProgressBar::new(all as u64).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} mutants {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let places = Arc::new(Semaphore::new(jobs.max(1)));
    let mut running = JoinSet::new();
    for (index, hunt) in hunts.into_iter().enumerate() {
        let places = Arc::clone(&places);
        running.spawn(async move {
            let _place = places.acquire_owned().await;
            (index, hunt.await)
        });
    }
    let mut found: BTreeMap<usize, Mutant> = BTreeMap::new();
    let mut stop = on_interrupt()?;
    loop {
        let joined = tokio::select! {
            joined = running.join_next() => joined,
            Ok(_) = stop.wait_for(|stop| *stop) => {
                running.shutdown().await;
                bar.finish_and_clear();
                return Err(CliError::harness(format!("interrupted after {} of {all} mutants", found.len()))
                    .hint("there is no table of a part; choose rules with --rule"));
            }
        };
        let Some(joined) = joined else { break };
        let (index, mutant) = joined.map_err(|error| CliError::harness(error.to_string()))?;
        let mut mutant = mutant?;
        let known = survivors.iter().find(|survivor| glob_matches(&survivor.rule, &mutant.id));
        mutant.reason = known.map(|survivor| survivor.reason.clone());
        if !mutant.word().1 {
            bar.suspend(|| anstream::eprintln!("{:9} {}: {}", mutant.word().0, mutant.id, mutant.about));
        }
        found.insert(index, mutant);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Table { mutants: found.into_values().collect() })
}

/// The kill table for people, which stands in `reports/kill-tables`. Which further cases noticed is left out: with faults
/// that are races it differs from run to run.
fn page(spec: &str, table: &Table) -> String {
    let killed = table.mutants.iter().filter(|mutant| mutant.killed).count();
    let mut page = format!(
        "# Kill table: {spec}\n\n{killed} of {} mutants are killed. Made by `plimsoll mutants --spec {spec} --out DIR`.\n\n\
         | rule | what happens when it is broken | noticed by |\n|---|---|---|\n",
        table.mutants.len()
    );
    for mutant in &table.mutants {
        let by = mutant.by.first().or(mutant.reason.as_ref()).map_or("nobody", String::as_str);
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {by} |", mutant.id, mutant.about.replace('|', "\\|"));
    }
    page
}

/// Prints the kill table, what is not as it should be last.
fn report(table: &Table) -> Result<(), CliError> {
    let (good, bad): (Vec<&Mutant>, Vec<&Mutant>) = table.mutants.iter().partition(|mutant| mutant.word().1);
    let count = |word| table.mutants.iter().filter(|mutant| mutant.word().0 == word).count();
    text(|out| {
        for mutant in good.iter().chain(&bad) {
            let by = match (mutant.by.as_slice(), &mutant.reason) {
                ([first], _) => first.clone(),
                ([first, more @ ..], _) => format!("{first} (and {} more)", more.len()),
                ([], reason) => reason.clone().unwrap_or_else(|| mutant.about.clone()),
            };
            writeln!(out, "{:9} {:45} {by}", mutant.word().0, mutant.id)?;
        }
        let (all, survived, wrong) = (table.mutants.len(), count("SURVIVED"), count("KILLED"));
        writeln!(out, "{} of {all} mutants killed, {} known to survive", count("killed"), count("known"))?;
        if survived > 0 {
            writeln!(out, "{survived} survived: no case notices them; add one, or list them in mutants.yaml")?;
        }
        if wrong > 0 {
            writeln!(out, "{wrong} killed although mutants.yaml says that no case can notice them")?;
        }
        Ok(())
    })
}

async fn honest(library: &Arc<Library>, spec: &str, variant: Variant) -> Result<Baseline, CliError> {
    let summary = match test(library, spec, variant, None, Selection::default()).await {
        Err(error) if error.exit == Exit::Nothing => return Ok(Baseline::new()),
        tested => tested?,
    };
    Ok(summary.cases.into_iter().map(|case| (case.id, case.verdict)).collect())
}

/// Looks for cases that notice: first among those about the requirement, then among all, in every variant.
async fn hunt(library: &Arc<Library>, spec: &str, rule: Rule, baselines: &Baselines) -> Result<Mutant, CliError> {
    let near = Selection { requirements: vec![rule.requirement().to_owned()], ..Selection::default() };
    let mut mutant = Mutant {
        id: rule.id().to_owned(),
        about: rule.about().to_owned(),
        killed: false,
        by: Vec::new(),
        variant: Variant::Usual.name(),
        reason: None,
    };
    let enough = enough(library, spec, rule.requirement());
    for selection in [near, Selection::default()] {
        for (variant, baseline) in baselines {
            let summary = match test(library, spec, *variant, Some(rule), selection.clone()).await {
                Err(error) if error.exit == Exit::Nothing => continue,
                tested => tested?,
            };
            let baseline = baseline.get_or_try_init(|| honest(library, spec, *variant)).await?;
            let noticed = summary.cases.iter().filter(|case| {
                case.verdict >= enough && baseline.get(&case.id).is_none_or(|honest| case.verdict > *honest)
            });
            mutant.by = noticed.map(|case| case.id.clone()).collect();
            if !mutant.by.is_empty() {
                mutant.killed = true;
                mutant.variant = variant.name();
                return Ok(mutant);
            }
        }
    }
    Ok(mutant)
}

/// The word a broken rule has to earn: nothing less than its requirement deserves.
fn enough(library: &Library, spec: &str, requirement: &str) -> Verdict {
    let level = library.specs[spec].ledger.get(requirement).and_then(|r| r.level_at(SpecVersion::Main));
    match level.map(|level| level.weight()) {
        Some(Weight::Must) => Verdict::Fail,
        Some(Weight::Should) => Verdict::Warn,
        _ => Verdict::Info,
    }
}

/// The cases that start and kill the registry.
fn starting(library: &Library, spec: &str) -> Vec<String> {
    let requires = |entry: &Entry| entry.case.requires.iter().any(|required| required.value == "start");
    let entries = plan(&library.specs[spec], SpecVersion::Main, &Selection::default());
    let ids: Vec<String> = entries.into_iter().filter(requires).map(|entry| entry.id).collect();
    // A list of globs that is empty would choose everything.
    if ids.is_empty() { vec!["-".to_owned()] } else { ids }
}

async fn test(
    library: &Arc<Library>,
    spec: &str,
    variant: Variant,
    rule: Option<Rule>,
    selection: Selection,
) -> Result<Summary, CliError> {
    let mut selection = selection;
    if variant == Variant::Started {
        selection.cases = starting(library, spec);
        if plan(&library.specs[spec], SpecVersion::Main, &selection).is_empty() {
            return Err(nothing());
        }
    }
    let reference = Reference::start(variant, rule).await?;
    let mut session = Session {
        selection,
        deadline: Duration::from_secs(30),
        look_first: false,
        ..reference.session(library, spec, SpecVersion::Main)?
    };
    session.target.client.timeout = Duration::from_secs(5);
    let (_sender, stop) = watch::channel(false);
    let result = session.run(stop, &mut |_: &Signal| Ok(())).await;
    reference.stop().await;
    result
}
