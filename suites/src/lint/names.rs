//! Names and what they stand for: fixtures, variables, placeholders.

use indexmap::IndexMap;
use serde_json::Value;

use super::{BUILT_IN, Lint, THEIRS};
use crate::client::CLIENT_FIELDS;
use crate::diagnostic::nearest;
use crate::form::locate;
use crate::given::Fixture;
use crate::matrix::CONTENT_FIELDS;
use crate::position::{At, Key, Position};
use crate::template::{Name, Template};

impl<'a> Lint<'a> {
    pub(super) fn define(&mut self, key: &Key, kind: &'static str) {
        let (name, at) = (key.as_str(), key.at());
        let simple = Template::parse(&format!("${{{name}}}")).is_ok() && !name.contains('.');
        if !simple || BUILT_IN.contains(&name) {
            let hint = "a name has letters, digits, `-` and `_`, and is none of `repo`, `other-repo`, `nonce`, `subject`, `content`, `client`";
            self.report(at, format!("`{name}` cannot be the name of a variable"), Some(hint.to_owned()));
        } else if let Some((earlier, kind)) = self.unused.insert(name.to_owned(), (at, kind)) {
            let hint = "give one of them another name".to_owned();
            self.lacking(earlier, format!("the {kind} `{name}` is never used before it is set again"), Some(hint));
        }
        self.variables.insert(name.to_owned());
    }

    pub(super) fn given(&mut self, given: &'a IndexMap<Key, At<Fixture>>) {
        for (name, fixture) in given {
            match fixture.kinds().as_slice() {
                [_] => {}
                [] => {
                    let hint = "add random, chunks, text, json, layer, config, manifest or index".to_owned();
                    self.lacking(name.at(), format!("the fixture `{name}` has no kind"), Some(hint));
                }
                kinds => {
                    let message = format!("the fixture `{name}` has {} kinds: {}", kinds.len(), kinds.join(", "));
                    self.report(name.at(), message, Some("give it exactly one".to_owned()));
                }
            }
            for part in fixture.parts() {
                self.fixture(part);
            }
            for (template, at) in fixture_templates(fixture) {
                self.template(template, at);
            }
            for size in fixture.sizes() {
                if size.names().next().is_none() && size.source().parse::<u128>().is_err() {
                    let message = format!("`{}` is not a size", size.source());
                    self.report(size.at, message, Some("write a number of bytes, or a placeholder for one".to_owned()));
                }
            }
            for value in fixture_values(fixture) {
                self.value(value, fixture.at);
            }
            self.define(name, "fixture");
            self.fixtures.insert(name.to_string(), &fixture.value);
        }
    }

    pub(super) fn fixture(&mut self, name: &At<String>) {
        if self.fixtures.contains_key(&name.value) {
            self.unused.shift_remove(&name.value);
            return;
        }
        let hint = nearest(name, self.fixtures.keys().map(String::as_str))
            .unwrap_or_else(|| "define it before under `given:`".to_owned());
        self.lacking(name.at, format!("there is no fixture `{name}`"), Some(hint));
    }

    /// Placeholders may stand in any text of a value.
    pub(super) fn value(&mut self, value: &Value, at: Position) {
        match value {
            Value::String(text) => match Template::parse(text) {
                Ok(template) => self.template(&template, at),
                Err(error) => {
                    let at = locate(self.text(), at, text);
                    self.report(at, error.to_string(), Some("write `${name}` or `${name.field}`".to_owned()));
                }
            },
            Value::Array(values) => values.iter().for_each(|value| self.value(value, at)),
            Value::Object(members) => members.values().for_each(|value| self.value(value, at)),
            _ => {}
        }
    }

    pub(super) fn template(&mut self, template: &Template, at: Position) {
        for name in template.names() {
            self.name(name, at);
        }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> &'a str {
        self.names.texts.get(self.path).map_or("", String::as_str)
    }

    pub(super) fn name(&mut self, name: &Name, at: Position) {
        let at = locate(self.text(), at, &format!("${{{name}}}"));
        self.unused.shift_remove(&name.root);
        if name.root == THEIRS {
            self.needs_second(at, &format!("`${{{name}}}`"));
        }
        if let Some(fixture) = self.fixtures.get(&name.root) {
            if let Some(field) = &name.field
                && !fixture.has_field(field)
            {
                let hint = "a fixture has digest, hex, sha256, sha512, size, media-type, descriptor and base64url; \
                            chunks have chunk1, chunk1.range, .start, .end and .size; a layer has diff-id";
                self.report(
                    at,
                    format!("`${{{name}}}`: `{}` has no field `{field}`", name.root),
                    Some(hint.to_owned()),
                );
            }
        } else if name.root == "subject" {
            let field = name.field.clone().unwrap_or_default();
            if self.names.features_whole && !self.names.facts.contains(&field) {
                let hint = nearest(&field, self.names.facts.iter().map(String::as_str));
                self.report(at, format!("`${{{name}}}`: no probe saves the fact `{field}`"), hint);
            }
        } else if name.root == "content" {
            let field = name.field.clone().unwrap_or_default();
            if !CONTENT_FIELDS.contains(&field.as_str()) {
                let hint = format!(
                    "what is given has {}; its lists are values of a matrix: `matrix: {{ tag: \"${{content.tags}}\" }}`",
                    CONTENT_FIELDS.join(", ")
                );
                self.report(at, format!("`${{{name}}}`: given content has no field `{field}`"), Some(hint));
            }
        } else if name.root == "client" {
            let field = name.field.clone().unwrap_or_default();
            if !self.for_clients() {
                let hint = "it is what a client under test is told".to_owned();
                self.report(at, format!("`${{{name}}}` is for cases for clients only"), Some(hint));
            } else if !CLIENT_FIELDS.contains(&field.as_str()) {
                let hint = format!("a client has {}", CLIENT_FIELDS.join(", "));
                self.report(at, format!("`${{{name}}}`: a client has no field `{field}`"), Some(hint));
            }
        } else if !self.variables.contains(&name.root) && !BUILT_IN.contains(&name.root.as_str()) {
            let built_in = BUILT_IN.into_iter().filter(|name| *name != "client" || self.for_clients());
            let known = self.variables.iter().map(String::as_str).chain(built_in);
            let hint = nearest(&name.root, known);
            self.lacking(at, format!("`${{{name}}}`: nothing is named `{}` here", name.root), hint);
        } else if name.field.is_some() {
            let hint = format!("only fixtures and `subject` have fields; write `${{{}}}`", name.root);
            self.report(at, format!("`${{{name}}}`: `{}` has no fields", name.root), Some(hint));
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
