//! The addresses at which the service is managed.

use std::fmt;
use std::net::SocketAddr;

use super::endpoint::Endpoint;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

const HTTP: &str = "http://";
const HTTPS: &str = "https://";

/// The listeners of the management API, as in `unix:/run/jeton/manage.sock,https://0.0.0.0:7182`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagementAddresses {
    /// A socket, or a port of this machine without encryption. `None`: a socket chosen by the store's path.
    pub local: Option<Endpoint>,
    pub https: Option<SocketAddr>,
}

impl ManagementAddresses {
    /// Parses `unix:PATH`, `https://ADDRESS:PORT` and `http://ADDRESS:PORT` or `ADDRESS:PORT`, comma-separated.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule. Passwords and tokens never cross a network in the clear.
    pub fn parse(text: &str) -> Result<Self> {
        let mut addresses = ManagementAddresses::default();
        for part in text.split(',').map(str::trim) {
            let refused = |fault: &str, why: &str| Error::usage(format!("\"{}\" {fault}", excerpt(part, 120))).why(why);
            if part.split_whitespace().skip(1).any(is_address) {
                return Err(refused("is not a management address", "separate addresses by commas"));
            }
            let is_new = match part.strip_prefix(HTTPS).map(|address| address.parse()) {
                Some(Ok(address)) => addresses.https.replace(address).is_none(),
                Some(Err(_)) => {
                    let why = "https needs an IP address and a port, such as https://0.0.0.0:7182";
                    return Err(refused("is not a management address", why));
                }
                None => {
                    let port = part.strip_prefix(HTTP).filter(|address| !address.starts_with("unix:"));
                    let local = Endpoint::parse(port.unwrap_or(part)).map_err(|error| {
                        if part.starts_with("unix:") {
                            return error;
                        }
                        refused(
                            "is not a management address",
                            "use unix:PATH, https://ADDRESS:PORT, or a loopback address such as 127.0.0.1:7181",
                        )
                    })?;
                    if !local.is_local() {
                        return Err(refused(
                            "can't be used for management",
                            "passwords and tokens would cross the network unencrypted. Use https://ADDRESS:PORT, or a \
                             loopback address such as 127.0.0.1:7181",
                        ));
                    }
                    addresses.local.replace(local).is_none()
                }
            };
            if !is_new {
                let why = "use at most one https address, and one socket or loopback address";
                return Err(refused("is one address too many", why));
            }
        }
        Ok(addresses)
    }
}

/// Returns `true` for a word with which an address begins. The path of a socket can have other words.
fn is_address(word: &str) -> bool {
    [HTTP, HTTPS, "unix:"].iter().any(|start| word.starts_with(start)) || word.parse::<SocketAddr>().is_ok()
}

impl fmt::Display for ManagementAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let https = self.https.map(|address| format!("{HTTPS}{address}"));
        let parts: Vec<String> = self.local.iter().map(Endpoint::to_string).chain(https).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        for (text, canonical) in [
            ("unix:/run/jeton/manage.sock", "unix:/run/jeton/manage.sock"),
            ("https://0.0.0.0:7182", "https://0.0.0.0:7182"),
            ("https://[::]:7182, unix:/run/m", "unix:/run/m,https://[::]:7182"),
            ("unix:/run/my sockets/m, https://[::]:7182", "unix:/run/my sockets/m,https://[::]:7182"),
            ("127.0.0.1:7181", "127.0.0.1:7181"),
            ("http://[::1]:7181,https://[::1]:7182", "[::1]:7181,https://[::1]:7182"),
        ] {
            assert_eq!(ManagementAddresses::parse(text).unwrap().to_string(), canonical);
        }
        for text in [
            "",
            "unix:relative",
            "https://localhost:1",
            "https://unix:/x",
            "http://unix:/x",
            "http://192.0.2.1:1",
            "192.0.2.1:1",
            "https://127.0.0.1:1,https://127.0.0.1:2",
            "unix:/a,127.0.0.1:1",
            "unix:/a,",
            "unix:/a https://127.0.0.1:1",
            "https://127.0.0.1:1 unix:/a",
            "unix:/a\t127.0.0.1:1",
        ] {
            assert!(ManagementAddresses::parse(text).is_err(), "{text}");
        }
    }
}
