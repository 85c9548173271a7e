use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// The longest path of a socket that every system accepts, in bytes (`sun_path` of unix(7), less its final zero byte).
const MAX_SOCKET_PATH_LEN: usize = 103;

/// An address to listen on or to reach: `127.0.0.1:7180`, `[::1]:7180` or `unix:/run/jeton/verify.sock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Endpoint {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule. Host names are refused, because the address behind a name may
    /// change.
    pub fn parse(text: &str) -> Result<Self> {
        let refused =
            |why: &str| Err(Error::usage(format!("\"{}\" is not a service address", excerpt(text, 120))).why(why));
        let Some(path) = text.strip_prefix("unix:") else {
            return match text.parse() {
                Ok(address) => Ok(Endpoint::Tcp(address)),
                Err(_) => refused("use unix:PATH, or an IP address and a port such as 127.0.0.1:7180"),
            };
        };
        match path {
            _ if !path.starts_with('/') => refused("a socket's path must begin with /"),
            _ if path.len() > MAX_SOCKET_PATH_LEN => refused("a socket's path can have at most 103 bytes"),
            _ if path.chars().any(char::is_control) => refused("a path can't contain control characters"),
            _ => Ok(Endpoint::Unix(PathBuf::from(path))),
        }
    }

    /// Returns the arguments with which curl reaches the endpoint; the path of the URL follows.
    pub fn curl_target(&self) -> String {
        match self {
            Endpoint::Tcp(address) => format!("http://{address}"),
            Endpoint::Unix(path) => format!("--unix-socket {} http://jeton", path.display()),
        }
    }

    /// Returns `true` if only this machine can reach the endpoint.
    pub fn is_local(&self) -> bool {
        match self {
            Endpoint::Tcp(address) => address.ip().is_loopback(),
            Endpoint::Unix(_) => true,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(address) => address.fmt(f),
            Endpoint::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_reads_back() {
        for text in ["127.0.0.1:7180", "[::1]:80", "unix:/run/jeton/verify.sock"] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.to_string(), text);
            assert!(endpoint.is_local());
        }
        assert!(!Endpoint::parse("192.0.2.1:80").unwrap().is_local());
        let long = format!("unix:/{}", "a".repeat(MAX_SOCKET_PATH_LEN));
        for text in ["", "localhost:80", "127.0.0.1", ":80", "unix:", "unix:run/x", "unix:/a\nb", long.as_str()] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
