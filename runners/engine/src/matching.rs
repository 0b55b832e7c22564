//! Matchers: does what was seen fit what is expected?

use plimsoll_fixtures::Algorithm;
use plimsoll_suite::expect::{Matcher, Order, Test, Type};
use plimsoll_suite::position::{At, OneOrMany};
use serde_json::Value;

use crate::json;
use crate::scope::{NoValue, Scope, text_of};

/// Something that was seen.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// It is not there.
    Absent,
    /// A number, such as a status.
    Number(u64),
    /// A header field: its values, as often as it was sent.
    Field {
        /// Name of the field.
        name: &'a str,
        /// Values in order; never empty.
        values: &'a [String],
    },
    /// Bytes, such as a body.
    Bytes(&'a [u8]),
    /// A value in a document.
    Json(&'a Value),
}

/// A test that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where below what was looked at: a JSON pointer, or empty.
    pub place: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Requirements of the innermost matcher that names some, or of all where nothing inside could be looked at; empty:
    /// those of the caller.
    pub requirements: Vec<String>,
}

/// Judges. Returns every test that did not hold.
pub fn judge(matcher: &Matcher, seen: Seen<'_>, scope: &Scope) -> Result<Vec<Mismatch>, NoValue> {
    let mut found = Vec::new();
    for test in &matcher.tests {
        judge_test(matcher, test, seen, scope, &mut found)?;
    }
    for mismatch in &mut found {
        if mismatch.requirements.is_empty() {
            mismatch.requirements = matcher.req.iter().map(|id| id.value.clone()).collect();
        }
    }
    Ok(found)
}

fn judge_test(
    matcher: &Matcher,
    test: &Test,
    seen: Seen<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Result<(), NoValue> {
    let mut check = |held: bool, expected: String| {
        if !held {
            found.push(Mismatch { place: String::new(), expected, seen: show(seen), requirements: Vec::new() });
        }
    };
    match test {
        Test::Present(present) => {
            let expected = if *present { "to be present" } else { "to be absent" };
            check(matches!(seen, Seen::Absent) != *present, expected.to_owned());
        }
        Test::Is(value) => {
            let value = scope.document(value)?;
            check(equal(seen, &value), show_value(&value));
        }
        Test::IsNot(value) => {
            let value = scope.document(value)?;
            check(!equal(seen, &value), format!("anything but {}", show_value(&value)));
        }
        Test::OneOf(values) => {
            let values: Vec<Value> = values.iter().map(|value| scope.document(value)).collect::<Result<_, _>>()?;
            let words: Vec<String> = values.iter().map(show_value).collect();
            check(values.iter().any(|value| equal(seen, value)), format!("one of {}", words.join(", ")));
        }
        Test::AbsentOr(value) => {
            let value = scope.document(value)?;
            let held = matches!(seen, Seen::Absent) || equal(seen, &value);
            check(held, format!("nothing, or {}", show_value(&value)));
        }
        Test::Type(types) => check(types.iter().any(|kind| is_type(seen, kind.value)), types_in_words(types)),
        Test::Matches(pattern) => {
            let whole = regex::Regex::new(&format!(r"\A(?:{pattern})\z"));
            let held = text(seen).is_some_and(|text| whole.is_ok_and(|whole| whole.is_match(&text)));
            check(held, format!("text that matches /{pattern}/"));
        }
        Test::Equals(template) => {
            let expected = scope.bytes(template)?;
            let held = match seen {
                Seen::Bytes(bytes) => bytes == expected,
                other => text(other).is_some_and(|text| text.as_bytes() == expected),
            };
            check(held, format!("{} bytes, {}", expected.len(), Algorithm::Sha256.digest(&expected)));
        }
        Test::DigestOf(template) => {
            let bytes = scope.bytes(template)?;
            // A digest that is not sent is for `present` to judge.
            let held = matches!(seen, Seen::Absent) || text(seen).is_some_and(|digest| is_digest_of(&digest, &bytes));
            check(held, format!("a digest of the content, e.g. {}", Algorithm::Sha256.digest(&bytes)));
        }
        Test::HasDigest(template) => {
            let digest = scope.text(template)?;
            let algorithm = digest.split_once(':').and_then(|(name, _)| Algorithm::parse(name));
            let held = match seen {
                Seen::Bytes(bytes) => algorithm.is_some_and(|algorithm| algorithm.digest(bytes) == digest),
                _ => false,
            };
            check(held, format!("bytes with the digest {digest}"));
        }
        Test::Json(pointers) => return judge_json(matcher, pointers, seen, scope, found),
        Test::Contains(values) => {
            let missing = absent_elements(values, seen, scope)?;
            check(missing.is_empty(), format!("to contain {}", missing.join(", ")));
        }
        Test::Lacks(values) => {
            for value in values.iter() {
                let value = scope.document(&value.value)?;
                check(!has(seen, &value), format!("not to contain {}", show_value(&value)));
            }
        }
        Test::Ordered(Order::AsciiOrLexical) => {
            let held = match seen {
                Seen::Json(Value::Array(list)) => list
                    .iter()
                    .map(Value::as_str)
                    .collect::<Option<Vec<_>>>()
                    .is_some_and(|words| words.is_sorted() || words.is_sorted_by_key(|word| word.to_lowercase())),
                _ => false,
            };
            check(held, "a list in ASCII order or in case-insensitive order".to_owned());
        }
        Test::AtMost(limit) => {
            let limit = scope.document(limit)?;
            let held = size(seen).zip(number(&limit)).is_some_and(|(size, limit)| size <= limit);
            check(held, format!("at most {}", show_value(&limit)));
        }
        Test::Length(length) => {
            let length = scope.document(length)?;
            let held = length_of(seen).zip(number(&length)).is_some_and(|(seen, length)| seen == length);
            check(held, format!("a length of {}", show_value(&length)));
        }
        Test::Each(element) => return judge_each(matcher, element, seen, scope, found),
    }
    Ok(())
}

/// A status is an integer, and a header field and bytes are text.
fn is_type(seen: Seen<'_>, kind: Type) -> bool {
    match kind {
        Type::Absent => matches!(seen, Seen::Absent),
        Type::String => matches!(seen, Seen::Field { .. } | Seen::Bytes(_) | Seen::Json(Value::String(_))),
        Type::Number => matches!(seen, Seen::Number(_) | Seen::Json(Value::Number(_))),
        Type::Integer => match seen {
            Seen::Number(_) => true,
            // JSON does not tell 1.0 from 1 (RFC 8259 section 6).
            Seen::Json(Value::Number(number)) => !number.is_f64() || number.as_f64().is_some_and(|n| n.fract() == 0.0),
            _ => false,
        },
        Type::Boolean => matches!(seen, Seen::Json(Value::Bool(_))),
        Type::Array => matches!(seen, Seen::Json(Value::Array(_))),
        Type::Object => matches!(seen, Seen::Json(Value::Object(_))),
        Type::Null => matches!(seen, Seen::Json(Value::Null)),
    }
}

/// What a `type` asks for, for people.
pub fn types_in_words(types: &[At<Type>]) -> String {
    let words: Vec<&str> = types.iter().map(|kind| kind.word()).collect();
    match words.as_slice() {
        ["absent"] => "nothing".to_owned(),
        words => format!("a value of type {}", words.join(" or ")),
    }
}

fn judge_json(
    whole: &Matcher,
    pointers: &indexmap::IndexMap<String, At<Matcher>>,
    seen: Seen<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Result<(), NoValue> {
    let parsed = match seen {
        Seen::Absent | Seen::Json(_) => Ok(Value::Null),
        Seen::Bytes(bytes) => json::strict(bytes),
        Seen::Number(_) | Seen::Field { .. } => json::strict(text(seen).unwrap_or_default().as_bytes()),
    };
    let document = match (seen, &parsed) {
        (Seen::Absent, _) => None,
        (Seen::Json(value), _) | (_, Ok(value)) => Some(value),
        (_, Err(error)) => {
            found.push(not_looked_at(whole, "JSON", format!("{} ({error})", show(seen))));
            return Ok(());
        }
    };
    for (pointer, matcher) in pointers {
        let below = document.and_then(|document| document.pointer(pointer)).map_or(Seen::Absent, Seen::Json);
        for mut mismatch in judge(matcher, below, scope)? {
            mismatch.place = format!("{pointer}{}", mismatch.place);
            found.push(mismatch);
        }
    }
    Ok(())
}

/// Every requirement a matcher can break, without those of the expectation around it.
pub fn requirements(matcher: &Matcher) -> Vec<String> {
    let mut ids: Vec<String> = matcher.req.iter().map(|id| id.value.clone()).collect();
    for test in &matcher.tests {
        match test {
            Test::Json(pointers) => pointers.values().for_each(|inner| ids.extend(requirements(inner))),
            Test::Each(inner) => ids.extend(requirements(inner)),
            _ => {}
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

/// A document that is no JSON, or a list that is none: whatever was asked of the inside is broken, and must not be taken
/// for kept.
fn not_looked_at(whole: &Matcher, expected: &str, seen: String) -> Mismatch {
    Mismatch { place: String::new(), expected: expected.to_owned(), seen, requirements: requirements(whole) }
}

fn judge_each(
    whole: &Matcher,
    matcher: &Matcher,
    seen: Seen<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Result<(), NoValue> {
    match seen {
        Seen::Json(Value::Array(list)) => {
            for (index, element) in list.iter().enumerate() {
                for mut mismatch in judge(matcher, Seen::Json(element), scope)? {
                    mismatch.place = format!("/{index}{}", mismatch.place);
                    found.push(mismatch);
                }
            }
        }
        Seen::Field { name, values } => {
            for value in values {
                let one = Seen::Field { name, values: std::slice::from_ref(value) };
                found.extend(judge(matcher, one, scope)?);
            }
        }
        other => found.push(not_looked_at(whole, "a list", show(other))),
    }
    Ok(())
}

/// Equality as the field means it: a media type is compared without parameters and case, other text as it is.
fn equal(seen: Seen<'_>, expected: &Value) -> bool {
    match seen {
        Seen::Absent => false,
        Seen::Number(number) => text_of(expected) == number.to_string(),
        Seen::Json(value) => value == expected,
        Seen::Field { name, .. } if name.eq_ignore_ascii_case("content-type") => {
            let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            text(seen).is_some_and(|text| essence(&text) == essence(&text_of(expected)))
        }
        _ => text(seen).is_some_and(|text| text == text_of(expected)),
    }
}

fn text(seen: Seen<'_>) -> Option<String> {
    match seen {
        Seen::Absent => None,
        Seen::Number(number) => Some(number.to_string()),
        // Several field lines mean the same as one with their values joined by commas (RFC 9110 section 5.3).
        Seen::Field { values, .. } => Some(values.join(", ")),
        Seen::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Seen::Json(Value::String(text)) => Some(text.clone()),
        Seen::Json(Value::Number(number)) => Some(number.to_string()),
        Seen::Json(_) => None,
    }
}

fn absent_elements(values: &OneOrMany<Value>, seen: Seen<'_>, scope: &Scope) -> Result<Vec<String>, NoValue> {
    let mut missing = Vec::new();
    for value in values.iter() {
        let value = scope.document(&value.value)?;
        if !has(seen, &value) {
            missing.push(show_value(&value));
        }
    }
    Ok(missing)
}

fn has(seen: Seen<'_>, wanted: &Value) -> bool {
    match seen {
        Seen::Json(Value::Array(list)) => list.iter().any(|element| covers(element, wanted)),
        Seen::Json(Value::Object(members)) => wanted.as_str().is_some_and(|key| members.contains_key(key)),
        Seen::Field { values, .. } => {
            let wanted = text_of(wanted);
            values.iter().any(|value| value == &wanted || value.split(',').any(|part| part.trim() == wanted))
        }
        // Bytes are searched as they are: one that is not text must not hide what stands beside it.
        Seen::Bytes(bytes) => {
            let wanted = text_of(wanted);
            wanted.is_empty() || bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
        }
        other => text(other).is_some_and(|text| text.contains(&text_of(wanted))),
    }
}

/// True when `value` is `wanted`, or an object that has all of its members.
fn covers(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| value.get(key).is_some_and(|value| covers(value, wanted)))
        }
        _ => value == wanted,
    }
}

fn is_digest_of(digest: &str, bytes: &[u8]) -> bool {
    let algorithm = digest.split_once(':').and_then(|(name, _)| Algorithm::parse(name));
    match algorithm {
        Some(algorithm) => algorithm.digest(bytes) == digest,
        // A well-formed digest in an algorithm we cannot compute proves nothing against the subject.
        None => digest.split_once(':').is_some_and(|(name, encoded)| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+._-".contains(c))
                && encoded.len() >= 32
                && encoded.chars().all(|c| c.is_ascii_alphanumeric() || "=_-".contains(c))
        }),
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A number itself, else the length.
fn size(seen: Seen<'_>) -> Option<u64> {
    match seen {
        Seen::Number(number) => Some(number),
        Seen::Json(Value::Number(number)) => number.as_u64(),
        other => length_of(other),
    }
}

fn length_of(seen: Seen<'_>) -> Option<u64> {
    let length = match seen {
        Seen::Json(Value::Array(list)) => list.len(),
        Seen::Json(Value::Object(members)) => members.len(),
        Seen::Json(Value::String(text)) => text.len(),
        Seen::Bytes(bytes) => bytes.len(),
        Seen::Field { .. } => text(seen)?.len(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

/// Longest text that is shown of a value.
const SHOWN: usize = 300;

fn show_value(value: &Value) -> String {
    cut(value.to_string())
}

fn show(seen: Seen<'_>) -> String {
    match seen {
        Seen::Absent => "nothing".to_owned(),
        Seen::Number(number) => number.to_string(),
        Seen::Field { values, .. } => cut(format!("{:?}", values.join(", "))),
        Seen::Bytes(bytes) => {
            let digest = Algorithm::Sha256.digest(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) if text.len() <= SHOWN && !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => {
                    format!("{} bytes: {text}", bytes.len())
                }
                _ => format!("{} bytes, {digest}", bytes.len()),
            }
        }
        Seen::Json(value) => show_value(value),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
