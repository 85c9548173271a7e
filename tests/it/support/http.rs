//! An HTTP client that sends exactly the given bytes, and reads exactly one answer at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Maximum time of an answer on a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(30);

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

pub struct Client {
    stream: Stream,
    unread: Vec<u8>,
}

/// A raw HTTP answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// The text from the status line to the last header.
    pub head: String,
    pub body: String,
}

impl Reply {
    /// Returns all values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Returns the only value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let [value] = self.all(name)[..] else { panic!("not one {name} in {self:?}") };
        value
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Returns the whole answer without the `Date` header.
    pub fn without_date(&self) -> String {
        let kept: Vec<&str> =
            self.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
        format!("{}\n\n{}", kept.join("\n"), self.body)
    }
}

/// Formats the head of a request.
pub fn head(verb: &str, path: &str, headers: &[&str]) -> String {
    let mut text = format!("{verb} {path} HTTP/1.1\r\nHost: jeton\r\n");
    headers.iter().for_each(|header| text.push_str(&format!("{header}\r\n")));
    text + "\r\n"
}

/// Returns the header that presents `secret`.
pub fn bearer(secret: &str) -> String {
    format!("Authorization: Bearer {secret}")
}

impl Client {
    #[expect(clippy::disallowed_methods, reason = "a client of the service under test")]
    pub fn tcp(to: SocketAddr) -> Client {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::from_stream(Stream::Tcp(stream))
    }

    #[expect(clippy::disallowed_methods, reason = "a client of the service under test")]
    pub fn unix(to: &Path) -> Client {
        Self::from_stream(Stream::Unix(UnixStream::connect(to).unwrap()))
    }

    fn from_stream(stream: Stream) -> Client {
        let client = Client { stream, unread: Vec::new() };
        client.set_timeout(TIMEOUT);
        client
    }

    /// Sets the timeout for each read.
    pub fn set_timeout(&self, patience: Duration) {
        match &self.stream {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(patience)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(patience)),
        }
        .unwrap();
    }

    /// Sends bytes. Ignores an error, because a service that has closed need not read everything.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes.as_ref());
    }

    /// Sends bytes. Returns `true` if all could be sent.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes).is_ok(),
            Stream::Unix(stream) => stream.write_all(bytes).is_ok(),
        }
    }

    /// Closes the sending side.
    pub fn end(&self) {
        let _ = match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(std::net::Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(std::net::Shutdown::Write),
        };
    }

    /// Returns a second handle of the same connection.
    pub fn duplicate(&self) -> Client {
        let stream = match &self.stream {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone().unwrap()),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone().unwrap()),
        };
        Client { stream, unread: Vec::new() }
    }

    /// Reads more; `false` at the end.
    fn read(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        let read = match &mut self.stream {
            Stream::Tcp(stream) => stream.read(&mut piece),
            Stream::Unix(stream) => stream.read(&mut piece),
        };
        match read {
            Ok(0) => false,
            Ok(n) => {
                self.unread.extend_from_slice(&piece[..n]);
                true
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => panic!("no answer in time"),
            Err(_) => false,
        }
    }

    /// Reads the next answer to a request other than `HEAD`. `None` if the connection closed before its end.
    pub fn read_reply(&mut self) -> Option<Reply> {
        self.read_next(true)
    }

    fn read_next(&mut self, has_body: bool) -> Option<Reply> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if !self.read() {
                return None;
            }
        };
        let rest = self.unread.split_off(end + 4);
        let head = String::from_utf8(std::mem::replace(&mut self.unread, rest)).expect("a head of ASCII");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        let mut answer = Reply { status, head: head.trim_end().replace("\r\n", "\n"), body: String::new() };
        let length = answer.all("content-length").first().map_or(0, |n| n.parse().unwrap());
        let length = if has_body { length } else { 0 };
        while self.unread.len() < length {
            if !self.read() {
                return None;
            }
        }
        let rest = self.unread.split_off(length);
        answer.body = String::from_utf8(std::mem::replace(&mut self.unread, rest)).expect("a body of UTF-8");
        Some(answer)
    }

    /// Returns `true` if the service closes the connection without a further byte.
    pub fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && !self.read()
    }

    /// Sends a request without a body and reads the answer.
    pub fn try_request(&mut self, verb: &str, path: &str, headers: &[&str]) -> Option<Reply> {
        self.send(head(verb, path, headers));
        self.read_next(verb != "HEAD")
    }

    #[track_caller]
    pub fn request(&mut self, verb: &str, path: &str, headers: &[&str]) -> Reply {
        self.try_request(verb, path, headers).expect("an answer")
    }

    /// Verifies `secret` for a method or `-`.
    #[track_caller]
    pub fn verify(&mut self, secret: &str, method: &str) -> Reply {
        self.request("GET", &format!("/v1/verify/{method}"), &[&bearer(secret)])
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, headers: &[&str], form: &str) -> Reply {
        let length = format!("Content-Length: {}", form.len());
        let headers = [headers, &[&length]].concat();
        self.send(head("POST", path, &headers) + form);
        self.read_reply().expect("an answer")
    }
}
