//! The suites in this repository are free of mistakes.

use plimsoll_suite::{Library, LoadError};

#[test]
fn embedded_suites_have_no_mistakes() {
    match Library::embedded() {
        Ok(library) => assert!(!library.specs.is_empty()),
        Err(LoadError::Mistakes(mistakes)) => panic!("{mistakes_shown}", mistakes_shown = mistakes.render(false)),
        Err(error) => panic!("{error}"),
    }
}
