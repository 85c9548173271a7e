//! The address of a server, as its clients write it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::certificate_pin::CertificatePin;
use super::endpoint::Endpoint;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// The address of the management API: `unix:/run/jeton/manage.sock`, `https://jeton.example.com:7182` or
/// `http://127.0.0.1:7181`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// A socket or a port of this machine. The connection isn't encrypted.
    Local(Endpoint),
    /// A host name in lower case or an IP address, and a port.
    Https { host: String, port: u16 },
}

const HTTP: &str = "http://";
const HTTPS: &str = "https://";
const HTTPS_PORT: u16 = 443;

/// The parameters of a connection to a server: its address, and the certificate that the server must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConnection {
    pub address: ServerAddress,
    /// A file in PEM with the only authorities that may have issued the certificate. `None`: those of the system.
    pub ca: Option<PathBuf>,
    /// The only key that the certificate may have. Without `ca`, the pin alone decides.
    pub pin: Option<CertificatePin>,
    /// `true` if passwords and tokens may go to a port of this machine without TLS.
    pub insecure: bool,
}

impl ServerConnection {
    /// Returns the connection to a server that proves its identity to the system's authorities.
    pub fn new(address: ServerAddress) -> Self {
        ServerConnection { address, ca: None, pin: None, insecure: false }
    }
}

impl ServerAddress {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule. Passwords and tokens never cross a network in the clear, so http is
    /// accepted only for an address of this machine.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| {
            Err(Error::usage(format!("\"{}\" can't be used as the address of a server", excerpt(text, 120)))
                .why(why.to_owned()))
        };
        if text.starts_with("unix:") {
            return Endpoint::parse(text).map(ServerAddress::Local);
        }
        let address = text.strip_suffix('/').unwrap_or(text);
        if let Some(address) = address.strip_prefix(HTTPS) {
            return match parse_host_and_port(address) {
                Some((host, port)) => Ok(ServerAddress::Https { host, port }),
                None => refused(
                    "use https://HOST or https://HOST:PORT, without a path, such as https://jeton.example.com:7182",
                ),
            };
        }
        let Some(address) = address.strip_prefix(HTTP) else {
            return refused("use unix:PATH, https://HOST:PORT or http://ADDRESS:PORT");
        };
        match address.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(ServerAddress::Local(Endpoint::Tcp(address))),
            Ok(_) => refused(
                "http is not encrypted, so only a loopback address such as 127.0.0.1 can be used. For other addresses, \
                 use https://HOST:PORT",
            ),
            Err(_) => refused(
                "http needs a loopback address and a port, such as http://127.0.0.1:7181. For other addresses, use \
                 https://HOST:PORT",
            ),
        }
    }

    /// Returns the value of the header `Host`.
    pub fn host(&self) -> String {
        match self {
            ServerAddress::Local(Endpoint::Unix(_)) => "jeton".to_owned(),
            ServerAddress::Local(Endpoint::Tcp(address)) => address.to_string(),
            ServerAddress::Https { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            ServerAddress::Https { host, port } => format!("{host}:{port}"),
        }
    }
}

/// Returns the host in lower case and without brackets, and the port or its default.
fn parse_host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().ok().filter(|_| port.bytes().all(|digit| digit.is_ascii_digit()))?)
        }
        _ => (text, HTTPS_PORT),
    };
    let host = match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
        Some(address) => IpAddr::V6(address?.parse().ok()?).to_string(),
        None => host.to_ascii_lowercase(),
    };
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_name = host.len() <= 253 && host.split('.').all(is_label);
    (host.parse::<IpAddr>().is_ok() || is_name).then_some((host, port))
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerAddress::Local(Endpoint::Tcp(address)) => write!(f, "{HTTP}{address}"),
            ServerAddress::Local(unix @ Endpoint::Unix(_)) => unix.fmt(f),
            ServerAddress::Https { .. } => write!(f, "{HTTPS}{}", self.host()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_reads_back() {
        for text in [
            "unix:/run/jeton/manage.sock",
            "http://127.0.0.1:7181",
            "http://[::1]:80",
            "https://jeton.example.com:7182",
            "https://192.0.2.1:1",
            "https://[2001:db8::1]:443",
        ] {
            assert_eq!(ServerAddress::parse(text).unwrap().to_string(), text);
        }
        for (text, same) in [
            ("https://Jeton.Example.com/", "https://jeton.example.com:443"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]:443"),
            ("http://127.0.0.1:7181/", "http://127.0.0.1:7181"),
        ] {
            assert_eq!(ServerAddress::parse(text).unwrap().to_string(), same);
        }
    }

    #[test]
    fn password_never_crosses_a_network_in_the_clear() {
        for text in ["", "127.0.0.1:80", "http://192.0.2.1:80", "http://localhost:80", "http://127.0.0.1", "unix:x"] {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
        for host in
            ["", ":1", "a:", "a:+1", "a:65536", "a b", "a/b", "u@a", "a?x", "::1", "[::1", "[a]", "-a", "a..b", "a."]
        {
            assert!(ServerAddress::parse(&format!("https://{host}")).is_err(), "{host}");
        }
    }
}
