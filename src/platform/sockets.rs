//! Sockets: to listen on, and the one question that jeton asks over one.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Mode;
use rustix::process::umask;

use super::group;
use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Kind, Result};

/// A socket that is listened on.
#[derive(Debug)]
pub enum Listening {
    /// A port.
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener),
}

impl Listening {
    /// Where that is; of a port that the system chose, the one it chose.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Listening::Tcp(listener) => listener.local_addr().ok().map(Endpoint::Tcp),
            Listening::Unix(listener) => {
                let address = listener.local_addr().ok()?;
                address.as_pathname().map(|path| Endpoint::Unix(path.to_owned()))
            }
        }
    }
}

/// A socket's file, taken away when this goes.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // One that is gone already needs no taking away.
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens at `endpoint`. A socket's file can be reached by its owner (0600), or by its owner and `group` (0660).
///
/// # Errors
/// [`Kind::Conflict`] when somebody listens there already; [`Kind::Failure`] when the system refuses.
pub fn listen(endpoint: &Endpoint, group: Option<&str>) -> Result<(Listening, Option<SocketFile>)> {
    let refused = |e: std::io::Error| {
        let taken = e.kind() == ErrorKind::AddrInUse;
        let kind = if taken { Kind::Conflict } else { Kind::Failure };
        let error = Error::new(kind, format!("{endpoint} can't be listened on")).why(e.to_string());
        if taken { error.next("Stop what listens there, or choose another address") } else { error }
    };
    let path = match endpoint {
        Endpoint::Tcp(address) => {
            return TcpListener::bind(address).map(|l| (Listening::Tcp(l), None)).map_err(refused);
        }
        Endpoint::Unix(path) => path,
    };
    take_away_left_behind(path).map_err(refused)?;
    // Nobody else may reach it, not even between its making and its mode.
    let before = umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    let listener = bound.map_err(refused)?;
    let file = SocketFile(path.clone());
    if let Some(group) = group {
        group::give(path, group)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(refused)?;
    }
    Ok((Listening::Unix(listener), Some(file)))
}

/// What a service that died left behind stands in the way of the next: our own socket that nobody answers at.
#[expect(clippy::disallowed_methods, reason = "connections are opened here")]
fn take_away_left_behind(path: &Path) -> std::io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    if !meta.file_type().is_socket() || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(std::io::Error::new(ErrorKind::AddrInUse, "something that is no socket of ours stands there"));
    }
    match UnixStream::connect(path) {
        Err(e) if e.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Ok(_) => Err(std::io::Error::new(ErrorKind::AddrInUse, "another program listens there")),
        Err(e) => Err(e),
    }
}

/// The longest answer that is read, in bytes.
const ANSWER_MOST: u64 = 16 * 1024;

/// The body of a `200` answer to `GET path` at `endpoint`, within `patience` for each step.
///
/// # Errors
/// [`Kind::Failure`] when nobody answers in time, or with something else.
#[expect(clippy::disallowed_methods, reason = "connections are opened here")]
pub fn get(endpoint: &Endpoint, path: &str, patience: Duration) -> Result<Vec<u8>> {
    let failed = |e: std::io::Error| Error::failure(format!("{endpoint} doesn't answer")).why(e.to_string());
    let question = format!("GET {path} HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\n\r\n");
    let answer = match endpoint {
        Endpoint::Unix(path) => {
            let stream = UnixStream::connect(path).map_err(failed)?;
            stream
                .set_read_timeout(Some(patience))
                .and_then(|()| stream.set_write_timeout(Some(patience)))
                .map_err(failed)?;
            exchange(stream, &question).map_err(failed)?
        }
        Endpoint::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, patience).map_err(failed)?;
            stream
                .set_read_timeout(Some(patience))
                .and_then(|()| stream.set_write_timeout(Some(patience)))
                .map_err(failed)?;
            exchange(stream, &question).map_err(failed)?
        }
    };
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    match end {
        Some(end) if answer.starts_with(b"HTTP/1.1 200 ") => Ok(answer[end + 4..].to_vec()),
        _ => Err(Error::failure(format!("{endpoint} answers with something else"))),
    }
}

fn exchange(mut stream: impl Read + Write, question: &str) -> std::io::Result<Vec<u8>> {
    stream.write_all(question.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MOST).read_to_end(&mut answer)?;
    Ok(answer)
}
