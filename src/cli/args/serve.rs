//! `serve`.

use clap::Args;

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Verify tokens at unix:PATH or ADDRESS:PORT [default: a socket]
    ///
    /// Unless said it is the socket STORE.verify beside the store, or /run/jeton/verify.sock for the system's store.
    /// Any local user can take a port while jeton is down: see `jeton guide`.
    #[arg(long, value_name = "ADDR")]
    pub verify: Option<String>,
    /// Group that may use the verify socket: the proxy's
    #[arg(long, value_name = "GROUP")]
    pub verify_group: Option<String>,
    /// Manage the service at unix:PATH or ADDRESS:PORT [a socket]
    #[arg(long, value_name = "ADDR")]
    pub manage: Option<String>,
    /// Allow listening where tokens cross a network unencrypted
    #[arg(long)]
    pub insecure: bool,
    /// Accept a store that is older than the service has seen
    ///
    /// Say it for one start, after an older copy was put in place on purpose. What was revoked since works again: look
    /// through the tokens first. Left in a unit file, it accepts at every start.
    #[arg(long)]
    pub accept_older_store: bool,
    /// Accept a clock that is behind what the service has seen
    ///
    /// A clock that is set back revives no expired token: a service goes on from the latest time it has seen, and keeps
    /// it for its next start. Say this for one start, if that time was wrong.
    #[arg(long)]
    pub accept_earlier_clock: bool,
    /// Log level: error, warn, info, debug (denials), trace (requests)
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Log in JSON, one event per line
    #[arg(long)]
    pub log_json: bool,
}
