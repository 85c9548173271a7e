//! The hosts of an API's servers, and the path prefix that a server adds to every path.

use std::collections::{BTreeMap, BTreeSet};

use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::warnings::{WarningCount, Warnings};
use crate::domain::catalogue::hosts::{MAX_HOSTS, parse_host};
use crate::error::{Error, Result};

/// Maximum length of a server's address, in characters.
const MAX_URL_LEN: usize = 1_000;

/// The hosts of all servers of a document.
#[derive(Default)]
pub(super) struct Hosts {
    names: BTreeSet<String>,
    /// The operations whose servers have no real host.
    homeless: WarningCount,
    /// The servers whose host can't be used, each with the reason.
    unusable: BTreeMap<String, String>,
    has_long_list: bool,
}

impl Hosts {
    /// Adds the hosts of the servers of the operation `label`.
    pub(super) fn add(&mut self, servers: Option<&Node>, label: &str, warnings: &mut Warnings) {
        let servers = servers.and_then(Node::items).unwrap_or_default();
        let mut has_host = false;
        self.has_long_list |= servers.len() > MAX_HOSTS + 1;
        for server in servers.iter().take(MAX_HOSTS + 1) {
            let url = server.text("url").unwrap_or_default();
            let short = truncate(url, MAX_URL_LEN);
            let filled = fill_variables(short, server.get("variables"), warnings);
            match host_of(&filled, short.len() < url.len()) {
                Ok(Some(host)) => {
                    has_host = true;
                    self.names.insert(host);
                }
                Ok(None) => {}
                Err(why) => {
                    self.unusable.entry(quoted(&filled)).or_insert(why);
                }
            }
        }
        if !has_host {
            self.homeless.add(label);
        }
    }

    /// Returns the hosts; none for every host, if no server names one. Operations without a host get those of the
    /// others, because a catalogue for every host would meet all other catalogues.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if no host that a server names can be used, or if there are too many.
    pub(super) fn into_names(self, warnings: &mut Warnings) -> Result<BTreeSet<String>> {
        const NEXT: &str = "Name the application's hosts: jeton catalogue import openapi FILE --host NAME. If the proxy \
                            serves no other application, use --any-host";
        if self.names.len() > MAX_HOSTS || self.has_long_list {
            return Err(Error::usage("the document's servers have too many hosts")
                .why(format!("a catalogue has at most {MAX_HOSTS} hosts"))
                .next(NEXT));
        }
        if let (true, Some((server, why))) = (self.names.is_empty(), self.unusable.first_key_value()) {
            let more = match self.unusable.len() {
                1 => String::new(),
                count => format!(" and {} further", count - 1),
            };
            return Err(Error::usage(format!("no host of the servers can be used: {server}{more}"))
                .why(why)
                .next(NEXT));
        }
        for (server, why) in &self.unusable {
            warnings.add(format!("the host of the server {server} can't be used: {why}"));
        }
        if !self.names.is_empty() {
            self.homeless.report(warnings, "operations without a host, which get the hosts of the others (see --host)");
        }
        Ok(self.names)
    }
}

/// Returns the host of a server's address. `None` for an address without a host, and for the reader's own machine, which
/// stands for any.
///
/// # Errors
/// The reason why the host can't be used.
fn host_of(url: &str, is_truncated: bool) -> std::result::Result<Option<String>, String> {
    let variable = || Err("a variable of its address has no default value".to_owned());
    let Some(rest) = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//")) else {
        // The variable may stand for a host.
        return if url.starts_with('{') { variable() } else { Ok(None) };
    };
    if is_truncated {
        return Err(format!("its address has more than {MAX_URL_LEN} characters"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let with_port = authority.rsplit('@').next().unwrap_or_default();
    let name = match with_port.starts_with('[') {
        true => with_port,
        false => with_port.split(':').next().unwrap_or_default(),
    };
    if name.is_empty() || name.starts_with("[::1]") {
        return Ok(None);
    }
    if name.contains('{') {
        return variable();
    }
    let host = match parse_host(name.strip_suffix('.').unwrap_or(name)) {
        Ok(host) => host,
        Err(error) => return Err(error.why.unwrap_or(error.what)),
    };
    let is_local = host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "0.0.0.0";
    Ok((!is_local).then_some(host))
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
