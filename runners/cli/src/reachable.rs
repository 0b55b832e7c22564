//! Is there a registry, does it let us in, and may we push? Asked once before a run, so that the answer is one message
//! instead of hundreds of verdicts.

use plimsoll_engine::plan::Entry;
use plimsoll_registry_runner::client::{Response, SendError};
use plimsoll_registry_runner::{Registry, Target};
use url::Url;

use crate::error::CliError;

/// Looks at the registry before the entries are run.
pub(crate) async fn reachable(driver: &Registry, target: &Target, entries: &[Entry]) -> Result<(), CliError> {
    let url = &target.url;
    let ping = driver.ping().await.map_err(|error| unreachable(url, &error))?;
    if matches!(ping.status, 401 | 403) {
        return Err(refused(target, "GET /v2/", &ping));
    }
    if ping.url.scheme() != url.scheme() {
        let mut there = ping.url.clone();
        there.set_path("/");
        there.set_query(None);
        return Err(CliError::harness(format!("GET {url}v2/ is redirected to {}", ping.url.scheme()))
            .hint(format!("test the registry where it is: --registry {}", there.origin().ascii_serialization())));
    }
    let body = String::from_utf8_lossy(&ping.body).to_ascii_lowercase();
    if ping.status == 400 && url.scheme() == "http" && body.contains("https") {
        return Err(CliError::harness(format!("GET {url}v2/ answers 400: there is no HTTP, but HTTPS")).hint(TRY_HTTPS));
    }
    // Where nothing may be written, /v2/ has to be enough.
    if target.read_only {
        return match matches!(ping.status, 404 | 405 | 502..=504) || is_page(&ping) {
            true => Err(no_registry(url, &ping)),
            false => Ok(()),
        };
    }
    let upload = driver.open_upload().await;
    if let Ok(upload) = &upload
        && matches!(upload.status, 401 | 403)
        && entries.iter().any(|entry| !entry.case.needs.is_empty())
    {
        return Err(refused(target, "POST /v2/.../blobs/uploads/", upload));
    }
    if let Some(Ok(upload)) = driver.open_second_upload().await
        && matches!(upload.status, 401 | 403)
        && entries
            .iter()
            .any(|entry| entry.case.requires.iter().any(|capability| *capability.value == *"second-identity"))
    {
        let message = format!("{url} refuses the second user: POST /v2/.../blobs/uploads/ answers {}", upload.status);
        let hint =
            "is the password in PLIMSOLL_OTHER_PASSWORD right, and may --other-user push below --other-namespace?";
        return Err(CliError::harness(message).hint(hint));
    }
    // A faulty registry may say anything of /v2/, 500 as well, and is to be told so; a server that never heard of it is
    // none, nor is a gateway without one behind it.
    let doubtful = matches!(ping.status, 404 | 405 | 502..=504) || is_page(&ping);
    if doubtful && !upload.is_ok_and(|response| response.status == 202) {
        return Err(no_registry(url, &ping));
    }
    Ok(())
}

/// True for an answer that is meant for browsers.
fn is_page(response: &Response) -> bool {
    let essence = |value: &String| value.trim().to_ascii_lowercase().starts_with("text/html");
    response.field("content-type").iter().any(essence)
}

fn no_registry(url: &Url, response: &Response) -> CliError {
    let page = if is_page(response) { " with a page for browsers" } else { "" };
    CliError::harness(format!("{url} does not look like a registry: GET /v2/ answers {}{page}", response.status)).hint(
        "give the root of the registry, without /v2/ or a repository; if it is one, see whether it has started and \
         what stands between it and you",
    )
}

const TRY_HTTPS: &str = "if the server speaks TLS there, write https://";

/// The error of a registry that does not let us do what the suites need.
fn refused(target: &Target, what: &str, response: &Response) -> CliError {
    let does = if target.client.credentials.is_some() { "refuses the" } else { "asks for" };
    let (url, status, reason) = (&target.url, response.status, &response.reason);
    let message = format!("{url} {does} credentials: {what} answers {status} {reason}");
    let hint = if what.starts_with("GET") {
        "give --user NAME and --password-stdin, of a user who may pull and push"
    } else {
        "the suites push what they pull: give --user NAME and --password-stdin of a user who may push, \
         or a --namespace where this one may"
    };
    CliError::harness(message.trim_end()).hint(hint)
}

/// The error of a registry that gave no answer.
fn unreachable(url: &Url, error: &SendError) -> CliError {
    let text = error.to_string();
    let hint = match error {
        SendError::Connect { .. } => connect_hint(url, &text),
        SendError::Timeout(_) => "is it a registry? --timeout TIME lets it take longer".to_owned(),
        SendError::NoToken { .. } => {
            "the registry names this token service in its challenge; is it running, and reachable from here?".to_owned()
        }
        _ if url.scheme() == "http" => format!("does the URL lead to a registry? And {TRY_HTTPS}"),
        _ => "does the URL lead to a registry?".to_owned(),
    };
    CliError::harness(format!("GET {url}v2/: {text}")).hint(hint)
}

/// What to do about a connection that did not come about.
fn connect_hint(url: &Url, text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let either = "or accept any certificate with --insecure";
    if lower.contains("unknownissuer") {
        format!("its certificate is of an authority this system does not know: name that with --ca FILE, {either}")
    } else if lower.contains("causedasendentity") {
        format!(
            "its certificate is that of an authority, which no server may use as its own: give the server one that is \
             signed by it and name the authority with --ca FILE, {either}"
        )
    } else if lower.contains("certificate expired") || lower.contains("not valid yet") {
        format!("its certificate is out of date (is the clock right?): renew it, {either}; --ca does not help here")
    } else if lower.contains("not valid for name") {
        format!("its certificate is for another name: use that in --registry, {either}; --ca does not help here")
    } else if lower.contains("certificate") {
        format!("its certificate is not trusted: name the authority that signed it with --ca FILE, {either}")
    } else if url.scheme() == "https" && (lower.contains("corrupt message") || lower.contains("invalidcontenttype")) {
        "the server does not speak TLS there: write http://".to_owned()
    } else {
        "is the registry running, and is the address right?".to_owned()
    }
}
