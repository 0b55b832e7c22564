//! A server over raw TCP that does what a script says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One thing the server does.
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, until the client goes away.
    Endless(Vec<u8>),
    /// Sends these bytes one a second.
    Trickle(Vec<u8>),
    /// Sends nothing more and keeps the connection.
    Silence,
    /// Ends the connection.
    Close,
    /// Breaks the connection with a reset.
    Reset,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Header fields, one a line.
    pub(crate) head: String,
    /// Number of the request, from 0, all connections together.
    pub(crate) number: usize,
    /// Number of the request on its connection, from 0.
    pub(crate) on_connection: usize,
}

impl Ask {
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix("authorization: "))
    }
}

type Script = dyn Fn(&Ask) -> Vec<Act> + Send + Sync;

/// The server; it ends with this value.
pub(crate) struct Server {
    pub(crate) url: String,
    asks: Arc<Mutex<Vec<Ask>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Ask) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_knowing_its_url(move |ask, _| script(ask)).await
    }

    /// A server whose script is also told the URL of the server.
    pub(crate) async fn start_knowing_its_url(script: impl Fn(&Ask, &str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let own = url.clone();
        let script: Arc<Script> = Arc::new(move |ask| script(ask, &own));
        let asks: Arc<Mutex<Vec<Ask>>> = Arc::default();
        let task = tokio::spawn({
            let asks = Arc::clone(&asks);
            async move {
                let mut connections = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    connections.spawn(serve(stream, Arc::clone(&asks), Arc::clone(&script)));
                }
            }
        });
        Self { url, asks, task }
    }

    /// Every request so far.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        self.asks.lock().unwrap().clone()
    }

    /// Requests with this method and a target that begins like this.
    pub(crate) fn count(&self, method: &str, target: &str) -> usize {
        self.asks().iter().filter(|ask| ask.method == method && ask.target.starts_with(target)).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, asks: Arc<Mutex<Vec<Ask>>>, script: Arc<Script>) {
    let mut buffer = Vec::new();
    let mut on_connection = 0;
    while let Some(mut ask) = read(&mut stream, &mut buffer).await {
        ask.on_connection = on_connection;
        on_connection += 1;
        {
            let mut asks = asks.lock().unwrap();
            ask.number = asks.len();
            asks.push(ask.clone());
        }
        for act in script(&ask) {
            if perform(&mut stream, act).await.is_err() {
                return;
            }
        }
    }
}

async fn perform(stream: &mut TcpStream, act: Act) -> std::io::Result<()> {
    let ended = || std::io::Error::other("the script ends the connection");
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).await,
        Act::Endless(bytes) => loop {
            stream.write_all(&bytes).await?;
        },
        Act::Trickle(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        }
        Act::Silence => std::future::pending().await,
        Act::Close => {
            stream.shutdown().await?;
            Err(ended())
        }
        Act::Reset => {
            stream.set_zero_linger()?;
            Err(ended())
        }
    }
}

/// Reads one request with its body.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Ask> {
    let end = fill(stream, buffer, b"\r\n\r\n").await?;
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    if head.contains("transfer-encoding: chunked") {
        let end = fill(stream, buffer, b"0\r\n\r\n").await?;
        buffer.drain(..end);
    }
    while buffer.len() < length.unwrap_or(0) {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    buffer.drain(..length.unwrap_or(0));
    let (first, head) = head.split_once("\r\n")?;
    let mut words = first.split(' ').map(str::to_owned);
    Some(Ask { method: words.next()?, target: words.next()?, head: head.to_owned(), number: 0, on_connection: 0 })
}

/// Reads until the bytes are there, and returns where they end.
async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>, wanted: &[u8]) -> Option<usize> {
    loop {
        if let Some(start) = buffer.windows(wanted.len()).position(|window| window == wanted) {
            return Some(start + wanted.len());
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// A whole answer with the right length.
pub(crate) fn answer(status: &str, fields: &[&str], body: impl AsRef<[u8]>) -> Vec<Act> {
    let length = format!("content-length: {}", body.as_ref().len());
    let mut bytes = head(status, &[fields, &[&length]].concat());
    bytes.extend_from_slice(body.as_ref());
    vec![Act::Send(bytes)]
}

/// The head of an answer.
pub(crate) fn head(status: &str, fields: &[&str]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\n");
    for field in fields {
        text.push_str(field);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
