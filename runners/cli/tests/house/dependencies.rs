//! Versions of dependencies live in the workspace's Cargo.toml only, each with its reason, and each is used.

use std::collections::BTreeSet;

use crate::{folder, packages, root};

/// A dependency in `[workspace.dependencies]`.
#[derive(Debug)]
struct Entry<'a> {
    name: &'a str,
    line: usize,
    /// The line above is a comment that is more than the heading of a group (`# --- ...`).
    reason: bool,
    /// It is a member of the workspace.
    member: bool,
}

/// The entries of `[workspace.dependencies]`. Each stands on one line.
fn entries(manifest: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut inside = false;
    let mut above = "";
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if inside && let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let reason = above.starts_with("# ") && !above.starts_with("# ---");
            entries.push(Entry { name: name.trim(), line: index + 1, reason, member: value.contains("path =") });
        }
        above = line;
    }
    entries
}

fn manifest() -> String {
    std::fs::read_to_string(root().join("Cargo.toml")).unwrap()
}

#[test]
fn every_dependency_has_a_reason() {
    let text = manifest();
    let entries = entries(&text);
    assert!(entries.iter().any(|entry| entry.name == "serde"), "{entries:#?}");
    let without: Vec<String> = entries
        .iter()
        .filter(|entry| !entry.member && !entry.reason)
        .map(|entry| {
            format!("Cargo.toml:{}: {} has no comment above it that says why it is used", entry.line, entry.name)
        })
        .collect();
    assert!(without.is_empty(), "{}", without.join("\n"));
}

#[test]
fn a_heading_or_somebody_elses_comment_is_no_reason() {
    let text =
        "[workspace.dependencies]\n# --- group\na = \"1\"\n# because\nb = \"1\"\nc = \"1\"\n[profile.dev]\nd = 1\n";
    let found: Vec<(&str, bool)> = entries(text).iter().map(|entry| (entry.name, entry.reason)).collect();
    assert_eq!(found, [("a", false), ("b", true), ("c", false)]);
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let text = manifest();
    let mut used = BTreeSet::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().unwrap() {
            used.insert(dependency["name"].as_str().unwrap().to_owned());
        }
    }
    let idle = |name: &&str| !used.contains(*name);
    let idle: Vec<&str> = entries(&text).iter().map(|entry| entry.name).filter(idle).collect();
    assert!(idle.is_empty(), "no member uses these dependencies of the workspace: {idle:?}");
}

#[test]
fn members_take_versions_and_lints_from_the_workspace() {
    for package in packages() {
        let path = root().join(folder(package)).join("Cargo.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]") && line.contains('=') && !line.starts_with('#') {
                let inherits = line.contains(".workspace = true") || line.contains("workspace = true");
                assert!(inherits, "{}: `{line}` names a version of its own", path.display());
            }
        }
        assert!(text.contains("[lints]\nworkspace = true"), "{} does not take the lints", path.display());
        let description = package["description"].as_str().unwrap_or_default();
        assert!(!description.is_empty(), "{} has no description", path.display());
    }
}
