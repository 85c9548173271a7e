//! The terms between `jeton serve`, its proxies and its clients: addresses, proofs, and the parts of requests and
//! answers that they agree on. Shared by the service (`http/`), its settings, the guides for proxies, and the clients.

pub mod certificate_pin;
pub mod credential_sources;
pub mod endpoint;
pub mod identity_header;
pub mod proxy_proof;
pub mod server_address;
pub mod trusted_proxies;
