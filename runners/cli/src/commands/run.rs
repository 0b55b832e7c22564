//! `plimsoll run`.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plimsoll_engine::expectations::Expectations;
use plimsoll_engine::plan::{Selection, plan};
use plimsoll_engine::run::Signal;
use plimsoll_engine::summary::Summary;
use std::sync::Arc;

use plimsoll_registry_runner::client::ClientOptions;
use plimsoll_registry_runner::content::Content;
use plimsoll_registry_runner::{Second, Target};
use plimsoll_reports::{Format, Options, Reporter, RunDir, Terminal, render};
use plimsoll_suite::diagnostic::Diagnostic;
use plimsoll_suite::ledger::{Side, SpecVersion};
use plimsoll_suite::{Library, Spec};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use url::Url;

use crate::args::RunArgs;
use crate::commands::{data, has_suites, library, nothing, selection, spec_of, version_of};
use crate::credentials;
use crate::error::CliError;
use crate::exit::Exit;
use crate::reference::{NAMESPACE, Variant};
use crate::session::{Session, Sink};
use crate::subject::{Opened, quoted};

/// Runs the suites and reports.
pub async fn run(mut args: RunArgs) -> Result<Exit, CliError> {
    crate::config::fill(&mut args)?;
    // Before anything is started that would have to be cleaned up.
    let stop = on_interrupt()?;
    if let Some(client) = args.client.take() {
        return crate::client::run(&args, &client, stop).await;
    }
    let log = out(&args).join(LOG);
    let opened = Opened::open(&mut args, Some(&log)).await?;
    let result = run_against(&args, &opened, stop).await;
    opened.stop(log.parent().is_some_and(Path::is_dir).then_some(&*log)).await;
    result
}

/// What a registry printed that the run started, in the directory of the run.
const LOG: &str = "subject.log";

/// The directory of the run.
fn out(args: &RunArgs) -> PathBuf {
    args.how.out.clone().unwrap_or_else(|| PathBuf::from("plimsoll-run"))
}

async fn run_against(args: &RunArgs, opened: &Opened, stop: watch::Receiver<bool>) -> Result<Exit, CliError> {
    let session = session(args, opened)?;
    if session.plan().is_empty() {
        return Err(nothing());
    }
    reported(args, async |sink| session.run(stop, sink).await).await
}

/// Runs, stores what happens as it happens, and writes and prints the reports.
pub(crate) async fn reported(
    args: &RunArgs,
    run: impl AsyncFnOnce(&mut Sink<'_>) -> Result<Summary, CliError>,
) -> Result<Exit, CliError> {
    let out = out(args);
    let formats = if args.how.format.is_empty() { vec![Format::Terminal] } else { args.how.format.clone() };
    // Made when the run begins: an address with a typing error costs nobody the results of an earlier run.
    let mut dir: Option<RunDir> = None;
    let options = Options { strict: args.how.strict, run_dir: Some(out.clone()) };
    let mut terminal = if formats.contains(&Format::Terminal) {
        Terminal::new(options)
    } else {
        // Standard output carries data; the progress goes to standard error as ever.
        let live = std::io::stderr().is_terminal();
        Terminal::with(options, Box::new(std::io::sink()), Box::new(anstream::stderr()), live)
    };
    let summary = run(&mut |signal| {
        let dir = match &mut dir {
            Some(dir) => dir,
            None => dir.insert(RunDir::create(&out)?),
        };
        match signal {
            Signal::Event(event) => {
                dir.event(event)?;
                terminal.event(event)?;
            }
            Signal::Body { digest, bytes } => dir.store_body(digest, bytes)?,
        }
        Ok(())
    })
    .await?;
    if let Some(dir) = &dir {
        dir.finish(&summary, &Format::ALL)?;
    }
    print(&formats, &summary)?;
    Ok(summary.outcome(args.how.strict).into())
}

/// Prints the formats that are data; the terminal summary was printed when the run ended.
fn print(formats: &[Format], summary: &Summary) -> Result<(), CliError> {
    for format in formats.iter().filter(|format| **format != Format::Terminal) {
        let text = render(*format, summary)?;
        data(|out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// Builds the session of the arguments, for a registry that is there.
pub fn session(args: &RunArgs, opened: &Opened) -> Result<Session, CliError> {
    let (url, embedded) = (opened.url()?, opened.embedded());
    let mut library = library(args.select.suites.as_deref())?;
    if let Some(content) = &args.subject.given {
        Arc::make_mut(&mut library).fill(&content.lists());
    }
    let spec = spec_of(&library, args.select.spec.as_deref())?;
    has_suites(&library, &spec)?;
    if library.specs[&spec].ledger.side() == Side::Client {
        return Err(CliError::usage(format!("the suites of {spec} are for clients, not for registries"))
            .hint("name the client: --client skopeo, or a file with its profile"));
    }
    let version = version_of(&library, &spec, args.select.spec_version)?;
    let mut expectations = match args.how.expect.as_deref() {
        Some(path) => expectations(path, &library, &spec)?,
        None => Expectations::default(),
    };
    // The first entry that fits decides: what the user says comes before what the profile says.
    expectations.expectations.extend(args.subject.known.expectations.iter().cloned());
    let switched_off = SwitchedOff::of(&library.specs[&spec], &args.subject.switched_off);
    let seed = args.how.pace.seed.unwrap_or_else(|| u64::from_le_bytes(random::<8>()) >> 16);
    let jobs = args.how.pace.jobs.unwrap_or_else(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        (processors * 4).min(16)
    });
    let access = match (&args.subject.exec, embedded) {
        (Some(command), _) => format!(" --exec {}{}", quoted(command), access_flags(args)),
        (None, None) => format!(" --registry {url}{}", access_flags(args)),
        (None, Some(Variant::Usual)) => String::new(),
        (None, Some(variant)) => format!(" --reference {}", variant.name()),
    };
    let namespace = namespace(args)?;
    let mut client = client_options(args)?;
    let mut second = second(args, &namespace)?;
    if let Some(variant) = embedded {
        (client.credentials, second) = (variant.credentials(), variant.second());
    }
    Ok(Session {
        spec,
        version,
        selection: selection(&args.select),
        target: Target {
            url: url.clone(),
            client,
            namespace,
            run_tag: random::<4>().iter().fold("r".to_owned(), |tag, byte| format!("{tag}{byte:02x}")),
            seed,
            keep: args.subject.keep || embedded.is_some(),
            owned: args.subject.i_own_this_registry,
            read_only: args.subject.read_only,
            content: args.subject.given.clone(),
            left_out: switched_off.features,
            second,
            exec: opened.exec(),
        },
        product: match (&args.subject.product, embedded) {
            (None, Some(_)) => {
                (Some("plimsoll-registry (embedded)".to_owned()), Some(env!("CARGO_PKG_VERSION").to_owned()))
            }
            _ => (args.subject.product.clone(), args.subject.product_version.clone()),
        },
        jobs,
        deadline: args.how.pace.deadline.unwrap_or(Duration::from_secs(60)),
        left_out: switched_off.cases,
        expectations,
        subject_flags: access + &scope_flags(args),
        config: configuration(args, if embedded.is_some() { "embedded" } else { url.as_str() }, jobs),
        look_first: true,
        suites: library,
    })
}

/// What decided the run, for the record: no secrets, and nothing that was left at its default.
pub(crate) fn configuration(args: &RunArgs, registry: &str, jobs: usize) -> BTreeMap<String, String> {
    let (select, how) = (&args.select, &args.how);
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let time = |time: Option<Duration>| time.map(|time| format!("{time:?}"));
    let list = |list: &[String]| (!list.is_empty()).then(|| list.join(" "));
    let content = |of: fn(&Content) -> &Vec<String>| args.subject.given.as_ref().and_then(|content| list(of(content)));
    let flag = |flag: bool| flag.then(|| "true".to_owned());
    let levels: Vec<String> = select.level.iter().map(|level| format!("{level:?}").to_lowercase()).collect();
    [
        ("registry", Some(registry.to_owned())),
        ("exec", args.subject.exec.clone()),
        ("kills", args.subject.kills.map(|kills| kills.to_string())),
        ("user", Some(args.subject.user.clone().unwrap_or_else(|| "anonymous".to_owned()))),
        ("reference", args.subject.reference.map(|variant| variant.name().to_owned())),
        ("other-user", args.subject.other_user.clone()),
        ("other-namespace", args.subject.other_namespace.clone()),
        ("jobs", Some(jobs.to_string())),
        ("namespace", args.subject.namespace.clone()),
        ("ca", path(&args.subject.ca)),
        ("insecure", flag(args.subject.insecure)),
        ("keep", flag(args.subject.keep)),
        ("i-own-this-registry", flag(args.subject.i_own_this_registry)),
        ("read-only", flag(args.subject.read_only)),
        ("subject", args.subject.subject.clone()),
        ("official-config", args.subject.official_config.as_ref().and_then(path)),
        ("switched-off", list(&args.subject.switched_off)),
        ("content-repository", args.subject.given.as_ref().map(|content| content.repository.clone())),
        ("content-tags", content(|content| &content.tags)),
        ("content-manifests", content(|content| &content.manifests)),
        ("content-blobs", content(|content| &content.blobs)),
        ("content-referrers", content(|content| &content.referrers)),
        ("suites", path(&select.suites)),
        ("case", list(&select.case)),
        ("suite", list(&select.suite)),
        ("req", list(&select.req)),
        ("level", list(&levels)),
        ("needs", list(&select.needs)),
        ("partition", select.partition.map(|partition| format!("{partition:?}"))),
        ("expect", path(&how.expect)),
        ("strict", flag(how.strict)),
        ("timeout", time(how.pace.timeout)),
        ("deadline", time(how.pace.deadline)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// What the switches that are off leave out.
#[derive(Debug, Default)]
struct SwitchedOff {
    features: BTreeMap<String, String>,
    cases: Vec<(String, String)>,
}

impl SwitchedOff {
    fn of(spec: &Spec, keys: &[String]) -> Self {
        let mut off = Self::default();
        let switches = spec.official.iter().flat_map(|official| &official.switches);
        for switch in switches.filter(|switch| keys.contains(&switch.key)) {
            let reason = format!("`{}` is switched off in the official configuration", switch.key);
            off.features.extend(switch.features.iter().map(|feature| (feature.value.clone(), reason.clone())));
            off.cases.extend(switch.cases.iter().map(|glob| (glob.value.clone(), reason.clone())));
        }
        off
    }
}

/// The namespace of the run: every repository begins with it.
fn namespace(args: &RunArgs) -> Result<String, CliError> {
    args.subject.namespace.as_deref().map_or_else(|| Ok(NAMESPACE.to_owned()), checked_namespace)
}

/// The second user, if there is one, in a namespace apart from that of the first.
fn second(args: &RunArgs, own: &str) -> Result<Option<Second>, CliError> {
    let Some(mut second) = credentials::second(&args.subject)? else { return Ok(None) };
    second.namespace = checked_namespace(&second.namespace)?;
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    let theirs = &second.namespace;
    if below(own, theirs) || below(theirs, own) {
        let message = format!("the namespaces `{own}` and `{theirs}` lie in one another");
        return Err(CliError::usage(message).hint("the second user needs one where the first has no right"));
    }
    Ok(Some(second))
}

/// A namespace as the specification has it.
fn checked_namespace(namespace: &str) -> Result<String, CliError> {
    let fits = |part: &str| {
        let mut runs = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).filter(|run| !run.is_empty());
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        part.starts_with(edge)
            && part.ends_with(edge)
            && runs.all(|run| matches!(run, "." | "_" | "__") || run.bytes().all(|byte| byte == b'-'))
    };
    if namespace.is_empty() || (namespace.len() <= 150 && namespace.split('/').all(fits)) {
        return Ok(namespace.to_owned());
    }
    Err(CliError::usage(format!("`{namespace}` cannot begin the name of a repository"))
        .hint("write lower-case letters and digits with single separators between them, such as team/project"))
}

/// Reads known deviations. An entry for a case that no version has is a mistake.
pub(crate) fn expectations(path: &Path, library: &Library, spec: &str) -> Result<Expectations, CliError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
    let name = path.display().to_string();
    let read = Expectations::read(&name, &text).map_err(|mistake| CliError::mistake(&mistake, &text))?;
    let spec = &library.specs[spec];
    let of = |version: &SpecVersion| plan(spec, *version, &Selection::default());
    let ids: Vec<String> = spec.ledger.source.versions.iter().flat_map(of).map(|entry| entry.id).collect();
    match read.stale(&ids).first() {
        None => Ok(read),
        Some(glob) => {
            let mistake = Diagnostic::new(&name, glob.at, format!("no case fits `{glob}`"))
                .hint("`plimsoll list` shows the cases; take the entry out if the case is gone");
            Err(CliError::mistake(&mistake, &text))
        }
    }
}

/// The flags that say what is pushed where.
fn scope_flags(args: &RunArgs) -> String {
    let namespace = args.subject.namespace.as_ref().map(|namespace| format!(" --namespace '{namespace}'"));
    let suites = args.select.suites.as_ref().map(|folder| format!(" --suites '{}'", folder.display()));
    let content = args.subject.content.as_ref().map(|path| format!(" --content '{}'", path.display()));
    let official = args.subject.official_config.as_ref().map(|named| match named {
        None => " --official-config".to_owned(),
        Some(path) => format!(" --official-config '{}'", path.display()),
    });
    let read_only = args.subject.read_only.then(|| " --read-only".to_owned());
    namespace.into_iter().chain(suites).chain(content).chain(read_only).chain(official).collect()
}

/// The flags with which the registry lets us in, but for the password.
fn access_flags(args: &RunArgs) -> String {
    let mut flags = String::new();
    if let Some(user) = &args.subject.user {
        flags = format!(" --user '{user}' --password-stdin");
    }
    if let Some((user, namespace)) = args.subject.other_user.as_ref().zip(args.subject.other_namespace.as_ref()) {
        flags = format!("{flags} --other-user '{user}' --other-namespace '{namespace}'");
    }
    if let Some(ca) = &args.subject.ca {
        flags = format!("{flags} --ca '{}'", ca.display());
    }
    if args.subject.insecure {
        flags += " --insecure";
    }
    if args.subject.i_own_this_registry {
        flags += " --i-own-this-registry";
    }
    flags
}

/// How the registry is reached.
pub(crate) fn client_options(args: &RunArgs) -> Result<ClientOptions, CliError> {
    let ca = args.subject.ca.as_ref().map(std::fs::read).transpose().map_err(|error| {
        let path = args.subject.ca.clone().unwrap_or_default();
        CliError::usage(format!("cannot read {}: {error}", path.display()))
            .hint("--ca takes a PEM file with the certificates of authorities")
    })?;
    let timeout = args.how.pace.timeout.unwrap_or(Duration::from_secs(15));
    let credentials = credentials::first(&args.subject)?;
    Ok(ClientOptions { ca, insecure: args.subject.insecure, timeout, credentials })
}

/// A URL as users write it: the scheme may be missing, and the root is meant.
pub(crate) fn registry_url(text: &str) -> Result<Url, CliError> {
    // Looked for in the text, because what is no URL may hold a password, too, and the message shows it.
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        // It would be in the process list, in the reports, and in every command that repeats a case.
        let message = "the URL of the registry holds a user name or a password, which others can see there";
        return Err(CliError::usage(message).hint("use --user NAME and --password-stdin (or PLIMSOLL_PASSWORD)"));
    }
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    // A query may hold a secret as well.
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let wrong = |reason: String| {
        CliError::usage(format!("`{shown}` is not the URL of a registry: {reason}"))
            .hint("write for example http://127.0.0.1:5000")
    };
    let url = Url::parse(&full).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("its scheme is {}, not http or https", url.scheme())));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a query or a fragment, but a registry is the root of a host".to_owned()));
    }
    if !matches!(url.path(), "/" | "/v2" | "/v2/") {
        return Err(wrong(format!("it has the path {}, but a registry is the root of a host", url.path())));
    }
    let mut root = url;
    root.set_path("/");
    Ok(root)
}

/// Becomes true at the first SIGINT (Ctrl-C) or SIGTERM; the second one ends the process at once.
pub fn on_interrupt() -> Result<watch::Receiver<bool>, CliError> {
    let listen =
        |kind| signal(kind).map_err(|error| CliError::harness(format!("cannot listen for interrupts: {error}")));
    // From here on the signals are ours, also before the task below is scheduled for the first time.
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        for times in 1.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if times > 1 {
                #[expect(clippy::exit, reason = "the user asked twice")]
                std::process::exit(i32::from(Exit::Harness as u8));
            }
            anstream::eprintln!("interrupted: cleaning up (once more to leave at once)");
            sender.send_replace(true);
        }
    });
    Ok(receiver)
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&uuid::Uuid::new_v4().as_bytes()[..N]);
    bytes
}
