//! The form of a file: every key known, every value of the right type, nothing missing.
//!
//! Files are judged by the JSON Schema of their kind before they are read into types, because a typed reader stops at
//! its first mistake and speaks of Rust. What is wrong is reported and taken out of the tree, so that the rest of the
//! file can still be read and looked at.

use std::collections::HashMap;

use regex::Regex;
use schemars::Schema;
use serde_json::{Map, Value};

use crate::diagnostic::nearest;
use crate::position::{At, Position};
use crate::template::{Template, TemplateError};
use crate::yaml::{Mistake, Tree, position_at};

/// Reports every mistake in the form of `node` and takes it out. False when nothing is left that could be read.
pub(crate) fn check(node: &mut At<Tree>, schema: &Schema, text: &str, mistakes: &mut Vec<Mistake>) -> bool {
    Form { root: schema.as_value(), text, mistakes, patterns: HashMap::new() }.node(node, schema.as_value())
}

struct Form<'a> {
    root: &'a Value,
    text: &'a str,
    mistakes: &'a mut Vec<Mistake>,
    patterns: HashMap<&'a str, Option<Regex>>,
}

impl<'a> Form<'a> {
    fn node(&mut self, node: &mut At<Tree>, place: &'a Value) -> bool {
        let schema = self.resolve(place);
        let Some(rules) = schema.as_object() else { return true };
        if let Some(choices) = rules.get("anyOf").and_then(Value::as_array) {
            return match choices.iter().find(|choice| self.accepts(choice, &node.value)) {
                Some(choice) => self.node(node, choice),
                None => self.wrong_type(node, place),
            };
        }
        if !self.accepts(schema, &node.value) {
            return self.wrong_type(node, place);
        }
        let words = words_of(rules);
        match &mut node.value {
            Tree::Text(word) if !words.is_empty() => self.word(node.at, word, &words),
            Tree::Text(text) => self.text(node.at, text, rules),
            Tree::Number(number, _) => {
                let least = rules.get("minimum").and_then(Value::as_f64);
                let small = least.filter(|least| number.as_f64().is_some_and(|number| number < *least));
                if let Some(least) = small {
                    let mistake = Mistake::new(node.at, format!("{number} is less than {least}"));
                    self.mistakes.push(Mistake { hint: about(place, schema), ..mistake });
                }
                small.is_none()
            }
            Tree::List(list) => {
                if let Some(items) = rules.get("items") {
                    list.retain_mut(|element| self.node(element, items));
                }
                true
            }
            Tree::Map(map) => {
                let first = map.first().map_or(node.at, |(key, _)| key.at);
                self.mapping(map, first, rules)
            }
            Tree::Null | Tree::Bool(_) => true,
        }
    }

    fn mapping(
        &mut self,
        map: &mut Vec<(At<String>, At<Tree>)>,
        first: Position,
        rules: &'a Map<String, Value>,
    ) -> bool {
        static NONE: Value = Value::Bool(true);
        let properties = rules.get("properties").and_then(Value::as_object);
        let others = rules.get("additionalProperties").unwrap_or(&NONE);
        let names = rules.get("propertyNames");
        let required = rules.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let missing: Vec<&str> =
            required.clone().filter(|name| !map.iter().any(|(key, _)| key.value == *name)).collect();
        let mut usable = missing.is_empty();
        map.retain_mut(|(key, value)| {
            let schema = match properties.and_then(|properties| properties.get(&key.value)) {
                Some(schema) => schema,
                None if *others == Value::Bool(false) => {
                    let known = properties.into_iter().flatten().map(|(name, _)| name.as_str());
                    let mistake = Mistake::new(key.at, format!("unknown key `{}`", key.value));
                    self.mistakes.push(Mistake { hint: nearest(&key.value, known), ..mistake });
                    return false;
                }
                None => others,
            };
            if let Some(names) = names
                && !self.node(&mut At { value: Tree::Text(key.value.clone()), at: key.at }, names)
            {
                return false;
            }
            let nothing = value.value == Tree::Null && value.at.len == 0;
            if nothing && !self.accepts(schema, &value.value) {
                let mistake = Mistake::new(key.at, format!("the key `{}` has no value", key.value));
                let what = self.expected(schema);
                self.mistakes.push(mistake.hint(format!("write {what} after the colon, or take the key out")));
            } else if self.node(value, schema) {
                return true;
            }
            usable &= !required.clone().any(|name| name == key.value);
            false
        });
        // After the unknown keys: one of them may be the missing one with a slip of the pen.
        for name in missing {
            let mistake = Mistake::new(first, format!("the key `{name}` is missing here"));
            let place = properties.and_then(|properties| properties.get(name)).unwrap_or(&NONE);
            self.mistakes.push(match about(place, self.resolve(place)) {
                Some(about) => mistake.hint(format!("`{name}`: {about}")),
                None => mistake,
            });
        }
        usable
    }

    fn word(&mut self, at: Position, word: &str, words: &[&str]) -> bool {
        if words.contains(&word) {
            return true;
        }
        let mistake = Mistake::new(at, format!("`{word}` is not a word that can stand here"));
        self.mistakes.push(Mistake { hint: nearest(word, words.iter().copied()), ..mistake });
        false
    }

    fn text(&mut self, at: Position, text: &str, rules: &'a Map<String, Value>) -> bool {
        let mistake = match rules.get("format").and_then(Value::as_str) {
            Some("template") => Template::parse(text).err().map(|error| self.placeholder(at, &error)),
            Some("regex") => Regex::new(text).err().map(|error| {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Mistake::new(at, format!("`{text}` is not a regular expression")).hint(reason)
            }),
            _ if self.fits_pattern(text, rules) => None,
            _ => {
                let mistake =
                    Mistake::new(at, format!("`{text}` is not {}", title(rules).unwrap_or("what belongs here")));
                Some(Mistake { hint: examples(rules), ..mistake })
            }
        };
        let fits = mistake.is_none();
        self.mistakes.extend(mistake);
        fits
    }

    fn fits_pattern(&mut self, text: &str, rules: &'a Map<String, Value>) -> bool {
        let Some(pattern) = rules.get("pattern").and_then(Value::as_str) else { return true };
        let regex = self.patterns.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
        regex.as_ref().is_none_or(|regex| regex.is_match(text))
    }

    fn placeholder(&self, at: Position, error: &TemplateError) -> Mistake {
        let (needle, hint) = match error {
            TemplateError::Unclosed => {
                ("${".to_owned(), "write `${name}` or `${name.field}`; a `$` alone stays as it is")
            }
            TemplateError::BadName(name) => (format!("${{{name}}}"), "write `${name}` or `${name.field}`"),
        };
        Mistake::new(locate(self.text, at, &needle), error.to_string()).hint(hint)
    }

    /// `place` is the schema as it is used in a place, which may say more than the one it refers to.
    fn wrong_type(&mut self, node: &At<Tree>, place: &'a Value) -> bool {
        let schema = self.resolve(place);
        let written = self.text.get(node.at.offset..node.at.offset + node.at.len).unwrap_or_default();
        let rules = schema.as_object();
        let scalar = matches!(node.value, Tree::Bool(_) | Tree::Number(..));
        let found = match node.value {
            Tree::Bool(_) => format!("`{written}`"),
            Tree::Number(..) => format!("the number `{written}`"),
            _ => node.value.kind().to_owned(),
        };
        let types = self.types(schema);
        let hint = if node.value == Tree::Null && rules.is_some_and(|rules| words_of(rules).contains(&"null")) {
            Some("without quotes it is a value that is not there; write \"null\"".to_owned())
        } else if scalar && types.contains(&"string") {
            match rules {
                Some(rules) if !self.fits_pattern(written, rules) => examples(rules),
                _ => Some(format!("write it in quotes: \"{written}\"")),
            }
        } else if types == ["array"] && !matches!(node.value, Tree::Map(_) | Tree::Null) {
            Some(format!("write a list: [{}]", written.lines().next().unwrap_or_default()))
        } else {
            rules.and_then(examples).or_else(|| about(place, schema))
        };
        let message = format!("found {found} where {} belongs", self.expected(schema));
        self.mistakes.push(Mistake { at: node.at, message, hint });
        false
    }

    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        while let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            match self.root.pointer(path.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn types(&self, schema: &'a Value) -> Vec<&'a str> {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            let mut all: Vec<&str> = choices.iter().flat_map(|choice| self.types(choice)).collect();
            let mut seen = std::collections::HashSet::new();
            all.retain(|name| seen.insert(*name));
            return all;
        }
        match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    fn accepts(&self, schema: &'a Value, tree: &Tree) -> bool {
        let types = self.types(schema);
        types.is_empty()
            || types.iter().any(|name| match (*name, tree) {
                ("null", Tree::Null)
                | ("boolean", Tree::Bool(_))
                | ("number", Tree::Number(..))
                | ("string", Tree::Text(_))
                | ("array", Tree::List(_))
                | ("object", Tree::Map(_)) => true,
                ("integer", Tree::Number(number, _)) => !number.is_f64(),
                _ => false,
            })
    }

    /// What belongs in a place, in words.
    fn expected(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        if let Some(title) = schema.as_object().and_then(title) {
            return title.to_owned();
        }
        let words = self.types(schema).into_iter().map(|name| match name {
            "object" => "a mapping",
            "array" => "a list",
            "string" => "text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            other => other,
        });
        let words: Vec<&str> = words.collect();
        match words.split_last() {
            None => "something else".to_owned(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}

/// The words of a schema that allows only some.
fn words_of(rules: &Map<String, Value>) -> Vec<&str> {
    let listed = rules.get("enum").and_then(Value::as_array).into_iter().flatten();
    let described = rules.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    // schemars gathers words without a description of their own in one `enum` among the others.
    let gathered = described.clone().filter_map(|word| word.get("enum")).filter_map(Value::as_array).flatten();
    listed.chain(described.filter_map(|word| word.get("const"))).chain(gathered).filter_map(Value::as_str).collect()
}

/// What stands about a place in its schema, or in the one it refers to.
fn about(place: &Value, schema: &Value) -> Option<String> {
    let about = place.get("description").or_else(|| schema.get("description"))?;
    about.as_str().map(|about| about.replace('\n', " "))
}

fn title(rules: &Map<String, Value>) -> Option<&str> {
    rules.get("title").and_then(Value::as_str)
}

fn examples(rules: &Map<String, Value>) -> Option<String> {
    let examples = rules.get("examples")?.as_array()?;
    let words: Vec<String> = examples
        .iter()
        .map(|example| example.as_str().map_or_else(|| example.to_string(), |text| format!("`{text}`")))
        .collect();
    Some(format!("for example {}", words.join(" or ")))
}

/// The place of `needle` in a value, or of the whole value when it is written in some other way (with escapes).
pub(crate) fn locate(text: &str, at: Position, needle: &str) -> Position {
    let covered = text.get(at.offset..).map(|rest| rest.get(..at.len).unwrap_or(rest)).unwrap_or_default();
    match covered.find(needle) {
        Some(start) => position_at(text, at.offset + start, needle.len()),
        None => at,
    }
}

#[cfg(test)]
mod tests;
