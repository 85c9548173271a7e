//! nginx, Caddy and curl.

use super::{Guide, IDENTITY, Listen, spellings};
use crate::domain::endpoint::Endpoint;
use crate::domain::route::map::Answer;
use crate::domain::route::plain::{Engine, VERB_HEADERS};

pub(super) fn nginx(guide: &Guide<'_>) -> String {
    let mut routes = String::new();
    for entry in &guide.map.entries {
        let pattern = format!("~^{} {}$", entry.verb_pattern(), entry.path_pattern());
        routes += &match &entry.answer {
            Answer::Ask(id) => format!("    \"{pattern}\" \"{id}\";\n"),
            Answer::Deny(why) => format!("    \"{pattern}\" \"\"; # {why}\n"),
        };
    }
    let variable = |header: &str| header.to_ascii_lowercase().replace('-', "_");
    let taken: Vec<String> = IDENTITY
        .iter()
        .map(|h| variable(h))
        .map(|name| format!("        auth_request_set ${} $upstream_http_{name};\n", &name[2..]))
        .collect();
    let mut given = String::new();
    for header in guide.credentials.iter().flat_map(|name| spellings(name)).filter(|name| name != "Authorization") {
        given += &format!("        proxy_set_header {header} \"\";\n");
    }
    for header in IDENTITY {
        for spelling in spellings(header) {
            let value = if spelling == header { format!("${}", &variable(header)[2..]) } else { "\"\"".to_owned() };
            given += &format!("        proxy_set_header {spelling} {value};\n");
        }
    }
    for header in VERB_HEADERS.iter().flat_map(|name| spellings(name)) {
        given += &format!("        proxy_set_header {header} \"\";\n");
    }
    let verb_headers = VERB_HEADERS.iter().map(|h| format!("$http_{}", variable(h))).collect();
    guide.fill(
        Engine::Pcre,
        include_str!("../../assets/proxies/nginx.conf"),
        &[
            ("@ROUTES@", routes),
            ("@VERB_HEADERS@", verb_headers),
            ("@VERIFY_SERVER@", guide.verify.to_string()),
            ("@LISTEN@", guide.listen.to_string()),
            ("@TAKEN@", taken.concat()),
            ("@GIVEN@", given),
        ],
    )
}

pub(super) fn caddy(guide: &Guide<'_>) -> String {
    let mut routes = String::new();
    for entry in &guide.map.entries {
        let pattern = format!("`~^{} {}$`", entry.verb_pattern(), entry.path_pattern());
        routes += &match &entry.answer {
            Answer::Ask(id) => format!("            {pattern} {id}\n"),
            Answer::Deny(why) => format!("            # {why}\n            {pattern} !\n"),
        };
    }
    let verb_headers: Vec<String> =
        VERB_HEADERS.iter().flat_map(|name| spellings(name)).map(|name| format!("header({{'{name}': '*'}})")).collect();
    let (site, bind) = match &guide.listen {
        Listen::Port(port) => (format!("http://:{port}"), String::new()),
        Listen::Address(address) => (format!("http://:{}", address.port()), format!("    bind {}\n", bare(*address))),
        Listen::Unix(path) => ("http://".to_owned(), format!("    bind unix/{}\n", path.display())),
    };
    let verify = match guide.verify {
        Endpoint::Tcp(address) => address.to_string(),
        Endpoint::Unix(path) => format!("unix/{}", path.display()),
    };
    let dropped: Vec<String> = guide
        .credentials
        .iter()
        .flat_map(|name| spellings(name))
        .filter(|name| name != "Authorization")
        .map(|name| format!("        request_header -{name}\n"))
        .collect();
    guide.fill(
        Engine::Re2,
        include_str!("../../assets/proxies/Caddyfile"),
        &[
            ("@ROUTES@", routes),
            ("@VERB_HEADERS@", verb_headers.join(" || ")),
            ("@SITE@", site),
            ("@BIND@", bind),
            ("@VERIFY_SERVER@", verify),
            ("@IDENTITY@", IDENTITY.join(" ")),
            ("@DROPPED@", dropped.concat()),
        ],
    )
}

/// An address without its port.
fn bare(address: std::net::SocketAddr) -> String {
    match address.ip() {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

pub(super) fn curl(guide: &Guide<'_>) -> String {
    let to = match guide.verify {
        Endpoint::Tcp(address) => format!("http://{address}"),
        Endpoint::Unix(path) => format!("--unix-socket {} http://jeton", path.display()),
    };
    let example = guide.map.entries.iter().find_map(|entry| match &entry.answer {
        Answer::Ask(id) => Some(format!("\n# A METHOD of this installation: {id}\n")),
        Answer::Deny(_) => None,
    });
    guide.fill(
        Engine::Re2,
        include_str!("../../assets/proxies/curl.txt"),
        &[("@TO@", to), ("@EXAMPLE@", example.unwrap_or_default())],
    )
}
