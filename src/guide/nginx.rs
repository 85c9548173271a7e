//! nginx: maps, and a sub-request of `auth_request`.

use std::collections::BTreeSet;

use super::stripped_headers::stripped_header_names;
use super::{FORWARDED, Guide, IDENTITY_HEADERS, marked_pattern, underscore_variants, variable};
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::domain::route::verbs::{ANY_HTTP_METHOD, Verbs};
use crate::service::proxy_proof::DigestKind;

/// Maximum length of a line of directives, in bytes.
const MAX_LINE: usize = 116;

pub(super) fn write(guide: &Guide<'_>) -> String {
    let sites = guide.site_values(|n, site| {
        let prefix = if guide.has_hosts() { format!("{}_", n + 1) } else { String::new() };
        let (routes, http_methods) = maps_by_http_method(&site.rules, &prefix);
        let hosts = site.host_patterns().iter().map(|pattern| format!("    \"~*{pattern}\" {};\n", n + 1)).collect();
        vec![("@HOSTS@", hosts), ("@ROUTES@", routes), ("@VERBS@", http_methods)]
    });
    let taken: String = IDENTITY_HEADERS
        .iter()
        .map(|header| variable(header))
        .map(|name| format!("        auth_request_set ${} $upstream_http_{name};\n", &name[2..]))
        .collect();
    let verb_headers = OVERRIDE_HEADERS.iter().map(|h| format!("$http_{}", variable(h))).collect();
    let mut maps = String::new();
    let mut asked = String::new();
    for header in &guide.credentials {
        let name = variable(header);
        maps += &format!(
            "map $http_{name} $jeton_from_{name} {{\n    default $http_{name};\n    # Longer values are never \
             tokens.\n    \"~^.{{600}}\" \"-\";\n}}\n"
        );
        asked += &format!("        proxy_set_header {header} $jeton_from_{name};\n");
    }
    let fields: String = IDENTITY_HEADERS.iter().map(|header| format!("|${}", &variable(header)[2..])).collect();
    guide.fill(
        RegexDialect::Pcre,
        include_str!("../../assets/proxies/nginx.conf"),
        &[
            ("@APPLICATION@", if guide.has_hosts() { "$jeton_application" } else { "jeton_application" }.to_owned()),
            ("@VERB_HEADERS@", verb_headers),
            ("@MAY@", if guide.has_preflights() { "jeton_named" } else { "jeton_may" }.to_owned()),
            ("@PROVEN@", if guide.proof.is_some() { "$secure_link ".to_owned() } else { String::new() }),
            ("@IS_PROVEN@", if guide.proof.is_some() { "1 ".to_owned() } else { String::new() }),
            ("@CREDENTIAL_MAPS@", maps),
            ("@VERIFY_SERVER@", guide.verify.to_string()),
            ("@LISTEN@", format!("{}{}", guide.listen, if guide.tls.is_some() { " ssl" } else { "" })),
            ("@TAKEN@", taken),
            ("@KEY@", guide.answer_key(DigestKind::Md5)),
            ("@FIELDS@", fields),
            ("@PASSED@", proxy_directives(guide)),
            ("@ASKED@", asked),
        ],
        &sites,
    )
}

/// Returns the headers that each location passes on to the application.
fn proxy_directives(guide: &Guide<'_>) -> String {
    let mut set = BTreeSet::new();
    let mut text: String = IDENTITY_HEADERS
        .iter()
        .filter(|name| set.insert(name.to_ascii_lowercase()))
        .map(|name| format!("    proxy_set_header {name} ${};\n", &variable(name)[2..]))
        .collect();
    let spelled =
        IDENTITY_HEADERS.into_iter().chain(guide.credentials.iter().map(String::as_str)).flat_map(underscore_variants);
    let passed_on = FORWARDED.map(|name| name.replace('-', "_"));
    // If another server has the same address, its rule for underscores applies.
    let named = OVERRIDE_HEADERS
        .into_iter()
        .chain(stripped_header_names())
        .flat_map(|name| [name.to_owned(), name.replace('-', "_")]);
    let mut line = String::new();
    for name in spelled.chain(passed_on).chain(named).filter(|name| set.insert(name.to_ascii_lowercase())) {
        let directive = format!("proxy_set_header {name} \"\";");
        if line.len() + directive.len() > MAX_LINE {
            text += &format!("   {line}\n");
            line.clear();
        }
        line += &format!(" {directive}");
    }
    text + &format!("   {line}\n")
}

/// Returns a map for the HTTP methods with the same rules and a map for all others, and the entries that choose among
/// these maps. `prefix` begins their names. nginx tries the expressions of a map one after the other, and evaluates only the chosen map.
fn maps_by_http_method(rules: &RouteRules, prefix: &str) -> (String, String) {
    let accepting = |name: &str| -> Vec<usize> {
        let rules = rules.rules.iter().enumerate();
        rules.filter(|(_, rule)| rule.route.verbs.accepts(name)).map(|(n, _)| n).collect()
    };
    let names: BTreeSet<&str> = rules.rules.iter().filter_map(|rule| rule.route.verbs.names()).flatten().collect();
    let mut sharing: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
    for name in names {
        let accepting = accepting(name);
        match sharing.iter_mut().find(|(rules, _)| *rules == accepting) {
            Some((_, names)) => names.push(name),
            None => sharing.push((accepting, vec![name])),
        }
    }
    let others = rules.rules.iter().enumerate().filter(|(_, rule)| rule.route.verbs == Verbs::Any);
    sharing.push((others.map(|(n, _)| n).collect(), Vec::new()));
    let (mut maps, mut choice) = (String::new(), String::new());
    for (numbers, names) in sharing {
        let (named, pattern) = match names[..] {
            [] => (format!("{prefix}otherwise"), ANY_HTTP_METHOD.to_owned()),
            [name] => (format!("{prefix}on_{}", name.to_ascii_lowercase()), name.to_owned()),
            [first, ..] => (format!("{prefix}on_{}", first.to_ascii_lowercase()), format!("(?:{})", names.join("|"))),
        };
        maps += &format!("map $jeton_path $jeton_{named} {{\n    default \"\";\n");
        for rule in numbers.into_iter().map(|n| &rules.rules[n]) {
            let path = marked_pattern(rule, RegexDialect::Pcre);
            maps += &match &rule.action {
                RouteAction::Ask(id) => format!("    \"~^{path}$\" \"{id}\";\n"),
                RouteAction::Public(id) => format!("    \"~^{path}$\" \"/public\"; # {id}\n"),
                RouteAction::Preflight => format!("    \"~^{path}$\" \"/preflight\";\n"),
                RouteAction::Deny(why) => format!("    \"~^{path}$\" \"\"; # denied: {why}\n"),
            };
        }
        maps += "}\n";
        choice += &format!("    \"~^{pattern} \" $jeton_{named};\n");
    }
    (maps, choice)
}

/// Returns the commands for requests by hand.
pub(super) fn curl(guide: &Guide<'_>) -> String {
    let to = guide.verify.curl_target();
    let example = guide.rules().find_map(|entry| match &entry.action {
        RouteAction::Ask(id) => Some(format!("\n# A METHOD of this installation: {id}\n")),
        RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_) => None,
    });
    guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/curl.txt"),
        &[("@TO@", to), ("@EXAMPLE@", example.unwrap_or_default())],
        &[],
    )
}
