//! Mistakes that the form of a file does not show: names that lead nowhere, assertions about nothing, values that
//! nobody uses.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use crate::case::{Action, Case, Feature, SaveFrom, Step};
use crate::diagnostic::{Diagnostic, nearest};
use crate::expect::{Choice, Expect, Expectations, Matcher, Test};
use crate::given::Fixture;
use crate::ledger::Binds;
use crate::load::{Spec, SuiteFile};
use crate::position::{At, Position};
use crate::template::{Name, Template};

/// Variables that every case has; `subject` has the facts of the features as fields.
pub const BUILT_IN: [&str; 3] = ["repo", "other-repo", "subject"];

/// Looks at everything that is declared for one specification.
pub(crate) fn check(name: &str, spec: &Spec, texts: &BTreeMap<String, String>, diagnostics: &mut Vec<Diagnostic>) {
    let names = Names {
        facts: spec.features.features.iter().flat_map(|f| f.facts.keys().cloned()).collect(),
        features: spec.features.features.iter().map(|f| f.id.value.clone()).collect(),
        spec,
    };
    let features_path = format!("{name}/features.yaml");
    if texts.contains_key(&features_path) {
        let mut seen = BTreeSet::new();
        for feature in &spec.features.features {
            let mut lint = Lint::new(&features_path, &names, diagnostics);
            lint.slug(&feature.id, &mut seen);
            lint.feature(feature);
        }
    }
    for file in &spec.suites {
        suite(file, &names, diagnostics);
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
    let mut seen = BTreeSet::new();
    for case in &file.suite.cases {
        let mut lint = Lint::new(&file.path, names, diagnostics);
        lint.slug(&case.id, &mut seen);
        for was in &case.was {
            lint.slug(was, &mut seen);
        }
        lint.case(case);
    }
}

/// What can be named.
struct Names<'a> {
    spec: &'a Spec,
    features: BTreeSet<String>,
    facts: BTreeSet<String>,
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
}

impl<'a> Lint<'a> {
    fn new(path: &'a str, names: &'a Names<'a>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Lint {
            path,
            names,
            diagnostics,
            unused: IndexMap::new(),
            variables: BTreeSet::new(),
            fixtures: BTreeMap::new(),
            asserts: false,
        }
    }

    fn report(&mut self, at: Position, message: impl Into<String>, hint: Option<String>) {
        let mut diagnostic = Diagnostic::new(self.path, at, message);
        diagnostic.hint = hint;
        self.diagnostics.push(diagnostic);
    }

    fn slug(&mut self, id: &At<String>, seen: &mut BTreeSet<String>) {
        let well_formed = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !id.ends_with('-');
        if !well_formed {
            let hint = "a slug begins with a letter and has lower-case letters, digits and hyphens; numbers alone move \
                        when a case is inserted";
            self.report(id.at, format!("`{id}` is not a slug"), Some(hint.to_owned()));
        }
        if !seen.insert(id.value.clone()) {
            self.report(id.at, format!("the id `{id}` is used twice in this file"), Some("ids are unique".to_owned()));
        }
    }

    fn feature(&mut self, feature: &'a Feature) {
        self.needs(&feature.needs, Some(&feature.id));
        self.version(feature.since.as_ref());
        self.given(&feature.given);
        for step in &feature.probe {
            self.step(step);
        }
        let facts: Vec<String> = feature.facts.keys().cloned().collect();
        self.unused.retain(|name, _| !facts.contains(name));
        self.report_unused();
    }

    fn case(&mut self, case: &'a Case) {
        self.needs(&case.needs, None);
        self.version(case.since.as_ref());
        self.version(case.until.as_ref());
        for (key, values) in &case.matrix {
            if values.is_empty() {
                self.report(case.id.at, format!("the matrix key `{key}` has no values"), None);
            }
            self.define(key, case.id.at, "matrix key");
        }
        self.given(&case.given);
        match &case.watch {
            Some(watch) => {
                if !case.steps.is_empty() {
                    let hint = "a case that watches the answers of other cases has no steps of its own";
                    self.report(watch.at, "a case has either `steps` or `watch`", Some(hint.to_owned()));
                }
                for matcher in watch.status.iter().chain(watch.headers.values()) {
                    self.matcher(matcher, false);
                }
                self.expectations(&watch.expect);
            }
            None if case.steps.is_empty() => {
                self.report(case.id.at, "the case has no steps", Some("add `steps:`".to_owned()));
            }
            None => {}
        }
        for step in &case.steps {
            self.step(step);
        }
        if !self.asserts {
            let hint = "name a requirement with `req:` where the promise is looked at; `plimsoll list --requirements` \
                        shows them all";
            self.report(case.id.at, format!("the case `{}` asserts no requirement", case.id), Some(hint.to_owned()));
        }
        self.report_unused();
    }

    fn report_unused(&mut self) {
        for (name, (at, kind)) in std::mem::take(&mut self.unused) {
            self.report(at, format!("the {kind} `{name}` is never used"), Some("use it or take it out".to_owned()));
        }
    }

    fn needs(&mut self, needs: &[At<String>], own: Option<&str>) {
        for need in needs {
            self.known_feature(need);
            if own == Some(need.as_str()) {
                self.report(need.at, "a feature cannot need itself", None);
            }
        }
    }

    fn known_feature(&mut self, feature: &At<String>) {
        if !self.names.features.contains(&feature.value) {
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

    fn requirements(&mut self, ids: &[At<String>]) {
        for id in ids {
            self.asserts = true;
            let title = &self.names.spec.ledger.title;
            match self.names.spec.ledger.get(id) {
                None => {
                    let known = self.names.spec.ledger.requirements.iter().map(|r| r.id.as_str());
                    let hint = nearest(id, known);
                    self.report(id.at, format!("unknown requirement `{id}`"), hint);
                }
                Some(requirement) if requirement.binds == Binds::Client => {
                    let message = format!("`{id}` of the {title} binds clients, not the subject of this suite");
                    self.report(id.at, message, None);
                }
                Some(_) => {}
            }
        }
    }

    fn define(&mut self, name: &str, at: Position, kind: &'static str) {
        let simple = Template::parse(&format!("${{{name}}}")).is_ok() && !name.contains('.');
        if !simple || BUILT_IN.contains(&name) {
            let hint = "a name has letters, digits, `-` and `_`, and is none of `repo`, `other-repo`, `subject`";
            self.report(at, format!("`{name}` cannot be the name of a variable"), Some(hint.to_owned()));
        }
        if let Some((earlier, kind)) = self.unused.insert(name.to_owned(), (at, kind)) {
            self.report(earlier, format!("the {kind} `{name}` is never used before it is set again"), None);
        }
        self.variables.insert(name.to_owned());
    }

    fn given(&mut self, given: &'a IndexMap<String, At<Fixture>>) {
        for (name, fixture) in given {
            match fixture.kinds().as_slice() {
                [_] => {}
                [] => {
                    let hint = "random, chunks, text, json, layer, config, manifest or index".to_owned();
                    self.report(fixture.at, format!("the fixture `{name}` has no kind"), Some(hint));
                }
                kinds => {
                    let message = format!("the fixture `{name}` has {} kinds: {}", kinds.len(), kinds.join(", "));
                    self.report(fixture.at, message, Some("give it exactly one".to_owned()));
                }
            }
            for part in fixture.parts() {
                self.fixture(part);
            }
            for (template, at) in fixture_templates(fixture) {
                self.template(template, at);
            }
            for value in fixture_values(fixture) {
                self.value(value, fixture.at);
            }
            self.define(name, fixture.at, "fixture");
            self.fixtures.insert(name.clone(), &fixture.value);
        }
    }

    fn fixture(&mut self, name: &At<String>) {
        if self.fixtures.contains_key(&name.value) {
            self.unused.shift_remove(&name.value);
            return;
        }
        let hint = nearest(name, self.fixtures.keys().map(String::as_str))
            .unwrap_or_else(|| "define it before under `given:`".to_owned());
        self.report(name.at, format!("there is no fixture `{name}`"), Some(hint));
    }

    fn step(&mut self, step: &'a At<Step>) {
        match step.actions().as_slice() {
            [Action::Request { target, .. }] => {
                self.template(target, target.at);
                if step.to.is_some() || !step.tag.is_empty() {
                    self.report(step.at, "`to` and `tag` belong to a `push`", None);
                }
            }
            [Action::Push(names)] => {
                for name in *names {
                    self.fixture(name);
                }
                let request_only = !step.query.is_empty()
                    || !step.headers.is_empty()
                    || !step.save.is_empty()
                    || step.body.is_some()
                    || step.expect.is_some()
                    || step.pages.is_some();
                if request_only {
                    let hint = "write the requests out where something about them is asserted";
                    self.report(step.at, "a `push` only takes `to` and `tag`", Some(hint.to_owned()));
                }
            }
            [] => {
                let hint = "GET, HEAD, POST, PUT, PATCH, DELETE or push".to_owned();
                self.report(step.at, "the step does nothing", Some(hint));
            }
            _ => {
                let hint = "make a step of each";
                self.report(step.at, "the step does more than one thing", Some(hint.to_owned()));
            }
        }
        let templates = step.query.values().flat_map(|values| values.iter());
        let templates = templates.chain(step.headers.values()).chain(step.tag.iter());
        for template in templates.chain(&step.to).chain(&step.body) {
            self.template(template, template.at);
        }
        if let Some(pages) = &step.pages {
            self.pointer(&pages.join, pages.at);
            self.requirements(&pages.req);
        }
        if let Some(expect) = &step.expect {
            self.expectations(expect);
        }
        for (name, save) in &step.save {
            if let SaveFrom::Json(pointer) = &save.from {
                self.pointer(pointer, save.at);
            }
            self.define(name, save.at, "saved value");
        }
    }

    fn expectations(&mut self, expectations: &Expectations) {
        let count = expectations.0.len();
        for (index, expect) in expectations.0.iter().enumerate() {
            let last = index + 1 == count;
            if let Some(otherwise) = &expect.otherwise {
                let guarded = expect.status.is_some() || !expect.when.is_empty();
                if count == 1 || (!last && !guarded) {
                    let hint = "it says what is broken when no alternative before it matched; only with `status` or \
                                `when` can others follow";
                    self.report(expect.at, "`otherwise` ends a list of alternatives", Some(hint.to_owned()));
                }
                if expect.body.is_some() || !expect.headers.is_empty() || expect.verdict.is_some() {
                    let hint = "it has nothing beside it but `status` and `when`";
                    self.report(expect.at, "`otherwise` asserts nothing itself", Some(hint.to_owned()));
                }
                self.requirements(otherwise);
            } else if expect.status.is_none() && expect.when.is_empty() && !last {
                let hint = "only the last one may take every answer that is left";
                self.report(
                    expect.at,
                    "an alternative is chosen by `status` or `when`, which are missing",
                    Some(hint.into()),
                );
            }
            if count == 1 && !expect.when.is_empty() {
                let hint = "write what must hold under `headers`";
                self.report(expect.at, "`when` chooses between alternatives, but there is only one", Some(hint.into()));
            }
            self.expect(expect);
        }
    }

    fn expect(&mut self, expect: &Expect) {
        self.requirements(&expect.req);
        for matcher in
            expect.status.iter().chain(expect.when.values()).chain(expect.headers.values()).chain(&expect.body)
        {
            self.matcher(matcher, false);
        }
        if let Some(feature) = &expect.feature {
            self.known_feature(feature);
        }
        if let Some(choice) = &expect.verdict
            && (choice.value == Choice::Unsupported) != expect.feature.is_some()
        {
            let hint = "`verdict: unsupported` and `feature:` go together";
            self.report(choice.at, "this verdict does not fit", Some(hint.to_owned()));
        }
    }

    fn matcher(&mut self, matcher: &At<Matcher>, nested: bool) {
        self.requirements(&matcher.req);
        if matcher.tests.is_empty() {
            let hint =
                if nested { "say what is expected, e.g. `is:`" } else { "say what is expected, e.g. `present: true`" };
            self.report(matcher.at, "the matcher tests nothing", Some(hint.to_owned()));
        }
        for test in &matcher.tests {
            match test {
                Test::Is(value) | Test::IsNot(value) | Test::AbsentOr(value) => self.value(value, matcher.at),
                Test::AtMost(value) | Test::Length(value) => self.value(value, matcher.at),
                Test::OneOf(values) => values.iter().for_each(|value| self.value(value, matcher.at)),
                Test::Contains(values) | Test::Lacks(values) => {
                    values.iter().for_each(|value| self.value(&value.value, value.at));
                }
                Test::Equals(template) | Test::DigestOf(template) => self.template(template, template.at),
                Test::Matches(pattern) => {
                    if let Err(error) = regex::Regex::new(pattern) {
                        let text = error.to_string();
                        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                        self.report(matcher.at, format!("`{pattern}` is not a regular expression"), Some(reason));
                    }
                }
                Test::Json(pointers) => {
                    for (pointer, inner) in pointers {
                        self.pointer(pointer, inner.at);
                        self.matcher(inner, true);
                    }
                }
                Test::Each(inner) => self.matcher(inner, true),
                Test::Present(_) | Test::Ordered(_) => {}
            }
        }
    }

    fn pointer(&mut self, pointer: &str, at: Position) {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let hint = "RFC 6901: it is empty or begins with `/`";
            self.report(at, format!("`{pointer}` is not a JSON pointer"), Some(hint.to_owned()));
        }
    }

    /// Placeholders may stand in any text of a value.
    fn value(&mut self, value: &Value, at: Position) {
        match value {
            Value::String(text) => match Template::parse(text) {
                Ok(template) => self.template(&template, at),
                Err(error) => self.report(at, error.to_string(), None),
            },
            Value::Array(values) => values.iter().for_each(|value| self.value(value, at)),
            Value::Object(members) => members.values().for_each(|value| self.value(value, at)),
            _ => {}
        }
    }

    fn template(&mut self, template: &Template, at: Position) {
        for name in template.names() {
            self.name(name, at);
        }
    }

    fn name(&mut self, name: &Name, at: Position) {
        self.unused.shift_remove(&name.root);
        if let Some(fixture) = self.fixtures.get(&name.root) {
            if let Some(field) = &name.field
                && !fixture.has_field(field)
            {
                let hint = "a fixture has digest, hex, sha256, sha512, size, media-type and descriptor; chunks have \
                            chunk1, chunk1.range, .start, .end and .size; a layer has diff-id";
                self.report(
                    at,
                    format!("`${{{name}}}`: `{}` has no field `{field}`", name.root),
                    Some(hint.to_owned()),
                );
            }
        } else if name.root == "subject" {
            let field = name.field.clone().unwrap_or_default();
            if !self.names.facts.contains(&field) {
                let hint = nearest(&field, self.names.facts.iter().map(String::as_str));
                self.report(at, format!("`${{{name}}}`: no probe saves the fact `{field}`"), hint);
            }
        } else if !self.variables.contains(&name.root) && !BUILT_IN.contains(&name.root.as_str()) {
            let known = self.variables.iter().map(String::as_str).chain(BUILT_IN);
            let hint = nearest(&name.root, known);
            self.report(at, format!("`${{{name}}}`: nothing is named `{}` here", name.root), hint);
        } else if name.field.is_some() {
            self.report(at, format!("`${{{name}}}`: `{}` has no fields", name.root), None);
        }
    }
}

fn fixture_templates(fixture: &Fixture) -> Vec<(&Template, Position)> {
    let mut all: Vec<&At<Template>> = Vec::new();
    all.extend(fixture.random.iter().chain(&fixture.text).chain(&fixture.algorithm).chain(&fixture.media_type));
    all.extend(fixture.chunks.iter().flat_map(|chunks| chunks.iter()));
    if let Some(manifest) = &fixture.manifest {
        all.extend(manifest.artifact_type.iter().chain(&manifest.size).chain(manifest.annotations.values()));
    }
    if let Some(index) = &fixture.index {
        all.extend(index.artifact_type.iter().chain(index.annotations.values()));
    }
    all.into_iter().map(|template| (&template.value, template.at)).collect()
}

fn fixture_values(fixture: &Fixture) -> impl Iterator<Item = &Value> {
    let config = fixture.config.iter().flat_map(|config| config.extra.values());
    let manifest = fixture.manifest.iter().flat_map(|manifest| manifest.extra.values());
    let index = fixture.index.iter().flat_map(|index| index.extra.values());
    fixture.json.iter().map(|json| &json.value).chain(config).chain(manifest).chain(index)
}
