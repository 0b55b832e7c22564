//! What has to be in the repository, and what must not.

use std::path::Path;
use std::process::Command;

use crate::{folder, packages, root};

/// Files that git knows; none outside a clone, for example in an unpacked archive.
fn tracked() -> Vec<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let listed = output.ok().filter(|output| output.status.success()).map(|output| output.stdout).unwrap_or_default();
    String::from_utf8(listed).unwrap().split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn every_folder_says_what_lives_in_it() {
    let mut folders: Vec<String> = packages().iter().map(folder).collect();
    folders.extend(["runners", "reference-impl", "suites/requirements", "suites/schema"].map(str::to_owned));
    // It teaches at length what the others say in three words.
    assert!(root().join("suites/README.md").is_file(), "suites/README.md is missing");
    folders.retain(|folder| folder != "suites");
    for folder in folders {
        let readme = root().join(&folder).join("README.md");
        let text = std::fs::read_to_string(&readme).unwrap_or_default();
        let says = text.to_lowercase().replace("**", "");
        let all = says.contains("lives here")
            && (says.contains("may not") || says.contains("does not:"))
            && says.contains("to add");
        assert!(all, "{folder}/README.md has to say what lives here, what may not, how to add one more");
    }
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "deny.toml"] {
        assert!(root().join(page).is_file(), "{page} is missing");
    }
}

/// Where links of our own pages lead to.
#[test]
fn links_of_the_pages_lead_somewhere() {
    for page in tracked().iter().filter(|name| name.ends_with(".md")) {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = root().join(page).parent().unwrap().join(target);
            assert!(path.exists(), "{page}: the link to {target} leads nowhere");
        }
    }
}

/// Paths of one machine and hosts of package registries: what works with them works nowhere else.
#[test]
fn nothing_is_tied_to_one_machine() {
    // In pieces, so that this file does not find itself.
    let words =
        [["/wo", "rk/"], ["/tm", "p/w/"], ["/ro", "ot/"], ["crates", ".io"], ["pypi", ".org"], ["npmjs", ".com"]]
            .map(|pieces| pieces.concat());
    for name in tracked() {
        // Cargo writes the address of its index into the lock file.
        if name == "Cargo.lock" || !Path::new(&root()).join(&name).is_file() {
            continue;
        }
        let bytes = std::fs::read(root().join(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for word in &words {
            let line = text.lines().position(|line| line.contains(word.as_str()));
            assert!(line.is_none(), "{name}:{} speaks of {word}", line.unwrap_or_default() + 1);
        }
    }
}
