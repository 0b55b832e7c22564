use std::net::TcpStream;

use super::*;
use crate::client::ClientOptions;

fn at(port: u16) -> (Url, Client) {
    let options = ClientOptions { ca: None, insecure: false, timeout: Duration::from_secs(5), credentials: None };
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let client = Client::new(options, &url).unwrap();
    (url, client)
}

#[test]
fn a_command_has_to_say_where() {
    assert!(Launcher::new("serve {listen} {root}").is_ok());
    assert!(Launcher::new("serve {root}").unwrap_err().to_string().contains("{listen}"));
    assert!(Launcher::new("serve {listen}").unwrap_err().to_string().contains("{root}"));
}

#[test]
fn two_registries_that_begin_together_have_two_ports() {
    let ports = [(); 20].map(|()| Launcher::free_port().unwrap());
    let different: std::collections::BTreeSet<u16> = ports.into();
    assert_eq!(different.len(), ports.len(), "{ports:?}");
}

#[tokio::test]
async fn what_ends_at_once_is_shown_with_what_it_said() {
    let home = tempfile::tempdir().unwrap();
    let launcher = Launcher::new("echo no such flag {listen} {root} >&2; exit 7").unwrap();
    let (url, client) = at(Launcher::free_port().unwrap());
    let error = launcher
        .start(Command::new("sh"), (home.path(), &home.path().join("log")), &url, &client)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("exit status: 7") && error.contains("no such flag 127.0.0.1:"), "{error}");
}

/// A server in a shell is not to be had, so that the answer comes from here: what matters is who is alive.
#[tokio::test]
async fn killing_reaches_every_process_of_the_group() {
    let home = tempfile::tempdir().unwrap();
    let fifo = home.path().join("alive");
    // Both processes hold a pipe open for writing; its end is seen when both are gone.
    let command = format!("mkfifo {0}; sleep 1000 >{0} & sleep 1000 >{0}; : {{listen}} {{root}}", fifo.display());
    let launcher = Launcher::new(&command).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, client) = at(listener.local_addr().unwrap().port());
    let server = std::thread::spawn(move || answer(&listener));
    let running =
        launcher.start(Command::new("sh"), (home.path(), &home.path().join("log")), &url, &client).await.unwrap();
    server.join().unwrap();
    let mut alive = loop {
        // The shell may not have made it yet.
        match File::open(&fifo) {
            Ok(file) => break file,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    running.kill().await;
    let mut rest = Vec::new();
    alive.read_to_end(&mut rest).unwrap();
}

/// Answers one request.
fn answer(listener: &TcpListener) {
    use std::io::Write as _;
    let mut stream: TcpStream = listener.accept().unwrap().0;
    let mut buffer = [0; 1024];
    let _ = stream.read(&mut buffer).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
}
