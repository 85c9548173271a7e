//! The addresses at which a service listens.

use std::net::SocketAddr;
use std::path::Path;

use crate::config::ServeSettings;
use crate::error::{Error, Result};
use crate::platform::paths;
use crate::service::advise_setting;
use crate::service::endpoint::Endpoint;

/// The system's store, and the folder of its sockets. The folder belongs to root, so no other user can put another
/// socket there.
const SYSTEM_PATHS: (&str, &str) = ("/var/lib/jeton/jeton.db", "/run/jeton");

/// Returns the default management socket for a service of the store at `store`.
pub fn default_manage(store: &Path) -> Result<Endpoint> {
    default_socket(store, "manage")
}

/// Returns the default verify socket for a service of the store at `store`.
pub fn default_verify(store: &Path) -> Result<Endpoint> {
    default_socket(store, "verify")
}

fn default_socket(store: &Path, name: &str) -> Result<Endpoint> {
    let store = paths::absolute(store).map_err(|e| {
        let unknown = Error::failure("the path of the store is unknown").why(e.to_string());
        unknown.next("Use an absolute path: --store PATH")
    })?;
    let path = match store == Path::new(SYSTEM_PATHS.0) {
        true => format!("{}/{name}.sock", SYSTEM_PATHS.1),
        false => format!("{}.{name}", store.display()),
    };
    Endpoint::parse(&format!("unix:{path}"))
        .map_err(|e| e.next(advise_setting(&format!("serve.{name}"), "unix:PATH, with a shorter path,")))
}

/// The addresses of a service.
pub(super) struct Addresses {
    pub verify: Endpoint,
    /// The management listener without encryption.
    pub manage: Endpoint,
    pub https: Option<SocketAddr>,
}

impl Addresses {
    /// Returns the addresses that the settings name, or else the default ones of the store at `store`.
    pub fn new(settings: &ServeSettings, store: &Path) -> Result<Self> {
        let verify = settings.verify.as_ref().map(|setting| setting.value.clone());
        let manage = settings.manage.as_ref().map(|setting| setting.value.clone()).unwrap_or_default();
        Ok(Addresses {
            verify: verify.map_or_else(|| default_verify(store), Ok)?,
            manage: manage.local.map_or_else(|| default_manage(store), Ok)?,
            https: manage.https,
        })
    }
}

/// Checks that neither tokens nor passwords cross a network in the clear. `insecure` permits that for verified tokens,
/// and permits a management port that every user of this machine can reach.
pub(super) fn reject_cleartext(verify: &Endpoint, manage: &Endpoint, insecure: bool) -> Result<()> {
    if !manage.is_local() {
        return Err(Error::usage(format!("passwords would be sent to {manage} unencrypted"))
            .next("Use --manage https://ADDRESS:PORT, or set serve.manage to https://ADDRESS:PORT"));
    }
    if insecure {
        return Ok(());
    }
    if !verify.is_local() {
        return Err(Error::usage(format!("tokens would be sent to {verify} unencrypted"))
            .why("only loopback (127.0.0.1) or a unix socket keeps tokens on this machine")
            .next(
                "For a proxy on this machine, use unix:PATH or 127.0.0.1:PORT with --verify or in serve.verify. To \
                 send tokens unencrypted anyway, add --insecure",
            ));
    }
    match manage {
        Endpoint::Tcp(_) => {
            Err(Error::usage(format!("every user of this machine could reach jeton's management API at {manage}"))
                .why("a TCP port has no file permissions that keep other users out")
                .next(
                    "Use unix:PATH or https://ADDRESS:PORT with --manage or in serve.manage. To accept the risk, add \
                     --insecure",
                ))
        }
        Endpoint::Unix(_) => Ok(()),
    }
}

/// Gives the error of [`reject_cleartext`] the next step for a port that systemd passes.
pub(super) fn of_socket_unit(error: Error) -> Error {
    error.next(
        "systemd passes this port to jeton. In the socket unit of the port, set ListenStream= to the path of a socket. \
         If the port is meant for https, add https://ADDRESS:PORT to serve.manage",
    )
}
