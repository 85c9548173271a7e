//! Traefik: a router and a middleware for each entry.

use std::collections::BTreeMap;

use super::{Guide, GuideSite, IDENTITY_HEADERS, Listen, comment_line, underscore_variants};
use crate::domain::method::MethodId;
use crate::domain::route::host::HOST_NAME;
use crate::domain::route::request_path::{OVERRIDE_HEADERS, RegexDialect};
use crate::domain::route::rules::RouteAction;
use crate::error::{Error, Result};
use crate::service::advise_setting;
use crate::service::endpoint::Endpoint;

/// Arguments that an application may read as `_method`. Traefik matches arguments only by their whole names.
const HTTP_METHOD_ARGUMENTS: [&str; 8] =
    ["_method", "_METHOD", "_Method", ".method", "[method", " _method", "_method[]", "_method[0]"];

const PROOF: &str = "X-Jeton-Proof";

pub(super) fn write(guide: &Guide<'_>) -> Result<String> {
    let Endpoint::Tcp(verify) = guide.verify else {
        return Err(Error::usage("Traefik can't reach jeton over a unix socket")
            .why("Traefik's forwardAuth accepts only http addresses")
            .next(format!(
                "Use nginx, Caddy, HAProxy or Envoy. Or use a port, but only if this machine has no other users. {}. Then \
                 run this command again with --insecure",
                advise_setting("serve.verify", "127.0.0.1:7180")
            )));
    };
    let listen = match &guide.listen {
        Listen::Port(port) => format!(":{port}"),
        Listen::Address(address) => address.to_string(),
        Listen::Unix(_) => {
            return Err(Error::usage("Traefik can't listen on a unix socket")
                .next("Use --listen PORT or --listen ADDRESS:PORT"));
        }
    };
    let router_tls = if guide.tls.is_some() { "      tls: {}\n" } else { "" };
    let forwarded = guide.credentials.iter().map(String::as_str).chain(["User-Agent"]);
    let forwarded = forwarded.chain(guide.proof.map(|_| PROOF));
    let forwarded: String = forwarded.map(|name| format!("          - {name}\n")).collect();
    let mut methods: BTreeMap<&MethodId, usize> = BTreeMap::new();
    let top = guide.sites.iter().map(|site| site.rules.rules.len()).max().unwrap_or_default() + 10;
    let mut sites = Vec::new();
    for (number, site) in guide.sites.iter().enumerate() {
        let mut routers = String::new();
        let (suffix, host) = (guide.suffix(number), host_rule(guide, site));
        for (n, entry) in site.rules.rules.iter().enumerate() {
            let middlewares = match &entry.action {
                RouteAction::Ask(id) => {
                    let next = methods.len();
                    let at = *methods.entry(id).or_insert(next);
                    format!("[jeton-strip, jeton-ask-{at}, jeton-drop]")
                }
                RouteAction::Public(_) | RouteAction::Preflight => "[jeton-strip, jeton-drop]".to_owned(),
                RouteAction::Deny(_) => "[jeton-deny]".to_owned(),
            };
            routers += &comment_line(&entry.action, 4);
            let http_methods = entry.route.verbs.names().map_or_else(String::new, |names| {
                let methods: Vec<String> = names.iter().map(|name| format!("Method(`{name}`)")).collect();
                format!("({}) && ", methods.join(" || "))
            });
            let more = match entry.action {
                RouteAction::Preflight => {
                    " && HeaderRegexp(`Origin`, `.`) && HeaderRegexp(`Access-Control-Request-Method`, `.`)"
                }
                RouteAction::Ask(_) | RouteAction::Public(_) | RouteAction::Deny(_) => "",
            };
            routers += &format!(
                "    jeton{suffix}-{n}:\n      entryPoints: [jeton]\n      rule: '{host}{http_methods}PathRegexp(`^{}$`){more}'\n      priority: {}\n      \
                 middlewares: {middlewares}\n      service: jeton-application{suffix}\n{router_tls}",
                entry.path_pattern(RegexDialect::Re2),
                top - n - 1
            );
        }
        sites.push(routers);
    }
    let mut asked: Vec<(&MethodId, usize)> = methods.into_iter().collect();
    asked.sort_by_key(|(_, at)| *at);
    let headers: String = IDENTITY_HEADERS.iter().map(|name| format!("          - {name}\n")).collect();
    let asked: String = asked
        .iter()
        .map(|(id, at)| {
            format!(
                "    jeton-ask-{at}:\n      forwardAuth:\n        address: \"http://{verify}/v1/verify/{id}\"\n        \
                 trustForwardHeader: false\n        authRequestHeaders:\n{forwarded}        authResponseHeaders:\n{headers}"
            )
        })
        .collect();
    let empty = |names: Vec<String>| -> String { names.iter().map(|n| format!("          {n}: \"\"\n")).collect() };
    // jeton trusts the client address from Traefik only with Traefik's proof value.
    let stripped = match guide.proof {
        None => empty(guide.headers_to_strip()),
        Some(proof) => {
            let others = guide.headers_to_strip().into_iter().filter(|name| name != PROOF).collect();
            format!("{}          {PROOF}: \"{}\"\n", empty(others), &*proof.request())
        }
    };
    let dropped = guide.credentials.iter().flat_map(|name| underscore_variants(name));
    let dropped: Vec<String> = dropped.chain(guide.proof.map(|_| PROOF.to_owned())).collect();
    let verbs: Vec<String> = OVERRIDE_HEADERS
        .iter()
        .flat_map(|name| underscore_variants(name))
        .map(|name| format!("HeaderRegexp(`{name}`, `.*`)"))
        .collect();
    let overrides = underscore_variants(OVERRIDE_HEADERS[0]).into_iter();
    let overrides = overrides.flat_map(|name| [name.to_ascii_lowercase(), name.to_ascii_uppercase(), name]);
    let arguments: Vec<String> = HTTP_METHOD_ARGUMENTS
        .map(str::to_owned)
        .into_iter()
        .chain(overrides)
        .map(|name| format!("QueryRegexp(`{name}`, `.*`)"))
        .collect();
    Ok(guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/traefik.yaml"),
        &[
            ("@LISTEN@", listen),
            ("@ABOUT_VERIFY@", guide.unproven_verify_notes()),
            ("@STRIPPED@", stripped),
            ("@DROPPED@", empty(dropped)),
            ("@MIDDLEWARES@", asked),
            ("@TOP@", top.to_string()),
            ("@VERB_HEADERS@", verbs.join(" || ")),
            ("@VERB_ARGUMENTS@", arguments.join(" || ")),
            ("@ROUTER_TLS@", router_tls.to_owned()),
            ("@FIRST@", guide.suffix(0)),
            ("@ODD_HOST@", if guide.has_hosts() { odd_host() } else { String::new() }),
        ],
        &guide.site_values(|n, _| vec![("@ROUTES@", sites[n].clone())]),
    ))
}

/// Returns the part of a rule that matches hosts which an application may read as others.
fn odd_host() -> String {
    format!(" || !HostRegexp(`^(?:{HOST_NAME}|[[]?[0-9a-f:.]+[]]?)$`)")
}

/// Returns the part of a rule that restricts it to the hosts of a site.
fn host_rule(guide: &Guide<'_>, site: &GuideSite) -> String {
    let any = |hosts: &mut dyn Iterator<Item = &String>| {
        hosts.map(|host| format!("Host(`{host}`)")).collect::<Vec<_>>().join(" || ")
    };
    match (guide.has_hosts(), site.hosts.is_empty()) {
        (false, _) => String::new(),
        (true, true) => format!("!({}) && ", any(&mut guide.sites.iter().flat_map(|site| &site.hosts))),
        (true, false) => format!("({}) && ", any(&mut site.hosts.iter())),
    }
}
