//! Swagger 2.0: rewrites the parts of a document that differ in OpenAPI 3.

use std::rc::Rc;

use super::document_tree::Node;

/// Returns a document of OpenAPI 3 with the same operations.
pub(super) fn upgrade(root: &Node) -> Node {
    let mut entries: Vec<(Rc<str>, Node)> = root.entries().unwrap_or_default().to_vec();
    // The paths' order is kept in their own map.
    entries.push(("servers".into(), servers(root)));
    entries.push(("components".into(), map([("securitySchemes", security_schemes(root))])));
    Node::map(entries).0
}

/// Returns the server of `host`, `basePath` and `schemes`.
fn servers(root: &Node) -> Node {
    let path = root.text("basePath").unwrap_or("/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = match root.text("host") {
        Some(host) => {
            let schemes = root.get("schemes").and_then(Node::items).unwrap_or_default();
            let is_https = schemes.is_empty() || schemes.iter().any(|scheme| scheme.as_text() == Some("https"));
            format!("{}://{host}{slash}{path}", if is_https { "https" } else { "http" })
        }
        None => format!("{slash}{path}"),
    };
    Node::List([map([("url", Node::Text(url.into()))])].into())
}

fn security_schemes(root: &Node) -> Node {
    let declared = root.get("securityDefinitions").and_then(Node::entries).unwrap_or_default();
    let upgraded = declared.iter().map(|(name, scheme)| {
        let upgraded = match (scheme.text("type"), scheme.get("scopes")) {
            (Some("oauth2"), Some(scopes)) => {
                let flow = map([("scopes", scopes.clone())]);
                map([("type", Node::Text("oauth2".into())), ("flows", map([("any", flow)]))])
            }
            _ => scheme.clone(),
        };
        (Rc::clone(name), upgraded)
    });
    Node::map(upgraded.collect()).0
}

fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::map(entries.into_iter().map(|(key, node)| (Rc::from(key), node)).collect()).0
}
