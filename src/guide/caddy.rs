//! Caddy: a map, and a reverse proxy to jeton before the one to the application.

use super::stripped_headers::{METHOD_PATTERN, ODD_HEADER_CHARS, PREFLIGHT_METHOD, STRIPPED_PATTERNS};
use super::{Guide, IDENTITY_HEADERS, Listen, underscore_variants};
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::RouteAction;
use crate::service::endpoint::Endpoint;
use crate::service::proxy_proof::DigestKind;

pub(super) fn write(guide: &Guide<'_>) -> String {
    // Quoted, because Caddy reads a bare 1.50 as a number and writes it as 1.5: another method.
    let mut routes = String::new();
    for entry in &guide.map.rules {
        let pattern = format!("`~^{} {}$`", entry.http_method_pattern(), entry.path_pattern(RegexDialect::Re2));
        routes += &match &entry.action {
            RouteAction::Ask(id) => format!("            {pattern} \"{id}\"\n"),
            RouteAction::Public(id) => format!("            # {id}\n            {pattern} \"/public\"\n"),
            RouteAction::Preflight => format!("            {pattern} \"/preflight\"\n"),
            RouteAction::Deny(why) => format!("            # denied: {why}\n            {pattern} !\n"),
        };
    }
    let has_preflights = guide.map.rules.iter().any(|entry| entry.action == RouteAction::Preflight);
    let preflight = |text: &str| if has_preflights { text.to_owned() } else { String::new() };
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
    let tls = guide
        .tls
        .as_ref()
        .map_or_else(String::new, |tls| format!("    tls {} {}\n", tls.certificate.display(), tls.key.display()));
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
    if guide.query {
        asked += "            header_up X-Forwarded-Uri {http.request.orig_uri}\n";
    }
    let (mut checked, mut proof_site) = (String::new(), String::new());
    let mut taken: String = IDENTITY_HEADERS
        .iter()
        .map(|name| format!("                request_header {name} {{http.reverse_proxy.header.{name}}}\n"))
        .collect();
    if let Some(proof) = guide.proof {
        asked += &format!(
            "            header_up X-Jeton-Proof {}\n            header_up X-Jeton-Challenge sha256:{{http.request.uuid}}\n",
            &*proof.request()
        );
        taken += "                request_header X-Jeton-Proof {http.reverse_proxy.header.X-Jeton-Proof}\n";
        checked += include_str!("../../assets/proxies/Caddyfile-check");
        let key = proof.answer_key(DigestKind::Sha256);
        let fields: String = IDENTITY_HEADERS.iter().map(|name| format!(" (.Req.Header.Get \"{name}\")")).collect();
        proof_site += &include_str!("../../assets/proxies/Caddyfile-proof")
            .replace("@KEY@", &key)
            .replace("@FORMAT@", &"|%s".repeat(IDENTITY_HEADERS.len() + 1))
            .replace("@FIELDS@", &fields);
    }
    // At the default address every local user could read the proof value.
    let (about_admin, global) = match guide.proof {
        None => (
            "# Caddy's admin address, localhost:2019, lets every local user read and change this configuration: \
             set \"admin off\" or\n# \"admin unix//run/caddy/admin.sock\" in the global options.\n",
            "",
        ),
        Some(_) => (
            "# Caddy's admin address moves to a socket: at localhost:2019 every local user could read this \
             configuration with its proof\n\
             # value. Restart Caddy the first time. If this file is imported, move the global options to the \
             importing file.\n",
            "\n{\n    admin unix//run/caddy/admin.sock|0600\n}\n",
        ),
    };
    let lines = |names: &mut dyn Iterator<Item = String>| -> String {
        names.map(|name| format!("        request_header {name}\n")).collect()
    };
    guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/Caddyfile"),
        &[
            ("@ROUTES@", routes),
            ("@VERB_HEADERS@", verb_headers.join(" || ")),
            ("@SITE@", site),
            ("@BIND@", bind),
            ("@TLS@", tls),
            ("@ABOUT_ADMIN@", about_admin.to_owned()),
            ("@GLOBAL@", global.to_owned()),
            ("@VERIFY_SERVER@", verify),
            (
                "@PREFLIGHT_MATCH@",
                preflight(
                    "    @jeton_no_preflight expression `{jeton_ask} == '/preflight' && !(header({'Origin': '*'}) && header({'Access-Control-Request-Method': '*'}))`\n",
                ),
            ),
            ("@PREFLIGHT@", preflight("        respond @jeton_no_preflight 403\n")),
            ("@LONG_CREDENTIALS@", long),
            ("@CREDENTIALS@", credentials),
            ("@ASKED@", asked),
            ("@TAKEN@", taken),
            ("@CHECKED@", checked),
            ("@PROOF_SITE@", proof_site),
            ("@FOREIGN@", lines(&mut STRIPPED_PATTERNS.iter().map(|(pattern, _)| format!("-{}", wildcard(pattern))))),
            ("@PREFLIGHT_METHOD@", PREFLIGHT_METHOD.to_owned()),
            ("@ODD@", lines(&mut ODD_HEADER_CHARS.iter().map(|sign| format!("\"-*{sign}*\"")))),
            ("@DROPPED@", dropped),
        ],
    )
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
