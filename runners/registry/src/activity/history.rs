//! What several clients did to one thing, and whether it can be told as one story.
//!
//! A tag is a register: a push writes a manifest, a deletion writes "absent", a pull reads. A history is *linearizable*
//! when there is an order of its operations, each somewhere between its begin and its end, in which every read sees what
//! was written last. The search is that of Wing and Gong with the memory of Lowe: a set of operations that are done and
//! the value they leave is looked at only once.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The number of a content, or nothing: absent.
pub(super) type Value = Option<usize>;

/// Most operations of a history: they are bits of a word.
const MOST: usize = 128;

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Write(Value),
    Read(Value),
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) client: usize,
    pub(super) what: What,
    /// When the client began, in microseconds.
    pub(super) begin: u64,
    /// When it had the answer; none when there was none that tells, so that it may have happened at any time, or never.
    pub(super) end: Option<u64>,
}

/// The operations on one thing, which is absent at first.
#[derive(Debug)]
pub(super) struct History {
    start: Instant,
    operations: Mutex<Vec<Operation>>,
}

impl Default for History {
    fn default() -> Self {
        Self { start: Instant::now(), operations: Mutex::default() }
    }
}

impl History {
    /// The time, for the begin of an operation.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Adds an operation that ends now.
    pub(super) fn ended(&self, client: usize, begin: u64, what: What) {
        self.push(Operation { client, what, begin, end: Some(self.now()) });
    }

    /// Adds a write of which nobody knows whether it came about.
    pub(super) fn uncertain(&self, client: usize, begin: u64, value: Value) {
        self.push(Operation { client, what: What::Write(value), begin, end: None });
    }

    fn push(&self, operation: Operation) {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
    }

    fn operations(&self) -> Vec<Operation> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The writes alone.
    pub(super) fn writes(&self) -> Self {
        let writes = self.operations().into_iter().filter(|op| matches!(op.what, What::Write(_))).collect();
        Self { start: self.start, operations: Mutex::new(writes) }
    }

    /// Adds a read after everything else.
    pub(super) fn read_at_the_end(&mut self, value: Value) {
        let last = self.operations().iter().map(|op| op.end.unwrap_or(op.begin)).max().unwrap_or(0) + 1;
        self.push(Operation { client: 0, what: What::Read(value), begin: last, end: Some(last) });
    }

    /// The first read of something absent.
    pub(super) fn absence(&self) -> Option<String> {
        let operations = self.operations();
        let index = operations.iter().position(|op| op.what == What::Read(None))?;
        let near = |op: &&Operation| op.end.is_none_or(|end| end + 1 >= operations[index].begin);
        let mut story: Vec<Operation> = operations.iter().filter(near).copied().collect();
        story.retain(|op| op.begin <= operations[index].end.unwrap_or(u64::MAX));
        Some(tell(&story))
    }

    /// A smallest part of the history that cannot be told as one story; none when all of it can.
    pub(super) fn violation(&self) -> Option<String> {
        violation(&self.operations()).map(|part| tell(&part))
    }
}

/// Whether there is an order.
pub(super) fn is_linearizable(operations: &[Operation]) -> bool {
    if operations.len() > MOST {
        // No activity is that large; beyond it nothing is said against a subject.
        return true;
    }
    let has = |done: u128, index: usize| done >> index & 1 == 1;
    let needed = |index: usize| operations[index].end.is_some();
    let mut seen = HashSet::new();
    let mut open = vec![(0_u128, None)];
    while let Some((done, value)) = open.pop() {
        if !seen.insert((done, value)) {
            continue;
        }
        let left = || (0..operations.len()).filter(|index| !has(done, *index));
        // Nothing can come after an operation that ended before it began.
        let Some(first_end) = left().filter_map(|index| operations[index].end).min() else { return true };
        debug_assert!(left().any(needed));
        for index in left().filter(|index| operations[*index].begin <= first_end) {
            let next = match operations[index].what {
                What::Write(written) => written,
                What::Read(read) if read == value => value,
                What::Read(_) => continue,
            };
            open.push((done | 1 << index, next));
        }
    }
    false
}

/// A part of the operations that cannot be ordered and of which every piece is needed for that.
///
/// A read can always be left out of a history that can be ordered, and so can a write that nobody reads. So a part that
/// cannot be ordered proves that the whole cannot.
pub(super) fn violation(operations: &[Operation]) -> Option<Vec<Operation>> {
    if is_linearizable(operations) {
        return None;
    }
    let mut part = operations.to_vec();
    part.sort_by_key(|op| op.begin);
    let mut index = part.len();
    while index > 0 {
        index -= 1;
        let What::Write(value) = part[index].what else {
            without(&mut part, index);
            continue;
        };
        if !part.iter().any(|op| op.what == What::Read(value)) {
            without(&mut part, index);
        }
    }
    // Reads that are gone now may have been the only ones of a write before them.
    for index in (0..part.len()).rev() {
        if let What::Write(value) = part[index].what
            && !part.iter().any(|op| op.what == What::Read(value))
        {
            without(&mut part, index);
        }
    }
    Some(part)
}

/// Leaves an operation out if what remains cannot be ordered either.
fn without(part: &mut Vec<Operation>, index: usize) {
    let operation = part.remove(index);
    if is_linearizable(part) {
        part.insert(index, operation);
    }
}

/// The operations in the order in which they began, in words.
fn tell(operations: &[Operation]) -> String {
    let mut operations = operations.to_vec();
    operations.sort_by_key(|op| op.begin);
    let start = operations.first().map_or(0, |op| op.begin);
    let name = |value: Value| value.map_or_else(|| "absent".to_owned(), |number| format!("content {number}"));
    let mut text = String::new();
    for op in &operations {
        let did = match op.what {
            What::Write(None) => "deletes".to_owned(),
            What::Write(value) => format!("pushes {}", name(value)),
            What::Read(value) => format!("sees {}", name(value)),
        };
        let end = op.end.map_or_else(|| "no telling answer".to_owned(), |end| format!("{} µs", end - start));
        let separator = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{separator}client {} {did} ({} to {end})", op.client, op.begin - start);
    }
    text
}

#[cfg(test)]
mod tests;
