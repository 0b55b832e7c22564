//! PRODUCT.yaml: what the certification programme wants to know of a product.

use std::path::Path;

use plimsoll_suite::document;
use serde::Deserialize;

use crate::args::{ProductArgs, SubjectArgs};
use crate::error::CliError;

/// The kinds of products that the programme knows.
const KINDS: [&str; 3] = ["distribution", "hosted platform", "installer"];

/// The file as it may be written: everything can be missing, to be given by flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vendor: Option<String>,
    name: Option<String>,
    version: Option<String>,
    website_url: Option<String>,
    repo_url: Option<String>,
    documentation_url: Option<String>,
    product_logo_url: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
}

/// A product, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) vendor: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) website_url: String,
    pub(crate) repo_url: Option<String>,
    pub(crate) documentation_url: String,
    pub(crate) product_logo_url: Option<String>,
    pub(crate) kind: String,
    pub(crate) description: String,
}

impl Product {
    /// The product of the flags and the file, flags first.
    pub(crate) fn gather(args: &ProductArgs, subject: &SubjectArgs) -> Result<Self, CliError> {
        let file = match &args.product_file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
                parse(path, &text)?
            }
            None => File::default(),
        };
        let first = |flag: &Option<String>, file: Option<String>| flag.clone().or(file);
        let data = File {
            vendor: first(&args.vendor, file.vendor),
            name: first(&subject.product, file.name),
            version: first(&subject.product_version, file.version),
            website_url: first(&args.website_url, file.website_url),
            repo_url: first(&args.repo_url, file.repo_url),
            documentation_url: first(&args.documentation_url, file.documentation_url),
            product_logo_url: first(&args.product_logo_url, file.product_logo_url),
            kind: first(&args.kind, file.kind),
            description: first(&args.description, file.description),
        };
        Self::complete(data).map_err(|mistakes| {
            CliError::usage(format!("the data of the product is not complete:\n  - {}", mistakes.join("\n  - ")))
                .hint("give it with the flags, or in --product-file FILE; nothing was run")
        })
    }

    /// The product of a bundle's PRODUCT.yaml.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<String>> {
        let file = document(NAME, text).map_err(|mistake| vec![mistake.to_string()])?;
        Self::complete(file)
    }

    fn complete(data: File) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut must = |name: &str, flag: &str, value: Option<String>| {
            let value = value.map(|value| value.trim().to_owned()).unwrap_or_default();
            if value.is_empty() {
                mistakes.push(format!("`{name}` is missing ({flag})"));
            }
            value
        };
        let product = Self {
            vendor: must("vendor", "--vendor", data.vendor),
            name: must("name", "--product", data.name),
            version: must("version", "--product-version", data.version),
            website_url: must("website_url", "--website-url", data.website_url),
            repo_url: data.repo_url.filter(|url| !url.is_empty()),
            documentation_url: must("documentation_url", "--documentation-url", data.documentation_url),
            product_logo_url: data.product_logo_url.filter(|url| !url.is_empty()),
            kind: must("type", "--type", data.kind),
            description: must("description", "--description", data.description),
        };
        if !product.kind.is_empty() && !KINDS.contains(&product.kind.as_str()) {
            mistakes.push(format!("`type` is `{}`, not one of: {}", product.kind, KINDS.join(", ")));
        }
        let urls = [
            ("website_url", Some(&product.website_url)),
            ("repo_url", product.repo_url.as_ref()),
            ("documentation_url", Some(&product.documentation_url)),
            ("product_logo_url", product.product_logo_url.as_ref()),
        ];
        for (name, url) in urls.into_iter().filter_map(|(name, url)| Some((name, url?))) {
            let whole = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !url.is_empty() && !whole {
                mistakes.push(format!("`{name}` is `{url}`, which is no address (https://...)"));
            }
        }
        let words = product.name.split(|c: char| !c.is_alphanumeric());
        if words.into_iter().any(|word| word.eq_ignore_ascii_case("oci")) {
            mistakes.push(format!("`name` is `{}`: the programme takes no product with OCI in its name", product.name));
        }
        if mistakes.is_empty() { Ok(product) } else { Err(mistakes) }
    }

    /// The file as it stands in a bundle.
    pub(crate) fn yaml(&self) -> String {
        let fields = [
            ("vendor", Some(&self.vendor)),
            ("name", Some(&self.name)),
            ("version", Some(&self.version)),
            ("website_url", Some(&self.website_url)),
            ("repo_url", self.repo_url.as_ref()),
            ("documentation_url", Some(&self.documentation_url)),
            ("product_logo_url", self.product_logo_url.as_ref()),
            ("type", Some(&self.kind)),
            ("description", Some(&self.description)),
        ];
        // A JSON string is a YAML string.
        let line = |(name, value): (&str, &String)| format!("{name}: {}\n", serde_json::Value::from(value.as_str()));
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).map(line).collect()
    }
}

/// The name of the file in a bundle.
pub(crate) const NAME: &str = "PRODUCT.yaml";

fn parse(path: &Path, text: &str) -> Result<File, CliError> {
    document(&path.display().to_string(), text).map_err(|mistake| CliError::mistake(&mistake, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let error = Product::gather(&ProductArgs::default(), &SubjectArgs::default()).unwrap_err().to_string();
        for flag in [
            "--vendor",
            "--product)",
            "--product-version",
            "--website-url",
            "--documentation-url",
            "--type",
            "--description",
        ] {
            assert!(error.contains(flag), "{flag}: {error}");
        }
        assert!(!error.contains("logo") && !error.contains("repo_url"), "{error}");
    }

    #[test]
    fn a_product_survives_its_file() {
        let text = "vendor: V\nname: \"N: x\"\nversion: 1.0.0\nwebsite_url: https://v.example\n\
                    documentation_url: https://v.example/docs\ntype: hosted platform\ndescription: \"It's \\\"one\\\"\"\n";
        let product = Product::read(text).unwrap();
        assert_eq!(Product::read(&product.yaml()).unwrap(), product);
        let wrong = |from: &str, to: &str| Product::read(&text.replace(from, to)).unwrap_err().join("\n");
        assert!(wrong("hosted platform", "cloud").contains("not one of: distribution"));
        assert!(wrong("https://v.example\n", "v.example\n").contains("which is no address"));
        assert!(wrong("N: x", "My OCI registry").contains("OCI in its name"));
        assert!(wrong("vendor: V", "vendor: ''").contains("`vendor` is missing"));
        assert!(wrong("vendor:", "vendr:").contains("did you mean `vendor`?"));
    }
}
