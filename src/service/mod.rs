//! The terms between `jeton serve`, its proxies and its clients: addresses, proofs, and the parts of requests and
//! answers that they agree on. Shared by the service (`http/`), its settings, the guides for proxies, and the clients.

pub mod certificate_pin;
pub mod credential_sources;
pub mod endpoint;
pub mod fault;
pub mod identity_header;
pub mod management_addresses;
pub mod proxy_proof;
pub mod server_address;
pub mod server_colour;
pub mod trusted_proxies;

/// Returns the advice to give the service's setting `key` a `value`. The service may run as another user, who doesn't read
/// the configuration of the caller.
pub fn advise_setting(key: &str, value: &str) -> String {
    format!(
        "Set {key} to {value} in the configuration of the service, for example /etc/jeton/config.toml. Then restart \
         the service"
    )
}

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The program and its version, as a header names them.
pub const PROGRAM: &str = concat!("jeton/", env!("CARGO_PKG_VERSION"));
