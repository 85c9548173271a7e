//! HAProxy: its configuration, and the Lua file that asks.

use super::{Guide, IDENTITY, Listen};
use crate::domain::endpoint::Endpoint;
use crate::domain::route::map::Answer;
use crate::domain::route::plain::{Engine, VERB_HEADERS};

pub(super) fn configuration(guide: &Guide<'_>) -> String {
    let mut routes = String::new();
    for entry in &guide.map.entries {
        let method = match &entry.answer {
            Answer::Ask(id) => id.to_string(),
            Answer::Deny(why) => {
                routes += &format!("    # {why}\n");
                "!".to_owned()
            }
        };
        routes += &format!(
            "    http-request set-var(txn.jeton_ask) str({method}) if !{{ var(txn.jeton_ask) -m found }} \
             {{ var(txn.jeton_key) -m reg '^{} {}$' }}\n",
            entry.verb_pattern(),
            entry.path_pattern(Engine::Pcre)
        );
    }
    let listen = match &guide.listen {
        Listen::Port(port) => format!(":{port}"),
        Listen::Address(address) => address.to_string(),
        Listen::Unix(path) => format!("unix@{}", path.display()),
    };
    let any_spelling = |name: &String| format!("^{}$", name.to_ascii_lowercase().replace('-', "[^a-z0-9]"));
    let mut given = String::new();
    for name in guide.credentials.iter().filter(|name| *name != "Authorization") {
        given += &format!("    http-request del-header {} -m reg\n", any_spelling(name));
    }
    for header in IDENTITY {
        given += &format!("    http-request set-header {header} %[var(txn.{})]\n", variable(header));
    }
    let verb_headers: Vec<String> =
        VERB_HEADERS.iter().map(|name| name.to_ascii_lowercase().replace('-', "[^a-z0-9]")).collect();
    guide.fill(
        Engine::Pcre,
        include_str!("../../assets/proxies/haproxy.cfg"),
        &[
            ("@ROUTES@", routes),
            ("@LISTEN@", listen),
            ("@GIVEN@", given),
            ("@VERB_HEADERS@", format!("(?:^|,)(?:{})(?:,|$)", verb_headers.join("|"))),
        ],
    )
}

/// The variable in which the Lua file leaves an identity header.
fn variable(header: &str) -> String {
    header.to_ascii_lowercase().replace('-', "_")
}

pub(super) fn lua(guide: &Guide<'_>) -> String {
    let (url, socket) = match guide.verify {
        Endpoint::Tcp(address) => (format!("http://{address}/v1/verify/"), "nil".to_owned()),
        Endpoint::Unix(path) => ("http://127.0.0.1/v1/verify/".to_owned(), format!("\"unix@{}\"", path.display())),
    };
    let identity: Vec<String> = IDENTITY.iter().map(|name| format!("\"{}\"", name.to_ascii_lowercase())).collect();
    guide.fill(
        Engine::Pcre,
        include_str!("../../assets/proxies/haproxy.lua"),
        &[("@URL@", url), ("@SOCKET@", socket), ("@IDENTITY@", identity.join(", "))],
    )
}
