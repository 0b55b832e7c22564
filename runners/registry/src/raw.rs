//! Requests that a proper client cannot send: a target that is not cleaned, a body that breaks off.
//!
//! Each goes out over a connection of its own, in HTTP/1.1 and byte for byte as it is put together here. Redirects are
//! not followed, and nothing is sent twice. Only reading the answer is left to hyper, with the bounds of the client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Position;

use crate::client::{KEPT_OF_CUT, MAX_BODY, MAX_FIELDS, Request, Response, SendError, USER_AGENT, chain};

/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 400 << 10;

/// What is unusual about a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw {
    /// Path and query exactly as they are sent, instead of those of the URL.
    pub target: Option<String>,
    /// Announce the whole body, send so many bytes of it, and end the sending side of the connection.
    pub break_off: Option<usize>,
}

/// Sends a request as it is and reads the answer.
pub(crate) async fn exchange(
    request: &Request,
    raw: &Raw,
    authorization: Option<&str>,
    tls: &Arc<ClientConfig>,
) -> Result<Response, SendError> {
    let url = &request.url;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let refused = |error: io::Error| SendError::Connect { host: format!("{host}:{port}"), reason: error.to_string() };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port)).await.map_err(refused)?;
    if url.scheme() != "https" {
        return converse(stream, request, raw, authorization).await;
    }
    let name = ServerName::try_from(bare.to_owned()).map_err(|error| SendError::Unsendable(error.to_string()))?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(refused)?;
    converse(stream, request, raw, authorization).await
}

async fn converse<S>(
    mut stream: S,
    request: &Request,
    raw: &Raw,
    authorization: Option<&str>,
) -> Result<Response, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let body = request.body.clone().unwrap_or_default();
    let sent = &body[..raw.break_off.unwrap_or(body.len()).min(body.len())];
    let bytes = [head(request, raw, authorization, body.len())?.as_bytes(), sent].concat();
    // Whoever answers early closes early; whether there is an answer shows when it is read.
    let _ = stream.write_all(&bytes).await;
    if raw.break_off.is_some() {
        let _ = stream.shutdown().await;
    }
    read_answer(stream, request).await
}

/// Request line and header fields. The connection is for this request only.
fn head(request: &Request, raw: &Raw, authorization: Option<&str>, length: usize) -> Result<String, SendError> {
    let url = &request.url;
    let target = raw.target.as_deref().unwrap_or(&url[Position::BeforePath..Position::AfterQuery]);
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut lines = vec![format!("{} {target} HTTP/1.1", request.method), format!("host: {host}")];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let own = [
        ("user-agent", Some(USER_AGENT.to_owned())),
        ("connection", Some("close".to_owned())),
        ("accept", Some("*/*".to_owned())),
        ("content-length", request.body.is_some().then(|| length.to_string())),
        ("authorization", authorization.map(str::to_owned)),
    ];
    for (name, value) in own {
        let given = request.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        lines.extend(value.filter(|_| !given).map(|value| format!("{name}: {value}")));
    }
    // A value that the subject gave would bring a request of its own.
    if lines.iter().any(|line| line.contains(['\r', '\n'])) {
        return Err(SendError::Unsendable("there is a line break in its target or header".to_owned()));
    }
    Ok(lines.join("\r\n") + "\r\n\r\n")
}

async fn read_answer<S>(stream: S, request: &Request) -> Result<Response, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| match error.is_parse_too_large() {
        true => SendError::HeadTooLarge,
        false if std::error::Error::source(&error).is_some() => SendError::Broken(chain(&error)),
        false => SendError::Broken(error.to_string()),
    };
    // hyper has to know the method of the request to tell where the answer ends. What it writes goes nowhere.
    let muted = Muted { stream, asked: false, reader: None };
    let mut reader = http1::Builder::new();
    reader.max_headers(MAX_FIELDS).max_buf_size(MAX_HEAD);
    let (mut sender, connection) = reader.handshake(TokioIo::new(muted)).await.map_err(broken)?;
    let question = http::Request::builder().method(request.method.clone()).uri("/").body(Empty::<Bytes>::new());
    let question = question.map_err(|error| SendError::Unsendable(error.to_string()))?;
    let answer = sender.send_request(question);
    // It ends with the connection, and that when this future is dropped.
    let mut reading = tokio::task::JoinSet::new();
    reading.spawn(connection);
    let answer = answer.await.map_err(broken)?;
    let (head, body) = answer.into_parts();
    let body = read_body(body).await.map_err(broken)?;
    Ok(Response::of(head.status, &head.headers, body, &request.url))
}

async fn read_body(mut body: hyper::body::Incoming) -> Result<(Bytes, bool), hyper::Error> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        whole.extend_from_slice(&data);
        if whole.len() > MAX_BODY {
            return Ok((Bytes::copy_from_slice(&whole[..KEPT_OF_CUT]), true));
        }
    }
    Ok((whole.freeze(), false))
}

/// A connection on which nothing more is sent. It can be read once hyper believes to have asked: to hyper, an answer
/// before that is one that nobody wanted.
struct Muted<S> {
    stream: S,
    asked: bool,
    reader: Option<Waker>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Muted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Unpin> AsyncWrite for Muted<S> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
