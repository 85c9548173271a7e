//! `guide`.

use std::path::PathBuf;

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
    /// Let CORS preflights through to the routes of this catalogue; can be repeated
    #[arg(long, value_name = "NAME")]
    pub preflights: Vec<String>,
    /// The application, on this machine unless --insecure
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub upstream: String,
    /// Where the proxy listens: PORT, ADDRESS:PORT or unix:PATH [default: 443 with --cert]
    #[arg(long, value_name = "WHERE")]
    pub listen: Option<String>,
    /// The certificate that the proxy shows, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Accept that tokens or requests cross a network in the clear
    #[arg(long)]
    pub insecure: bool,
    /// Replace the proof value of jeton's port first; the old one works for another hour
    #[arg(long)]
    pub new_proof: bool,
    /// Print haproxy's second part, the Lua file that asks
    #[arg(long)]
    pub lua: bool,
}
