//! The servers of operations: their hosts, and the path that a server adds to every path.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::operations::Operation;
use super::warnings::{WarningCount, Warnings};
use crate::domain::catalogue::hosts::{MAX_HOSTS, parse_host};
use crate::error::{Error, Result};

/// Maximum length of a server's address, in characters; with the values of its variables, in bytes.
const MAX_URL_LEN: usize = 1_000;

/// The host of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Named(String),
    /// The address has none: it is that of the document.
    Relative,
    /// The reader's own machine, which stands for any.
    Local,
    /// A host that a catalogue can't have, for this reason.
    Unusable(String),
}

/// The address of a server, read once.
struct Server {
    /// The address as warnings write it.
    quoted: String,
    host: Host,
    /// Without a final slash: `/v1` for `https://api.example.com/v1/`.
    path: String,
    /// Scheme and host, if the address has both.
    origin: Option<String>,
}

/// A list of servers.
#[derive(Debug, Default)]
pub(super) struct Servers {
    /// The hosts of the servers that have the path of the list.
    hosts: BTreeSet<String>,
    /// The path of the first server with a usable host, or else of the first server.
    pub(super) path: String,
    /// Scheme and host of the first server that has both.
    pub(super) origin: Option<String>,
    /// `true` if no host can be used, but there is one.
    is_unusable: bool,
}

/// Reads lists of servers. Each list and each server is read once, because operations share them.
#[derive(Default)]
pub(super) struct ServerReader {
    /// By the address of the list in memory.
    lists: HashMap<*const Node, Rc<Servers>>,
    servers: HashMap<*const Node, Rc<Server>>,
    none: Rc<Servers>,
    /// The servers whose host can't be used, each with the reason.
    unusable: BTreeMap<String, String>,
    has_long_list: bool,
    /// `true` if the person who imports gives the path, so that the paths of servers don't count.
    is_path_given: bool,
}

impl ServerReader {
    pub(super) fn new(is_path_given: bool) -> Self {
        ServerReader { is_path_given, ..ServerReader::default() }
    }

    pub(super) fn read(&mut self, servers: Option<&Node>, warnings: &mut Warnings) -> Rc<Servers> {
        let nodes = servers.and_then(Node::items).unwrap_or_default();
        if nodes.is_empty() {
            return Rc::clone(&self.none);
        }
        if let Some(known) = self.lists.get(&nodes.as_ptr()) {
            return Rc::clone(known);
        }
        self.has_long_list |= nodes.len() > MAX_HOSTS + 1;
        let servers: Vec<Rc<Server>> =
            nodes.iter().take(MAX_HOSTS + 1).map(|node| self.server(node, warnings)).collect();
        let read = Rc::new(self.list(&servers, warnings));
        self.lists.insert(nodes.as_ptr(), Rc::clone(&read));
        read
    }

    fn list(&mut self, servers: &[Rc<Server>], warnings: &mut Warnings) -> Servers {
        let is_named = |server: &&Rc<Server>| matches!(server.host, Host::Named(_));
        let Some(first) = servers.iter().find(is_named).or(servers.first()) else { return Servers::default() };
        let mut list = Servers { path: first.path.clone(), ..Servers::default() };
        list.origin = servers.iter().find_map(|server| server.origin.clone());
        for server in servers {
            match &server.host {
                Host::Named(_) | Host::Relative if !self.is_path_given && server.path != first.path => {
                    warnings.add(format!(
                        "jeton ignores the server {}, because its path differs from the path of the server {}. See \
                         --host and --base-path",
                        server.quoted, first.quoted
                    ))
                }
                Host::Named(host) => _ = list.hosts.insert(host.clone()),
                Host::Unusable(why) => _ = self.unusable.entry(server.quoted.clone()).or_insert(why.clone()),
                Host::Relative | Host::Local => {}
            }
        }
        list.is_unusable = list.hosts.is_empty() && servers.iter().any(|s| matches!(s.host, Host::Unusable(_)));
        list
    }

    fn server(&mut self, node: &Node, warnings: &mut Warnings) -> Rc<Server> {
        let address = node.entries().map(|entries| entries.as_ptr().cast::<Node>());
        if let Some(known) = address.and_then(|address| self.servers.get(&address)) {
            return Rc::clone(known);
        }
        let server = Rc::new(Server::read(node, warnings));
        if let Some(address) = address {
            self.servers.insert(address, Rc::clone(&server));
        }
        server
    }

    /// Returns the hosts of most operations, of equally many those of the document; none for every host. An operation on other hosts loses its route, because a
    /// catalogue has the same hosts for all of its routes. Operations without a host get these hosts.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if no host that a server names can be used, or if there are too many.
    pub(super) fn common_hosts(
        &self,
        document: &Servers,
        operations: &mut [Operation<'_>],
        warnings: &mut Warnings,
    ) -> Result<BTreeSet<String>> {
        const NEXT: &str = "Name the application's hosts: jeton catalogue import openapi FILE --host NAME. If the proxy \
                            serves no other application, use --any-host";
        if self.has_long_list || operations.iter().any(|operation| operation.servers.hosts.len() > MAX_HOSTS) {
            return Err(Error::usage("the document's servers have too many hosts")
                .why(format!("a catalogue can have at most {MAX_HOSTS} hosts"))
                .next(NEXT));
        }
        let mut counts: BTreeMap<&BTreeSet<String>, usize> = BTreeMap::new();
        for servers in operations.iter().map(|operation| &operation.servers).filter(|servers| !servers.is_unusable) {
            *counts.entry(&servers.hosts).or_default() += 1;
        }
        let is_named = counts.keys().any(|hosts| !hosts.is_empty());
        if let (false, Some((server, why))) = (is_named, self.unusable.first_key_value()) {
            let what = match self.unusable.len() {
                1 => format!("the host of the server {server} can't be used"),
                count => format!("the hosts of {count} servers can't be used, for example the host of {server}"),
            };
            return Err(Error::usage(what).why(why).next(NEXT));
        }
        for (server, why) in &self.unusable {
            warnings.add(format!("the host of the server {server} can't be used: {why}"));
        }
        let common = counts
            .into_iter()
            .max_by_key(|(hosts, count)| (*count, **hosts == document.hosts))
            .map(|(hosts, _)| hosts.clone());
        let common = common.unwrap_or_default();
        let (mut without, mut elsewhere, mut unusable) =
            (WarningCount::default(), WarningCount::default(), WarningCount::default());
        for operation in operations {
            if operation.servers.hosts.is_empty() && !operation.servers.is_unusable {
                without.add(&operation.quoted_label);
            } else if operation.servers.is_unusable {
                unusable.add(&operation.quoted_label);
                operation.route = None;
            } else if common.is_empty() || !common.is_subset(&operation.servers.hosts) {
                elsewhere.add(&operation.quoted_label);
                operation.route = None;
            }
        }
        if !common.is_empty() {
            without.report(
                warnings,
                "operations without a host, which get the hosts of the other operations (see --host)",
            );
        }
        unusable.report(
            warnings,
            "operations that get no route, because the hosts of their servers can't be used (see --host)",
        );
        let why = match common.is_empty() {
            true => "most other operations have no host",
            false => "most other operations have other hosts",
        };
        elsewhere.report(warnings, &format!("operations that get no route, because {why} (see --host)"));
        Ok(common)
    }
}

impl Server {
    fn read(node: &Node, warnings: &mut Warnings) -> Server {
        let url = node.text("url").unwrap_or_default();
        let filled = match truncate(url, MAX_URL_LEN) {
            short if short.len() < url.len() => None,
            _ => fill_variables(url, node.get("variables"), warnings),
        };
        let Some(filled) = filled else {
            warnings.add(format!("the address of the server {} is too long, so jeton ignores its path", quoted(url)));
            let host = match has_host(url) {
                true => Host::Unusable(format!("the server's address has more than {MAX_URL_LEN} characters")),
                false => Host::Relative,
            };
            return Server { quoted: quoted(url), host, path: String::new(), origin: None };
        };
        let is_before_path = |text: &str| text.split(['/', '?', '#']).next().unwrap_or_default().len();
        let (scheme, authority, path) = match filled.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_at(is_before_path(rest));
                (Some(scheme), Some(authority), path)
            }
            None => match filled.strip_prefix("//") {
                Some(rest) => {
                    let (authority, path) = rest.split_at(is_before_path(rest));
                    (None, Some(authority), path)
                }
                // The variable stands for a host, and possibly for a part of the path.
                None if filled.starts_with('{') => {
                    let (variable, rest) = filled.split_once('}').unwrap_or((&filled, ""));
                    (None, Some(variable), &rest[is_before_path(rest)..])
                }
                None => (None, None, filled.as_str()),
            },
        };
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
        Server {
            quoted: quoted(&filled),
            host: authority.map_or(Host::Relative, host_of),
            path: if path.is_empty() { String::new() } else { format!("/{path}") },
            origin: scheme.zip(authority).map(|(scheme, authority)| format!("{scheme}://{authority}")),
        }
    }
}

fn has_host(url: &str) -> bool {
    url.starts_with("//") || url.starts_with('{') || url.contains("://")
}

fn host_of(authority: &str) -> Host {
    let with_port = authority.rsplit('@').next().unwrap_or_default();
    let name = match with_port.starts_with('[') {
        true => with_port,
        false => with_port.split(':').next().unwrap_or_default(),
    };
    if name.contains('{') {
        return Host::Unusable("a variable of the server's address has no default value".to_owned());
    }
    if name.is_empty() || name.starts_with("[::1]") {
        return Host::Local;
    }
    let host = match parse_host(name.strip_suffix('.').unwrap_or(name)) {
        Ok(host) => host,
        Err(error) => return Host::Unusable(error.why.unwrap_or(error.what)),
    };
    let is_local = host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "0.0.0.0";
    if is_local { Host::Local } else { Host::Named(host) }
}

/// Returns `url` with the default values of its variables. `None` if it gets too long.
fn fill_variables(url: &str, variables: Option<&Node>, warnings: &mut Warnings) -> Option<String> {
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
        if out.len() > MAX_URL_LEN {
            return None;
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
