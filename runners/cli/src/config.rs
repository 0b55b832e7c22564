//! `plimsoll.yaml`: what is not given by flags or environment.

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use plimsoll_reports::Format;
use plimsoll_suite::document;
use serde::Deserialize;

use crate::args::{RunArgs, SelectArgs, time};
use crate::commands::{library, spec_of};
use crate::error::CliError;
use crate::profile::Profile;
use crate::reference::Variant;

/// The file. Keys are the names of the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    registry: Option<String>,
    reference: Option<String>,
    client: Option<String>,
    exec: Option<String>,
    kills: Option<u32>,
    user: Option<String>,
    other_user: Option<String>,
    other_namespace: Option<String>,
    ca: Option<PathBuf>,
    insecure: Option<bool>,
    namespace: Option<String>,
    product: Option<String>,
    product_version: Option<String>,
    spec_version: Option<String>,
    suites: Option<PathBuf>,
    out: Option<PathBuf>,
    expect: Option<PathBuf>,
    strict: Option<bool>,
    seed: Option<u64>,
    jobs: Option<usize>,
    keep: Option<bool>,
    read_only: Option<bool>,
    content: Option<PathBuf>,
    subject: Option<String>,
    i_own_this_registry: Option<bool>,
    #[serde(default)]
    format: Vec<String>,
    timeout: Option<String>,
    deadline: Option<String>,
    partition: Option<String>,
}

/// The same for a selection that is not run.
pub fn fill_selection(select: &SelectArgs) -> Result<SelectArgs, CliError> {
    let mut args = RunArgs { select: select.clone(), ..RunArgs::default() };
    fill(&mut args)?;
    Ok(args.select)
}

/// Fills in what flags and environment left open: from plimsoll.yaml, then from the configuration of the official
/// program, then from the profile of the subject.
pub fn fill(args: &mut RunArgs) -> Result<(), CliError> {
    own(args)?;
    if args.subject.official_config.is_some() {
        let library = library(None)?;
        let spec = spec_of(&library, args.select.spec.as_deref())?;
        let official = library.specs[&spec].official.as_ref();
        crate::official::fill(args, official.map_or(&[], |official| &official.switches))?;
    }
    if let Some(path) = &args.subject.content {
        args.subject.given = Some(crate::content::read(path)?);
    }
    crate::credentials::read(&mut args.subject)?;
    if let Some(name) = args.subject.subject.clone() {
        let profile = Profile::find(&name)?;
        profile.fill(args)?;
        for note in &profile.notes {
            anstream::eprintln!("note: {}: {note}", profile.product);
        }
        args.subject.known = profile.known();
    }
    Ok(())
}

/// Fills in from plimsoll.yaml.
fn own(args: &mut RunArgs) -> Result<(), CliError> {
    let path = match &args.how.pace.config {
        Some(path) => path.clone(),
        None if Path::new("plimsoll.yaml").is_file() => PathBuf::from("plimsoll.yaml"),
        None => return Ok(()),
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
    let file: File =
        document(&path.display().to_string(), &text).map_err(|mistake| CliError::mistake(&mistake, &text))?;
    let wrong = |key: &str, error: &dyn std::fmt::Display| {
        CliError::usage(format!("{} has a mistake: `{key}`: {error}", path.display()))
    };
    let version =
        file.spec_version.map(|text| text.parse()).transpose().map_err(|error| wrong("spec-version", &error))?;
    let span =
        |key: &str, text: Option<String>| text.map(|text| time(&text)).transpose().map_err(|error| wrong(key, &error));
    let timeout = span("timeout", file.timeout)?;
    let deadline = span("deadline", file.deadline)?;
    let reference = file.reference.map(|name| Variant::from_str(&name, false)).transpose();
    let reference = reference.map_err(|error| wrong("reference", &error))?;
    let partition = file.partition.map(|text| text.parse()).transpose();
    let partition = partition.map_err(|error: String| wrong("partition", &error))?;
    let formats = file.format.iter().map(|text| text.parse()).collect::<Result<Vec<Format>, _>>();
    let formats = formats.map_err(|error| wrong("format", &error))?;
    if file.jobs == Some(0) {
        return Err(wrong("jobs", &"there is at least one"));
    }
    if file.registry.is_some() && file.exec.is_some() {
        return Err(wrong("exec", &"there is either `registry` or `exec`"));
    }
    // Who names one kind of subject on the command line does not mean the other one of the file.
    if args.subject.registry.is_none() && args.subject.exec.is_none() {
        args.client = args.client.take().or(file.client);
    }
    if args.client.is_none() && args.subject.exec.is_none() {
        args.subject.registry = args.subject.registry.take().or(file.registry);
    }
    if args.client.is_none() && args.subject.registry.is_none() {
        args.subject.exec = args.subject.exec.take().or(file.exec);
    }
    args.subject.kills = args.subject.kills.or(file.kills);
    args.subject.user = args.subject.user.take().or(file.user);
    args.subject.other_user = args.subject.other_user.take().or(file.other_user);
    args.subject.other_namespace = args.subject.other_namespace.take().or(file.other_namespace);
    if args.subject.registry.is_none() {
        args.subject.reference = args.subject.reference.or(reference);
    }
    args.subject.ca = args.subject.ca.take().or(file.ca);
    args.subject.insecure |= file.insecure.unwrap_or(false);
    args.subject.namespace = args.subject.namespace.take().or(file.namespace);
    args.subject.product = args.subject.product.take().or(file.product);
    args.subject.product_version = args.subject.product_version.take().or(file.product_version);
    args.select.spec_version = args.select.spec_version.or(version);
    args.select.suites = args.select.suites.take().or(file.suites);
    args.how.out = args.how.out.take().or(file.out);
    args.how.expect = args.how.expect.take().or(file.expect);
    args.how.strict |= file.strict.unwrap_or(false);
    args.how.pace.seed = args.how.pace.seed.or(file.seed);
    args.how.pace.jobs = args.how.pace.jobs.or(file.jobs);
    args.how.pace.timeout = args.how.pace.timeout.or(timeout);
    args.how.pace.deadline = args.how.pace.deadline.or(deadline);
    args.select.partition = args.select.partition.or(partition);
    args.subject.keep |= file.keep.unwrap_or(false);
    args.subject.read_only |= file.read_only.unwrap_or(false);
    args.subject.content = args.subject.content.take().or(file.content);
    args.subject.subject = args.subject.subject.take().or(file.subject);
    args.subject.i_own_this_registry |= file.i_own_this_registry.unwrap_or(false);
    if args.how.format.is_empty() {
        args.how.format = formats;
    }
    Ok(())
}
