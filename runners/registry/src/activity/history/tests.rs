use proptest::prelude::*;

use super::*;

/// Client, what, begin, end.
fn op(client: usize, what: What, begin: u64, end: u64) -> Operation {
    Operation { client, what, begin, end: Some(end) }
}

fn lost(client: usize, value: Value, begin: u64) -> Operation {
    Operation { client, what: What::Write(value), begin, end: None }
}

use What::{Read, Write};

#[test]
fn good_histories_have_an_order() {
    let histories: &[&[Operation]] = &[
        &[],
        &[op(1, Read(None), 0, 1)],
        &[op(1, Write(Some(1)), 0, 1), op(1, Read(Some(1)), 2, 3)],
        // A read beside a write sees the old or the new.
        &[op(1, Write(Some(1)), 0, 9), op(2, Read(None), 1, 2), op(2, Read(Some(1)), 3, 4)],
        // Two writes at once: either is the last.
        &[op(1, Write(Some(1)), 0, 9), op(2, Write(Some(2)), 0, 9), op(3, Read(Some(1)), 10, 11)],
        &[op(1, Write(Some(1)), 0, 9), op(2, Write(Some(2)), 0, 9), op(3, Read(Some(2)), 10, 11)],
        // Deleted and pushed again.
        &[op(1, Write(Some(1)), 0, 1), op(1, Write(None), 2, 3), op(2, Read(None), 4, 5)],
        // What was cut off may have happened, late, or never.
        &[lost(1, Some(1), 0), op(2, Read(None), 5, 6), op(2, Read(Some(1)), 7, 8)],
        &[lost(1, Some(1), 0), op(2, Read(None), 5, 6)],
    ];
    for history in histories {
        assert!(is_linearizable(history), "{history:?}");
        assert_eq!(violation(history), None);
    }
}

#[test]
fn bad_histories_are_shown_by_what_is_wrong_with_them() {
    // The history, and how many operations of it are needed to see the fault.
    let histories: &[(&[Operation], usize)] = &[
        // A write that is not there.
        (&[op(1, Write(Some(1)), 0, 1), op(2, Read(None), 2, 3)], 2),
        // Something nobody wrote.
        (&[op(1, Write(Some(1)), 0, 1), op(2, Read(Some(2)), 2, 3)], 1),
        // A read that goes back.
        (&[op(1, Write(Some(1)), 0, 9), op(2, Read(Some(1)), 1, 2), op(3, Read(None), 3, 4)], 3),
        // A deletion that is undone.
        (&[op(1, Write(Some(1)), 0, 1), op(2, Write(None), 2, 3), op(1, Read(Some(1)), 4, 5)], 3),
        // A write that comes after the end of a later one.
        (&[op(1, Write(Some(1)), 0, 1), op(2, Write(Some(2)), 2, 3), op(1, Read(Some(1)), 4, 5)], 3),
        // Writes at once are seen in two orders.
        (
            &[
                op(1, Write(Some(1)), 0, 9),
                op(2, Write(Some(2)), 0, 9),
                op(3, Read(Some(1)), 1, 2),
                op(3, Read(Some(2)), 3, 4),
                op(3, Read(Some(1)), 5, 6),
            ],
            5,
        ),
        // What was cut off happens once.
        (&[lost(1, Some(1), 0), op(2, Read(Some(1)), 1, 2), op(2, Read(None), 3, 4), op(3, Read(None), 5, 6)], 3),
    ];
    for (history, needed) in histories {
        assert!(!is_linearizable(history), "{history:?}");
        let part = violation(history).unwrap();
        assert_eq!(part.len(), *needed, "{part:?} of {history:?}");
    }
}

#[test]
fn a_violation_is_told_in_words() {
    let noise = (0..20).map(|n| op(9, Read(Some(1)), 100 + n, 101 + n));
    let history: Vec<Operation> =
        [op(1, Write(Some(1)), 10, 20), op(2, Read(None), 30, 40)].into_iter().chain(noise).collect();
    let told = tell(&violation(&history).unwrap());
    assert_eq!(told, "client 1 pushes content 1 (0 to 10 µs); client 2 sees absent (20 to 30 µs)");
}

#[test]
fn what_is_seen_at_the_end_is_one_of_the_last_writes() {
    let history = History::default();
    for (client, value, begin, end) in [(1, Some(1), 0, 1), (2, Some(2), 5, 9), (3, Some(3), 6, 8)] {
        history.push(op(client, Write(value), begin, end));
    }
    // Reads say nothing here.
    history.push(op(4, Read(Some(7)), 2, 3));
    for (value, fits) in [(Some(1), false), (Some(2), true), (Some(3), true), (None, false)] {
        let mut writes = history.writes();
        writes.read_at_the_end(value);
        assert_eq!(writes.violation().is_none(), fits, "{value:?}");
    }
}

/// A real register: every operation takes effect at a point of its own within its time.
fn told_by_a_register() -> impl Strategy<Value = Vec<Operation>> {
    let step = (0..4_usize, any::<bool>(), 0..3_usize, 0..20_u64, 0..20_u64);
    proptest::collection::vec(step, 1..12).prop_map(|steps| {
        let mut value = None;
        let mut operations = Vec::new();
        for (at, (client, writes, content, before, after)) in (0..).zip(steps) {
            // The effect is at 10 * at; beginnings and ends reach over the neighbours.
            let what = if writes {
                value = (content > 0).then_some(content);
                Write(value)
            } else {
                Read(value)
            };
            let (begin, end) = ((10 * at + 20) - before, 10 * at + 20 + after);
            operations.push(Operation { client, what, begin, end: (!writes || after < 15).then_some(end) });
        }
        operations
    })
}

proptest! {
    #[test]
    fn what_a_register_tells_has_an_order(history in told_by_a_register()) {
        prop_assert!(is_linearizable(&history));
    }

    /// The search agrees with trying every order.
    #[test]
    fn the_search_agrees_with_trying_everything(
        steps in proptest::collection::vec((any::<bool>(), 0..3_usize, 0..12_u64, 0..6_u64, any::<bool>()), 0..6)
    ) {
        let history: Vec<Operation> = steps.into_iter().enumerate().map(|(client, (writes, content, begin, takes, cut))| {
            let value = (content > 0).then_some(content);
            let end = (!(writes && cut)).then_some(begin + takes);
            Operation { client, what: if writes { Write(value) } else { Read(value) }, begin, end }
        }).collect();
        prop_assert_eq!(is_linearizable(&history), any_order(&history, None));
        if let Some(part) = violation(&history) {
            prop_assert!(!any_order(&part, None));
        }
    }
}

/// Whether some order of the operations fits, by trying them all.
fn any_order(left: &[Operation], value: Value) -> bool {
    left.iter().all(|op| op.end.is_none())
        || (0..left.len()).any(|index| {
            let mut rest = left.to_vec();
            let op = rest.remove(index);
            let late = rest.iter().any(|other| other.end.is_some_and(|end| end < op.begin));
            !late
                && match op.what {
                    Write(written) => any_order(&rest, written),
                    Read(read) => read == value && any_order(&rest, value),
                }
        })
}
