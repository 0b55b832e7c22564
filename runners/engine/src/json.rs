//! JSON of a subject, read strictly: what it sent is judged before any type softens it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads JSON, refusing what RFC 8259 leaves undefined and I-JSON (RFC 7493) forbids: duplicate names and text that is
/// not UTF-8.
pub fn strict(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| error.to_string())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = map.next_entry::<String, Strict>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("the name {name:?} is given twice")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_value_in_its_order() {
        let text =
            r#" {"z":[1,-1,0.5,1e3,"x",null,true,18446744073709551615,-9223372036854775808],"a":{},"\u00e4":""} "#;
        let value = strict(text.as_bytes()).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(value.to_string().find("\"z\""), Some(1), "the order stays");
        for scalar in ["1", "\"x\"", "null", "[]"] {
            assert_eq!(strict(scalar.as_bytes()).unwrap().to_string(), scalar);
        }
    }

    #[test]
    fn refuses_names_that_are_given_twice_wherever_they_stand() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"a":2}}"#, r#"[{"a":1,"\u0061":2}]"#] {
            assert!(strict(text.as_bytes()).unwrap_err().contains("the name \"a\" is given twice"), "{text}");
        }
        assert!(strict(br#"{"a":{"a":1},"A":2}"#).is_ok());
    }

    #[test]
    fn refuses_what_is_no_json() {
        assert!(strict(b"\"\xff\"").unwrap_err().contains("UTF-8"));
        let broken = [
            "",
            " ",
            "{} x",
            "{}{}",
            "{\"a\":1,}",
            "[1,]",
            "'a'",
            "NaN",
            "01",
            "+1",
            "\"a\nb\"",
            "\u{feff}{}",
            r#""\ud800""#,
        ];
        for text in broken {
            assert!(strict(text.as_bytes()).is_err(), "{text:?}");
        }
        // A server that nests without end gets an answer, not our stack.
        assert!(strict("[".repeat(100_000).as_bytes()).unwrap_err().contains("recursion"));
    }
}
