//! `serve`.

use clap::Args;

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where tokens are checked: ADDRESS:PORT or unix:PATH [default: 127.0.0.1:7180]
    #[arg(long, value_name = "ADDR")]
    pub verify: Option<String>,
    /// Where the service is managed: unix:PATH or ADDRESS:PORT [default: a socket beside the store]
    #[arg(long, value_name = "ADDR")]
    pub manage: Option<String>,
    /// Listen on addresses over which tokens are sent in the clear
    #[arg(long)]
    pub insecure: bool,
    /// How much to say on stderr: error, warn, info, debug (denied attempts), trace (every request)
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Say it in JSON, an event a line
    #[arg(long)]
    pub log_json: bool,
}
