use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::service::endpoint::Endpoint;

/// The address of the application: `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub host: String,
    pub port: u16,
}

impl Upstream {
    pub fn parse(text: &str) -> Result<Self> {
        let read = text.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse().ok().filter(|p| *p > 0)?;
            let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let is_name = (1..=253).contains(&host.len()) && host.chars().all(named) && !host.starts_with('-');
            let is_six = text.parse::<SocketAddr>().is_ok_and(|a| a.is_ipv6());
            (is_name || is_six).then(|| Upstream { host: host.to_owned(), port })
        });
        read.ok_or_else(|| refused(text, "not an address of an application", "use HOST:PORT, e.g. 127.0.0.1:8080"))
    }

    /// Returns `true` if the application is on this machine.
    pub fn is_local(&self) -> bool {
        let ip = self.host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        ip.map_or(self.host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The address on which a proxy listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// This port of every address.
    Port(u16),
    /// This address only.
    Address(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Listen {
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(port) = text.strip_prefix(':').unwrap_or(text).parse().ok().filter(|p| *p > 0) {
            return Ok(Listen::Port(port));
        }
        match Endpoint::parse(text) {
            Ok(Endpoint::Tcp(address)) => Ok(Listen::Address(address)),
            Ok(Endpoint::Unix(path)) => {
                super::check_template_safe(&path).map_err(|e| e.next("Use another path: --listen unix:PATH"))?;
                Ok(Listen::Unix(path))
            }
            Err(_) => Err(refused(
                text,
                "not an address to listen on",
                "use a port such as 80, an address such as 127.0.0.1:80, or a socket such as unix:/run/proxy.sock",
            )),
        }
    }

    /// Returns `true` if only this machine can reach the address.
    pub fn is_local(&self) -> bool {
        match self {
            Listen::Port(_) => false,
            Listen::Address(address) => address.ip().is_loopback(),
            Listen::Unix(_) => true,
        }
    }
}

/// A certificate and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    pub fn new(certificate: &Path, key: &Path) -> Result<Self> {
        for path in [certificate, key] {
            if !path.is_absolute() || !super::is_template_safe(path) {
                return Err(refused(
                    &path.to_string_lossy(),
                    "not a path that can be written into the proxy's configuration",
                    "use an absolute path that has only the characters A-Z a-z 0-9 / . _ - +",
                ));
            }
        }
        Ok(Tls { certificate: certificate.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Port(port) => port.fmt(f),
            Listen::Address(address) => address.fmt(f),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

fn refused(text: &str, what: &str, why: &str) -> Error {
    Error::usage(format!("\"{}\" is {what}", excerpt(text, 120))).why(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        for text in ["127.0.0.1:8080", "app.internal:80", "[::1]:8080"] {
            assert_eq!(Upstream::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "app", ":80", "app:0", "app:65536", "a b:80", "a;b:80", "::1:80", "-a:80", "unix:/x", "a$b:1"]
        {
            assert!(Upstream::parse(text).is_err(), "{text}");
        }
        for (text, shown) in
            [("80", "80"), (":80", "80"), ("[::]:80", "[::]:80"), ("unix:/run/x.sock", "unix:/run/x.sock")]
        {
            assert_eq!(Listen::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "0", ":", "localhost:80", "unix:/a b", "unix:/a;b", "80;"] {
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }
}
