//! The variables of a case and the expansion of placeholders.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_suite::template::{Name, Part, Template};
use serde_json::Value;

use crate::given::Made;

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Variable {
    /// A value: text or a number.
    Value(Value),
    /// Content of the case.
    Fixture(Arc<Made>),
    /// Named values, e.g. the facts about the subject.
    Fields(Arc<BTreeMap<String, Value>>),
}

/// The variables of one case.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: BTreeMap<String, Variable>,
}

/// A placeholder without a value. The lint refuses unknown names, so this is a value that a step should have saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{0}}}` has no value here")]
pub struct NoValue(String);

impl Scope {
    /// Sets a variable, replacing an earlier value.
    pub fn set(&mut self, name: impl Into<String>, variable: Variable) {
        self.variables.insert(name.into(), variable);
    }

    /// Sets a variable to a text or number.
    pub fn set_value(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.set(name, Variable::Value(value.into()));
    }

    /// The fixture of that name.
    pub fn fixture(&self, name: &str) -> Option<&Arc<Made>> {
        match self.variables.get(name) {
            Some(Variable::Fixture(made)) => Some(made),
            _ => None,
        }
    }

    /// The value of a variable that is a plain value.
    pub fn saved(&self, name: &str) -> Option<Value> {
        match self.variables.get(name) {
            Some(Variable::Value(value)) => Some(value.clone()),
            _ => None,
        }
    }

    /// The value of a placeholder; `None` for a whole fixture, whose value is its bytes.
    fn value(&self, name: &Name) -> Result<Option<Value>, NoValue> {
        let missing = || NoValue(name.to_string());
        match (self.variables.get(&name.root).ok_or_else(missing)?, &name.field) {
            (Variable::Value(value), None) => Ok(Some(value.clone())),
            (Variable::Fixture(_), None) => Ok(None),
            (Variable::Fixture(made), Some(field)) => made.field(field).ok_or_else(missing),
            (Variable::Fields(fields), Some(field)) => fields.get(field).cloned().map(Some).ok_or_else(missing),
            _ => Err(missing()),
        }
    }

    /// The bytes of a template.
    pub fn bytes(&self, template: &Template) -> Result<bytes::Bytes, NoValue> {
        if let Some(name) = template.single()
            && let Some(bytes) = self.raw(name)?
        {
            return Ok(bytes);
        }
        let mut all = Vec::new();
        for part in template.parts() {
            match part {
                Part::Text(text) => all.extend_from_slice(text.as_bytes()),
                Part::Name(name) => match self.raw(name)? {
                    Some(bytes) => all.extend_from_slice(&bytes),
                    None => all.extend_from_slice(text_of(&self.value(name)?.unwrap_or_default()).as_bytes()),
                },
            }
        }
        Ok(all.into())
    }

    /// The bytes a name stands for, if it stands for bytes and not for a text or number.
    fn raw(&self, name: &Name) -> Result<Option<bytes::Bytes>, NoValue> {
        match (self.variables.get(&name.root), &name.field) {
            (Some(Variable::Fixture(made)), None) => Ok(Some(made.bytes())),
            (Some(Variable::Fixture(made)), Some(field)) => Ok(made.chunk_bytes(field)),
            (Some(_), _) => Ok(None),
            (None, _) => Err(NoValue(name.to_string())),
        }
    }

    /// The text of a template.
    pub fn text(&self, template: &Template) -> Result<String, NoValue> {
        Ok(String::from_utf8_lossy(&self.bytes(template)?).into_owned())
    }

    /// A document with every placeholder in its texts replaced. A text that is nothing but one placeholder becomes
    /// the value itself, be it a number or a descriptor.
    pub fn document(&self, value: &Value) -> Result<Value, NoValue> {
        Ok(match value {
            Value::String(text) => match Template::parse(text) {
                Ok(template) => match template.single() {
                    Some(name) if self.raw(name)?.is_none() => self.value(name)?.unwrap_or_default(),
                    _ => Value::String(self.text(&template)?),
                },
                Err(_) => value.clone(),
            },
            Value::Array(values) => Value::Array(values.iter().map(|v| self.document(v)).collect::<Result<_, _>>()?),
            Value::Object(members) => Value::Object(
                members.iter().map(|(k, v)| Ok((k.clone(), self.document(v)?))).collect::<Result<_, NoValue>>()?,
            ),
            other => other.clone(),
        })
    }
}

/// A value as it is written in a URL, a header or a body.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
