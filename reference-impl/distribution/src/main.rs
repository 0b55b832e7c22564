//! The registry as a program: arguments in, a listening URL out.

use clap::{Args, Parser, Subcommand, ValueEnum};
use plimsoll_registry::{Auth, Config, Freedom, Rule, Rules, Server, TlsConfig, Users};
use std::{
    error::Error,
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

const EXAMPLES: &str = "Examples:
  plimsoll-registry serve --root /var/lib/registry --listen 127.0.0.1:5000
  plimsoll-registry serve --root /tmp/r --auth bearer --user me --password-file secret --anonymous-pull
  plimsoll-registry serve --root /tmp/r --auth bearer --users users.json --token-lifetime 20s
  plimsoll-registry serve --root /tmp/r --break dist.tags.order.01/reverse
  plimsoll-registry serve --root /tmp/r --freedom tags-paged --freedom redirects
  plimsoll-registry rules | grep referrers

A file of users says who may do what in a repository and in those below it; what `anonymous` lists anybody may do:
  { \"users\": [ { \"name\": \"me\", \"password\": \"...\",
                 \"grants\": [ { \"repositories\": \"team\", \"actions\": [\"pull\", \"push\", \"delete\"] } ] } ],
    \"anonymous\": [ { \"repositories\": \"public\", \"actions\": [\"pull\"] } ] }";

/// A reference OCI registry: durable, concurrent, and breakable rule by rule.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until interrupted; the URL is printed on standard output.
    Serve(Box<Serve>),
    /// List the rules that can be broken: id, tab, what a registry does then.
    Rules,
    /// List the freedoms that can be taken: id, tab, what a registry does then.
    Freedoms,
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes any free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
    /// The state directory; created if absent.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Break a rule on purpose, by its id (see `rules`). Repeatable; only on a loopback listener.
    #[arg(long = "break", value_name = "ID", value_parser = rule)]
    broken: Vec<Rule>,
    /// Take a freedom the specification gives, by its id (see `freedoms`). Repeatable.
    #[arg(long = "freedom", value_name = "ID", value_parser = freedom)]
    freedoms: Vec<Freedom>,
    /// How clients authenticate.
    #[arg(long, value_enum, default_value_t = Scheme::None)]
    auth: Scheme,
    /// One user who may do everything, for `--auth basic` and `--auth bearer`.
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,
    /// A file whose first line is the password.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Anybody may pull, without `--user`.
    #[arg(long, requires = "user")]
    anonymous_pull: bool,
    /// A JSON file of users and what each of them may do, in place of `--user`.
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    users: Option<PathBuf>,
    /// How long a token of the built-in service is valid: 20s, 5m.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    token_lifetime: Duration,
    /// Serve HTTPS with this PEM certificate chain.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The PEM private key of the certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Answer deletions of tags, manifests and blobs with 405.
    #[arg(long)]
    no_deletes: bool,
    /// Do not offer the referrers API, nor index what is pushed meanwhile.
    #[arg(long)]
    no_referrers: bool,
    /// Offer the referrers API in a repository only from the first request for it on, as after an upgrade.
    #[arg(long, conflicts_with = "no_referrers")]
    referrers_late: bool,
    /// Most descriptors in one answer of the referrers API.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    referrers_page: usize,
    /// Forget unfinished uploads not used for so long: 500ms, 90s, 15m, 1h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    upload_timeout: Duration,
    /// Announce and enforce a smallest chunk, in bytes.
    #[arg(long, value_name = "BYTES")]
    chunk_min_length: Option<u64>,
    /// Largest manifest, in bytes [default: 4 MiB and 4 KiB].
    #[arg(long, value_name = "BYTES")]
    manifest_limit: Option<usize>,
    /// Accept an index whose manifests are absent.
    #[arg(long)]
    allow_sparse: bool,
    /// Most requests in a second; beyond it 429.
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Send this text as a Warning header with every answer.
    #[arg(long, value_name = "TEXT")]
    warning: Option<String>,
    /// Do not flush to disk before acknowledging; for state that is thrown away.
    #[arg(long)]
    no_fsync: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Scheme {
    /// Anyone everything.
    None,
    /// User and password with every request.
    Basic,
    /// Tokens of the built-in service at /token.
    Bearer,
}

fn rule(id: &str) -> Result<Rule, String> {
    Rule::from_id(id).ok_or_else(|| "no such rule (hint: `plimsoll-registry rules` lists them)".to_owned())
}

fn freedom(id: &str) -> Result<Freedom, String> {
    Freedom::from_id(id).ok_or_else(|| "no such freedom (hint: `plimsoll-registry freedoms` lists them)".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let milliseconds = match &text[digits.len()..] {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err("the unit is one of ms, s, m, h".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(|| "too long".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Rules => list(Rule::ALL.iter().map(|rule| (rule.id(), rule.about()))),
        Command::Freedoms => list(Freedom::ALL.iter().map(|freedom| (freedom.id(), freedom.about()))),
        Command::Serve(arguments) => serve(*arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn list<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for (id, about) in rows {
        match writeln!(out, "{id}\t{about}") {
            // `rules | head` has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            result => result?,
        }
    }
    Ok(())
}

async fn serve(arguments: Serve) -> Result<(), Box<dyn Error>> {
    let config = config(arguments)?;
    for rule in config.rules.broken() {
        say(&format!("WARNING: THIS REGISTRY IS WRONG ON PURPOSE: {} ({})", rule.about(), rule.id()));
    }
    // Before the URL is out: whoever reads it may send a signal at once.
    let stop = stop_signal()?;
    let server = Server::start(config).await?;
    writeln!(io::stdout(), "{}", server.url())?;
    stop.await;
    say("stopping");
    server.shutdown().await;
    Ok(())
}

fn config(arguments: Serve) -> Result<Config, Box<dyn Error>> {
    let users = users(&arguments)?;
    let mut config = Config::new(arguments.root);
    config.listen = arguments.listen;
    config.rules = Rules::breaking(arguments.broken);
    config.freedoms = arguments.freedoms.into_iter().collect();
    config.auth = match (arguments.auth, users) {
        (Scheme::None, None) => Auth::None,
        (Scheme::Basic, Some(users)) => Auth::Basic(users),
        (Scheme::Bearer, Some(users)) => Auth::Bearer(users),
        (Scheme::None, Some(_)) => {
            return Err("users need a way to log in (hint: --auth basic or --auth bearer)".into());
        }
        (_, None) => return Err("nobody could log in (hint: --user with --password-file, or --users)".into()),
    };
    config.token_lifetime = arguments.token_lifetime;
    config.tls = arguments.tls_cert.zip(arguments.tls_key).map(|(certificate, key)| TlsConfig { certificate, key });
    config.deletes = !arguments.no_deletes;
    config.referrers = !arguments.no_referrers;
    config.referrers_late = arguments.referrers_late;
    config.referrers_page = arguments.referrers_page;
    config.upload_timeout = arguments.upload_timeout;
    config.chunk_min_length = arguments.chunk_min_length;
    config.manifest_limit = arguments.manifest_limit.unwrap_or(config.manifest_limit);
    config.allow_sparse = arguments.allow_sparse;
    config.rate_limit = arguments.rate_limit;
    config.warning = arguments.warning;
    config.durable = !arguments.no_fsync;
    config.on_failure = Some(say);
    Ok(config)
}

/// Who may log in, if anybody was named.
fn users(arguments: &Serve) -> Result<Option<Users>, Box<dyn Error>> {
    if let Some(file) = &arguments.users {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("could not read the file of users {}: {error}", file.display()))?;
        return Ok(Some(Users::from_json(&text)?));
    }
    let Some((user, file)) = arguments.user.as_ref().zip(arguments.password_file.as_ref()) else { return Ok(None) };
    let users = Users::one(user, password(file)?);
    Ok(Some(if arguments.anonymous_pull { users.with_anonymous_pull() } else { users }))
}

fn password(file: &PathBuf) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("could not read the password file {}: {error}", file.display()))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(format!("the password file {} begins with an empty line", file.display()).into());
    }
    Ok(password.to_owned())
}

/// Resolves on SIGINT or SIGTERM.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Talk goes to standard error; a closed one is no reason to stop serving.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "plimsoll-registry: {text}");
}
