//! Envoy: one route for each entry, and a second listener that sends requests to jeton.

use super::stripped_headers::stripped_header_regexes;
use super::{Guide, IDENTITY_HEADERS, Listen, comment_line};
use crate::domain::route::host::HOST_NAME;
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::domain::route::verbs::Verbs;
use crate::service::endpoint::Endpoint;

const PROOF: &str = "x-jeton-proof";

pub(super) fn write(guide: &Guide<'_>) -> String {
    let lower = |names: &[String]| names.iter().map(|n| n.to_ascii_lowercase()).collect::<Vec<_>>().join(", ");
    // No decision is requested for this route. The application must not see a credential here either.
    let dropped: Vec<String> = guide.credentials.iter().cloned().chain(guide.proof.map(|_| PROOF.to_owned())).collect();
    let verbs: String = OVERRIDE_HEADERS
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
    let exact = |indent: &str, names: &[String]| -> String {
        names
            .iter()
            .map(|n| format!("{indent}- {{ exact: {}, ignore_case: true }}\n", n.to_ascii_lowercase()))
            .collect()
    };
    let sent: Vec<String> = guide
        .credentials
        .iter()
        .cloned()
        .chain(["User-Agent", "X-Forwarded-For"].map(str::to_owned))
        .chain(guide.proof.map(|_| PROOF.to_owned()))
        .collect();
    let stripped: String = [vec!["[^:].*[^a-z0-9-].*|[^:a-z0-9-].*".to_owned()], stripped_header_regexes()]
        .concat()
        .iter()
        .map(|pattern| {
            format!("                          - remove_on_match: {{ key_matcher: {{ safe_regex: {{ regex: '{pattern}' }} }} }}\n")
        })
        .collect();
    guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/envoy.yaml"),
        &[
            ("@LISTEN@", listen),
            ("@VERIFY_SERVER@", verify),
            ("@HOST_NAME@", if guide.has_hosts() { host_name() } else { "[A-Za-z0-9._-]+".to_owned() }),
            ("@ABOUT_VERIFY@", guide.unproven_verify_notes()),
            ("@STRIPPED@", stripped),
            ("@SCHEME@", if guide.tls.is_some() { "https" } else { "http" }.to_owned()),
            ("@DROPPED@", lower(&dropped)),
            ("@ALLOWED@", exact("                          ", &sent)),
            ("@IDENTITY@", exact("                              ", &IDENTITY_HEADERS.map(str::to_owned))),
            ("@VERB_HEADERS@", verbs),
        ],
        &guide.site_values(|n, site| {
            let domains = match site.hosts.is_empty() {
                true => "\"*\"".to_owned(),
                false => site.hosts.iter().map(|host| format!("\"{host}\"")).collect::<Vec<_>>().join(", "),
            };
            let host = site.upstream.host.trim_start_matches('[').trim_end_matches(']');
            vec![
                ("@SERVER@", socket(host, site.upstream.port)),
                ("@DOMAINS@", domains),
                ("@ROUTES@", routes(&site.rules, &guide.suffix(n), &lower(&dropped))),
            ]
        }),
    )
}

/// Returns a pattern of host names in any case.
fn host_name() -> String {
    HOST_NAME.replace("a-z", "A-Za-z")
}

/// Returns the routes of a site. `dropped` are the headers that the application must not get.
fn routes(rules: &RouteRules, suffix: &str, dropped: &str) -> String {
    let mut routes = String::new();
    let open = format!(
        "request_headers_to_remove: [{}]\n                          route: {{ cluster: jeton_application{suffix}, timeout: 0s }}",
        dropped
    );
    for entry in &rules.rules {
        let action = match &entry.action {
            RouteAction::Ask(id) => format!(
                "route: {{ cluster: jeton_gate, timeout: 0s, regex_rewrite: {{ pattern: {{ regex: '^/' }}, substitution: '/{id}/' }} }}"
            ),
            RouteAction::Public(_) | RouteAction::Preflight => open.clone(),
            RouteAction::Deny(_) => "direct_response: { status: 403 }".to_owned(),
        };
        routes += &comment_line(&entry.action, 24);
        let mut headers: Vec<String> = Vec::new();
        if entry.route.verbs != Verbs::Any {
            let regex = entry.http_method_pattern();
            headers.push(format!("{{ name: ':method', string_match: {{ safe_regex: {{ regex: '{regex}' }} }} }}"));
        }
        if entry.action == RouteAction::Preflight {
            headers.extend(
                ["origin", "access-control-request-method"]
                    .map(|name| format!("{{ name: {name}, present_match: true }}")),
            );
        }
        let http_method = match headers.is_empty() {
            true => String::new(),
            false => format!(", headers: [{}]", headers.join(", ")),
        };
        routes += &format!(
            "                        - match: {{ safe_regex: {{ regex: '{}' }}{http_method} }}\n                          {action}\n",
            entry.path_pattern(RegexDialect::Re2)
        );
    }
    routes
}

fn socket(host: &str, port: u16) -> String {
    format!("{{ socket_address: {{ address: \"{host}\", port_value: {port} }} }}")
}

fn pipe(path: &std::path::Path) -> String {
    format!("{{ pipe: {{ path: {} }} }}", path.display())
}
