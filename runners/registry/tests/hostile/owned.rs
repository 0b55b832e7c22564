//! Only a registry that somebody answers for is attacked.

use std::sync::Arc;

use plimsoll_registry_runner::{Registry, Target};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;

use super::harness::{LONG, options, target};

async fn owned(target: Target) -> Result<(), String> {
    let registry =
        Registry::new(target, Arc::new(Library::embedded().unwrap()), "distribution", SpecVersion::V1_1).unwrap();
    registry.capabilities().await["owned"].clone()
}

#[tokio::test]
async fn on_loopback_it_goes_without_saying() {
    for url in ["http://127.0.0.1:5000", "http://127.8.0.1", "https://[::1]:5443", "http://localhost:5000"] {
        assert_eq!(owned(target(url, options(LONG))).await, Ok(()), "{url}");
    }
}

#[tokio::test]
async fn elsewhere_it_has_to_be_said() {
    for url in ["http://192.0.2.1:5000", "https://localhost.example", "http://[2001:db8::1]", "https://127.example"] {
        let mut target = target(url, options(LONG));
        assert!(owned(target.clone()).await.is_err_and(|reason| reason.contains("--i-own-this-registry")), "{url}");
        target.owned = true;
        assert_eq!(owned(target).await, Ok(()), "{url}");
    }
}
