//! A small HTTP server that records its requests, and raw client requests.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, socket};

/// A request as received.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET /path HTTP/1.1`.
    pub line: String,
    /// Header names as received.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect()
    }

    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// The answer of a server. `None` answers nothing until the client has gone.
pub type Responder = Box<dyn Fn(&Request) -> Option<String> + Send + Sync>;

/// A server that runs until the test ends.
pub struct MockServer {
    /// Address of the port. A placeholder if the server listens at a socket.
    pub address: SocketAddr,
    /// Address in the format of jeton's settings.
    pub address_text: String,
    _folder: Option<tempfile::TempDir>,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    /// Handles of the open connections, for closing them.
    open: Arc<Mutex<Vec<File>>>,
    /// Lets event streams continue after their first event.
    gate: Arc<(Mutex<bool>, Condvar)>,
    ended: Arc<AtomicBool>,
}

impl MockServer {
    /// Starts on a port.
    pub fn start(answer: Responder) -> MockServer {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    /// Starts on this port, which another server had before.
    pub fn on(listener: TcpListener, answer: Responder) -> MockServer {
        let address = listener.local_addr().unwrap();
        let server = Self::new(address, address.to_string(), None);
        server.run(move || listener.accept().map(|(stream, _)| OwnedFd::from(stream)), answer);
        server
    }

    /// Starts on a socket.
    pub fn on_a_socket(answer: Responder) -> MockServer {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("verify.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = Self::new(SocketAddr::from(([0, 0, 0, 0], 0)), format!("unix:{}", path.display()), Some(folder));
        server.run(move || listener.accept().map(|(stream, _)| OwnedFd::from(stream)), answer);
        server
    }

    fn new(address: SocketAddr, place: String, folder: Option<tempfile::TempDir>) -> MockServer {
        let (seen, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        MockServer {
            address,
            address_text: place,
            _folder: folder,
            requests: seen,
            connections,
            open: Arc::default(),
            gate: Arc::default(),
            ended: Arc::default(),
        }
    }

    fn run(&self, accept: impl Fn() -> std::io::Result<OwnedFd> + Send + 'static, answer: Responder) {
        let (seen, count, answer) = (Arc::clone(&self.requests), Arc::clone(&self.connections), Arc::new(answer));
        let (open, ended, gate) = (Arc::clone(&self.open), Arc::clone(&self.ended), Arc::clone(&self.gate));
        std::thread::spawn(move || {
            while let Ok(stream) = accept() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                open.lock().unwrap().push(File::from(stream.try_clone().unwrap()));
                count.fetch_add(1, Ordering::SeqCst);
                let (requests_seen, answer, gate) = (Arc::clone(&seen), Arc::clone(&answer), Arc::clone(&gate));
                std::thread::spawn(move || serve(File::from(stream), &requests_seen, &answer, &gate));
            }
        });
    }

    /// Lets every event stream continue.
    pub fn open_gate(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }

    /// Closes the server and every connection, and frees the port.
    pub fn close(self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(connect(self.address));
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = rustix::net::shutdown(&stream, rustix::net::Shutdown::Both);
        }
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Returns the requests since the last call.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn serve(stream: File, seen: &Mutex<Vec<Request>>, answer: &Responder, gate: &(Mutex<bool>, Condvar)) {
    let Ok(writing) = stream.try_clone() else { return };
    let (mut reader, mut writer) = (BufReader::new(stream), writing);
    while let Some(request) = read(&mut reader) {
        seen.lock().unwrap().push(request.clone());
        let Some(text) = answer(&request) else {
            let _ = reader.read_to_end(&mut Vec::new());
            return;
        };
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let text = if request.line.starts_with("HEAD ") { &text[..head.len() + 4] } else { &text };
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
        if head.starts_with("HTTP/1.1 101") {
            // After a protocol upgrade, the server echoes everything.
            let mut piece = [0; 256];
            while let Ok(got @ 1..) = reader.read(&mut piece) {
                if writer.write_all(&piece[..got]).is_err() {
                    return;
                }
            }
            return;
        }
        if head.contains("text/event-stream") {
            let _open = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
            let _ = writer.write_all(b"data: second\n\n");
            let _ = rustix::net::shutdown(&writer, rustix::net::Shutdown::Both);
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let line = |reader: &mut dyn BufRead| {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok().filter(|n| *n > 0)?;
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    };
    let first = line(reader)?;
    let mut headers = Vec::new();
    loop {
        let next = line(reader)?;
        let Some((name, value)) = next.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request { line: first, headers, body: String::new() };
    let length = request.all("content-length").first().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if request.all("transfer-encoding").first() == Some(&"chunked") {
        loop {
            let size = usize::from_str_radix(&line(reader)?, 16).ok()?;
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk).ok()?;
            line(reader);
            body.extend(&chunk);
            if size == 0 {
                break;
            }
        }
    }
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// Formats an answer with this status, these header lines and this body.
pub fn response(status: &str, headers: &[String], body: &str) -> String {
    let headers: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

/// A reply as received: its status (0 if the connection was closed), and the whole head.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
}

/// Address of the proxies' clients. It differs from the proxies' address as far as one machine allows.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

pub fn connect(to: SocketAddr) -> Option<TcpStream> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).ok()?;
    bind(&socket, &SocketAddr::from((CLIENT, 0))).ok()?;
    rustix::net::connect(&socket, &to).ok()?;
    Some(TcpStream::from(socket))
}

/// Sends `text` unchanged, with `Host` and `Connection: close` after its first line.
pub fn send_raw(to: SocketAddr, first: &str, headers: &[&str], body: &str) -> Reply {
    let mut text = format!("{first}\r\nHost: app.example\r\nConnection: close\r\n");
    headers.iter().for_each(|h| text.push_str(&format!("{h}\r\n")));
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head_of(to, &format!("{text}\r\n{body}"))
}

/// Sends `text`, and reads the head of the reply.
pub fn head_of(to: SocketAddr, text: &str) -> Reply {
    let mut stream = connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(text.as_bytes());
    let (mut reply, mut piece) = (Vec::new(), [0; 4096]);
    // Only the head matters, and some proxies keep a connection open for a second after it.
    let is_whole = |reply: &[u8]| !reply.starts_with(b"HTTP/1.1 100") && reply.windows(4).any(|end| end == b"\r\n\r\n");
    while !is_whole(&reply) {
        match stream.read(&mut piece) {
            Ok(got @ 1..) => reply.extend_from_slice(&piece[..got]),
            _ => break,
        }
    }
    let reply = String::from_utf8_lossy(&reply).into_owned();
    let head = reply.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Reply { status, head }
}
