//! The path prefix that an API's server adds to every path.

use std::collections::BTreeSet;

use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::warnings::{WarningCount, Warnings};
use crate::domain::catalogue::hosts::{MAX_HOSTS, parse_host};

/// Maximum length of a server's address, in characters.
const MAX_URL_LEN: usize = 1_000;

/// The hosts of all servers of a document.
#[derive(Default)]
pub(super) struct Hosts {
    names: BTreeSet<String>,
    /// The operations whose servers have no real host.
    homeless: WarningCount,
}

impl Hosts {
    /// Adds the hosts of the servers of the operation `label`.
    pub(super) fn add(&mut self, servers: Option<&Node>, label: &str, warnings: &mut Warnings) {
        let servers = servers.and_then(Node::items).unwrap_or_default();
        let mut has_host = false;
        for server in servers.iter().take(MAX_HOSTS + 1) {
            let url = server.text("url").map(|url| truncate(url, MAX_URL_LEN)).unwrap_or_default();
            if let Some(host) = host_of(&fill_variables(url, server.get("variables"), warnings)) {
                has_host = true;
                self.names.insert(host);
            }
        }
        if !has_host {
            self.homeless.add(label);
        }
    }

    /// Returns the hosts; none for every host, if no server has a real host. Operations without a host get those of the
    /// others, because a catalogue for every host would meet all other catalogues.
    pub(super) fn into_names(self, warnings: &mut Warnings) -> BTreeSet<String> {
        if self.names.len() > MAX_HOSTS {
            warnings.add(format!(
                "the servers have more than {MAX_HOSTS} hosts, so the routes hold for every host; use --host to give some"
            ));
            return BTreeSet::new();
        }
        if !self.names.is_empty() {
            self.homeless.report(warnings, "operations without a host, which get the hosts of the others (see --host)");
        }
        self.names
    }
}

/// Returns the host of an address. `None` for an address without a host, and for the reader's own machine, which stands
/// for any.
fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let with_port = authority.rsplit('@').next().unwrap_or_default();
    let host = parse_host(with_port.split(':').next().unwrap_or_default()).ok()?;
    let is_local = host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "0.0.0.0";
    (!is_local).then_some(host)
}

/// Returns scheme and host of the first server that has both.
pub(super) fn origin(servers: Option<&Node>, warnings: &mut Warnings) -> Option<String> {
    let servers = servers.and_then(Node::items).unwrap_or_default();
    servers.iter().take(MAX_HOSTS).find_map(|server| {
        let url = truncate(server.text("url")?, MAX_URL_LEN);
        let url = fill_variables(url, server.get("variables"), warnings);
        let (scheme, rest) = url.split_once("://")?;
        Some(format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?))
    })
}

/// Returns the path of the first server's address, without a final slash: `/v1` for `https://api.example.com/v1/`.
pub(super) fn base_path(servers: Option<&Node>, warnings: &mut Warnings) -> String {
    let Some(first) = servers.and_then(Node::items).and_then(<[Node]>::first) else { return String::new() };
    let Some(url) = first.text("url") else { return String::new() };
    if truncate(url, MAX_URL_LEN).len() < url.len() {
        warnings.add(format!("the address of the server {} is too long; routes get no base path", quoted(url)));
        return String::new();
    }
    let url = fill_variables(url, first.get("variables"), warnings);
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None if url.starts_with("//") => url[2..].find('/').map_or("", |at| &url[at + 2..]),
        None => &url,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// Returns `url` with the default values of its variables.
fn fill_variables(url: &str, variables: Option<&Node>, warnings: &mut Warnings) -> String {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(before);
        match variables.and_then(|v| v.get(name)).and_then(|v| v.text("default")) {
            Some(default) => out.push_str(truncate(default, MAX_URL_LEN)),
            None => {
                warnings.add(format!(
                    "the server {} has no default value for its variable {}",
                    quoted(url),
                    quoted(name)
                ));
                out.push_str(&format!("{{{name}}}"));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
