//! `serve`.

use clap::Args;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Verify tokens at unix:PATH or ADDRESS:PORT [default: a socket]
    ///
    /// The default is the socket STORE.verify next to the store, or /run/jeton/verify.sock for the system's store. A
    /// socket is safer than a port: while jeton is down, any local user can take the port. See: docs/security.md
    #[arg(long, value_name = "ADDR")]
    pub verify: Option<String>,
    /// Group that can use the verify socket: the proxy's group
    #[arg(long, value_name = "GROUP")]
    pub verify_group: Option<String>,
    /// Serve management at unix:PATH, https://ADDRESS:PORT, or both
    ///
    /// The default is the socket STORE.manage next to the store, or /run/jeton/manage.sock for the system's store. This
    /// socket is also open if only https is given. https uses the files of the settings serve.certificate and
    /// serve.key. http://ADDRESS:PORT is for addresses of this machine, and needs --insecure.
    #[arg(long, value_name = "ADDR")]
    pub manage: Option<String>,
    /// Allow listening where tokens cross a network unencrypted
    #[arg(long)]
    pub insecure: bool,
    /// Accept a store older than the state that the service has seen
    ///
    /// Use this option for one start, after you restored an older copy on purpose. Tokens that were revoked after that
    /// copy can work again, so review the tokens first. Do not leave the option in a unit file: the service would then
    /// accept an older store at every start.
    #[arg(long)]
    pub accept_older_store: bool,
    /// Accept a clock that is behind the latest time the service has seen
    ///
    /// The service remembers the latest time that it has seen, also after a restart. So expired tokens stay expired if the
    /// clock is set back. If the latest time was wrong, use this option for one start.
    #[arg(long)]
    pub accept_earlier_clock: bool,
    /// Log level: error, warn, info, debug (denials), trace (requests)
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Log in JSON, one event per line
    #[arg(long)]
    pub log_json: bool,
}
