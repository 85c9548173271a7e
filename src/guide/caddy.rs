//! Caddy: a map, and a reverse proxy to jeton before the one to the application.

use super::stripped_headers::{METHOD_PATTERN, ODD_HEADER_CHARS, PREFLIGHT_METHOD, stripped_patterns};
use super::{Guide, IDENTITY_HEADERS, Listen, marked_pattern, underscore_variants};
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::service::endpoint::Endpoint;
use crate::service::proxy_proof::DigestKind;

pub(super) fn write(guide: &Guide<'_>) -> String {
    let verb_headers: Vec<String> = OVERRIDE_HEADERS
        .iter()
        .flat_map(|name| underscore_variants(name))
        .map(|name| format!("header({{'{name}': '*'}})"))
        .collect();
    let scheme = if guide.tls.is_some() { "https" } else { "http" };
    let (site, bind) = match &guide.listen {
        Listen::Port(port) => (format!("{scheme}://:{port}"), String::new()),
        Listen::Address(address) => {
            (format!("{scheme}://:{}", address.port()), format!("    bind {}\n", without_port(*address)))
        }
        Listen::Unix(path) => (format!("{scheme}://"), format!("    bind unix/{}\n", path.display())),
    };
    let verify = match guide.verify {
        Endpoint::Tcp(address) => address.to_string(),
        Endpoint::Unix(path) => format!("unix/{}", path.display()),
    };
    let (mut long, mut credentials, mut asked, mut dropped) =
        (String::new(), String::new(), String::new(), String::new());
    for (n, name) in guide.credentials.iter().enumerate() {
        long += &format!("    @jeton_long_{n} header_regexp {name} `^.{{600}}`\n");
        credentials += &format!(
            "        request_header @jeton_long_{n} {name} \"-\"\n        \
             map {{http.request.header.{name}}} {{jeton_absent_{n}}} {{\n            `~^$` {name}\n            default X-Jeton-None\n        }}\n"
        );
        // A header that the client didn't send must not be sent empty either.
        asked += &format!(
            "            header_up {name} {{http.request.header.{name}}}\n            header_up -{{jeton_absent_{n}}}\n"
        );
        if name != "Authorization" {
            for spelling in underscore_variants(name) {
                dropped += &format!("        request_header -{spelling}\n");
            }
        }
    }
    let taken: String = IDENTITY_HEADERS
        .iter()
        .map(|name| format!("                request_header {name} {{http.reverse_proxy.header.{name}}}\n"))
        .collect();
    let fields: String = IDENTITY_HEADERS.iter().map(|name| format!(" (.Req.Header.Get \"{name}\")")).collect();
    let lines = |names: &mut dyn Iterator<Item = String>| -> String {
        names.map(|name| format!("        request_header {name}\n")).collect()
    };
    guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/Caddyfile"),
        &[
            ("@SITE_KEY@", if guide.has_hosts() { "{jeton_site} " } else { "" }.to_owned()),
            ("@VERB_HEADERS@", verb_headers.join(" || ")),
            ("@SITE@", site),
            ("@BIND@", bind),
            ("@VERIFY_SERVER@", verify),
            ("@LONG_CREDENTIALS@", long),
            ("@CREDENTIALS@", credentials),
            ("@ASKED@", asked),
            ("@TAKEN@", taken),
            ("@KEY@", guide.answer_key(DigestKind::Sha256)),
            ("@FORMAT@", "|%s".repeat(IDENTITY_HEADERS.len() + 1)),
            ("@FIELDS@", fields),
            ("@FOREIGN@", lines(&mut stripped_patterns().map(|pattern| format!("-{}", wildcard(pattern))))),
            ("@PREFLIGHT_METHOD@", PREFLIGHT_METHOD.to_owned()),
            ("@ODD@", lines(&mut ODD_HEADER_CHARS.iter().map(|sign| format!("\"-*{sign}*\"")))),
            ("@DROPPED@", dropped),
        ],
        &guide.site_values(|n, site| {
            let key = if guide.has_hosts() { format!("site{} ", guide.suffix(n)) } else { String::new() };
            let host = |pattern: &String| format!("            `~(?i){pattern}` \"{}\"\n", key.trim_end());
            vec![("@HOSTS@", site.host_patterns().iter().map(host).collect()), ("@ROUTES@", routes(&key, &site.rules))]
        }),
    )
}

fn routes(key: &str, rules: &RouteRules) -> String {
    // Quoted, because Caddy reads a bare 1.50 as a number and writes it as 1.5: another method.
    let mut routes = String::new();
    for entry in &rules.rules {
        let path = marked_pattern(entry, RegexDialect::Re2);
        let pattern = format!("`~^{key}{} {path}$`", entry.http_method_pattern());
        routes += &match &entry.action {
            RouteAction::Ask(id) => format!("            {pattern} \"{id}\"\n"),
            RouteAction::Public(id) => format!("            # {id}\n            {pattern} \"/public\"\n"),
            RouteAction::Preflight => format!("            {pattern} \"/preflight\"\n"),
            RouteAction::Deny(why) => format!("            # denied: {why}\n            {pattern} !\n"),
        };
    }
    routes
}

/// Returns `pattern` in Caddy's syntax, which allows `*` only at the ends of a name.
fn wildcard(pattern: &str) -> &str {
    if pattern == METHOD_PATTERN { "*method*" } else { pattern }
}

fn without_port(address: std::net::SocketAddr) -> String {
    match address.ip() {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
