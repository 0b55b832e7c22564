//! `plimsoll list`: what there is to run, to hold a subject to, and to decline.

use plimsoll_engine::plan::{plan, requirements};
use plimsoll_suite::ledger::Ledger;

use crate::args::ListArgs;
use crate::commands::{data, library, nothing, selection, spec_of, version_of};
use crate::config::fill_selection;
use crate::error::CliError;
use crate::exit::Exit;
use crate::profile::{BUILT_IN, Profile};

/// Prints one line for each case, requirement or feature: the id, then what people want to know, separated by tabs.
pub fn list(args: &ListArgs) -> Result<Exit, CliError> {
    let select = fill_selection(&args.select)?;
    let library = library(select.suites.as_deref())?;
    let name = spec_of(&library, select.spec.as_deref())?;
    let version = version_of(&library, &name, select.spec_version)?;
    let spec = &library.specs[&name];
    let entries = plan(spec, version, &selection(&select));
    let mut lines = Vec::new();
    if args.features {
        for feature in &spec.features.features {
            lines.push(format!("{}\t{}", feature.id, feature.about));
        }
    } else if args.subjects {
        for (name, _) in BUILT_IN {
            lines.push(format!("{name}\t{}", Profile::find(name)?.product));
        }
    } else if args.capabilities {
        for capability in &spec.features.capabilities {
            lines.push(format!("{}\t{}", capability.id, capability.about));
        }
        // Those of the host are found out, and named by the ledger rather than by cases.
        for capability in library.host.capabilities.iter().filter(|capability| named(&spec.ledger, &capability.id)) {
            lines.push(format!("{}\t{}", capability.id, capability.about));
        }
    } else if args.requirements {
        for requirement in requirements(&spec.ledger, version, &entries) {
            let cases = match requirement.cases {
                0 => "no case".to_owned(),
                1 => "1 case".to_owned(),
                n => format!("{n} cases"),
            };
            lines.push(format!("{}\t{}\t{cases}\t{}", requirement.id, requirement.level, requirement.about));
        }
    } else {
        for entry in &entries {
            lines.push(format!("{}\t{}", entry.id, entry.case.title));
        }
    }
    if lines.is_empty() {
        return Err(nothing());
    }
    data(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(Exit::Conformant)
}

/// True when a requirement needs the capability of the host.
fn named(ledger: &Ledger, capability: &str) -> bool {
    ledger.requirements.iter().any(|requirement| requirement.host().iter().any(|id| id == capability))
}
