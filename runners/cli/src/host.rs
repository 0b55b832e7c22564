//! Facts about the machine, so that two runs can be told apart.

use std::collections::BTreeMap;

/// Operating system, kernel, architecture and number of processors.
pub fn card() -> BTreeMap<String, String> {
    let mut card = BTreeMap::from([
        ("os".to_owned(), std::env::consts::OS.to_owned()),
        ("arch".to_owned(), std::env::consts::ARCH.to_owned()),
        ("cpus".to_owned(), std::thread::available_parallelism().map_or(1, usize::from).to_string()),
    ]);
    if let Ok(kernel) = std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        card.insert("kernel".to_owned(), kernel.trim().to_owned());
    }
    card
}
