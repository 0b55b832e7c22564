//! What a step does and what it expects.

use super::Lint;
use crate::case::{Action, Identity, Step};
use crate::expect::{Choice, Expect, Expectations, Matcher, Test};
use crate::position::At;
use crate::template::Part;

impl<'a> Lint<'a> {
    pub(super) fn step(&mut self, step: &'a At<Step>) {
        match step.actions().as_slice() {
            [Action::Request { method, target }] => {
                self.template(target, target.at);
                let begins = match target.parts().first() {
                    Some(Part::Text(text)) => ["/", "http://", "https://"].iter().any(|begin| text.starts_with(begin)),
                    Some(Part::Name(_)) => true,
                    None => false,
                };
                if !begins {
                    let hint = "write a path from the root, such as /v2/, or a placeholder with a saved location";
                    self.report(target.at, "the request leads nowhere", Some(hint.to_owned()));
                }
                let push_only = step.to.as_ref().map(|to| to.at).or_else(|| step.tag.first().map(|tag| tag.at));
                if let Some(at) = push_only {
                    let hint = "write the repository and the tag into the path of the request";
                    self.report(at, "`to` and `tag` belong to a `push`", Some(hint.to_owned()));
                }
                if let (Some(after), None) = (&step.break_off, &step.body) {
                    let hint = "give the step a body, all of which is announced";
                    self.report(after.at, "there is no body to break off", Some(hint.to_owned()));
                }
                if let Some(pages) = &step.pages
                    && *method != "GET"
                {
                    let hint = "only the answer to GET has pages";
                    self.report(pages.at, format!("`pages` does not go with {method}"), Some(hint.to_owned()));
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
                    || step.stream
                    || step.as_written
                    || step.break_off.is_some()
                    || step.within.is_some()
                    || step.expect.is_some()
                    || step.pages.is_some();
                if request_only {
                    let hint = "write the requests out where something about them is asserted";
                    self.report(step.at, "a `push` only takes `to`, `tag` and `as`", Some(hint.to_owned()));
                }
            }
            [Action::Token(scope)] => {
                self.template(scope, scope.at);
                let request_only = !step.query.is_empty()
                    || !step.headers.is_empty()
                    || step.body.is_some()
                    || step.stream
                    || step.within.is_some()
                    || step.pages.is_some();
                if request_only {
                    let hint = "the token service is asked as the challenge of the registry says";
                    self.report(
                        step.at,
                        "a `token` only takes `service`, `lives`, `as`, `expect` and `save`",
                        Some(hint.to_owned()),
                    );
                }
            }
            [] => {
                let hint = "give it GET, HEAD, POST, PUT, PATCH, DELETE, push or token".to_owned();
                self.lacking(step.at, "the step does nothing", Some(hint));
            }
            _ => {
                let hint = "make a step of each";
                self.report(step.at, "the step does more than one thing", Some(hint.to_owned()));
            }
        }
        if !matches!(step.actions().as_slice(), [Action::Token(_)])
            && let Some(at) =
                step.service.as_ref().map(|service| service.at).or(step.lives.as_ref().map(|lives| lives.at))
        {
            self.report(at, "`service` and `lives` belong to a `token`", Some("take them out".to_owned()));
        }
        if step.identity.is_some_and(|identity| identity != Identity::Anonymous) {
            self.needs_second(step.at, "who is named in `as`");
        }
        let templates = step.query.values().flat_map(|values| values.iter());
        let templates = templates.chain(step.headers.values()).chain(step.tag.iter()).chain(&step.break_off);
        for template in templates.chain(&step.to).chain(&step.body).chain(&step.service) {
            self.template(template, template.at);
        }
        if let Some(pages) = &step.pages {
            self.requirements(&pages.req);
        }
        if let Some(expect) = &step.expect {
            self.expectations(expect);
        }
        for (name, save) in &step.save {
            if let Some(value) = &save.or {
                self.value(value, save.at);
            }
            self.define(name, "saved value");
        }
    }

    pub(super) fn expectations(&mut self, expectations: &Expectations) {
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

    pub(super) fn expect(&mut self, expect: &Expect) {
        self.requirements(&expect.req);
        if let Some(status) = &expect.status {
            self.status(status);
        }
        for matcher in
            expect.status.iter().chain(expect.when.values()).chain(expect.headers.values()).chain(&expect.body)
        {
            self.matcher(matcher, false);
        }
        if let Some(feature) = &expect.feature {
            self.known_feature(feature);
        }
        match (&expect.verdict, &expect.feature) {
            (Some(At { value: Choice::Unsupported, at }), None) => {
                let hint = "add `feature:` with the feature that this answer declines";
                self.lacking(*at, "`verdict: unsupported` names no feature", Some(hint.to_owned()));
            }
            (Some(At { value: Choice::Unsupported, .. }), Some(_)) | (_, None) => {}
            (_, Some(feature)) => {
                let hint = "a feature is declined by `verdict: unsupported`";
                self.report(feature.at, "`feature` does not go with this verdict", Some(hint.to_owned()));
            }
        }
    }

    /// No answer has a status outside 100 to 599 (RFC 9110, section 15).
    fn status(&mut self, matcher: &At<Matcher>) {
        let values = matcher.tests.iter().flat_map(|test| match test {
            Test::Is(value) | Test::IsNot(value) => std::slice::from_ref(value),
            Test::OneOf(values) => values,
            _ => &[],
        });
        for value in values {
            let placeholder = value.as_str().is_some_and(|text| text.contains("${"));
            if !placeholder && !value.as_u64().is_some_and(|status| (100..600).contains(&status)) {
                let hint = "write three digits without quotes, or `matches: \"4..\"` for all of a hundred";
                self.report(matcher.at, format!("{value} is no status"), Some(hint.to_owned()));
            }
        }
    }

    pub(super) fn matcher(&mut self, matcher: &At<Matcher>, nested: bool) {
        self.requirements(&matcher.req);
        if matcher.tests.is_empty() {
            let hint =
                if nested { "say what is expected, e.g. `is:`" } else { "say what is expected, e.g. `present: true`" };
            self.lacking(matcher.at, "the matcher tests nothing", Some(hint.to_owned()));
        }
        for test in &matcher.tests {
            match test {
                Test::Is(value) | Test::IsNot(value) | Test::AbsentOr(value) => self.value(value, matcher.at),
                Test::AtMost(value) | Test::Length(value) => self.value(value, matcher.at),
                Test::OneOf(values) => values.iter().for_each(|value| self.value(value, matcher.at)),
                Test::Contains(values) | Test::Lacks(values) => {
                    values.iter().for_each(|value| self.value(&value.value, value.at));
                }
                Test::Equals(template) | Test::DigestOf(template) | Test::HasDigest(template) => {
                    self.template(template, template.at);
                }
                Test::Json(pointers) => {
                    for inner in pointers.values() {
                        self.matcher(inner, true);
                    }
                }
                Test::Each(inner) => self.matcher(inner, true),
                Test::Type(types) if types.is_empty() => {
                    let hint = "name one, or take `type` out";
                    self.report(matcher.at, "a list of types without a type fits nothing", Some(hint.to_owned()));
                }
                Test::Present(_) | Test::Ordered(_) | Test::Type(_) | Test::Matches(_) => {}
            }
        }
    }
}
