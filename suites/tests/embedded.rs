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

#[test]
fn what_is_known_of_hosts_is_needed() {
    let Ok(library) = Library::embedded() else { panic!("it has mistakes") };
    let rows = || library.specs.values().flat_map(|spec| &spec.ledger.requirements);
    for capability in &library.host.capabilities {
        let id = &capability.id.value;
        assert!(rows().any(|row| row.host().contains(id)), "no requirement needs `{id}`");
    }
}
