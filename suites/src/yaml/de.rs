//! Typed values from a tree.

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Mistake, Tree};
use crate::diagnostic::nearest;
use crate::position::{At, Position};

/// Name of the newtype with which [`At`] asks for the place of a value. It is answered with a sequence of two: four
/// numbers, and the value.
pub(crate) const PLACED: &str = "plimsoll::At";

impl Error for Mistake {
    /// What follows `; hint: ` in the message is its hint: the traits of serde carry nothing but a text.
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        match message.split_once("; hint: ") {
            Some((message, hint)) => Self::new(Position::default(), message).hint(hint),
            None => Self::new(Position::default(), message),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(value) => format!("the number {value}"),
            Unexpected::Signed(value) => format!("the number {value}"),
            Unexpected::Float(value) => format!("the number {value}"),
            Unexpected::Str(_) => "text".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            other => other.to_string(),
        };
        // Serde names numbers by the types of Rust, and structures by their name there.
        let expected = match expected.to_string() {
            name if name.starts_with("struct ") => "a mapping".to_owned(),
            name if name == "a string" => "text".to_owned(),
            name if name == "a boolean" => "`true` or `false`".to_owned(),
            name if name == "a sequence" => "a list".to_owned(),
            name if name == "a map" => "a mapping".to_owned(),
            name if ["u8", "u16", "u32", "u64", "usize", "i32", "i64"].contains(&name.as_str()) => {
                "a whole number".to_owned()
            }
            other => other,
        };
        Self::new(Position::default(), format!("found {found} where {expected} belongs"))
    }

    fn unknown_variant(word: &str, words: &'static [&'static str]) -> Self {
        let mistake = Self::new(Position::default(), format!("`{word}` is not a word that can stand here"));
        Self { hint: nearest(word, words.iter().copied()), ..mistake }
    }

    fn unknown_field(key: &str, keys: &'static [&'static str]) -> Self {
        let mistake = Self::new(Position::default(), format!("unknown key `{key}`"));
        Self { hint: nearest(key, keys.iter().copied()), ..mistake }
    }

    fn missing_field(key: &'static str) -> Self {
        let hint = format!("add `{key}:` to the mapping that begins here");
        Self::new(Position::default(), format!("the key `{key}` is missing")).hint(hint)
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Mistake {
    /// Adds the place if there is none yet.
    fn placed(mut self, at: Position) -> Self {
        if self.at.line == 0 {
            self.at = at;
        }
        self
    }
}

/// A value to be read.
#[derive(Clone, Copy)]
pub(super) struct Value<'a>(pub(super) &'a At<Tree>);

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let result = match &self.0.value {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Number(number, _) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (.., value) => visitor.visit_f64(value.unwrap_or_default()),
            },
            Tree::Text(text) => visitor.visit_str(text),
            Tree::List(list) => visitor.visit_seq(Elements(list.iter())),
            Tree::Map(map) => visitor.visit_map(Members { members: map.iter(), value: None }),
        };
        result.map_err(|mistake| mistake.placed(self.0.at))
    }

    /// Where text is asked for, a number and a truth value are what is written: a version 1.10 is not 1.1.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let result = match &self.0.value {
            Tree::Number(_, written) => visitor.visit_str(written),
            Tree::Bool(value) => visitor.visit_str(if *value { "true" } else { "false" }),
            _ => return self.deserialize_any(visitor),
        };
        result.map_err(|mistake: Mistake| mistake.placed(self.0.at))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0.value {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        match name {
            PLACED => visitor.visit_seq(Placed { at: Some(self.0.at), value: self }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.0.value {
            // Serde would take the elements for the members in order.
            Tree::List(_) => Err(Mistake::new(self.0.at, "found a list where a mapping belongs")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Tree::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            other => Err(Mistake::new(self.0.at, format!("found {} where a word belongs", other.kind()))),
        }
        .map_err(|mistake: Mistake| mistake.placed(self.0.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Elements<'a>(std::slice::Iter<'a, At<Tree>>);

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Mistake;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        self.0.next().map(|node| seed.deserialize(Value(node))).transpose()
    }
}

struct Members<'a> {
    members: std::slice::Iter<'a, (At<String>, At<Tree>)>,
    value: Option<&'a At<Tree>>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Mistake;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some((key, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Key(key)).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let value = self.value.take().ok_or_else(|| Mistake::custom("a value was asked for before its key"))?;
        seed.deserialize(Value(value))
    }
}

/// The key of a mapping.
#[derive(Clone, Copy)]
struct Key<'a>(&'a At<String>);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_str(&self.0.value).map_err(|mistake: Mistake| mistake.placed(self.0.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        match name {
            PLACED => visitor.visit_seq(Placed { at: Some(self.0.at), value: self }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        StrDeserializer::<Mistake>::new(&self.0.value)
            .deserialize_enum(name, words, visitor)
            .map_err(|mistake| mistake.placed(self.0.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any option
    }
}

/// The answer to [`PLACED`].
struct Placed<D> {
    at: Option<Position>,
    value: D,
}

impl<'de, D: Deserializer<'de, Error = Mistake> + Copy> SeqAccess<'de> for Placed<D> {
    type Error = Mistake;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        match self.at.take() {
            Some(Position { line, column, offset, len }) => {
                let numbers = [line, column, offset, len].into_iter();
                seed.deserialize(SeqDeserializer::<_, Mistake>::new(numbers)).map(Some)
            }
            None => seed.deserialize(self.value).map(Some),
        }
    }
}
