//! Listens, accepts, and stops.

use crate::{api::Api, config::Config, errors::Error, tls};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::{JoinHandle, JoinSet, spawn_blocking},
};
use tokio_rustls::TlsAcceptor;

/// How long requests may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The longest pause between two looks for expired sessions.
const SWEEP: Duration = Duration::from_secs(60);

/// A running registry. Dropping it stops it without waiting; [`Server::shutdown`] waits.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    https: bool,
    stop: oneshot::Sender<()>,
    listener: JoinHandle<()>,
}

impl Server {
    /// Opens the store and listens.
    ///
    /// # Errors
    /// When a setting is unusable, rules are broken on a listener that is not loopback, the state directory or the TLS
    /// files cannot be used, or the address is taken.
    pub async fn start(config: Config) -> Result<Self, Error> {
        config.check()?;
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let listen = config.listen;
        let refused = |source| Error::Listen { listen, source };
        let socket = TcpListener::bind(listen).await.map_err(refused)?;
        let addr = socket.local_addr().map_err(refused)?;
        // Off this thread: opening may have to wait until an earlier registry, whose tasks may run here, has let go.
        let opened = spawn_blocking(move || Api::open(config, addr)).await;
        let api = Arc::new(opened.map_err(|error| Error::Interrupted { reason: error.to_string() })??);
        let (stop, stopped) = oneshot::channel();
        let https = tls.is_some();
        let listener = tokio::spawn(accept(socket, tls, api, stopped));
        Ok(Self { addr, https, stop, listener })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL without a path: `http://127.0.0.1:5000`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.addr)
    }

    /// Stops listening, lets the requests that are under way finish for some seconds, and closes.
    pub async fn shutdown(self) {
        // The receiver is gone only when the listener already ended.
        let _ = self.stop.send(());
        let _ = self.listener.await;
    }
}

async fn accept(socket: TcpListener, tls: Option<TlsAcceptor>, api: Arc<Api>, mut stopped: oneshot::Receiver<()>) {
    let mut http = Builder::new(TokioExecutor::new());
    // Who sends a request and closes its side still gets an answer.
    http.http1().half_close(true).timer(TokioTimer::new()).header_read_timeout(api.config.header_timeout);
    http.http2().timer(TokioTimer::new()).keep_alive_interval(Some(api.config.body_timeout)).adaptive_window(true);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(api.config.max_connections));
    // Its end is the end of what is still running, also when this future is dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn(sweep(api.clone()));
    loop {
        // Waiting for a place before accepting leaves further clients in the queue of the system.
        let accepted = async { (places.clone().acquire_owned().await, socket.accept().await) };
        let (place, stream) = tokio::select! {
            accepted = accepted => accepted,
            _ = &mut stopped => break,
        };
        while tasks.try_join_next().is_some() {}
        let stream = match stream {
            Ok((stream, _)) => stream,
            Err(error) => {
                api.failed(&format!("could not accept a connection: {error}"));
                // Out of file descriptors, mostly: trying again at once would only burn the processor.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Answers are written whole; waiting for more to send only costs time. A socket that refuses still works.
        let _ = stream.set_nodelay(true);
        let connection = Connection { http: http.clone(), watcher: graceful.watcher(), api: api.clone() };
        let tls = tls.clone();
        tasks.spawn(async move {
            match tls {
                None => connection.serve(stream).await,
                Some(tls) => connection.serve_tls(&tls, stream).await,
            }
            drop(place);
        });
    }
    drop(socket);
    // Whoever needs longer than this is cut off; what was acknowledged is stored, what was not is not.
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    tasks.shutdown().await;
}

/// What it takes to serve one client.
struct Connection {
    http: Builder<TokioExecutor>,
    watcher: Watcher,
    api: Arc<Api>,
}

impl Connection {
    async fn serve_tls(self, tls: &TlsAcceptor, stream: TcpStream) {
        // A client that cannot shake hands is its own problem; there is nobody to answer.
        if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            self.serve(stream).await;
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let service = service_fn(|request| {
            let api = self.api.clone();
            async move { Ok::<_, Infallible>(api.handle(request).await) }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        // Connections break off in every way there is; the requests on them were answered or are void.
        let _ = self.watcher.watch(connection).await;
    }
}

/// Forgets sessions nobody uses any more (dist.push.blob.cancel.03).
async fn sweep(api: Arc<Api>) {
    let timeout = api.config.upload_timeout;
    let pause = (timeout / 2).clamp(Duration::from_millis(100), SWEEP);
    loop {
        tokio::time::sleep(pause).await;
        let store = api.store.clone();
        if let Ok(Err(error)) = spawn_blocking(move || store.sweep_sessions(timeout)).await {
            api.failed(&format!("could not forget old uploads: {error}"));
        }
    }
}
