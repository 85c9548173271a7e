//! `guide`.

use clap::{Args, ValueEnum};

/// What a guide is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "each is the name of a program")]
pub enum GuideFor {
    Nginx,
    Caddy,
    Traefik,
    Envoy,
    Haproxy,
    Curl,
}

/// `guide`.
#[derive(Debug, Args)]
pub struct GuideArgs {
    /// The proxy in front of the application, or curl to ask by hand
    #[arg(value_name = "PROXY")]
    pub subject: GuideFor,
    /// Guard by the routes of this catalogue alone; several by saying it again [default: every one]
    #[arg(long, value_name = "NAME")]
    pub catalogue: Vec<String>,
    /// The application
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub upstream: String,
    /// Where the proxy listens: PORT, ADDRESS:PORT or unix:PATH
    #[arg(long, value_name = "WHERE", default_value = "80")]
    pub listen: String,
    /// Print haproxy's second part, the Lua file that asks
    #[arg(long)]
    pub lua: bool,
}
