//! Arrows between the crates point down only, and a witness shares no code with the accused. Dependencies of tests
//! and of build scripts count like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{folder, packages};

/// One crate uses another; both by their folders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
    /// `normal`, `dev` or `build`.
    kind: String,
}

/// What the crate in a folder may use: folders, or beginnings of folders that end with `/`.
fn may_use(from: &str) -> &'static [&'static str] {
    match from {
        "suites" | "fixtures" => &[],
        "runners/engine" => &["suites", "fixtures"],
        "runners/cli" => &["suites", "fixtures", "runners/", "reports", "reference-impl/"],
        "reports" => &["runners/engine", "suites"],
        _ if from.starts_with("runners/") => &["runners/engine", "suites", "fixtures"],
        // A reference implementation may be built on another one, as the runtime on the image library.
        _ if from.starts_with("reference-impl/") => &["reference-impl/"],
        _ => &[],
    }
}

/// The two sides that must not meet, not even through a third crate.
fn strangers(from: &str, to: &str) -> bool {
    let harness = |folder: &str| {
        let judges = ["suites", "fixtures", "reports"].contains(&folder) || folder.starts_with("runners/");
        judges && folder != "runners/cli"
    };
    let reference = |folder: &str| folder.starts_with("reference-impl/");
    (harness(from) && reference(to)) || (reference(from) && (harness(to) || to == "runners/cli"))
}

/// A line for each arrow that should not be there.
fn wrong(arrows: &[Arrow]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Arrow { from, to, kind } in arrows {
        let allowed = may_use(from);
        if !allowed.iter().any(|a| to == a || (a.ends_with('/') && to.starts_with(a))) {
            wrong.push(format!("{from} -> {to} ({kind}): {from} may use {allowed:?} only"));
        }
    }
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for arrow in arrows {
        uses.entry(&arrow.from).or_default().push(&arrow.to);
    }
    for from in uses.keys() {
        for path in paths(from, &uses) {
            let to = path[path.len() - 1];
            if strangers(from, to) {
                wrong.push(format!("{}: {from} must not even reach {to}", path.join(" -> ")));
            }
        }
    }
    wrong
}

/// A shortest path to everything that can be reached.
fn paths<'a>(from: &'a str, uses: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut seen = BTreeSet::from([from]);
    let mut paths = vec![vec![from]];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        for to in uses.get(path[path.len() - 1]).into_iter().flatten() {
            if seen.insert(to) {
                paths.push([path.as_slice(), &[to]].concat());
            }
        }
        next += 1;
    }
    paths.split_off(1)
}

/// The arrows of this workspace.
fn arrows() -> Vec<Arrow> {
    let folders: BTreeMap<&str, String> =
        packages().iter().map(|package| (package["name"].as_str().unwrap(), folder(package))).collect();
    let mut arrows = Vec::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().unwrap() {
            // A member is always named by its path.
            if dependency["path"].is_null() {
                continue;
            }
            arrows.push(Arrow {
                from: folder(package),
                to: folders[dependency["name"].as_str().unwrap()].clone(),
                kind: dependency["kind"].as_str().unwrap_or("normal").to_owned(),
            });
        }
    }
    arrows
}

#[test]
fn arrows_point_down_only() {
    let arrows = arrows();
    assert!(arrows.iter().any(|a| a.from == "runners/cli" && a.to == "reference-impl/distribution"), "{arrows:#?}");
    let wrong = wrong(&arrows);
    assert!(wrong.is_empty(), "wrong arrows:\n  {}", wrong.join("\n  "));
}

#[test]
fn a_wrong_arrow_is_named() {
    let arrow =
        |from: &str, to: &str, kind: &str| Arrow { from: from.to_owned(), to: to.to_owned(), kind: kind.to_owned() };
    let alone = |from: &str, to: &str| wrong(&[arrow(from, to, "dev")]);
    assert_eq!(alone("runners/engine", "fixtures"), [""; 0]);
    assert_eq!(alone("runners/runtime", "runners/engine"), [""; 0]);
    assert_eq!(alone("reference-impl/runtime", "reference-impl/image"), [""; 0]);
    assert_eq!(
        alone("runners/engine", "reports"),
        ["runners/engine -> reports (dev): runners/engine may use [\"suites\", \"fixtures\"] only"]
    );
    let both_ways = [
        ("runners/registry", "reference-impl/distribution"),
        ("reference-impl/distribution", "runners/engine"),
        ("reference-impl/distribution", "suites"),
        ("reports", "reference-impl/image"),
    ];
    for (from, to) in both_ways {
        assert_eq!(alone(from, to).len(), 2, "{from} -> {to}: neither used nor reached");
    }
    for (from, to) in [("suites", "fixtures"), ("fixtures", "runners/engine"), ("reports", "runners/cli")] {
        assert_eq!(alone(from, to).len(), 1, "{from} -> {to}");
    }
    // Through a third crate, in a folder nobody thought of.
    let hidden = [arrow("runners/engine", "tools", "normal"), arrow("tools", "reference-impl/image", "build")];
    let hidden = wrong(&hidden).join("\n");
    assert!(hidden.contains("runners/engine -> tools -> reference-impl/image: "), "{hidden}");
}
