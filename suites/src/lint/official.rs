//! Rows and switches of the official program that lead nowhere.

use std::collections::BTreeMap;

use super::{Lint, Names};
use crate::diagnostic::Diagnostic;
use crate::glob::glob_matches;
use crate::official::Official;
use crate::position::{At, Position};

/// Looks at every row and switch.
pub(super) fn check(path: &str, official: &Official, names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let ids: Vec<String> = names
        .spec
        .suites
        .iter()
        .flat_map(|file| file.suite.cases.iter().map(|case| format!("{}/{}", file.suite.name, case.id)))
        .collect();
    for table in [&official.apis, &official.data] {
        let mut seen = BTreeMap::new();
        for row in table {
            let mut lint = Lint::new(path, row.at, names, diagnostics);
            lint.unique(&row.row, &mut seen);
            let about = About { name: &row.row, cases: &row.cases, features: &row.features, why: row.why.as_ref() };
            // Features alone say that something is declined, never that it works.
            lint.entry(&about, row.cases.is_empty(), &ids);
        }
    }
    let mut seen = BTreeMap::new();
    for switch in &official.switches {
        let mut lint = Lint::new(path, switch.at, names, diagnostics);
        lint.unique(&switch.key, &mut seen);
        lint.version(switch.since.as_ref());
        let about =
            About { name: &switch.key, cases: &switch.cases, features: &switch.features, why: switch.why.as_ref() };
        lint.entry(&about, switch.cases.is_empty() && switch.features.is_empty(), &ids);
    }
}

/// What rows and switches have in common.
struct About<'a> {
    name: &'a At<String>,
    cases: &'a [At<String>],
    features: &'a [At<String>],
    why: Option<&'a String>,
}

impl Lint<'_> {
    fn entry(&mut self, about: &About<'_>, nothing: bool, ids: &[String]) {
        for feature in about.features {
            self.known_feature(feature);
        }
        for glob in about.cases {
            let bare = glob.split('[').next().unwrap_or_default();
            if !ids.iter().any(|id| glob_matches(bare, id)) {
                let hint = "name cases as `plimsoll list` shows them; `*` stands for any text".to_owned();
                self.report(glob.at, format!("no case fits `{glob}`"), Some(hint));
            }
        }
        let at: Position = about.name.at;
        match (nothing, about.why) {
            (true, None) => {
                let hint = "list `cases:`, or say `why:` there are none".to_owned();
                self.lacking(at, format!("nothing depends on `{}`", about.name), Some(hint));
            }
            (false, Some(_)) => {
                let hint = "`why` is for what no case looks at; take it or the cases out".to_owned();
                self.report(at, format!("`{}` has cases, and a reason for having none", about.name), Some(hint));
            }
            _ => {}
        }
    }
}
