//! Envoy: one route for each entry, and a second listener that asks.

use super::{Guide, IDENTITY, Listen};
use crate::domain::endpoint::Endpoint;
use crate::domain::route::map::Answer;
use crate::domain::route::plain::{Engine, VERB_HEADERS};

pub(super) fn write(guide: &Guide<'_>) -> String {
    let mut routes = String::new();
    for entry in &guide.map.entries {
        let action = match &entry.answer {
            Answer::Ask(id) => format!(
                "route: {{ cluster: jeton_gate, regex_rewrite: {{ pattern: {{ regex: '^/' }}, substitution: '/{id}/' }} }}"
            ),
            Answer::Deny(why) => {
                routes += &format!("                        # {why}\n");
                "direct_response: { status: 403 }".to_owned()
            }
        };
        let verb = entry.route.verb.as_ref().map_or_else(String::new, |verb| {
            format!(", headers: [{{ name: ':method', string_match: {{ exact: {verb} }} }}]")
        });
        routes += &format!(
            "                        - match: {{ safe_regex: {{ regex: '{}' }}{verb} }}\n                          {action}\n",
            entry.path_pattern(Engine::Re2)
        );
    }
    let verbs: String = VERB_HEADERS
        .iter()
        .map(|name| {
            format!(
                "                        - match: {{ prefix: \"/\", headers: [{{ name: {}, present_match: true }}] }}\n                          \
                 direct_response: {{ status: 403 }}\n",
                name.to_ascii_lowercase()
            )
        })
        .collect();
    let listen = match &guide.listen {
        Listen::Port(port) => socket("0.0.0.0", *port),
        Listen::Address(address) => socket(&address.ip().to_string(), address.port()),
        Listen::Unix(path) => pipe(path),
    };
    let verify = match guide.verify {
        Endpoint::Tcp(address) => socket(&address.ip().to_string(), address.port()),
        Endpoint::Unix(path) => pipe(path),
    };
    let host = guide.upstream.host.trim_start_matches('[').trim_end_matches(']');
    let lower = |names: &[String]| names.iter().map(|n| n.to_ascii_lowercase()).collect::<Vec<_>>().join(", ");
    let exact = |indent: &str, names: &[String]| -> String {
        names
            .iter()
            .map(|n| format!("{indent}- {{ exact: {}, ignore_case: true }}\n", n.to_ascii_lowercase()))
            .collect()
    };
    let sent: Vec<String> =
        guide.credentials.iter().cloned().chain(["User-Agent", "X-Forwarded-For"].map(str::to_owned)).collect();
    guide.fill(
        Engine::Re2,
        include_str!("../../assets/proxies/envoy.yaml"),
        &[
            ("@LISTEN@", listen),
            ("@VERIFY_SERVER@", verify),
            ("@UPSTREAM_SERVER@", socket(host, guide.upstream.port)),
            ("@STRIPPED@", lower(&guide.forged())),
            ("@DROPPED@", lower(&guide.credentials)),
            ("@ALLOWED@", exact("                          ", &sent)),
            ("@IDENTITY@", exact("                              ", &IDENTITY.map(str::to_owned))),
            ("@VERB_HEADERS@", verbs),
            ("@ROUTES@", routes),
        ],
    )
}

fn socket(host: &str, port: u16) -> String {
    format!("{{ socket_address: {{ address: \"{host}\", port_value: {port} }} }}")
}

fn pipe(path: &std::path::Path) -> String {
    format!("{{ pipe: {{ path: {} }} }}", path.display())
}
