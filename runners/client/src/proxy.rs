//! The registry as the client sees it: two listeners before one real registry, which do what the script says and
//! remember every request. One that has a certificate speaks TLS and HTTP without it on the same port, so that a client
//! that gives TLS up is seen.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, Method, Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use plimsoll_suite::client::{Host, Over};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::record::{Record, Reply, Seen};
use crate::script::{self, STATE, Script};

/// Most bytes of one request.
const MAX_BODY: usize = 128 << 20;

/// First byte of a TLS connection: a handshake record (RFC 8446, section 5.1). No method of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// Two free ports of loopback. The registry is known as 127.0.0.1 and the other host as localhost, so that they are two
/// hosts for those, too, who do not tell hosts apart by their ports.
#[derive(Debug)]
pub(crate) struct Ports {
    /// Host and port of the registry.
    pub(crate) registry: String,
    /// Roots of the registry and of the other host.
    pub(crate) bases: [String; 2],
    listeners: [(TcpListener, Option<Arc<ServerConfig>>); 2],
}

impl Ports {
    /// `tls` is that of the registry and that of the other host.
    pub(crate) async fn open(tls: [Option<Arc<ServerConfig>>; 2]) -> std::io::Result<Self> {
        let registry = TcpListener::bind("127.0.0.1:0").await?;
        let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
        let address = registry.local_addr()?.to_string();
        let other = format!("localhost:{}", elsewhere.local_addr()?.port());
        let root = |tls: &Option<Arc<ServerConfig>>, host: &str| {
            let scheme = if tls.is_some() { "https" } else { "http" };
            format!("{scheme}://{host}")
        };
        let bases = [root(&tls[0], &address), root(&tls[1], &other)];
        let [first, second] = tls;
        Ok(Self { registry: address, bases, listeners: [(registry, first), (elsewhere, second)] })
    }
}

/// Serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    _listeners: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    upstream: Url,
    script: Script,
    record: Record,
    /// Roots of the registry and of the other host.
    bases: [String; 2],
}

impl Proxy {
    /// Serves on these ports.
    pub(crate) fn start(http: reqwest::Client, upstream: Url, script: Script, ports: Ports) -> Self {
        let shared = Arc::new(Shared { http, upstream, script, record: Record::default(), bases: ports.bases });
        let mut listeners = JoinSet::new();
        for ((listener, tls), host) in ports.listeners.into_iter().zip([Host::Registry, Host::Elsewhere]) {
            listeners.spawn(accept(listener, tls, host, Arc::clone(&shared)));
        }
        Self { shared, _listeners: listeners }
    }

    /// What was seen.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.record.take()
    }
}

async fn accept(listener: TcpListener, tls: Option<Arc<ServerConfig>>, host: Host, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        connections.spawn(async move {
            let mut first = [0];
            match tls {
                Some(tls) if matches!(stream.peek(&mut first).await, Ok(1)) && first[0] == HANDSHAKE => {
                    // A client that does not believe the certificate goes away here.
                    if let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await {
                        serve(stream, host, Over::Tls, shared).await;
                    }
                }
                _ => serve(stream, host, Over::Plain, shared).await,
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, host: Host, over: Over, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.handle(host, over, request).await) }
    });
    // A client that goes away has its reasons.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type Body = BoxBody<Bytes, std::io::Error>;

impl Shared {
    async fn handle(&self, host: Host, over: Over, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let (body, whole) = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => (body.to_bytes(), true),
            Err(_) => (Bytes::new(), false),
        };
        let seen = Seen::new(host, over, &parts, body);
        let number = self.record.begin(seen.clone());
        let reply = match whole {
            true => self.reply(&parts.method, &seen).await,
            false => script::broken("the request did not arrive"),
        };
        self.record.end(number, &reply);
        answer(&parts.method, reply)
    }

    async fn reply(&self, method: &Method, seen: &Seen) -> Reply {
        let plan = match self.script.plan(seen) {
            Ok(plan) => plan,
            Err(error) => return script::broken(&error.to_string()),
        };
        if let Some(answer) = plan.answer {
            return answer;
        }
        let bases = [self.bases[0].as_str(), self.bases[1].as_str()];
        if let Some(status) = plan.redirect {
            return script::redirect(status, seen, bases[1]);
        }
        let mut reply = match self.forward(method, seen, &plan.strip).await {
            Ok(reply) => reply,
            Err(error) => return script::broken(&error.to_string()),
        };
        match self.script.change(&plan, &mut reply, bases) {
            Ok(()) => reply,
            Err(error) => script::broken(&error.to_string()),
        }
    }

    /// Asks the registry.
    async fn forward(&self, method: &Method, seen: &Seen, strip: &[&str]) -> Result<Reply, reqwest::Error> {
        let mut url = self.upstream.clone();
        url.set_path(&seen.path);
        let kept = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            name != STATE && !name.is_empty() && !strip.contains(&name)
        };
        // As it was written: another way to escape it would be another request.
        let query: Vec<&str> = seen.query.split('&').filter(kept).collect();
        url.set_query(Some(query.join("&").as_str()).filter(|query| !query.is_empty()));
        let mut headers = HeaderMap::new();
        for (name, value) in &seen.headers {
            // The credentials are known here only.
            if !hop_by_hop(name) && name != HOST && name != http::header::AUTHORIZATION && name != CONTENT_LENGTH {
                headers.append(name, value.clone());
            }
        }
        let body = if strip.contains(&"digest") { Bytes::new() } else { seen.body.clone() };
        let mut request = self.http.request(method.clone(), url).headers(headers);
        if !matches!(*method, Method::GET | Method::HEAD) {
            request = request.body(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        for name in [CONNECTION, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        Ok(Reply { status, headers, body: response.bytes().await?, cut: None })
    }
}

fn hop_by_hop(name: &HeaderName) -> bool {
    ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"].contains(&name.as_str())
}

/// Writes the answer.
fn answer(method: &Method, reply: Reply) -> Response<Body> {
    let length = reply.body.len();
    let body: Body = match reply.cut {
        Some(cut) => {
            let part = Ok(Frame::data(reply.body.slice(..cut.min(length))));
            let end = async {
                // What is written goes out while there is nothing more to write.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut by the script"))
            };
            BodyExt::boxed(StreamBody::new(stream::iter([part]).chain(stream::once(end))))
        }
        None => Full::new(reply.body).map_err(|never| match never {}).boxed(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    *response.headers_mut() = reply.headers;
    // HEAD says how long the body would be.
    if *method != Method::HEAD && reply.status != 204 {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response
}
