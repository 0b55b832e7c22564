//! One file, from its text to its type: the YAML, the form, the values.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use crate::diagnostic::Diagnostic;
use crate::position::At;
use crate::yaml::{self, Mistake, Tree};
use crate::{form, schema};

/// Reads a file. Every mistake in it is reported; what is left without the parts that are wrong is returned, so that
/// the rest can be looked at, too.
pub(crate) fn read<T>(path: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T>
where
    T: DeserializeOwned + JsonSchema + Any,
{
    let mut mistakes = Vec::new();
    let value = value(text, &mut mistakes);
    diagnostics.extend(mistakes.into_iter().map(|mistake| mistake.in_file(path)));
    value
}

fn value<T: DeserializeOwned + JsonSchema + Any>(text: &str, mistakes: &mut Vec<Mistake>) -> Option<T> {
    let mut tree = match yaml::parse(text, mistakes) {
        Ok(tree) => tree,
        Err(mistake) => {
            mistakes.push(mistake);
            return None;
        }
    };
    if !form::check(&mut tree, schema_of::<T>(), text, mistakes) {
        return None;
    }
    loop {
        let mistake = match yaml::typed(&tree) {
            Ok(value) => return Some(value),
            Err(mistake) => mistake,
        };
        let Some(element) = take_out(&mut tree, mistake.at.offset) else {
            mistakes.push(mistake);
            return None;
        };
        // Where something was taken out before, what is left may not fit together.
        let covered = element.at.offset..element.at.offset + element.at.len;
        if !mistakes.iter().any(|earlier| covered.contains(&earlier.at.offset)) {
            mistakes.push(mistake);
        }
    }
}

/// Reads a YAML file that is no suite, such as a configuration, and shows its first mistake as those of suites are
/// shown. `path` is its name for people.
///
/// # Errors
/// The mistake, with its place in the text.
pub fn document<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Box<Diagnostic>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut mistakes = Vec::new();
    let value = yaml::parse(text, &mut mistakes).and_then(|tree| yaml::typed(&tree));
    match (value, mistakes.into_iter().next()) {
        (Ok(value), None) => Ok(value),
        (_, Some(mistake)) | (Err(mistake), None) => Err(Box::new(mistake.in_file(path))),
    }
}

/// Takes out the case (feature, requirement) that covers a place.
fn take_out(tree: &mut At<Tree>, offset: usize) -> Option<At<Tree>> {
    let Tree::Map(members) = &mut tree.value else { return None };
    for (_, member) in members {
        if let Tree::List(elements) = &mut member.value {
            let covers = |element: &At<Tree>| (element.at.offset..element.at.offset + element.at.len).contains(&offset);
            if let Some(index) = elements.iter().position(covers) {
                return Some(elements.remove(index));
            }
        }
    }
    None
}

/// Schemas are made once; they live as long as the program, which has a handful of them.
fn schema_of<T: JsonSchema + Any>() -> &'static Schema {
    static MADE: LazyLock<Mutex<HashMap<TypeId, &'static Schema>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(schema::of::<T>())))
}
