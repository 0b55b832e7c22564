//! What a registry has to do, one rule at a time, each of which can be broken on purpose.
//!
//! The server asks [`Rules`] at the one place where a requirement is enforced. All rules hold unless the program was
//! told otherwise; a broken rule makes the server behave as a plausible faulty registry would, which is how a
//! conformance suite proves that it would have noticed.

mod table;

pub use table::Rule;

const WORDS: usize = Rule::ALL.len().div_ceil(64);

impl Rule {
    /// The requirement this rule serves: its id up to the `/` that separates the aspect.
    pub fn requirement(self) -> &'static str {
        let id = self.id();
        id.split_once('/').map_or(id, |(requirement, _)| requirement)
    }

    /// The rule with that id, as printed by `plimsoll-registry rules`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }

    /// Whether it takes more than one request after the other to see the rule broken.
    pub fn hides_from_a_single_client(self) -> bool {
        ["[at once]", "[kill]", "[full]"].iter().any(|need| self.about().ends_with(need))
    }

    const fn position(self) -> (usize, u64) {
        let index = self as usize;
        (index / 64, 1 << (index % 64))
    }
}

/// The set of rules in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    broken: [u64; WORDS],
}

impl Rules {
    /// Every rule holds: a conforming registry.
    pub const fn all() -> Self {
        Self { broken: [0; WORDS] }
    }

    /// Every rule holds except these.
    pub fn breaking(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut set = Self::all();
        for rule in rules {
            let (word, bit) = rule.position();
            set.broken[word] |= bit;
        }
        set
    }

    /// Whether the rule is in force.
    pub const fn holds(&self, rule: Rule) -> bool {
        let (word, bit) = rule.position();
        self.broken[word] & bit == 0
    }

    /// Whether the rule was broken on purpose; reads better than `!holds` where the deviation is what is spelled out.
    pub const fn breaks(&self, rule: Rule) -> bool {
        !self.holds(rule)
    }

    /// `honest` while the rule is in force, else `faulty`.
    pub fn pick<T>(&self, rule: Rule, honest: T, faulty: T) -> T {
        if self.holds(rule) { honest } else { faulty }
    }

    /// The rules that were broken on purpose, in the order of the table.
    pub fn broken(&self) -> impl Iterator<Item = Rule> + use<> {
        let set = *self;
        Rule::ALL.iter().copied().filter(move |rule| set.breaks(*rule))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_round_trip() {
        let mut seen = HashSet::new();
        for rule in Rule::ALL {
            assert!(seen.insert(rule.id()), "{} twice", rule.id());
            assert_eq!(Rule::from_id(rule.id()), Some(*rule));
            assert!(!rule.about().is_empty());
        }
        assert_eq!(Rule::from_id("dist.no.such"), None);
    }

    #[test]
    fn ids_have_the_form_requirement_slash_aspect() {
        for rule in Rule::ALL {
            let (requirement, aspect) = rule.id().split_once('/').unwrap_or((rule.id(), "x"));
            let topic = ["dist.", "access."].iter().any(|topic| requirement.starts_with(topic));
            assert!(topic && requirement.split('.').count() >= 3, "{}", rule.id());
            let fine = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b));
            assert!(fine(requirement) && fine(aspect) && !aspect.is_empty(), "{}", rule.id());
            assert_eq!(rule.requirement(), requirement);
        }
    }

    #[test]
    fn a_set_breaks_exactly_what_it_was_told() {
        let two = [Rule::ALL[0], Rule::ALL[Rule::ALL.len() - 1]];
        let rules = Rules::breaking(two);
        assert_eq!(rules.broken().collect::<Vec<_>>(), two);
        assert_eq!(Rules::all().broken().count(), 0);
    }

    /// A rule nobody asks for would be a mutant that cannot be killed.
    #[test]
    fn every_rule_is_enforced_somewhere() {
        fn sources(dir: &std::path::Path, text: &mut String) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, text);
                } else if path.file_name().unwrap() != "table.rs" {
                    text.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut text = String::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let words: HashSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let idle: Vec<_> = Rule::ALL.iter().map(|rule| format!("{rule:?}")).filter(|n| !words.contains(&**n)).collect();
        assert!(idle.is_empty(), "never asked for: {idle:?}");
    }
}
