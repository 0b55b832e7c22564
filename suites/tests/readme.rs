//! The examples of README.md, ACTIVITIES.md and CLIENTS.md have no mistakes.
//!
//! Every block of YAML says after its language what it is: a whole `suite`, a `case`, a case for a `client`, a `feature`, a
//! `requirement` or the `mutants`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use plimsoll_suite::Library;

fn readme() -> String {
    read("README.md")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

struct Block {
    file: &'static str,
    line: usize,
    kind: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    ["README.md", "ACTIVITIES.md", "CLIENTS.md"].into_iter().flat_map(blocks_of).collect()
}

fn blocks_of(file: &'static str) -> Vec<Block> {
    let readme = read(file);
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in readme.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            open = !open;
            if open {
                let kind = info.strip_prefix("yaml ").unwrap_or_else(|| panic!("{file}:{}: what is this?", index + 1));
                blocks.push(Block { file, line: index + 1, kind: kind.to_owned(), text: String::new() });
            }
        } else if open {
            blocks.last_mut().unwrap().text.extend([line, "\n"]);
        }
    }
    blocks
}

fn lint(block: &Block) {
    let mut texts = Library::embedded().unwrap().texts;
    // Other suites add nothing but time.
    texts.retain(|path, _| path.starts_with("requirements/") || path.ends_with("features.yaml"));
    let text = &block.text;
    let mut append = |path: &str| texts.get_mut(path).unwrap().extend(["\n", &indented(text)]);
    match block.kind.as_str() {
        "suite" => {
            let name = text.lines().find_map(|line| line.strip_prefix("suite: ")).unwrap();
            texts.insert(format!("{name}.yaml"), text.clone());
        }
        "case" => {
            let suite = format!("suite: distribution/readme\nabout: An example.\ncases:\n{text}");
            texts.insert("distribution/readme.yaml".to_owned(), suite);
        }
        "feature" => append("distribution/features.yaml"),
        "requirement" => append("requirements/distribution.yaml"),
        "mutants" => {
            texts.insert("distribution/mutants.yaml".to_owned(), text.clone());
        }
        "client" => {
            let suite = format!("suite: distribution-client/readme\nabout: An example.\ncases:\n{text}");
            texts.insert("distribution-client/readme.yaml".to_owned(), suite);
        }
        other => panic!("{}:{}: `{other}` is not a kind of block", block.file, block.line),
    }
    if let Err(mistakes) = Library::from_files(texts) {
        panic!("{}:{}:\n{}", block.file, block.line, mistakes.render(false));
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[test]
fn every_example_has_no_mistakes() {
    let blocks = blocks();
    assert!(blocks.len() >= 6, "only {} examples were found", blocks.len());
    blocks.iter().for_each(lint);
}

/// All that can be written is explained.
#[test]
fn every_key_of_the_language_is_explained() {
    let readme = readme() + &read("ACTIVITIES.md") + &read("CLIENTS.md");
    let (_, schema) = plimsoll_suite::schema::all().into_iter().next().unwrap();
    let schema = serde_json::to_value(schema).unwrap();
    let mut missing = Vec::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for key in definition["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
            let explained = [format!("`{key}`"), format!("`{key}:"), format!("{key}:")];
            if !explained.iter().any(|form| readme.contains(form)) {
                missing.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(missing.is_empty(), "README.md does not explain {missing:?}");
}

#[test]
fn it_can_be_read_in_ten_minutes() {
    let readme = readme();
    // What comes after is looked up.
    let (lesson, _) = readme.split_once("\n## The file\n").unwrap();
    assert!(lesson.lines().count() < 80);
    assert!(readme.lines().count() < 400);
}
