use super::*;
use crate::yaml::{Mistake, parse, typed};

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    typed(&parse(text, &mut Vec::new()).unwrap())
}

#[test]
fn times() {
    let time = |text: &str| read::<Span>(text).map(|span| span.0);
    assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(time("2s"), Ok(Duration::from_secs(2)));
    assert_eq!(time("1m"), Ok(Duration::from_mins(1)));
    for wrong in ["2", "s", "2h", "1.5s", "-1s", "\"2 s\"", "\"99999999999999999999s\""] {
        assert!(time(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn saved_values() {
    let save = |text: &str| read::<Save>(text);
    let location = Save { from: SaveFrom::Header("Location".to_owned()), find: None, or: None };
    assert_eq!(save("Location"), Ok(location.clone()));
    assert_eq!(save("{ header: Location }"), Ok(location));
    let first = save("{ json: /tags/0, or: null }").unwrap();
    assert_eq!((first.from, first.or), (SaveFrom::Json("/tags/0".to_owned()), Some(Value::Null)));
    for wrong in ["{}", "{ or: 1 }", "{ header: a, json: /b }"] {
        assert!(save(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn actions_of_a_step() {
    let step: Step = read("{ PUT: /v2/, query: { a: [1, 2] }, within: 2s }").unwrap();
    match step.actions().as_slice() {
        [Action::Request { method: "PUT", target }] => assert_eq!(target.source(), "/v2/"),
        other => panic!("{other:?}"),
    }
    assert_eq!(step.query["a"].iter().map(|value| value.source()).collect::<Vec<_>>(), ["1", "2"]);
    let step: Step = read("{ push: [a, b], GET: /v2/ }").unwrap();
    assert_eq!(step.actions().len(), 2);
    assert!(matches!(step.actions().as_slice(), [Action::Request { method: "GET", .. }, Action::Push([_, _])]));
    assert_eq!(read::<Step>("{ stream: true }").unwrap().actions(), []);
}

#[test]
fn a_suite_as_it_is_written() {
    let suite: Suite = read(
        "suite: a/b\nabout: c\ncases:\n  - id: d\n    title: e\n    needs: push\n    matrix: { n: [1, x] }\n\
         \x20   given: { blob: { random: \"${n}\" } }\n    steps: [{ GET: \"/${blob.digest}\" }]\n",
    )
    .unwrap();
    let case = &suite.cases[0];
    assert_eq!((suite.name.at.column, case.at.line, case.needs[0].as_str()), (8, 4, "push"));
    assert_eq!(case.matrix["n"].known()[1].value, "x");
    assert_eq!(case.given["blob"].random.as_ref().unwrap().names().next().unwrap().root, "n");
    assert_eq!((case.steps.len(), case.watch.is_none(), case.since.is_none()), (1, true, true));
}
