//! `guide`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The program that a guide configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "each is the name of a program")]
pub enum GuideTarget {
    Nginx,
    Caddy,
    Traefik,
    Envoy,
    Haproxy,
    Curl,
    Explain,
    Gitleaks,
    Trufflehog,
}

#[derive(Debug, Args)]
pub struct GuideArgs {
    /// A proxy, curl, explain (a request), or a secret scanner
    #[arg(value_name = "PROXY")]
    pub subject: GuideTarget,
    /// With explain: the HTTP method and the path of a request
    #[arg(value_name = "METHOD PATH", num_args = 2)]
    pub request: Vec<String>,
    /// With explain: the host of the request
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Use this catalogue's routes; can be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub catalogue: Vec<String>,
    /// Let CORS preflights pass for this catalogue; can be repeated
    #[arg(long, value_name = "NAME")]
    pub preflights: Vec<String>,
    /// Address of an application; can be repeated [default: 127.0.0.1:8080]
    #[arg(long, value_name = "[CATALOGUE=]HOST:PORT")]
    pub upstream: Vec<String>,
    /// Listen at PORT, ADDRESS:PORT or unix:PATH [default with --cert: 443]
    #[arg(long, value_name = "WHERE")]
    pub listen: Option<String>,
    /// Certificate of the proxy, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Key of the certificate
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Allow tokens or requests to cross a network unencrypted
    #[arg(long)]
    pub insecure: bool,
    /// Replace the proof value; the old value works for 1 h
    #[arg(long)]
    pub new_proof: bool,
    /// Print HAProxy's second file: the Lua code that calls jeton
    #[arg(long)]
    pub lua: bool,
}

impl GuideArgs {
    /// Returns `true` if an option is about routes or a proxy.
    pub fn is_about_routes(&self) -> bool {
        let GuideArgs { catalogue, preflights, listen, cert, insecure, new_proof, .. } = self;
        let is_given = !catalogue.is_empty() || !preflights.is_empty() || listen.is_some() || cert.is_some();
        is_given || *insecure || *new_proof
    }
}
