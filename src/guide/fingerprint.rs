//! The fingerprint of the catalogues in a printed configuration, by which a stale one is recognised.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Guide, GuideSite, Listen, ProxyKind, Upstream, render};
use crate::domain::checkpoint::hex;
use crate::domain::route::rules::RouteRules;
use crate::error::Result;
use crate::service::endpoint::Endpoint;

/// The beginning of the line with the fingerprint.
const MARK: &str = "# jeton catalogue ";
/// The beginning of a remark that names options of the guide.
const OPTIONS_MARK: &str = "# printed with ";
/// The beginning of every printed configuration.
const HEADER_MARK: &str = "# jeton guards the application at ";
/// Number of bytes of the hash that are printed.
const LENGTH: usize = 8;
/// Addresses in place of those of an installation, which don't belong to its catalogues.
const ADDRESS: &str = "127.0.0.1:1";

const KINDS: [(ProxyKind, &str); 5] = [
    (ProxyKind::Nginx, "nginx"),
    (ProxyKind::Caddy, "caddy"),
    (ProxyKind::Traefik, "traefik"),
    (ProxyKind::Envoy, "envoy"),
    (ProxyKind::Haproxy, "haproxy"),
];

/// A hash of all that a configuration takes from catalogues and from this version of jeton. Addresses, certificates and
/// proof values don't count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    kind: &'static str,
    hash: String,
}

impl Fingerprint {
    /// Returns the fingerprint of a guide with the hosts and rules of `sites`, for tokens in the headers `credentials` or the
    /// `query`. `None` for output that is no configuration with comments of `#`.
    ///
    /// # Errors
    /// Those of [`super::write`].
    pub fn new(
        subject: ProxyKind,
        sites: impl IntoIterator<Item = (Vec<String>, RouteRules)>,
        credentials: Vec<String>,
        query: bool,
    ) -> Result<Option<Self>> {
        let Some((_, kind)) = KINDS.into_iter().find(|(kind, _)| *kind == subject) else { return Ok(None) };
        let verify = Endpoint::parse(ADDRESS)?;
        let site = |(hosts, rules)| Ok(GuideSite { hosts, rules, upstream: Upstream::parse(ADDRESS)? });
        let sites: Result<Vec<GuideSite>> = sites.into_iter().map(site).collect();
        let bare = Guide {
            verify: &verify,
            sites: sites?,
            remarks: Vec::new(),
            listen: Listen::parse(ADDRESS)?,
            tls: None,
            credentials,
            query,
            proof: None,
            insecure: true,
        };
        let hash = Sha256::digest(render(subject, &bare)?);
        Ok(Some(Fingerprint { kind, hash: hex(&hash).chars().take(LENGTH * 2).collect() }))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{} {}", self.kind, self.hash)
    }
}

/// A configuration that was printed earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedGuide {
    pub kind: ProxyKind,
    /// The word for the proxy on the command line.
    pub name: &'static str,
    /// `None` if an earlier version of jeton printed it.
    pub fingerprint: Option<Fingerprint>,
    /// The names after `--catalogue` when it was printed.
    pub catalogues: Vec<String>,
    /// The names after `--preflights`.
    pub preflights: Vec<String>,
}

impl PrintedGuide {
    /// Reads the comments of a configuration. `None` if `jeton guide` didn't print it.
    pub fn parse(text: &str) -> Option<Self> {
        let header = text.lines().find_map(|line| line.trim().strip_prefix(HEADER_MARK))?;
        let is_named = |name: &str| header.to_ascii_lowercase().contains(&format!(": {name}"));
        let (kind, name) = KINDS.into_iter().find(|(_, name)| is_named(name))?;
        let marked = text.lines().find_map(|line| line.trim().strip_prefix(MARK)?.split_once(' '));
        let fingerprint = marked.map(|(_, hash)| Fingerprint { kind: name, hash: hash.trim().to_owned() });
        let options = text.lines().filter_map(|line| line.trim().strip_prefix(OPTIONS_MARK)?.split_once(':'));
        let words: Vec<&str> = options.flat_map(|(options, _)| options.split(' ')).collect();
        let after = |option: &str| {
            let names = words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].to_owned());
            names.collect::<Vec<_>>()
        };
        Some(PrintedGuide {
            kind,
            name,
            fingerprint,
            catalogues: after("--catalogue"),
            preflights: after("--preflights"),
        })
    }

    /// Returns the command that prints the configuration again, without addresses and certificates.
    pub fn command(&self) -> Vec<String> {
        let named = |option: &'static str, names: &[String]| {
            names.iter().flat_map(|name| [option.to_owned(), name.clone()]).collect::<Vec<_>>()
        };
        let mut words = vec!["guide".to_owned(), self.name.to_owned()];
        words.extend(named("--catalogue", &self.catalogues));
        words.extend(named("--preflights", &self.preflights));
        words
    }
}
