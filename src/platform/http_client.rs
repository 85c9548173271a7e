//! Calls to a server over HTTP, each over a connection of its own.

use std::fs;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::unix_group;
use crate::error::{Error, Fault, Kind, Result};
use crate::service::endpoint::Endpoint;

/// Maximum size of an answer, in bytes.
const MAX_REPLY: usize = 64 * 1024 * 1024;

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
}

/// Sends `request` to `server` and returns the answer, all within `limit`.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if there is no complete answer in time. The server may have done what was asked.
pub fn send(server: &Endpoint, request: HttpRequest<'_>, limit: Duration) -> Result<HttpAnswer> {
    let failed = |why: String| {
        Error::failure(format!("the server {server} gave no valid answer")).why(why).fault(Fault::Unreachable)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|e| failed(e.to_string()))?;
    let interrupt = request.interrupt;
    let interrupted = async {
        match interrupt {
            Some(interrupt) => interrupt.0.notified().await,
            None => pending().await,
        }
    };
    let exchange = async {
        match server {
            Endpoint::Tcp(address) => {
                exchange(TcpStream::connect(address).await.map_err(Unanswered::Unreached)?, request).await
            }
            Endpoint::Unix(path) => {
                exchange(UnixStream::connect(path).await.map_err(Unanswered::Unreached)?, request).await
            }
        }
    };
    let answered = runtime.block_on(async {
        tokio::select! {
            answered = timeout(limit, exchange) => answered,
            () = interrupted => Ok(Err(Unanswered::Interrupted)),
        }
    });
    match answered {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Unanswered::Unreached(e))) if e.kind() == ErrorKind::PermissionDenied => Err(forbidden(server)),
        Ok(Err(Unanswered::Unreached(e))) => Err(Error::failure(format!("the server {server} can't be reached"))
            .why(e.to_string())
            .fault(Fault::Unreachable)
            .next("Check that jeton serve runs there, and that you may use its address")),
        Ok(Err(Unanswered::Broken(why))) => Err(failed(why)),
        Ok(Err(Unanswered::Interrupted)) => Err(Error::new(Kind::Cancelled, "the call was ended before its answer")),
        Err(_) => Err(failed(format!("no answer within {limit:?}"))),
    }
}

/// Explains that this user may not connect to the socket of a server.
fn forbidden(server: &Endpoint) -> Error {
    let group = match server {
        Endpoint::Unix(path) => fs::metadata(path).ok().and_then(|meta| unix_group::name_of(meta.gid())),
        Endpoint::Tcp(_) => None,
    };
    let error = Error::denied(format!("you may not use the server {server}"));
    match group {
        Some(group) => error
            .why(format!("only its owner and the group {group} may connect"))
            .next(format!("Ask root to add you: usermod -aG {group} NAME. Then sign in to this machine again")),
        None => error.why("the system refused the connection").next("Ask the administrator of this machine for access"),
    }
}

/// Why a call has no answer.
enum Unanswered {
    /// Nothing was sent.
    Unreached(io::Error),
    /// The connection ended before the answer was complete.
    Broken(String),
    Interrupted,
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: HttpRequest<'_>,
) -> std::result::Result<HttpAnswer, Unanswered> {
    let broken = |e: hyper::Error| Unanswered::Broken(e.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let body = request.body.map_or_else(Bytes::new, Bytes::from_owner);
    let mut head = Request::builder().method(request.method).uri(request.target).header(HOST, "jeton");
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
    let body = Limited::new(response.into_body(), MAX_REPLY).collect().await;
    let body = body.map_err(|e| Unanswered::Broken(e.to_string()))?.to_bytes();
    Ok(HttpAnswer { status, body: Zeroizing::new(body.to_vec()) })
}
