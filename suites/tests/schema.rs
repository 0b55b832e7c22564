//! The schemas that are checked in are those of the language, and they judge files as the loader does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

/// `PLIMSOLL_BLESS=1 cargo test -p plimsoll-suite --test schema` writes them.
#[test]
fn schemas_are_current() {
    let folder = common::here("schema");
    std::fs::create_dir_all(&folder).unwrap();
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    for (name, schema) in plimsoll_suite::schema::all() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        wrong.extend(common::is_current(&folder.join(name), &text).err());
        names.push(name.to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for file in files(&folder, "json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&name), "{name} is the schema of nothing");
    }
}

#[test]
fn every_file_fits_its_schema() {
    let mut count = 0;
    for folder in ["requirements", "requirements/distribution", "distribution", "distribution-client"] {
        for path in files(&common::here(folder), "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let found = errors(&validator(&path), &text).unwrap();
            assert!(found.is_empty(), "{}:\n{}", path.display(), found.join("\n"));
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// What is wrong in form is refused by the schema, too, so that an editor shows it while it is written.
#[test]
fn bad_form_is_refused_by_the_schema() {
    let form = [
        "found ",
        "unknown key",
        "the key ",
        "is not a word",
        "is not a slug",
        "is not a version",
        "is not a time",
        "is not a JSON pointer",
        "is less than",
    ];
    // A key that is given twice cannot be seen any more when a schema looks at the document.
    let unseen = ["is given twice"];
    // What is YAML for others is less for us, and what is a placeholder or an expression no schema can say.
    let no_yaml =
        ["is empty", "inside each other", "anchor", "alias", "tag", "merges", "placeholder", "closed", "expression"];
    let mut count = 0;
    for path in files(&common::here("tests/bad"), "yaml") {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let shown = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        let messages = shown.lines().filter_map(|line| line.strip_prefix("error: "));
        let messages: Vec<&str> = messages.filter(|m| !unseen.iter().any(|word| m.contains(word))).collect();
        let bad = messages.iter().any(|message| form.iter().any(|word| message.contains(word)));
        let Some(found) = errors(&validator(&path), &text) else { continue };
        if bad {
            count += 1;
            assert!(!found.is_empty(), "the schema accepts {}", path.display());
        } else if !messages.iter().any(|message| no_yaml.iter().any(|word| message.contains(word))) {
            assert!(found.is_empty(), "the schema refuses {}, whose form is right: {found:?}", path.display());
        }
    }
    assert!(count > 20, "{count}");
}

/// An editor that completes keys shows what they are for.
#[test]
fn every_key_is_described() {
    for (name, schema) in plimsoll_suite::schema::all() {
        let schema = serde_json::to_value(&schema).unwrap();
        let definitions =
            schema["$defs"].as_object().into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
        for (definition, schema) in definitions.chain([("", &schema)]) {
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                let described = property.get("description").is_some();
                assert!(described, "{name}: {definition}: `{key}` has no description");
            }
            if schema.get("properties").is_some() {
                assert_eq!(schema["additionalProperties"], Value::Bool(false), "{name}: {definition}");
            }
        }
    }
}

#[test]
fn tests_of_a_matcher_are_properties() {
    let schema = schema("suite.schema.json");
    let keys = schema["$defs"]["MatcherKeys"]["properties"].as_object().unwrap();
    for key in ["is", "is-not", "one-of", "matches", "type", "present", "absent-or", "json", "digest-of", "req"] {
        assert!(keys.contains_key(key), "{key}");
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn schema(name: &str) -> Value {
    let (_, schema) = plimsoll_suite::schema::all().into_iter().find(|(found, _)| *found == name).unwrap();
    serde_json::to_value(schema).unwrap()
}

/// The schema of a file, by its path.
fn validator(path: &Path) -> Validator {
    let name = if path.ends_with("requirements/host.yaml") {
        "host"
    } else if path.components().any(|folder| folder.as_os_str() == "requirements") {
        "ledger"
    } else if path.ends_with("features.yaml") {
        "features"
    } else if path.ends_with("mutants.yaml") {
        "mutants"
    } else if path.ends_with("official.yaml") {
        "official"
    } else {
        "suite"
    };
    jsonschema::validator_for(&schema(&format!("{name}.schema.json"))).unwrap()
}

/// What a schema has against a text; nothing for a text that is not YAML.
fn errors(validator: &Validator, text: &str) -> Option<Vec<String>> {
    // As in YAML 1.2 and in suites, `yes` is a text.
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: Value = serde_saphyr::from_str_with_options(text, options).ok()?;
    Some(validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect())
}
