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
        let refused =
            |why: &str| Err(Error::usage(format!("\"{}\" is not a service address", excerpt(text, 240))).why(why));
        let mut addresses = ManagementAddresses::default();
        for part in text.split(',').map(str::trim) {
            let is_new = match part.strip_prefix(HTTPS).map(|address| address.parse()) {
                Some(Ok(address)) => addresses.https.replace(address).is_none(),
                Some(Err(_)) => return refused("https needs an IP address and a port, such as https://0.0.0.0:7182"),
                None => {
                    let port = part.strip_prefix(HTTP).filter(|address| !address.starts_with("unix:"));
                    let local = Endpoint::parse(port.unwrap_or(part))?;
                    if !local.is_local() {
                        return refused(
                            "http is not encrypted: use https://ADDRESS:PORT, or an address of this machine",
                        );
                    }
                    addresses.local.replace(local).is_none()
                }
            };
            if !is_new {
                return refused("use at most one https address and one other address, such as unix:PATH");
            }
        }
        Ok(addresses)
    }
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
        ] {
            assert!(ManagementAddresses::parse(text).is_err(), "{text}");
        }
    }
}
