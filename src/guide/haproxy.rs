//! HAProxy: its configuration, and the Lua file that sends requests to jeton.

use super::stripped_headers::stripped_header_regexes;
use super::{Guide, GuideSite, IDENTITY_HEADERS, Listen, comment_line, marked_pattern, variable};
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::service::endpoint::Endpoint;
use crate::service::proxy_proof::DigestKind;

pub(super) fn configuration(guide: &Guide<'_>) -> String {
    let mut listen = match &guide.listen {
        Listen::Port(port) => format!(":{port}"),
        Listen::Address(address) => address.to_string(),
        Listen::Unix(path) => format!("unix@{}", path.display()),
    };
    if let Some(tls) = &guide.tls {
        listen += &format!(" ssl crt {} ssl-min-ver TLSv1.2", tls.certificate.display());
    }
    let any_spelling = |name: &String| format!("'^{}$'", name.to_ascii_lowercase().replace('-', "[^a-z0-9]"));
    let mut dropped = String::new();
    for name in guide.credentials.iter().filter(|name| *name != "Authorization") {
        dropped += &format!("    http-request del-header {} -m reg\n", any_spelling(name));
    }
    let given: String = IDENTITY_HEADERS
        .iter()
        .map(|header| {
            format!(
                "    http-request set-header {header} %[var(txn.{name})] if {{ var(txn.{name}) -m found }}\n",
                name = variable(header)
            )
        })
        .collect();
    let foreign: String = stripped_header_regexes()
        .iter()
        .map(|pattern| format!("    http-request del-header '{pattern}' -m reg\n"))
        .collect();
    let verb_headers: Vec<String> =
        OVERRIDE_HEADERS.iter().map(|name| name.to_ascii_lowercase().replace('-', "[^a-z0-9]")).collect();
    let folder = match guide.verify {
        Endpoint::Unix(path) => path.parent().unwrap_or(path).display().to_string(),
        Endpoint::Tcp(_) => String::new(),
    };
    guide.fill(
        RegexDialect::Pcre,
        include_str!("../../assets/proxies/haproxy.cfg"),
        &[
            ("@FOLDER@", folder),
            ("@LISTEN@", listen),
            ("@DROPPED@", dropped),
            ("@FOREIGN@", foreign),
            ("@GIVEN@", given),
            ("@VERB_HEADERS@", format!("(?:^|,)(?:{})(?:,|$)", verb_headers.join("|"))),
        ],
        &guide.site_values(|n, site| vec![("@HOSTS@", hosts(n, site)), ("@ROUTES@", routes(guide, n, &site.rules))]),
    )
}

/// Returns the lines that set the site of a request.
fn hosts(n: usize, site: &GuideSite) -> String {
    let line = |pattern: &String| {
        format!(
            "    http-request set-var(txn.jeton_site) str({}) if !{{ var(txn.jeton_site) -m found }} \
             {{ req.fhdr(host) -i -m reg '{pattern}' }}\n",
            n + 1
        )
    };
    site.host_patterns().iter().map(line).collect()
}

fn routes(guide: &Guide<'_>, n: usize, rules: &RouteRules) -> String {
    let site = if guide.has_hosts() { format!("{} ", n + 1) } else { String::new() };
    let mut routes = String::new();
    for entry in &rules.rules {
        let method = match &entry.action {
            RouteAction::Ask(id) => id.to_string(),
            RouteAction::Public(_) => "/public".to_owned(),
            RouteAction::Preflight => "/preflight".to_owned(),
            RouteAction::Deny(_) => "!".to_owned(),
        };
        routes += &comment_line(&entry.action, 4);
        routes += &format!(
            "    http-request set-var(txn.jeton_ask) str({method}) if !{{ var(txn.jeton_ask) -m found }} \
             {{ var(txn.jeton_key) -m reg '^{site}{} {}$' }}\n",
            entry.http_method_pattern(),
            marked_pattern(entry, RegexDialect::Pcre)
        );
    }
    routes
}

pub(super) fn lua(guide: &Guide<'_>) -> String {
    let (url, socket) = match guide.verify {
        Endpoint::Tcp(address) => (format!("http://{address}/v1/verify/"), "nil".to_owned()),
        Endpoint::Unix(path) => ("http://127.0.0.1/v1/verify/".to_owned(), format!("\"unix@{}\"", path.display())),
    };
    let quoted = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| format!("\"{}\"", name.to_ascii_lowercase())).collect::<Vec<_>>().join(", ")
    };
    guide.fill(
        RegexDialect::Pcre,
        include_str!("../../assets/proxies/haproxy.lua"),
        &[
            ("@URL@", url),
            ("@SOCKET@", socket),
            ("@IDENTITY@", quoted(&mut IDENTITY_HEADERS.iter().copied())),
            ("@CREDENTIALS@", quoted(&mut guide.credentials.iter().map(String::as_str))),
            ("@TELLS_URI@", guide.query.to_string()),
            ("@KEY@", guide.answer_key(DigestKind::Sha256)),
        ],
        &[],
    )
}
