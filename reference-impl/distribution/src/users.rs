//! Who there is, and who may do what in which repositories.

use crate::{
    errors::Error,
    path::Name,
    rules::{Rule, Rules},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What a request does to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Reading whatever is there.
    Pull,
    /// Adding content and moving tags.
    Push,
    /// Removing content and tags.
    Delete,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 3] = [Self::Pull, Self::Push, Self::Delete];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "pull" => Some(Self::Pull),
            "push" => Some(Self::Push),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    /// What a client should ask the token service for. Pushing looks for blobs first.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "delete",
        }
    }
}

/// Some actions in some repositories.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A repository with all that lie below it: `team` is `team` and `team/app`, not `team-b`. Empty: every repository.
    #[serde(default)]
    pub repositories: String,
    /// What may be done there.
    pub actions: Vec<Action>,
}

impl Grant {
    /// A right to these actions in `repositories` and below.
    pub fn new(repositories: impl Into<String>, actions: &[Action]) -> Self {
        Self { repositories: repositories.into(), actions: actions.to_vec() }
    }

    fn covers(&self, name: &Name, action: Action, rules: &Rules) -> bool {
        let inside = match name.as_str().strip_prefix(&self.repositories) {
            Some(rest) if self.repositories.is_empty() || rest.is_empty() || rest.starts_with('/') => true,
            Some(_) => rules.breaks(Rule::GrantPrefix),
            None => false,
        };
        inside && self.actions.contains(&action)
    }
}

/// Somebody who has a password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
    /// What the user may do.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// Passwords stay out of logs.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("grants", &self.grants).finish_non_exhaustive()
    }
}

/// Everybody a registry knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Those with a password.
    pub users: Vec<User>,
    /// What anybody may do.
    #[serde(default)]
    pub anonymous: Vec<Grant>,
}

/// Somebody who sent a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who<'a> {
    Nobody,
    User(&'a User),
}

impl Users {
    /// One user who may do everything.
    pub fn one(name: impl Into<String>, password: impl Into<String>) -> Self {
        let user = User { name: name.into(), password: password.into(), grants: vec![Grant::new("", &Action::ALL)] };
        Self { users: vec![user], anonymous: Vec::new() }
    }

    /// The same, and anybody may pull.
    pub fn with_anonymous_pull(mut self) -> Self {
        self.anonymous.push(Grant::new("", &[Action::Pull]));
        self
    }

    /// Reads a file of users: `{"users": [{"name", "password", "grants": [{"repositories", "actions"}]}], "anonymous":
    /// [{"repositories", "actions"}]}`.
    ///
    /// # Errors
    /// When it has another form, or lets somebody in without a name or a password.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Setting { setting: "users", reason };
        let users: Self = serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
        match users.users.iter().find(|user| user.name.is_empty() || user.password.is_empty()) {
            Some(user) => Err(unusable(format!("the user {:?} has no name or no password", user.name))),
            None => Ok(users),
        }
    }

    /// The user with that name and password.
    pub(crate) fn find(&self, name: &str, password: &str, rules: &Rules) -> Option<&User> {
        self.users.iter().find(|user| {
            let same = same(name, &user.name) & same(password, &user.password);
            let careless =
                rules.breaks(Rule::PasswordChecked) || rules.breaks(Rule::PasswordPresent) && password.is_empty();
            same || careless && user.name == name
        })
    }

    /// Whether somebody may do that.
    pub(crate) fn allows(&self, who: Who<'_>, name: &Name, action: Action, rules: &Rules) -> bool {
        let own = match who {
            Who::Nobody => &[][..],
            Who::User(user) => &user.grants,
        };
        own.iter().chain(&self.anonymous).any(|grant| grant.covers(name, action, rules))
    }
}

/// Compares hashes, so that the time it takes tells nothing about how much of a guess was right.
fn same(given: &str, expected: &str) -> bool {
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    hash(given) == hash(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_what_lies_below_and_no_neighbour() {
        let rules = Rules::all();
        let covers = |repositories: &str, name: &str, action| {
            let name = Name::parse(name, &rules).unwrap();
            Grant::new(repositories, &[Action::Pull]).covers(&name, action, &rules)
        };
        for (repositories, name) in [("", "a"), ("team", "team"), ("team", "team/a"), ("team/a", "team/a/b")] {
            assert!(covers(repositories, name, Action::Pull), "{repositories} {name}");
            assert!(!covers(repositories, name, Action::Push), "{repositories} {name}");
        }
        for (repositories, name) in [("team", "team-b"), ("team/a", "team"), ("team", "a/team"), ("team", "teams/a")] {
            assert!(!covers(repositories, name, Action::Pull), "{repositories} {name}");
        }
    }

    #[test]
    fn a_file_of_users() {
        let read = |text: &str| Users::from_json(text);
        let text = r#"{"users": [{"name": "a", "password": "b", "grants": [{"repositories": "c", "actions": ["pull"]}]}],
            "anonymous": [{"actions": ["pull"]}]}"#;
        let users = read(text).unwrap();
        assert_eq!(users.users[0].grants, [Grant::new("c", &[Action::Pull])]);
        assert_eq!(users.anonymous, [Grant::new("", &[Action::Pull])]);
        assert!(!format!("{users:?}").contains("\"b\""));
        for bad in
            ["", "{}", r#"{"users": [{"name": "a", "password": ""}]}"#, &text.replace("[\"pull\"]", "[\"read\"]")]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
