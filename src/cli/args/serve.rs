//! `serve`.

use clap::Args;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Verify tokens at unix:PATH or ADDRESS:PORT [default: a socket]
    ///
    /// The default is the socket STORE.verify next to the store. For the system's store, the default is
    /// /run/jeton/verify.sock. A socket is safer than a port: while jeton is down, any local user can take the port.
    /// See: docs/security.md
    #[arg(long, value_name = "ADDR")]
    pub verify: Option<String>,
    /// Group that can use the verify socket: the proxy's group
    #[arg(long, value_name = "GROUP")]
    pub verify_group: Option<String>,
    /// Serve management at unix:PATH, https://ADDRESS:PORT, or both
    ///
    /// The default is the socket STORE.manage next to the store. For the system's store, the default is
    /// /run/jeton/manage.sock. If you give only https, jeton also opens the default socket. https uses the files of the
    /// settings serve.certificate and serve.key. http://ADDRESS:PORT is for addresses of this machine, and needs
    /// --insecure.
    #[arg(long, value_name = "ADDR")]
    pub manage: Option<String>,
    /// Allow listening where tokens cross a network unencrypted
    #[arg(long)]
    pub insecure: bool,
    /// Accept a store older than the state that the service has seen
    ///
    /// Use this option for one start, after you restored an older copy on purpose. Tokens that were revoked after the
    /// copy was made can work again. So check the tokens first. Do not leave the option in a unit file. Otherwise the
    /// service accepts an older store at every start.
    #[arg(long)]
    pub accept_older_store: bool,
    /// Accept a clock that is behind the latest time the service has seen
    ///
    /// The service saves the latest time that it has seen. So expired tokens stay expired if somebody sets the clock
    /// back. If the saved time is wrong, use this option for one start.
    #[arg(long)]
    pub accept_earlier_clock: bool,
    /// Log level: error, warn, info, debug (denials), trace (requests)
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Log in JSON, one event per line
    #[arg(long)]
    pub log_json: bool,
}
