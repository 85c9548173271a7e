//! Sockets: for listening, and for sending requests to a service.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::process::umask;
use zeroize::Zeroizing;

use super::clock::Stopwatch;
use super::unix_group;
use crate::error::{Error, Kind, Result, without_error_number};
use crate::service::endpoint::Endpoint;

/// Number of connections that may wait to be accepted. The system's own limit (`net.core.somaxconn`) may be lower.
const BACKLOG: i32 = 4096;

#[derive(Debug)]
pub enum BoundSocket {
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener),
}

impl BoundSocket {
    /// Returns the address of the socket. If the system chose the port, that port is included.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            BoundSocket::Tcp(listener) => listener.local_addr().ok().map(Endpoint::Tcp),
            BoundSocket::Unix(listener) => {
                let address = listener.local_addr().ok()?;
                address.as_pathname().map(|path| Endpoint::Unix(path.to_owned()))
            }
        }
    }

    /// Sets the backlog to `BACKLOG`, also on a socket that was handed over.
    pub fn extend_backlog(&self) -> std::io::Result<()> {
        match self {
            BoundSocket::Tcp(listener) => net::listen(listener, BACKLOG)?,
            BoundSocket::Unix(listener) => net::listen(listener, BACKLOG)?,
        }
        Ok(())
    }
}

/// Returns `true` if data can be read, or a connection accepted, now.
pub fn is_readable(socket: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(socket, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// The file of a socket. A file of our own is removed on drop.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    is_ours: bool,
    inode: Option<(u64, u64)>,
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

impl SocketFile {
    /// Returns the file of a socket that was handed over. `None` for a port, or if the file can't be seen from
    /// here.
    pub fn inherited(endpoint: &Endpoint) -> Option<Self> {
        let Endpoint::Unix(path) = endpoint else { return None };
        let inode = Some(inode(path)?);
        Some(SocketFile { path: path.clone(), is_ours: false, inode })
    }

    /// Returns `true` if clients that open the path reach this socket.
    pub fn is_in_place(&self) -> bool {
        self.inode.is_some() && inode(&self.path) == self.inode
    }

    /// Returns `true` if this program made the file, and may make it again.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another program may have put its own file at this path, which must stay.
        if self.is_ours && self.is_in_place() {
            // The file may be gone already.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses a folder where another user could put a socket while the service is down. Clients would trust that socket.
///
/// # Errors
/// [`Kind::Failure`] if the folder, or a folder above it, can be changed by others or not be checked.
pub fn check_folder(socket: &Path) -> Result<()> {
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o022;
    let own_uid = rustix::process::geteuid().as_raw();
    let unsafe_at = |folder: &Path, why: String| {
        Error::failure(format!("other users could replace a socket at {}", socket.display()))
            .why(format!("{} {why}", folder.display()))
            .next("Choose a folder that only root or the service's user can write to, such as /run/jeton")
    };
    let folder = socket.parent().unwrap_or(Path::new("/"));
    // Without a folder, nothing can be bound either.
    let Ok(folder) = fs::canonicalize(folder) else { return Ok(()) };
    for (above, folder) in folder.ancestors().enumerate() {
        let meta = fs::metadata(folder).map_err(|e| {
            Error::failure(format!("jeton can't check who can replace a socket at {}", socket.display()))
                .why(format!("{}: {e}", folder.display()))
                .next("Choose a folder that the service's user can read, such as /run/jeton")
        })?;
        // In a sticky folder no user can remove another user's folder, but every user can add a socket.
        if meta.mode() & OTHERS_WRITE != 0 && (above == 0 || meta.mode() & STICKY == 0) {
            return Err(unsafe_at(
                folder,
                format!("can be written by other users (mode {:04o})", meta.mode() & 0o7777),
            ));
        }
        if meta.uid() != own_uid && meta.uid() != 0 {
            return Err(unsafe_at(folder, format!("belongs to uid {}", meta.uid())));
        }
    }
    Ok(())
}

/// Listens at `endpoint`. The file of a socket can be accessed by its owner (0600), or by its owner and `group`
/// (0660).
///
/// # Errors
/// [`Kind::Conflict`] if another process listens there already; [`Kind::Failure`] if the system refuses.
pub fn listen(endpoint: &Endpoint, group: Option<&str>) -> Result<(BoundSocket, Option<SocketFile>)> {
    let refused = |e: std::io::Error| {
        let is_in_use = matches!(e.kind(), ErrorKind::AddrInUse | ErrorKind::AlreadyExists);
        let kind = if is_in_use { Kind::Conflict } else { Kind::Failure };
        let error = Error::new(kind, format!("can't listen on {endpoint}")).why(e.to_string());
        match e.kind() {
            ErrorKind::AlreadyExists => {
                error.next("If no program uses the file, remove the file. Otherwise choose another address")
            }
            ErrorKind::AddrInUse => error.next("Stop the program that listens there, or choose another address"),
            ErrorKind::NotFound => {
                error.next("Create the folder of the socket first. The service's user must own the folder")
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidFilename if matches!(endpoint, Endpoint::Unix(_)) => {
                error.why("the path is too long for a socket").next("Choose a path with fewer characters")
            }
            ErrorKind::AddrNotAvailable => error.next("Use an address of this machine, such as 127.0.0.1"),
            ErrorKind::PermissionDenied => error.next(match endpoint {
                Endpoint::Tcp(address) if address.port() < 1024 => "Choose a port above 1023",
                Endpoint::Tcp(_) => "Choose another port, or permit jeton to use this port",
                Endpoint::Unix(_) => "Choose a folder that the service's user can write to",
            }),
            _ if e.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => error.next(
                "With systemd, use unix:PATH, because the unit of the service permits no ports. For https, run: \
                 systemctl enable --now jeton-https.socket. Without systemd, use an IPv4 address, because this system \
                 has no IPv6",
            ),
            _ => error,
        }
    };
    let path = match endpoint {
        Endpoint::Tcp(address) => {
            return TcpListener::bind(address).map(|l| (BoundSocket::Tcp(l), None)).map_err(refused);
        }
        Endpoint::Unix(path) => path,
    };
    check_folder(path)?;
    remove_stale_socket(path).map_err(refused)?;
    // No other user may access the socket, not even between its creation and the change of its mode.
    let before = umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    let listener = bound.map_err(refused)?;
    let file = SocketFile { path: path.clone(), is_ours: true, inode: inode(path) };
    if let Some(group) = group {
        unix_group::chgrp(path, group)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(refused)?;
    }
    Ok((BoundSocket::Unix(listener), Some(file)))
}

/// Removes the socket of a dead service, which would block the next one: our own socket without a listener.
fn remove_stale_socket(path: &Path) -> std::io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let taken = |by: String| Err(std::io::Error::new(ErrorKind::AlreadyExists, by));
    if !meta.file_type().is_socket() {
        return taken("a file that is not a socket already has this path".to_owned());
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return taken(format!("a socket of another user (uid {}) already has this path", meta.uid()));
    }
    // Connect without blocking, because the queue of the process that listens there may be full.
    let socket =
        net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match net::connect(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Ok(()) | Err(Errno::AGAIN) => {
            Err(std::io::Error::new(ErrorKind::AddrInUse, "another program already listens at this address"))
        }
        Err(e) => Err(e.into()),
    }
}

const MAX_REPLY: usize = 16 * 1024;

#[derive(Debug)]
pub struct HttpReply {
    /// The HTTP status: 200 on success.
    pub status: u16,
    pub body: Vec<u8>,
}

/// Sends `GET path` to `endpoint` and returns the reply, all within `timeout`. `headers` are whole lines, each
/// with its line end.
///
/// # Errors
/// [`Kind::Failure`] with a short reason if the request fails or isn't answered in time.
pub fn get(endpoint: &Endpoint, path: &str, headers: &str, timeout: Duration) -> Result<HttpReply> {
    let clock = Stopwatch::start();
    let left = || Some(timeout.saturating_sub(clock.elapsed()).max(Duration::from_millis(1)));
    // Headers may hold a credential.
    let request =
        Zeroizing::new(["GET ", path, " HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\n", headers, "\r\n"].concat());
    let exchanged = connect(endpoint, timeout).and_then(|stream| {
        set_socket_timeout(&stream, Timeout::Send, left())?;
        let mut stream = File::from(stream);
        stream.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        let mut piece = [0; 4096];
        while reply.len() < MAX_REPLY {
            if clock.elapsed() >= timeout {
                return Err(ErrorKind::TimedOut.into());
            }
            set_socket_timeout(&stream, Timeout::Recv, left())?;
            match stream.read(&mut piece)? {
                0 => break,
                got => reply.extend_from_slice(&piece[..got]),
            }
        }
        Ok(reply)
    });
    let failed = |why: String| Error::failure(format!("the service at {endpoint} gave no valid answer")).why(why);
    let reply = exchanged.map_err(|e| failed(describe(&e, timeout)))?;
    read(&reply).ok_or_else(|| failed("the response is incomplete, or not HTTP/1.1".to_owned()))
}

/// Connects to `endpoint`. The time limit also holds for a socket whose owner has stopped accepting connections.
fn connect(endpoint: &Endpoint, timeout: Duration) -> std::io::Result<OwnedFd> {
    let path = match endpoint {
        Endpoint::Tcp(address) => return TcpStream::connect_timeout(address, timeout).map(OwnedFd::from),
        Endpoint::Unix(path) => path,
    };
    let socket = net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
    net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

fn describe(e: &std::io::Error, timeout: Duration) -> String {
    match e.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!("no answer within {} s", timeout.as_secs_f64()),
        ErrorKind::NotFound => "the socket no longer exists".to_owned(),
        ErrorKind::ConnectionRefused => "no program listens there".to_owned(),
        _ => without_error_number(&e.to_string()).to_owned(),
    }
}

fn read(reply: &[u8]) -> Option<HttpReply> {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n")?;
    let status = reply.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let status = std::str::from_utf8(status).ok()?.parse().ok()?;
    Some(HttpReply { status, body: reply[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(50);

    /// Sends a request to a socket whose owner runs `act` with it.
    fn get_from(act: impl FnOnce(UnixListener) + Send + 'static) -> Result<HttpReply> {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::Unix(folder.path().join("s"));
        let (BoundSocket::Unix(listener), _file) = listen(&endpoint, None).unwrap() else { unreachable!() };
        let owner = std::thread::spawn(move || act(listener));
        let reply = get(&endpoint, "/", "A: b\r\n", TIMEOUT);
        owner.join().unwrap();
        reply
    }

    fn get_reply(with: &'static [u8]) -> Result<HttpReply> {
        get_from(move |listener| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let got = stream.read(&mut request).unwrap();
            assert!(request[..got].ends_with(b"\r\nA: b\r\n\r\n"));
            stream.write_all(with).unwrap();
        })
    }

    #[test]
    fn reply_is_read_and_anything_else_refused() {
        let reply = get_reply(b"HTTP/1.1 401 No\r\nX: y\r\n\r\nbody").unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (401, b"body".as_slice()));
        for other in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 2\r\n\r\n", b"SSH-2.0\r\n\r\n"] {
            let error = get_reply(other).unwrap_err();
            insta::allow_duplicates! { insta::assert_snapshot!(error.why.unwrap(), @"the response is incomplete, or not HTTP/1.1"); }
        }
    }

    #[test]
    fn get_ends_at_its_timeout() {
        let stored = std::sync::Arc::new(std::sync::Mutex::new(None));
        let store = std::sync::Arc::clone(&stored);
        let error = get_from(move |listener| *store.lock().unwrap() = Some(listener)).unwrap_err();
        insta::assert_snapshot!(error.why.unwrap(), @"no answer within 0.05 s");
        // A service that sends a few bytes again and again.
        let drips = get_from(move |listener| {
            let (mut stream, _) = listener.accept().unwrap();
            while stream.write_all(b"H").is_ok() {
                std::thread::yield_now();
            }
        });
        assert!(drips.unwrap_err().why.is_some());
    }

    #[test]
    fn get_gives_up_on_a_full_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let owner = net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        net::bind(&owner, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        net::listen(&owner, 0).unwrap();
        let endpoint = Endpoint::Unix(path.clone());
        let connections: Vec<_> = (0..4).map_while(|_| connect(&endpoint, TIMEOUT).ok()).collect();
        assert!(connections.len() < 4, "the queue is full");
        let error = get(&endpoint, "/", "", TIMEOUT).unwrap_err();
        assert!(error.why.is_some(), "{error:?}");
        drop(owner);
        let error = get(&endpoint, "/", "", TIMEOUT).unwrap_err();
        insta::assert_snapshot!(error.why.unwrap(), @"no program listens there");
    }
}
