//! The skeleton of a new case, for `plimsoll new case`.

use crate::case::Suite;
use crate::diagnostic::{Diagnostic, nearest};
use crate::ledger::{Binds, Ledger, Level, OneOrMany, Requirement, Side};
use crate::position::{At, Position};
use crate::read::read;

/// Why there is no skeleton.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkeletonError {
    /// The ledger does not have the requirement.
    #[error("unknown requirement `{id}`")]
    UnknownRequirement {
        /// The id that was asked for.
        id: String,
        /// The nearest one, if there is one.
        nearest: Option<String>,
    },
    /// The requirement is none of the subject.
    #[error("`{0}` binds {whom}, not the subject of the suite", whom = .1.whom())]
    Unbound(String, Binds),
    /// There are no cases for subjects of this kind.
    #[error("the suite language has no steps for a {0} yet")]
    NoSteps(&'static str),
    /// No test can tell whether it holds.
    #[error("`{0}` cannot be tested: {1}")]
    Untestable(String, String),
    /// The id is no slug.
    #[error("`{0}` is not a slug")]
    NotASlug(String),
    /// The suite stands in the folder of no specification, or of another one.
    #[error("the suite `{suite}` does not stand in the folder `{spec}/`")]
    Outside {
        /// Name of the suite.
        suite: String,
        /// Name of the specification.
        spec: String,
    },
    /// The file has another meaning.
    #[error("`{0}.yaml` is not a suite")]
    Reserved(String),
    /// The suite already has a case of that name.
    #[error("the suite already has a case `{id}`, on line {line}")]
    Taken {
        /// Id of the case.
        id: String,
        /// Line of the file.
        line: usize,
    },
    /// The file cannot be read, so that nothing can be added to it.
    #[error("nothing can be added to the file: {0}")]
    Unreadable(Diagnostic),
    /// The list of cases is not the last thing in the file.
    #[error("nothing can be added to the file: `cases:` is not a list in lines at its end")]
    NotAtTheEnd,
}

impl SkeletonError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownRequirement { nearest, .. } => {
                Some(nearest.clone().unwrap_or_else(|| "`plimsoll list --requirements` shows them all".to_owned()))
            }
            Self::Untestable(..) => Some("take `untestable` out of its row in the ledger if that is wrong".to_owned()),
            Self::Unbound(..) => Some("`plimsoll list --requirements` shows those that bind the subject".to_owned()),
            Self::NoSteps(_) => Some("`plimsoll explain ID` says what is known about a requirement".to_owned()),
            Self::NotASlug(_) => {
                Some("write lower-case letters, digits and hyphens after a letter, e.g. `last-chunk-on-put`".to_owned())
            }
            Self::Outside { spec, .. } => Some(format!("write {spec}/my-topic/my-case")),
            Self::Reserved(_) => Some("name the topic of the suite".to_owned()),
            Self::Taken { .. } => Some("give the new one another name".to_owned()),
            Self::Unreadable(diagnostic) => diagnostic.hint.clone(),
            Self::NotAtTheEnd => Some("put `cases:` last, with each case as `- id:` on a line of its own".to_owned()),
        }
    }
}

/// The text of a suite file with one more case, `id` of `suite`, which asserts `requirement` of the ledger.
///
/// `existing` is the text of the file if there is one; it is kept byte for byte. What is added has no mistakes, so that
/// it can be run at once; what its author has to do stands in it as TODO.
///
/// # Errors
/// [`SkeletonError`], where the case would be a mistake or the file cannot be added to.
pub fn skeleton(
    ledger: &Ledger,
    requirement: &str,
    suite: &str,
    id: &str,
    existing: Option<&str>,
) -> Result<String, SkeletonError> {
    let Some(found) = ledger.get(requirement) else {
        let known = ledger.requirements.iter().map(|requirement| requirement.id.as_str());
        return Err(SkeletonError::UnknownRequirement {
            id: requirement.to_owned(),
            nearest: nearest(requirement, known),
        });
    };
    if !ledger.side().is_bound_by(found) {
        return Err(SkeletonError::Unbound(requirement.to_owned(), found.binds));
    }
    if let Some(reason) = &found.untestable {
        return Err(SkeletonError::Untestable(requirement.to_owned(), reason.clone()));
    }
    let side = ledger.side();
    let steps = steps(side).ok_or(SkeletonError::NoSteps(side.noun()))?;
    check_names(&ledger.folder(), suite, id)?;
    let case = |indent| case(ledger, found, id, steps, indent);
    let text = match existing.filter(|text| !text.trim().is_empty()) {
        None => format!("{}{}", head(suite), case(2)),
        Some(existing) => {
            let (before, indent) = place_for(existing, suite, id)?;
            let newline = if existing.contains("\r\n") { "\r\n" } else { "\n" };
            let break_before = if existing.ends_with('\n') { "" } else { newline };
            let case = case(indent).replace('\n', newline);
            let text = format!("{existing}{break_before}{newline}{case}");
            // What looked like the end of the list may have been something else, such as a text in lines.
            if cases_of(&text, suite)?.len() != before + 1 {
                return Err(SkeletonError::NotAtTheEnd);
            }
            text
        }
    };
    Ok(text)
}

fn is_slug(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
}

fn check_names(spec: &str, suite: &str, id: &str) -> Result<(), SkeletonError> {
    let outside = || SkeletonError::Outside { suite: suite.to_owned(), spec: spec.to_owned() };
    let topic = suite.strip_prefix(spec).and_then(|rest| rest.strip_prefix('/')).ok_or_else(outside)?;
    if topic.is_empty() {
        return Err(outside());
    }
    if let Some(part) = topic.split('/').chain([id]).find(|part| !is_slug(part)) {
        return Err(SkeletonError::NotASlug(part.to_owned()));
    }
    if matches!(topic, "features" | "mutants") {
        return Err(SkeletonError::Reserved(suite.to_owned()));
    }
    Ok(())
}

/// How many cases the file has, and how far their `-` are indented.
fn place_for(existing: &str, suite: &str, id: &str) -> Result<(usize, usize), SkeletonError> {
    let cases = cases_of(existing, suite)?;
    for case in &cases {
        if let Some(taken) = case.was.iter().chain([&case.id]).find(|taken| taken.value == id) {
            return Err(SkeletonError::Taken { id: id.to_owned(), line: taken.at.line });
        }
    }
    let Some(last) = cases.last() else { return Err(SkeletonError::NotAtTheEnd) };
    let line = existing.lines().nth(last.at.line - 1).unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    if !line.trim_start().starts_with("- ") {
        return Err(SkeletonError::NotAtTheEnd);
    }
    Ok((cases.len(), indent))
}

fn cases_of(text: &str, suite: &str) -> Result<Vec<At<crate::case::Case>>, SkeletonError> {
    let path = format!("{suite}.yaml");
    let mut diagnostics = Vec::new();
    let read: Option<Suite> = read(&path, text, &mut diagnostics);
    match (read, diagnostics.into_iter().next()) {
        (_, Some(diagnostic)) => Err(SkeletonError::Unreadable(diagnostic)),
        (Some(suite), None) => Ok(suite.cases),
        (None, None) => {
            Err(SkeletonError::Unreadable(Diagnostic::new(&path, Position::default(), "the file is not a suite")))
        }
    }
}

fn head(suite: &str) -> String {
    let up = "../".repeat(suite.matches('/').count());
    format!(
        "# yaml-language-server: $schema={up}schema/suite.schema.json\nsuite: {suite}\nabout: \"TODO: the topic, in one \
         or two sentences.\"\ncases:\n"
    )
}

/// What a case does to a registry.
const REGISTRY: [&str; 6] = [
    "  # TODO: `needs:` the features without which the case makes no sense; `given:` the content it pushes.",
    "  steps:",
    "    # TODO: the requests that show whether the promise is kept, with `req:` at what shows it.",
    "    - GET: /v2/",
    "      expect:",
    "        status: { is: 200, req: REQ }",
];

/// What a case does with a client.
const CLIENT: [&str; 9] = [
    "  needs: pull",
    "  given: { image: { manifest: { annotations: { nonce: \"${nonce}\" } } } }",
    "  client:",
    "    upstream: [{ push: image, tag: v1 }]",
    "    # TODO: `script:` what the registry does to the client.",
    "    run: pull",
    "    with: { reference: v1 }",
    "    # TODO: what shows whether the promise is kept: `exit`, `seen`, `written`, `output`, with `req:` there.",
    "    exit: { is: ok, req: REQ }",
];

/// What a new case does first, by the kind of its subject.
fn steps(side: Side) -> Option<&'static [&'static str]> {
    match side {
        Side::Registry => Some(&REGISTRY),
        Side::Client => Some(&CLIENT),
        Side::Runtime => None,
    }
}

/// The case, its `-` indented by `indent`.
fn case(ledger: &Ledger, requirement: &Requirement, id: &str, steps: &[&str], indent: usize) -> String {
    let mut lines = vec![format!("# {} ({})", requirement.id, levels(requirement))];
    let width = 118 - indent;
    lines.extend(wrapped(&requirement.about, width).into_iter().map(|line| format!("# {line}")));
    if let Some(note) = &requirement.note {
        lines.extend(wrapped(&format!("Note: {note}"), width).into_iter().map(|line| format!("# {line}")));
    }
    lines.push(format!("# Section {}: {}", requirement.section, requirement.link()));
    lines.push(format!("- id: {id}"));
    lines.push(format!("  title: \"TODO: what a {} promises, in one sentence\"", ledger.side().noun()));
    let versions = &ledger.source.versions;
    if versions.first().is_some_and(|first| requirement.since > *first) {
        lines.push(format!("  since: \"{}\"", requirement.since));
    }
    // The ledger names the first version without the statement, a case the last one with it.
    let last = requirement.until.and_then(|until| versions.iter().rfind(|version| **version < until));
    if let Some(last) = last {
        lines.push(format!("  until: \"{last}\""));
    }
    lines.extend(steps.iter().map(|line| line.replace("REQ", &requirement.id)));
    let indent = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{indent}{line}\n")).collect()
}

fn levels(requirement: &Requirement) -> String {
    let words = |levels: &OneOrMany<Level>| {
        let words: Vec<&str> = levels.as_slice().iter().map(|level| level.keyword()).collect();
        words.join(", ")
    };
    let first = (&requirement.since, &requirement.level);
    let all = std::iter::once(first).chain(&requirement.raised);
    let parts: Vec<String> = all.map(|(version, levels)| format!("{} since {version}", words(levels))).collect();
    parts.join("; ")
}

/// Lines of at most `width` characters, where words are no longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
