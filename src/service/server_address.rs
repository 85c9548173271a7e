//! The address of a server, as its clients write it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::certificate_pin::CertificatePin;
use super::endpoint::Endpoint;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// The address of the management API: `unix:/run/jeton/manage.sock` or `http://127.0.0.1:7181`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress(Endpoint);

const HTTP: &str = "http://";

/// The parameters of a connection to a server: its address, and the certificate that the server must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConnection {
    pub address: ServerAddress,
    /// A file in PEM with the only authorities that may have issued the certificate. `None`: those of the system.
    pub ca: Option<PathBuf>,
    /// The only key that the certificate may have. Without `ca`, the pin alone decides.
    pub pin: Option<CertificatePin>,
}

impl ServerConnection {
    /// Returns the connection to a server that proves its identity to the system's authorities.
    pub fn new(address: ServerAddress) -> Self {
        ServerConnection { address, ca: None, pin: None }
    }
}

impl ServerAddress {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule. Passwords and tokens never cross a network in the clear, so only an
    /// address of this machine is accepted.
    pub fn parse(text: &str) -> Result<Self> {
        let refused =
            |why: &str| Err(Error::usage(format!("\"{}\" is not a server", excerpt(text, 120))).why(why.to_owned()));
        if text.starts_with("unix:") {
            return Endpoint::parse(text).map(ServerAddress);
        }
        let Some(address) = text.strip_prefix(HTTP).map(|rest| rest.strip_suffix('/').unwrap_or(rest)) else {
            return refused("use unix:PATH or http://ADDRESS:PORT");
        };
        match address.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(ServerAddress(Endpoint::Tcp(address))),
            Ok(_) => refused("http is not encrypted: only an address of this machine can be used"),
            Err(_) => refused("use http://ADDRESS:PORT, such as http://127.0.0.1:7181"),
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.0
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Endpoint::Tcp(address) => write!(f, "{HTTP}{address}"),
            unix @ Endpoint::Unix(_) => unix.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_servers() {
        for text in ["unix:/run/jeton/manage.sock", "http://127.0.0.1:7181", "http://[::1]:80"] {
            assert_eq!(ServerAddress::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "127.0.0.1:80", "http://192.0.2.1:80", "http://localhost:80", "http://127.0.0.1", "unix:x"] {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
    }
}
