//! The path prefix that an API's server adds to every path.

use super::clean_text::{quoted, truncate};
use super::document_tree::Node;
use super::warnings::Warnings;

/// Maximum length of a server's address, in characters.
const MAX_URL_LEN: usize = 1_000;

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
