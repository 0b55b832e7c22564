//! JSON Schema of the suite language, for editors. It is derived from the types that read the files, so that it cannot
//! say anything else than they do.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::case::{FeatureFile, Suite};
use crate::ledger::Ledger;

/// Name and schema of every kind of file.
pub fn all() -> [(&'static str, Schema); 3] {
    [
        ("suite.schema.json", of::<Suite>("A Plimsoll suite")),
        ("features.schema.json", of::<FeatureFile>("The features of a specification")),
        ("ledger.schema.json", of::<Ledger>("The requirements of a specification")),
    ]
}

fn of<T: JsonSchema>(title: &str) -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema
}
