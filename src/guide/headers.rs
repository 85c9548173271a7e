//! Headers that an application may believe, and that it must not get from a client.
//!
//! A client's header reaches the application only if its name holds nothing but letters, digits and hyphens, and matches
//! none of [`FOREIGN`]. What is true of them the proxy sets afterwards. nginx, Traefik and Envoy can take headers away
//! by name alone: for them [`NAMES`] are the names in use.

/// Names by pattern, in lower case: `*` stands at an end, for anything.
pub(super) const FOREIGN: [&str; 38] = [
    "*jeton*",
    "forwarded*",
    "*-forwarded*",
    "x-real-*",
    "*-client-ip*",
    "client-ip",
    "cf-connecting-*",
    "cf-visitor",
    "cf-pseudo-*",
    "x-original-*",
    "x-rewrite-*",
    "x-http-method*",
    "x-method*",
    "*-method-override*",
    "*-http-method*",
    "x-url-*",
    "x-host*",
    "x-scheme*",
    "x-proto*",
    "x-https*",
    "front-end-https*",
    "x-ssl-*",
    "ssl-*",
    "*-client-cert*",
    "client-cert*",
    "x-remote-*",
    "remote-*",
    "x-webauth-*",
    "x-auth-request-*",
    "x-auth-user*",
    "x-envoy-*",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-appengine-*",
    "x-script-name",
    "proxy",
    "http2-settings",
    "x-accel-*",
];

/// Names that match [`FOREIGN`], for proxies that know no patterns. jeton's own stand in [`super::IDENTITY`].
pub(super) const NAMES: [&str; 84] = [
    "X-Jeton-Proof",
    "X-Jeton-Challenge",
    "X-Jeton-User",
    "X-Jeton-Scope",
    "X-Jeton-Methods",
    "Forwarded",
    "Forwarded-For",
    "X-Forwarded",
    "X-Forwarded-By",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Client-Ip",
    "X-Forwarded-Email",
    "X-Forwarded-For-Original",
    "X-Forwarded-Groups",
    "X-Forwarded-Host-Original",
    "X-Forwarded-Method",
    "X-Forwarded-Original-Host",
    "X-Forwarded-Path",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Protocol",
    "X-Forwarded-Proto-Version",
    "X-Forwarded-Query",
    "X-Forwarded-Roles",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Server-Name",
    "X-Forwarded-Ssl",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Forwarded-Access-Token",
    "X-Forwarded-Uri",
    "X-Forwarded-Url",
    "X-Forwarded-User",
    "X-Original-Forwarded-For",
    "X-Real-Ip",
    "X-Real-Port",
    "X-Real-Host",
    "X-Client-Ip",
    "X-Cluster-Client-Ip",
    "True-Client-Ip",
    "Fastly-Client-Ip",
    "Fly-Client-Ip",
    "Client-Ip",
    "Cf-Connecting-Ip",
    "Cf-Connecting-Ipv6",
    "Cf-Pseudo-Ipv4",
    "Cf-Visitor",
    "X-Original-Uri",
    "X-Original-Url",
    "X-Original-Host",
    "X-Original-Method",
    "X-Original-Path",
    "X-Original-Proto",
    "X-Original-Remote-Addr",
    "X-Rewrite-Url",
    "X-Rewrite-Uri",
    "X-Rewrite-Path",
    "X-Http-Method",
    "X-Http-Method-Override",
    "X-Http-Methodoverride",
    "X-Method",
    "X-Method-Override",
    "Http-Method-Override",
    "X-Url-Scheme",
    "X-Host",
    "X-Scheme",
    "X-Proto",
    "X-Https",
    "Front-End-Https",
    "X-Ssl-Client-Cert",
    "X-Client-Cert",
    "X-Remote-Addr",
    "X-Remote-Ip",
    "X-Remote-User",
    "Remote-User",
    "Remote-Addr",
    "X-Webauth-User",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Script-Name",
    "Proxy",
    "Http2-Settings",
];

/// What may stand in a header's name beside letters, digits and hyphens. Some applications take it for a hyphen.
pub(super) const ODD: [char; 14] = ['!', '#', '$', '%', '&', '\'', '*', '+', '.', '^', '_', '`', '|', '~'];

/// [`FOREIGN`] as one regular expression for names in lower case.
pub(super) fn foreign_pattern() -> String {
    let each = FOREIGN.map(|name| {
        let inner = name.trim_matches('*');
        let (head, tail) = (if name.starts_with('*') { ".*" } else { "" }, if name.ends_with('*') { ".*" } else { "" });
        format!("{head}{inner}{tail}")
    });
    format!("^(?:{})$", each.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        FOREIGN.iter().any(|pattern| {
            let inner = pattern.trim_matches('*');
            match (pattern.starts_with('*'), pattern.ends_with('*')) {
                (true, true) => name.contains(inner),
                (true, false) => name.ends_with(inner),
                (false, true) => name.starts_with(inner),
                (false, false) => name == inner,
            }
        })
    }

    #[test]
    fn names_match_the_patterns_and_harmless_ones_do_not() {
        for name in NAMES {
            assert!(matches(name), "{name}");
        }
        for name in super::super::IDENTITY {
            assert!(matches(name), "{name}");
        }
        for name in [
            "Accept",
            "Access-Control-Request-Method",
            "Access-Control-Request-Headers",
            "Content-Type",
            "Cookie",
            "Host",
            "If-None-Match",
            "Origin",
            "Proxy-Connection",
            "Range",
            "Referer",
            "Sec-Websocket-Key",
            "Traceparent",
            "Upgrade",
            "User-Agent",
            "X-Api-Key",
            "X-Csrf-Token",
            "X-Request-Id",
            "X-Requested-With",
        ] {
            assert!(!matches(name), "{name}");
        }
    }
}
