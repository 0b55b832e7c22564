//! One self-contained page: no external resource, readable without script, everything escaped by the template engine.

mod build;
mod view;

use askama::Template;
use base64::Engine as _;
use plimsoll_engine::summary::Summary;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::facts::Facts;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// The page. The style and the script are constants; their hashes are all the content security policy allows.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: String,
    style: &'a str,
    script: &'a str,
    view: view::Report,
}

/// Renders the page.
pub(crate) fn render(summary: &Summary) -> Result<String, Error> {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let page = Page { policy, style: STYLE, script: SCRIPT, view: build::report(&Facts::new(summary)) };
    Ok(page.render()?)
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)))
}
