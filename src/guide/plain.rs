//! nginx, Caddy and curl.

use super::{ABOUT, Guide, IDENTITY, Listen, OTHER_HYPHENS, spellings};
use crate::domain::endpoint::Endpoint;
use crate::domain::route::map::{ANY_VERB, Answer, RouteMap};
use crate::domain::route::plain::{Engine, VERB_HEADERS};

pub(super) fn nginx(guide: &Guide<'_>) -> String {
    let (routes, verbs) = by_verb(&guide.map);
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
    for header in VERB_HEADERS.iter().chain(&ABOUT).flat_map(|name| spellings(name)) {
        given += &format!("        proxy_set_header {header} \"\";\n");
    }
    let verb_headers = VERB_HEADERS.iter().map(|h| format!("$http_{}", variable(h))).collect();
    guide.fill(
        Engine::Pcre,
        include_str!("../../assets/proxies/nginx.conf"),
        &[
            ("@ROUTES@", routes),
            ("@VERBS@", verbs),
            ("@VERB_HEADERS@", verb_headers),
            ("@VERIFY_SERVER@", guide.verify.to_string()),
            ("@LISTEN@", guide.listen.to_string()),
            ("@TAKEN@", taken.concat()),
            ("@GIVEN@", given),
        ],
    )
}

/// A map for each verb that routes name, and one for all others; and the entries that choose among them. nginx tries a
/// map's expressions one after the other, and evaluates only the map that is chosen.
fn by_verb(map: &RouteMap) -> (String, String) {
    let mut verbs: Vec<Option<&str>> = map.entries.iter().map(|entry| entry.route.verb.as_deref()).collect();
    verbs.push(None);
    verbs.sort_unstable_by_key(|verb| (verb.is_none(), *verb));
    verbs.dedup();
    let (mut maps, mut choice) = (String::new(), String::new());
    for verb in verbs {
        let (named, pattern) = match verb {
            Some(verb) => (format!("on_{}", verb.to_ascii_lowercase()), verb),
            None => ("otherwise".to_owned(), ANY_VERB),
        };
        maps += &format!("map $jeton_path $jeton_{named} {{\n    default \"\";\n");
        for entry in map.entries.iter().filter(|e| e.route.verb.is_none() || e.route.verb.as_deref() == verb) {
            let path = entry.path_pattern(Engine::Pcre);
            maps += &match &entry.answer {
                Answer::Ask(id) => format!("    \"~^{path}$\" \"{id}\";\n"),
                Answer::Deny(why) => format!("    \"~^{path}$\" \"\"; # {why}\n"),
            };
        }
        maps += "}\n";
        choice += &format!("    \"~^{pattern} \" $jeton_{named};\n");
    }
    (maps, choice)
}

pub(super) fn caddy(guide: &Guide<'_>) -> String {
    // In quotes, for Caddy takes a bare 1.50 for a number, which it writes as 1.5: another method.
    let mut routes = String::new();
    for entry in &guide.map.entries {
        let pattern = format!("`~^{} {}$`", entry.verb_pattern(), entry.path_pattern(Engine::Re2));
        routes += &match &entry.answer {
            Answer::Ask(id) => format!("            {pattern} \"{id}\"\n"),
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
    let about =
        ABOUT.iter().flat_map(|name| spellings(name)).map(|name| format!("        request_header -{name}\n")).collect();
    let dropped: Vec<String> = guide
        .credentials
        .iter()
        .filter(|name| *name != "Authorization")
        .flat_map(|name| {
            let other = OTHER_HYPHENS.map(|sign| name.replace('-', sign)).into_iter().filter(move |o| o != name);
            spellings(name).into_iter().chain(other)
        })
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
            ("@ABOUT@", about),
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
