//! The part of HTTP/1.1 that the measurements need.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The head of a response.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub status: u16,
    /// Bytes before the body.
    pub length: usize,
    pub body: usize,
}

impl Head {
    /// Parses a head. `None` while the head is incomplete. The head of a HEAD response gives the length of a body that
    /// doesn't follow.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, String> {
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
        let odd = || format!("an answer that can't be read: {}", String::from_utf8_lossy(&bytes[..end.min(200)]));
        let status = bytes.get(9..12).and_then(|s| std::str::from_utf8(s).ok()?.parse().ok()).ok_or_else(odd)?;
        let mut body = 0;
        for line in bytes[..end].split(|b| *b == b'\n').skip(1) {
            let Some(colon) = line.iter().position(|b| *b == b':') else { return Err(odd()) };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                body = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok()).ok_or_else(odd)?;
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                return Err(odd());
            }
        }
        Ok(Some(Head { status, length: end + 4, body }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMethod {
    Get,
    Head,
}

/// Formats a request for `path` with `secret`.
pub fn request(verb: HttpMethod, path: &str, secret: &str) -> Vec<u8> {
    let verb = match verb {
        HttpMethod::Get => "GET",
        HttpMethod::Head => "HEAD",
    };
    format!("{verb} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {secret}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\r\n\r\n")
        .into()
}

/// A connection for one request at a time.
pub struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    pub fn connect(to: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Client { stream, answer: Vec::new() })
    }

    /// Sends a request. Returns the status and the elapsed time; [`Self::answer`] has the rest of the response.
    pub fn ask(&mut self, request: &[u8]) -> Result<(u16, Duration), String> {
        self.answer.clear();
        let begun = Instant::now();
        self.stream.write_all(request).map_err(|e| e.to_string())?;
        let mut buffer = [0; 8192];
        loop {
            let read = self.stream.read(&mut buffer).map_err(|e| e.to_string())?;
            if read == 0 {
                return Err("the connection was closed".to_owned());
            }
            self.answer.extend_from_slice(&buffer[..read]);
            if let Some(head) = Head::read(&self.answer)?
                && self.answer.len() >= head.length + head.body
            {
                return Ok((head.status, begun.elapsed()));
            }
        }
    }

    /// Returns the whole last response.
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }
}
