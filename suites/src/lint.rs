//! Mistakes that the form of a file does not show: names that lead nowhere, assertions about nothing, values that
//! nobody uses.

mod activities;
mod client;
mod names;
mod official;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::case::{Case, Feature};
use crate::diagnostic::{Diagnostic, nearest};
use crate::given::Fixture;
use crate::ledger::{Side, SpecVersion};
use crate::load::{Spec, SuiteFile};
use crate::matrix::Values;
use crate::position::{At, Position};

/// Variables that every case has; `subject` has the facts of the features as fields, `content` what the user named, and
/// `client` what a client is told.
pub const BUILT_IN: [&str; 7] = ["repo", "other-repo", THEIRS, "nonce", "subject", "content", "client"];
/// The repository of the second user, which only cases have that require [`SECOND`].
const THEIRS: &str = "their-repo";
/// The capability of having a second user.
const SECOND: &str = "second-identity";

/// Looks at everything that is declared for one specification.
pub(crate) fn check(name: &str, spec: &Spec, texts: &BTreeMap<String, String>, diagnostics: &mut Vec<Diagnostic>) {
    let features_path = format!("{name}/features.yaml");
    // What is missing in a file with mistakes may be what could not be read.
    let whole = |path: &str| !diagnostics.iter().any(|diagnostic| diagnostic.file == path);
    let names = Names {
        facts: spec.features.features.iter().flat_map(|f| f.facts.keys().map(ToString::to_string)).collect(),
        features: spec.features.features.iter().map(|f| f.id.value.clone()).collect(),
        capabilities: spec.features.capabilities.iter().map(|c| c.id.value.clone()).collect(),
        features_whole: whole(&features_path),
        ledger_whole: !diagnostics.iter().any(|diagnostic| diagnostic.file.starts_with("requirements/")),
        texts,
        spec,
    };
    if texts.contains_key(&features_path) {
        let mut seen = BTreeMap::new();
        for feature in &spec.features.features {
            let mut lint = Lint::new(&features_path, feature.at, &names, diagnostics);
            lint.unique(&feature.id, &mut seen);
            lint.feature(feature);
        }
        let mut seen = BTreeMap::new();
        for capability in &spec.features.capabilities {
            Lint::new(&features_path, capability.at, &names, diagnostics).unique(&capability.id, &mut seen);
        }
    }
    for file in &spec.suites {
        suite(file, &names, diagnostics);
    }
    if let Some(rows) = &spec.official {
        official::check(&format!("{name}/official.yaml"), rows, &names, diagnostics);
    }
}

fn suite(file: &SuiteFile, names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let expected = file.path.trim_end_matches(".yaml").trim_end_matches(".yml");
    if *file.suite.name != expected {
        diagnostics.push(
            Diagnostic::new(
                &file.path,
                file.suite.name.at,
                format!("the suite is named `{}` but stands in {}", file.suite.name, file.path),
            )
            .hint(format!("write `suite: {expected}` or move the file")),
        );
    }
    if file.suite.cases.is_empty() && !diagnostics.iter().any(|diagnostic| diagnostic.file == file.path) {
        diagnostics.push(
            Diagnostic::new(&file.path, file.suite.name.at, "the suite has no cases")
                .hint("list them under `cases:`, or take the file out"),
        );
    }
    let mut seen = BTreeMap::new();
    for case in &file.suite.cases {
        let mut lint = Lint::new(&file.path, case.at, names, diagnostics);
        lint.unique(&case.id, &mut seen);
        for was in &case.was {
            lint.unique(was, &mut seen);
        }
        lint.case(case);
    }
}

/// What can be named.
struct Names<'a> {
    spec: &'a Spec,
    features: BTreeSet<String>,
    capabilities: BTreeSet<String>,
    facts: BTreeSet<String>,
    features_whole: bool,
    ledger_whole: bool,
    texts: &'a BTreeMap<String, String>,
}

/// The state while one case (or probe) is looked at.
struct Lint<'a> {
    path: &'a str,
    names: &'a Names<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Variables with the position of their definition, which is taken away at the first use.
    unused: IndexMap<String, (Position, &'static str)>,
    variables: BTreeSet<String>,
    fixtures: BTreeMap<String, &'a Fixture>,
    asserts: bool,
    /// There is a second user.
    second: bool,
    /// A part could not be read, so that nothing can be said about what is not there.
    damaged: bool,
}

impl<'a> Lint<'a> {
    /// Looks at the case (or probe) that stands at `at`.
    fn new(path: &'a str, at: Position, names: &'a Names<'a>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        let inside = |place: Position| (at.offset..at.offset + at.len).contains(&place.offset);
        let damaged = diagnostics.iter().any(|diagnostic| diagnostic.file == path && inside(diagnostic.at));
        Lint {
            path,
            names,
            diagnostics,
            unused: IndexMap::new(),
            variables: BTreeSet::new(),
            fixtures: BTreeMap::new(),
            asserts: false,
            second: false,
            damaged,
        }
    }

    fn report(&mut self, at: Position, message: impl Into<String>, hint: Option<String>) {
        let diagnostic = Diagnostic::new(self.path, at, message);
        self.diagnostics.push(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    /// Reports that something is missing.
    fn lacking(&mut self, at: Position, message: impl Into<String>, hint: Option<String>) {
        if !self.damaged {
            self.report(at, message, hint);
        }
    }

    fn unique(&mut self, id: &At<String>, seen: &mut BTreeMap<String, usize>) {
        if let Some(line) = seen.insert(id.value.clone(), id.at.line) {
            let hint = format!("give it another one; the first is on line {line}");
            self.report(id.at, format!("the id `{id}` is used twice in this file"), Some(hint));
        }
    }

    fn feature(&mut self, feature: &'a Feature) {
        self.needs(&feature.needs, Some(&feature.id));
        self.version(feature.since.as_ref());
        self.given(&feature.given);
        for step in &feature.probe {
            self.step(step);
        }
        self.unused.retain(|name, _| !feature.facts.contains_key(name.as_str()));
        self.report_unused();
    }

    fn case(&mut self, case: &'a Case) {
        self.needs(&case.needs, None);
        for capability in case.requires.iter() {
            if self.names.features_whole && !self.names.capabilities.contains(&capability.value) {
                let hint = nearest(capability, self.names.capabilities.iter().map(String::as_str));
                self.report(capability.at, format!("unknown capability `{capability}`"), hint);
            }
        }
        self.second = case.requires.iter().any(|capability| *capability.value == *SECOND);
        self.version(case.since.as_ref());
        self.version(case.until.as_ref());
        self.span_of_versions(case);
        for (key, values) in &case.matrix {
            if matches!(values, Values::Listed(values) if values.is_empty()) {
                let hint = "a case runs once for every value; take the key out or list values".to_owned();
                self.lacking(key.at(), format!("the matrix key `{key}` has no values"), Some(hint));
            }
            self.define(key, "matrix key");
        }
        self.given(&case.given);
        let others = [case.watch.as_ref().map(|watch| watch.at), case.activity.as_ref().map(|activity| activity.at)];
        let mut others = others.into_iter().flatten();
        match (others.next(), case.steps.is_empty()) {
            (None, true) if case.client.is_none() && !self.for_clients() => {
                let hint = "list under `steps:` what is requested and expected, e.g. `- GET: /v2/`".to_owned();
                self.lacking(case.id.at, "the case has no steps", Some(hint));
            }
            (Some(at), steps) if !steps || others.next().is_some() => {
                let hint = "a case that watches the answers of other cases, or is an activity, has no steps of its own";
                self.report(at, "a case has either `steps`, `watch` or `activity`", Some(hint.to_owned()));
            }
            _ => {}
        }
        if let Some(watch) = &case.watch {
            for matcher in watch.status.iter().chain(watch.headers.values()) {
                self.matcher(matcher, false);
            }
            self.expectations(&watch.expect);
        }
        if let Some(activity) = &case.activity {
            self.activity(activity);
        }
        for step in &case.steps {
            self.step(step);
        }
        self.of_side(case);
        if !self.asserts {
            let hint = "name a requirement with `req:` where the promise is looked at; `plimsoll list --requirements` \
                        shows them all";
            self.lacking(case.id.at, format!("the case `{}` asserts no requirement", case.id), Some(hint.to_owned()));
        }
        self.report_unused();
    }

    fn for_clients(&self) -> bool {
        self.names.spec.ledger.side() == Side::Client
    }

    /// A suite for clients has cases for clients and no others.
    fn of_side(&mut self, case: &'a Case) {
        if self.names.spec.ledger.side() == Side::Runtime {
            let hint = "requirements of runtimes can be listed and explained, but not asserted yet".to_owned();
            self.report(case.id.at, "the language has no steps for runtimes yet", Some(hint));
            return;
        }
        let for_clients = self.for_clients();
        match &case.client {
            Some(client) if for_clients => {
                if !case.steps.is_empty() || case.watch.is_some() {
                    let hint = "take `steps` and `watch` out".to_owned();
                    self.report(client.at, "a case for clients has only `client`", Some(hint));
                }
                self.client(client);
            }
            Some(client) => {
                let hint = "cases for clients stand in the folder with `-client` behind its name".to_owned();
                self.report(client.at, "`client` does not go with a suite for registries", Some(hint));
            }
            None if for_clients => {
                let hint = "say under `client:` what the client is made to do".to_owned();
                self.lacking(case.id.at, "the case has nothing for a client to do", Some(hint));
            }
            None => {}
        }
    }

    /// What only a case has that requires a second user.
    fn needs_second(&mut self, at: Position, what: &str) {
        if !self.second {
            let hint = format!("add `requires: {SECOND}` to the case");
            self.lacking(at, format!("{what} is there only with a second user"), Some(hint));
        }
    }

    fn report_unused(&mut self) {
        for (name, (at, kind)) in std::mem::take(&mut self.unused) {
            let hint = format!("use it as `${{{name}}}`, or take it out");
            self.lacking(at, format!("the {kind} `{name}` is never used"), Some(hint));
        }
    }

    fn needs(&mut self, needs: &[At<String>], own: Option<&str>) {
        for need in needs {
            self.known_feature(need);
            if own == Some(need.as_str()) {
                let hint = "name the features that have to be there first".to_owned();
                self.report(need.at, "a feature cannot need itself", Some(hint));
            }
        }
    }

    fn known_feature(&mut self, feature: &At<String>) {
        if self.names.features_whole && !self.names.features.contains(&feature.value) {
            let hint = nearest(feature, self.names.features.iter().map(String::as_str));
            self.report(feature.at, format!("unknown feature `{feature}`"), hint);
        }
    }

    fn version(&mut self, version: Option<&At<String>>) {
        let Some(version) = version else { return };
        let known: Vec<String> = self.names.spec.ledger.source.versions.iter().map(ToString::to_string).collect();
        if !known.contains(&version.value) {
            let hint = format!("known versions: {}", known.join(", "));
            self.report(version.at, format!("unknown version `{version}`"), Some(hint));
        }
    }

    fn span_of_versions(&mut self, case: &Case) {
        let parse = |version: &Option<At<String>>| version.as_ref()?.parse::<SpecVersion>().ok();
        if let (Some(since), Some(until), Some(place)) = (parse(&case.since), parse(&case.until), &case.until)
            && since > until
        {
            let message = format!("the case ends with {until} but begins with {since}");
            let hint = "`until` is the last version that makes the promise, `since` the first";
            self.report(place.at, message, Some(hint.to_owned()));
        }
    }

    fn requirements(&mut self, ids: &[At<String>]) {
        for id in ids {
            self.asserts = true;
            let title = &self.names.spec.ledger.title;
            match self.names.spec.ledger.get(id) {
                None if !self.names.ledger_whole => {}
                None => {
                    let known = self.names.spec.ledger.requirements.iter().map(|r| r.id.as_str());
                    let hint =
                        nearest(id, known).or_else(|| Some("`plimsoll list --requirements` shows them all".to_owned()));
                    self.report(id.at, format!("unknown requirement `{id}`"), hint);
                }
                Some(requirement) if !self.names.spec.ledger.side().is_bound_by(requirement) => {
                    let whom = requirement.binds.whom();
                    let message = format!("`{id}` of the {title} binds {whom}, not the subject of this suite");
                    let subject = match self.names.spec.ledger.side() {
                        Side::Registry => "the registry",
                        Side::Client => "a client",
                        Side::Runtime => "the runtime",
                    };
                    let hint = format!("name a requirement that binds {subject}, or none");
                    self.report(id.at, message, Some(hint));
                }
                Some(requirement) if requirement.untestable.is_some() => {
                    let message = format!("`{id}` cannot be tested, says the {title}");
                    let hint = "take `untestable` out of its row if that is wrong";
                    self.report(id.at, message, Some(hint.to_owned()));
                }
                Some(_) => {}
            }
        }
    }
}
