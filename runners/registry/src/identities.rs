//! Everybody a request can be sent as.

use plimsoll_suite::case::Identity;
use url::Url;

use crate::auth::{Auth, Credentials};
use crate::client::Request;

/// What is sent as a wrong password. Nobody has it.
const WRONG_PASSWORD: &str = "plimsoll-not-the-password";

/// Credentials and what was bought with them, by who has them.
#[derive(Debug)]
pub(crate) struct Identities {
    own: Auth,
    nobody: Auth,
    second: Option<Second>,
}

/// The second user, as who it is and as who only says so.
#[derive(Debug)]
struct Second {
    other: Auth,
    wrong: Auth,
    empty: Auth,
}

impl Identities {
    /// The configured user, who may have no credentials, and nobody.
    pub(crate) fn new(credentials: Option<Credentials>, home: &Url) -> Self {
        Self { own: Auth::new(credentials, home), nobody: Auth::new(None, home), second: None }
    }

    /// Adds a second user.
    pub(crate) fn add_second(&mut self, credentials: &Credentials, home: &Url) {
        let with = |password: &str| {
            let credentials = Credentials { password: password.to_owned(), ..credentials.clone() };
            Auth::new(Some(credentials), home)
        };
        let (other, wrong, empty) = (with(&credentials.password), with(WRONG_PASSWORD), with(""));
        self.second = Some(Second { other, wrong, empty });
    }

    /// The credentials of who sends a request.
    pub(crate) fn of(&self, identity: Option<Identity>) -> &Auth {
        match (identity, &self.second) {
            (None, _) => &self.own,
            (Some(Identity::Other), Some(second)) => &second.other,
            (Some(Identity::WrongPassword), Some(second)) => &second.wrong,
            (Some(Identity::EmptyPassword), Some(second)) => &second.empty,
            // Nobody asks for a second user where there is none: such cases are skipped.
            (Some(_), _) => &self.nobody,
        }
    }

    /// Everything secret that the server may have learned from this request or from others like it.
    pub(crate) fn secrets(&self, request: &Request) -> impl Iterator<Item = String> {
        let second = self.second.iter().flat_map(|second| [&second.other, &second.empty]);
        [&self.own, &self.nobody].into_iter().chain(second).flat_map(|auth| auth.secrets(request))
    }
}
