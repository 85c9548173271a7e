//! Calls to a server over HTTP, each over a connection of its own.

use std::fs;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, SERVER, USER_AGENT};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use super::{socket_owner, tls, unix_group};
use crate::error::{Error, Fault, Kind, Result};
use crate::service::PROGRAM;
use crate::service::endpoint::Endpoint;
use crate::service::server_address::{ServerAddress, ServerConnection};

/// Maximum size of an answer, in bytes.
const MAX_REPLY: usize = 64 * 1024 * 1024;
/// Maximum time to find the address of a server and to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A call. Its headers and body may hold secrets.
pub struct HttpRequest<'a> {
    pub method: &'a str,
    /// The path and the query.
    pub target: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    /// A body in JSON.
    pub body: Option<Zeroizing<Vec<u8>>>,
    pub interrupt: Option<&'a Interrupt>,
}

/// Ends a call of another thread.
#[derive(Default)]
pub struct Interrupt(Notify);

impl Interrupt {
    /// Ends the call that has this interrupt, or the next one if there is none.
    pub fn send(&self) {
        self.0.notify_one();
    }
}

/// The answer to a call.
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    pub body: Zeroizing<Vec<u8>>,
    /// The version of the server, if it says so.
    pub version: Option<String>,
    /// The time of the server, as in its header `Date`.
    pub date: Option<String>,
    /// The certificate of an https server.
    pub certificate: Option<CertificateDer<'static>>,
}

/// A client of one server.
pub struct HttpClient {
    server: ServerConnection,
    /// The parameters of https, once they are needed.
    tls: OnceLock<TlsConnector>,
}

impl HttpClient {
    pub fn new(server: ServerConnection) -> Self {
        HttpClient { server, tls: OnceLock::new() }
    }

    pub fn server(&self) -> &ServerAddress {
        &self.server.address
    }

    /// Sends `request` and returns the answer, all within `limit`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if there is no complete answer in time. With [`Fault::Unanswered`], the server may
    /// have done what was asked.
    pub fn send(&self, request: HttpRequest<'_>, limit: Duration) -> Result<HttpAnswer> {
        let server = self.server();
        let failed = |why: String| {
            Error::failure(format!("the server {server} gave no valid answer")).why(why).fault(Fault::Unanswered)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|e| {
            let error = Error::failure("this machine can't open a connection; nothing was sent").why(e.to_string());
            error.fault(Fault::Unreachable)
        })?;
        let interrupt = request.interrupt;
        let interrupted = async {
            match interrupt {
                Some(interrupt) => interrupt.0.notified().await,
                None => pending().await,
            }
        };
        let exchange = async {
            match server {
                ServerAddress::Local(Endpoint::Tcp(_)) if !self.server.insecure => {
                    Err(Unanswered::Unready(unproven_port(server)))
                }
                ServerAddress::Local(Endpoint::Tcp(address)) => {
                    exchange(server, reach(TcpStream::connect(address)).await?, request).await
                }
                ServerAddress::Local(Endpoint::Unix(path)) => {
                    let stream = reach(UnixStream::connect(path)).await?;
                    socket_owner::check(path, &stream).map_err(Unanswered::Unready)?;
                    exchange(server, stream, request).await
                }
                ServerAddress::Https { host, port } => {
                    let tls = self.tls().map_err(Unanswered::Unready)?;
                    let stream = reach(connect_tls(tls, host, *port)).await?;
                    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                    let certificate = certificate.map(|certificate| certificate.clone().into_owned());
                    let answer = exchange(server, stream, request).await?;
                    Ok(HttpAnswer { certificate, ..answer })
                }
            }
        };
        let answered = runtime.block_on(async {
            tokio::select! {
                answered = timeout(limit, exchange) => answered,
                () = interrupted => Ok(Err(Unanswered::Interrupted)),
            }
        });
        // The look-up of a name may still run.
        runtime.shutdown_background();
        match answered {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Unanswered::Unready(error))) => Err(error),
            Ok(Err(Unanswered::Unreached(e))) => Err(self.unreached(&e)),
            Ok(Err(Unanswered::Broken(why))) => Err(failed(why)),
            Ok(Err(Unanswered::Interrupted)) => {
                Err(Error::new(Kind::Cancelled, "the call was interrupted before the server answered"))
            }
            Err(_) => Err(failed(format!("no answer within {} s", limit.as_secs_f64()))),
        }
    }

    fn tls(&self) -> Result<&TlsConnector> {
        if self.tls.get().is_none() {
            // Another thread may have been faster, with the same parameters.
            let _ = self.tls.set(tls::client_config(&self.server)?.into());
        }
        self.tls.get().ok_or_else(|| Error::failure("TLS can't be used"))
    }

    fn unreached(&self, e: &io::Error) -> Error {
        if let Some(e) = e.get_ref().and_then(|inner| inner.downcast_ref()) {
            return tls::handshake_error(&self.server, e);
        }
        if e.kind() == ErrorKind::PermissionDenied {
            return forbidden(self.server());
        }
        Error::failure(format!("the server {} can't be reached", self.server()))
            .why(e.to_string())
            .fault(Fault::Unreachable)
            .next("Check the address of the server, and check that jeton serve runs there")
    }
}

/// Waits for a connection.
async fn reach<S>(connection: impl Future<Output = io::Result<S>>) -> std::result::Result<S, Unanswered> {
    let timed_out =
        |_| Err(io::Error::new(ErrorKind::TimedOut, format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())));
    timeout(CONNECT_TIMEOUT, connection).await.unwrap_or_else(timed_out).map_err(Unanswered::Unreached)
}

/// Opens a connection to the first address of `host` that answers, with TLS.
async fn connect_tls(tls: &TlsConnector, host: &str, port: u16) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    let mut last = io::Error::other("the host name has no IP address");
    for address in &addresses {
        let share = CONNECT_TIMEOUT / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let timed_out = |_| Err(io::Error::new(ErrorKind::TimedOut, format!("{address} did not answer in time")));
        match timeout(share, TcpStream::connect(address)).await.unwrap_or_else(timed_out) {
            Ok(stream) => return tls.connect(name, stream).await,
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Explains that nothing shows which program listens at a port of this machine.
fn unproven_port(server: &ServerAddress) -> Error {
    Error::denied(format!("nothing was sent to {server}"))
        .why(
            "while jeton serve is stopped, any user of this machine can listen at this port. That user would get your \
             password or token",
        )
        .next(
            "Use https, or the socket of the service (unix:PATH). To accept the risk, run: jeton config set \
             server-insecure yes",
        )
}

/// Explains that this user may not connect to the socket of a server.
fn forbidden(server: &ServerAddress) -> Error {
    let group = match server {
        ServerAddress::Local(Endpoint::Unix(path)) => {
            let meta = fs::metadata(path).ok().filter(|meta| meta.mode() & 0o020 != 0);
            meta.and_then(|meta| unix_group::name_of(meta.gid()))
        }
        ServerAddress::Local(Endpoint::Tcp(_)) | ServerAddress::Https { .. } => None,
    };
    let error = Error::denied(format!("you are not permitted to use the server {server}"));
    match group {
        Some(group) => error
            .why(format!("only the owner of the socket and the members of the group {group} can connect"))
            .next(format!(
                "Ask root to add you to the group: usermod -aG {group} NAME. Then sign in to this machine again"
            )),
        None => error.why("the system refused the connection").next("Ask the administrator of this machine for access"),
    }
}

/// Why a call has no answer.
enum Unanswered {
    /// Nothing was sent, because the parameters can't be used.
    Unready(Error),
    /// Nothing was sent.
    Unreached(io::Error),
    /// The connection ended before the answer was complete.
    Broken(String),
    Interrupted,
}

async fn exchange(
    server: &ServerAddress,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: HttpRequest<'_>,
) -> std::result::Result<HttpAnswer, Unanswered> {
    let broken = |e: hyper::Error| Unanswered::Broken(e.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let body = request.body.map_or_else(Bytes::new, Bytes::from_owner);
    let mut head = Request::builder().method(request.method).uri(request.target);
    head = head.header(HOST, server.host()).header(USER_AGENT, PROGRAM);
    for (name, value) in request.headers {
        head = head.header(*name, *value);
    }
    if !body.is_empty() {
        head = head.header(CONTENT_TYPE, "application/json").header(CONTENT_LENGTH, body.len());
    }
    let message = head.body(Full::new(body)).map_err(|e| Unanswered::Broken(e.to_string()))?;
    let answer = async move {
        let response = sender.send_request(message).await.map_err(broken)?;
        read_answer(response).await
    };
    // The connection works as long as it is polled, and ends with its sender.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}

async fn read_answer(response: Response<Incoming>) -> std::result::Result<HttpAnswer, Unanswered> {
    let status = response.status().as_u16();
    let program = response.headers().get(SERVER).and_then(|program| program.to_str().ok());
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    let version = program.and_then(|program| program.strip_prefix("jeton/")).map(str::to_owned);
    let body = Limited::new(response.into_body(), MAX_REPLY).collect().await;
    let body = body.map_err(|e| {
        Unanswered::Broken(match e.is::<LengthLimitError>() {
            true => format!("the answer is larger than {} MiB", MAX_REPLY >> 20),
            false => e.to_string(),
        })
    })?;
    let body = body.to_bytes();
    Ok(HttpAnswer { status, body: Zeroizing::new(body.to_vec()), version, date, certificate: None })
}
