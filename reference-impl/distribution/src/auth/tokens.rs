//! Tokens of the built-in service: opaque, random, short-lived, and bound to scopes.

use super::Action;
use crate::path::Name;
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Most tokens kept; beyond it expired ones go, then all, and their holders buy new ones.
const MOST: usize = 100_000;

/// What a token says about an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Granted,
    /// The service was asked for it and did not grant it.
    Withheld,
    /// No token, an expired one, or one that was sold for something else.
    Unknown,
}

struct Token {
    expires: Instant,
    granted: HashSet<(String, Action)>,
    withheld: HashSet<(String, Action)>,
}

pub(super) struct Tokens {
    lifetime: Duration,
    sold: Mutex<HashMap<String, Token>>,
}

impl Tokens {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, sold: Mutex::default() }
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.sold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sells a token for those of the scopes that are allowed.
    pub(super) fn sell(
        &self,
        asked: impl Iterator<Item = (String, Action)>,
        allowed: impl Fn(Action) -> bool,
    ) -> String {
        let (granted, withheld) = asked.take(1000).partition(|(_, action)| allowed(*action));
        // Two version 4 UUIDs: 244 random bits of the system.
        let text = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let now = Instant::now();
        let mut sold = self.lock();
        if sold.len() >= MOST {
            sold.retain(|_, token| token.expires > now);
        }
        if sold.len() >= MOST {
            sold.clear();
        }
        sold.insert(text.clone(), Token { expires: now + self.lifetime, granted, withheld });
        text
    }

    /// What the token is good for; without a repository any valid token is good.
    pub(super) fn standing(&self, token: Option<&str>, wanted: Option<(&Name, Action)>) -> Standing {
        let sold = self.lock();
        let valid = token.and_then(|text| sold.get(text)).filter(|token| token.expires > Instant::now());
        let Some(token) = valid else { return Standing::Unknown };
        let Some((name, action)) = wanted else { return Standing::Granted };
        let wanted = (name.as_str().to_owned(), action);
        if token.granted.contains(&wanted) {
            Standing::Granted
        } else if token.withheld.contains(&wanted) {
            Standing::Withheld
        } else {
            Standing::Unknown
        }
    }
}
