//! Traefik: a router and a middleware for each entry.

use std::collections::BTreeMap;
use std::net::SocketAddr;

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
                "Use nginx, Caddy, HAProxy or Envoy. If this machine has no other users, you can use a port instead. \
                 {}. Then run this command again with --insecure",
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
    let mut asked = BTreeMap::new();
    let top = guide.sites.iter().map(|site| site.rules.rules.len()).max().unwrap_or_default() + 10;
    let routers = |(number, site)| routers(guide, number, site, top, router_tls, &mut asked);
    let sites: Vec<String> = guide.sites.iter().enumerate().map(routers).collect();
    let dropped = guide.credentials.iter().flat_map(|name| underscore_variants(name));
    let dropped: Vec<String> = dropped.chain(guide.proof.map(|_| PROOF.to_owned())).collect();
    Ok(guide.fill(
        RegexDialect::Re2,
        include_str!("../../assets/proxies/traefik.yaml"),
        &[
            ("@LISTEN@", listen),
            ("@ABOUT_VERIFY@", guide.unproven_verify_notes()),
            ("@STRIPPED@", stripped(guide)),
            ("@DROPPED@", empty_headers(dropped)),
            ("@MIDDLEWARES@", ask_middlewares(guide, *verify, asked)),
            ("@TOP@", top.to_string()),
            ("@VERB_HEADERS@", override_headers()),
            ("@VERB_ARGUMENTS@", override_arguments()),
            ("@ROUTER_TLS@", router_tls.to_owned()),
            ("@FIRST@", guide.suffix(0)),
            ("@ODD_HOST@", if guide.has_hosts() { odd_host() } else { String::new() }),
        ],
        &guide.site_values(|n, _| vec![("@ROUTES@", sites[n].clone())]),
    ))
}

/// Returns the routers of a site, of which the first has the priority `top - 1`. Adds the methods about which they ask jeton
/// to `asked`, with the numbers of their middlewares.
fn routers<'a>(
    guide: &Guide<'_>,
    number: usize,
    site: &'a GuideSite,
    top: usize,
    router_tls: &str,
    asked: &mut BTreeMap<&'a MethodId, usize>,
) -> String {
    let (suffix, host) = (guide.suffix(number), host_rule(guide, site));
    let mut routers = String::new();
    for (n, entry) in site.rules.rules.iter().enumerate() {
        let middlewares = match &entry.action {
            RouteAction::Ask(id) => {
                let next = asked.len();
                let at = *asked.entry(id).or_insert(next);
                format!("[jeton-strip, jeton-ask-{at}, jeton-drop]")
            }
            RouteAction::Public(_) | RouteAction::Preflight => "[jeton-strip, jeton-drop]".to_owned(),
            RouteAction::Deny(_) => "[jeton-deny]".to_owned(),
        };
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
        routers += &comment_line(&entry.action, 4);
        routers += &format!(
            "    jeton{suffix}-{n}:\n      entryPoints: [jeton]\n      rule: '{host}{http_methods}PathRegexp(`^{}$`){more}'\n      priority: {}\n      \
             middlewares: {middlewares}\n      service: jeton-application{suffix}\n{router_tls}",
            entry.path_pattern(RegexDialect::Re2),
            top - n - 1
        );
    }
    routers
}

/// Returns the middlewares that ask jeton about methods.
fn ask_middlewares(guide: &Guide<'_>, verify: SocketAddr, asked: BTreeMap<&MethodId, usize>) -> String {
    let list = |names: &mut dyn Iterator<Item = &str>| -> String {
        names.map(|name| format!("          - {name}\n")).collect()
    };
    let forwarded = guide.credentials.iter().map(String::as_str).chain(["User-Agent"]);
    let forwarded = list(&mut forwarded.chain(guide.proof.map(|_| PROOF)));
    let headers = list(&mut IDENTITY_HEADERS.into_iter());
    let mut asked: Vec<(&MethodId, usize)> = asked.into_iter().collect();
    asked.sort_by_key(|(_, at)| *at);
    let middleware = |(id, at)| {
        format!(
            "    jeton-ask-{at}:\n      forwardAuth:\n        address: \"http://{verify}/v1/verify/{id}\"\n        \
             trustForwardHeader: false\n        authRequestHeaders:\n{forwarded}        authResponseHeaders:\n{headers}"
        )
    };
    asked.into_iter().map(middleware).collect()
}

/// Returns the headers of a request that Traefik removes or sets before jeton is asked.
fn stripped(guide: &Guide<'_>) -> String {
    // jeton trusts the client address from Traefik only with Traefik's proof value.
    match guide.proof {
        None => empty_headers(guide.headers_to_strip()),
        Some(proof) => {
            let others = guide.headers_to_strip().into_iter().filter(|name| name != PROOF).collect();
            format!("{}          {PROOF}: \"{}\"\n", empty_headers(others), &*proof.request())
        }
    }
}

/// Returns the lines that remove headers.
fn empty_headers(names: Vec<String>) -> String {
    names.iter().map(|name| format!("          {name}: \"\"\n")).collect()
}

/// Returns the part of a rule that matches headers which change the method of a request.
fn override_headers() -> String {
    let names = OVERRIDE_HEADERS.iter().flat_map(|name| underscore_variants(name));
    names.map(|name| format!("HeaderRegexp(`{name}`, `.*`)")).collect::<Vec<_>>().join(" || ")
}

/// Returns the part of a rule that matches arguments which change the method of a request.
fn override_arguments() -> String {
    let headers = underscore_variants(OVERRIDE_HEADERS[0]).into_iter();
    let headers = headers.flat_map(|name| [name.to_ascii_lowercase(), name.to_ascii_uppercase(), name]);
    let names = HTTP_METHOD_ARGUMENTS.map(str::to_owned).into_iter().chain(headers);
    names.map(|name| format!("QueryRegexp(`{name}`, `.*`)")).collect::<Vec<_>>().join(" || ")
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
