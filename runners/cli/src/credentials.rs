//! Who logs in, and with what.

use std::io::Read as _;

use docker_credential::{CredentialRetrievalError as Missing, DockerCredential};
use plimsoll_registry_runner::Second;
use plimsoll_registry_runner::auth::Credentials;
use url::Url;

use crate::args::SubjectArgs;
use crate::error::CliError;

/// Reads the passwords that are not arguments, once: standard input has no second time.
pub fn read(args: &mut SubjectArgs) -> Result<(), CliError> {
    if args.password_stdin {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| CliError::usage(format!("cannot read the password from standard input: {error}")))?;
        args.password = Some(text.trim_end_matches(['\n', '\r']).to_owned());
    } else if let Ok(password) = std::env::var("PLIMSOLL_PASSWORD") {
        args.password = Some(password);
    }
    if let Ok(password) = std::env::var("PLIMSOLL_OTHER_PASSWORD") {
        args.other_password = Some(password);
    }
    Ok(())
}

/// The user of a run.
pub fn first(args: &SubjectArgs) -> Result<Option<Credentials>, CliError> {
    match (&args.user, &args.password) {
        (Some(user), Some(password)) => Ok(Some(Credentials { user: user.clone(), password: password.clone() })),
        (Some(user), None) => {
            let hint = "give it with --password-stdin or in PLIMSOLL_PASSWORD";
            Err(CliError::usage(format!("there is no password for the user {user}")).hint(hint))
        }
        (None, Some(_)) => Err(CliError::usage("there is a password but no user").hint("add --user NAME")),
        (None, None) => Ok(None),
    }
}

/// The second user, if there is one.
pub fn second(args: &SubjectArgs) -> Result<Option<Second>, CliError> {
    let Some((user, namespace)) = args.other_user.as_ref().zip(args.other_namespace.as_ref()) else {
        return Ok(None);
    };
    let Some(password) = args.other_password.clone().filter(|password| !password.is_empty()) else {
        let message = format!("there is no password for the second user {user}");
        return Err(CliError::usage(message).hint("give it in PLIMSOLL_OTHER_PASSWORD"));
    };
    Ok(Some(Second { credentials: Credentials { user: user.clone(), password }, namespace: namespace.clone() }))
}

/// Takes what `docker login` or `podman login` left for the registry.
pub fn stored(args: &mut SubjectArgs, url: &Url) -> Result<(), CliError> {
    // They know Docker Hub by another name than that of its API.
    let host = match url.authority() {
        "registry-1.docker.io" => "https://index.docker.io/v1/",
        host => host,
    };
    let nothing = |missing: &Missing| {
        CliError::usage(format!("there are no stored credentials for {host}: {missing}"))
            .hint("log in with `docker login` or `podman login`, or give --user NAME and --password-stdin")
    };
    let found = docker_credential::get_podman_credential(host)
        .or_else(|_| docker_credential::get_credential(host))
        .map_err(|missing| nothing(&missing))?;
    match found {
        DockerCredential::UsernamePassword(user, password) => {
            (args.user, args.password) = (Some(user), Some(password));
            Ok(())
        }
        DockerCredential::IdentityToken(_) => {
            Err(CliError::usage(format!("what is stored for {host} is an identity token, not a password"))
                .hint("give --user NAME and --password-stdin"))
        }
    }
}
