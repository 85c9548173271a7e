//! Headers that an application may trust, and that it must not get from a client.
//!
//! A client's header reaches the application only if the name has just letters, digits and hyphens, and matches no
//! pattern of [`STRIPPED_PATTERNS`]. Afterwards the proxy sets the true values. HAProxy, Caddy and Envoy remove headers
//! by pattern. nginx and Traefik can remove headers only by name. For these two, each pattern lists the names that are
//! known to be in use.

/// Patterns in lower case, each with known names that match it. `*` matches any text.
pub(super) const STRIPPED_PATTERNS: [(&str, &str); 145] = [
    // Headers of jeton itself.
    (
        "*jeton*",
        "X-Jeton-Proof X-Jeton-Challenge X-Jeton-User X-Jeton-User-Id X-Jeton-Username X-Jeton-Email \
         X-Jeton-Name X-Jeton-Groups X-Jeton-Roles X-Jeton-Scope X-Jeton-Scopes X-Jeton-Methods \
         X-Jeton-Admin X-Jeton-Owner X-Jeton-Subject X-Jeton-Token-Id X-Jeton-Labels X-Jeton-Extra \
         Jeton-Account Jeton-Role Jeton-User",
    ),
    // Addresses of clients.
    (
        "*forwarded*",
        "Forwarded Forwarded-For Forwarded-Host Forwarded-Proto X-Forwarded X-Forwarded-Access-Token \
         X-Forwarded-By X-Forwarded-Client-Cert X-Forwarded-Client-Ip X-Forwarded-Context \
         X-Forwarded-Email X-Forwarded-For-Original X-Forwarded-Groups X-Forwarded-Host-Original \
         X-Forwarded-Id-Token X-Forwarded-Login X-Forwarded-Method X-Forwarded-Name \
         X-Forwarded-Original-Host X-Forwarded-Path X-Forwarded-Port X-Forwarded-Preferred-Username \
         X-Forwarded-Prefix X-Forwarded-Proto-Version X-Forwarded-Protocol X-Forwarded-Query \
         X-Forwarded-Roles X-Forwarded-Scheme X-Forwarded-Server X-Forwarded-Server-Name X-Forwarded-Ssl \
         X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info X-Forwarded-Uri X-Forwarded-Url \
         X-Forwarded-User X-Forwarded-User-Id X-Forwarded-Username X-Original-Forwarded-For \
         X-Original-Forwarded-Host X-Original-Forwarded-Proto X-Vercel-Forwarded-For \
         Cloudfront-Forwarded-Proto",
    ),
    ("x-real-*", "X-Real-Ip X-Real-Port X-Real-Host X-Real-Proto X-Real-User"),
    (
        "*client-ip*",
        "Client-Ip True-Client-Ip X-True-Client-Ip X-Client-Ip X-Cluster-Client-Ip Cluster-Client-Ip \
         Fastly-Client-Ip Fly-Client-Ip Proxy-Client-Ip Http-Client-Ip",
    ),
    ("*-connecting-*", "Cf-Connecting-Ip Cf-Connecting-Ipv6 Do-Connecting-Ip"),
    ("cf-visitor", "Cf-Visitor"),
    ("cf-pseudo-*", "Cf-Pseudo-Ipv4"),
    ("cf-ip*", "Cf-Ipcountry"),
    ("x-azure-*", "X-Azure-Clientip X-Azure-Socketip X-Azure-Fdid"),
    (
        "x-appengine-*",
        "X-Appengine-User-Ip X-Appengine-Remote-Addr X-Appengine-Cron X-Appengine-Queuename \
         X-Appengine-Taskname X-Appengine-Inbound-Appid X-Appengine-Https X-Appengine-Country \
         X-Appengine-Default-Version-Hostname",
    ),
    ("x-originating-*", "X-Originating-Ip X-Originating-Host"),
    ("x-proxyuser-*", "X-Proxyuser-Ip"),
    ("x-nf-*", "X-Nf-Client-Connection-Ip X-Nf-Account-Id"),
    ("x-vercel-*", "X-Vercel-Proxied-For X-Vercel-Ip-Country X-Vercel-Deployment-Url"),
    ("cloudfront-*", "Cloudfront-Viewer-Address Cloudfront-Viewer-Country"),
    ("wl-*", "Wl-Proxy-Client-Ip Wl-Proxy-Client-Cert Wl-Proxy-Ssl"),
    // Identities that proxies, gateways and clouds pass on.
    (
        "x-remote-*",
        "X-Remote-Addr X-Remote-Ip X-Remote-Host X-Remote-Port X-Remote-User X-Remote-User-Id \
         X-Remote-User-Name X-Remote-User-Email X-Remote-Email X-Remote-Name X-Remote-Group \
         X-Remote-Groups X-Remote-Roles",
    ),
    ("remote-*", "Remote-Addr Remote-Ip Remote-Host Remote-User Remote-Email Remote-Name Remote-Groups"),
    (
        "x-webauth-*",
        "X-Webauth-User X-Webauth-Email X-Webauth-Name X-Webauth-Fullname X-Webauth-Login X-Webauth-Role \
         X-Webauth-Roles X-Webauth-Groups X-Webauth-Orgs",
    ),
    (
        "x-auth-request-*",
        "X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Groups X-Auth-Request-Preferred-Username \
         X-Auth-Request-Access-Token X-Auth-Request-Redirect",
    ),
    ("x-auth-user*", "X-Auth-User X-Auth-Userid X-Auth-User-Id X-Auth-Username X-Auth-User-Name X-Auth-User-Email"),
    ("x-auth-email", "X-Auth-Email"),
    ("x-auth-name", "X-Auth-Name"),
    ("x-auth-group*", "X-Auth-Group X-Auth-Groups"),
    ("x-auth-role*", "X-Auth-Role X-Auth-Roles"),
    ("x-auth-sub*", "X-Auth-Subject X-Auth-Sub"),
    (
        "x-authenticated*",
        "X-Authenticated X-Authenticated-By X-Authenticated-User X-Authenticated-Userid \
         X-Authenticated-User-Id X-Authenticated-Username X-Authenticated-Email X-Authenticated-Groups \
         X-Authenticated-Roles X-Authenticated-Scope",
    ),
    (
        "x-authentik-*",
        "X-Authentik-Username X-Authentik-Email X-Authentik-Name X-Authentik-Uid X-Authentik-Groups \
         X-Authentik-Entitlements X-Authentik-Jwt",
    ),
    ("x-authelia-*", "X-Authelia-User X-Authelia-Url"),
    ("x-vouch-*", "X-Vouch-User X-Vouch-Success"),
    ("x-pomerium-*", "X-Pomerium-Jwt-Assertion X-Pomerium-Claim-User X-Pomerium-Claim-Email X-Pomerium-Claim-Groups"),
    ("x-oidc-*", "X-Oidc-Claim-Sub X-Oidc-Claim-Email"),
    ("oidc-*", "Oidc-Claim-Sub Oidc-Claim-Email Oidc-Claim-Groups Oidc-Access-Token"),
    ("shib-*", "Shib-Session-Id Shib-Identity-Provider Shib-Application-Id"),
    ("tailscale-*", "Tailscale-User-Login Tailscale-User-Name"),
    ("sm-*", "Sm-User Sm-Universalid Sm-Userdn"),
    ("iv-*", "Iv-User Iv-Groups Iv-Creds"),
    ("oam-*", "Oam-Remote-User"),
    ("x-consumer-*", "X-Consumer-Id X-Consumer-Custom-Id X-Consumer-Username X-Consumer-Groups"),
    ("x-credential-*", "X-Credential-Identifier X-Credential-Username"),
    ("x-anonymous-consumer", "X-Anonymous-Consumer"),
    ("x-goog-authenticated-*", "X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id"),
    ("x-goog-iap-*", "X-Goog-Iap-Jwt-Assertion"),
    (
        "x-ms-client-principal*",
        "X-Ms-Client-Principal X-Ms-Client-Principal-Id X-Ms-Client-Principal-Idp \
         X-Ms-Client-Principal-Name",
    ),
    ("x-ms-token-*", "X-Ms-Token-Aad-Access-Token X-Ms-Token-Aad-Id-Token"),
    ("ms-aspnetcore-*", "Ms-Aspnetcore-Token Ms-Aspnetcore-Clientcert Ms-Aspnetcore-Winauthtoken"),
    ("x-amzn-oidc-*", "X-Amzn-Oidc-Identity X-Amzn-Oidc-Data X-Amzn-Oidc-Accesstoken"),
    (
        "x-amzn-mtls-*",
        "X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Leaf X-Amzn-Mtls-Clientcert-Subject \
         X-Amzn-Mtls-Clientcert-Issuer X-Amzn-Mtls-Clientcert-Serial-Number",
    ),
    ("cf-access-*", "Cf-Access-Authenticated-User-Email Cf-Access-Jwt-Assertion"),
    ("x-apigateway-*", "X-Apigateway-Api-Userinfo"),
    ("x-endpoint-api-*", "X-Endpoint-Api-Userinfo X-Endpoint-Api-Consumer-Number"),
    ("x-jwt-*", "X-Jwt-Payload X-Jwt-Claims X-Jwt-Assertion"),
    ("x-token-*", "X-Token-Subject X-Token-User-Id X-Token-User-Name X-Token-User-Email"),
    ("x-user", "X-User"),
    ("x-userid", "X-Userid"),
    ("x-userinfo", "X-Userinfo"),
    ("x-username*", "X-Username"),
    ("x-user-id*", "X-User-Id X-User-Identity"),
    ("x-user-name*", "X-User-Name"),
    ("x-user-email*", "X-User-Email"),
    ("x-user-login", "X-User-Login"),
    ("x-user-info", "X-User-Info"),
    ("x-user-claims", "X-User-Claims"),
    ("x-user-role*", "X-User-Role X-User-Roles"),
    ("x-user-group*", "X-User-Group X-User-Groups"),
    ("x-user-scope*", "X-User-Scopes"),
    ("x-user-permission*", "X-User-Permissions"),
    ("x-email", "X-Email"),
    ("x-login", "X-Login"),
    ("x-role*", "X-Role X-Roles"),
    ("x-groups", "X-Groups"),
    ("x-admin*", "X-Admin X-Admin-User"),
    ("x-is-admin", "X-Is-Admin"),
    ("x-identity*", "X-Identity"),
    ("x-rh-identity", "X-Rh-Identity"),
    ("x-trusted-*", "X-Trusted-User X-Trusted-Proxy X-Trusted-Ip"),
    ("x-internal*", "X-Internal X-Internal-User X-Internal-Request"),
    ("x-proxy-*", "X-Proxy-User X-Proxy-Remote-User X-Proxy-Roles X-Proxy-Host X-Proxy-Url"),
    ("x-impersonate*", "X-Impersonate-User"),
    ("impersonate-*", "Impersonate-User Impersonate-Group Impersonate-Uid"),
    ("x-scope-orgid", "X-Scope-Orgid"),
    ("kubeflow-*", "Kubeflow-Userid Kubeflow-Groups"),
    ("gap-*", "Gap-Auth Gap-Upstream-Address"),
    (
        "x-sandstorm-*",
        "X-Sandstorm-User-Id X-Sandstorm-Username X-Sandstorm-Preferred-Handle X-Sandstorm-Permissions \
         X-Sandstorm-Session-Id X-Sandstorm-Tab-Id X-Sandstorm-Base-Path",
    ),
    (
        "x-hasura-*",
        "X-Hasura-Role X-Hasura-User-Id X-Hasura-Org-Id X-Hasura-Default-Role X-Hasura-Allowed-Roles \
         X-Hasura-Admin-Secret",
    ),
    ("x-account*", "X-Account X-Account-Id X-Account-Name X-Account-Email X-Account-Role X-Accounts"),
    ("x-permission*", "X-Permission X-Permissions"),
    ("es-security-*", "Es-Security-Runas-User"),
    ("l5d-*", "L5d-Client-Id"),
    // Properties of the connection.
    (
        "x-ssl*",
        "X-Ssl X-Ssl-Cert X-Ssl-Client-Cert X-Ssl-Client-Cn X-Ssl-Client-Dn X-Ssl-Client-S-Dn \
         X-Ssl-Client-I-Dn X-Ssl-Client-Subject X-Ssl-Client-Issuer X-Ssl-Client-Serial \
         X-Ssl-Client-Fingerprint X-Ssl-Client-Sha1 X-Ssl-Client-Verify X-Ssl-Subject X-Ssl-Issuer \
         X-Ssl-Cipher X-Ssl-Protocol",
    ),
    ("ssl-*", "Ssl-Client-Cert Ssl-Client-Verify Ssl-Client-S-Dn Ssl-Client-Subject-Dn"),
    ("x-tls*", "X-Tls-Client-Cert X-Tls-Client-Subject X-Tls-Client-Verify X-Tls-Cipher X-Tls-Version"),
    (
        "*client-cert*",
        "Client-Cert Client-Cert-Chain X-Client-Cert X-Client-Cert-Dn X-Client-Cert-Subject \
         X-Client-Certificate X-Client-Cert-Verified",
    ),
    ("*clientcert*", "X-Clientcert"),
    ("x-client-verif*", "X-Client-Verify X-Client-Verified"),
    ("x-client-subject*", "X-Client-Subject X-Client-Subject-Dn"),
    ("x-client-issuer*", "X-Client-Issuer"),
    ("x-client-dn", "X-Client-Dn"),
    ("x-client-s-dn", "X-Client-S-Dn"),
    ("x-client-cn", "X-Client-Cn"),
    ("x-certificate*", "X-Certificate"),
    ("x-arr-*", "X-Arr-Clientcert X-Arr-Ssl X-Arr-Log-Id"),
    ("x-https*", "X-Https"),
    ("x-scheme*", "X-Scheme"),
    ("x-proto*", "X-Proto X-Protocol"),
    ("front-end-https*", "Front-End-Https"),
    // A host, path or verb other than the one that was checked.
    (
        "x-original*",
        "X-Original-Uri X-Original-Url X-Original-Host X-Original-Method X-Original-Path X-Original-Proto \
         X-Original-Query X-Original-Remote-Addr X-Original-Scheme X-Originalurl",
    ),
    ("x-rewrite-*", "X-Rewrite-Url X-Rewrite-Uri X-Rewrite-Path"),
    ("x-replaced-*", "X-Replaced-Path"),
    ("x-override-*", "X-Override-Url X-Override-Method"),
    ("x-url*", "X-Url X-Url-Scheme"),
    ("x-uri*", "X-Uri"),
    ("x-path*", "X-Path X-Path-Info"),
    ("x-request-uri", "X-Request-Uri"),
    ("x-request-url", "X-Request-Url"),
    ("x-request-path", "X-Request-Path"),
    ("request-uri", "Request-Uri"),
    ("base-url", "Base-Url"),
    ("x-base-*", "X-Base-Url X-Base-Path"),
    ("x-context-path", "X-Context-Path"),
    ("x-ingress-path", "X-Ingress-Path"),
    ("x-script-name", "X-Script-Name"),
    ("script-name", "Script-Name"),
    ("x-host*", "X-Host X-Host-Override"),
    ("x-http-host*", "X-Http-Host-Override"),
    ("x-http-destination*", "X-Http-Destinationurl"),
    ("x-backend-*", "X-Backend-Host X-Backend-Server"),
    ("x-server-name", "X-Server-Name"),
    ("x-matched-path", "X-Matched-Path"),
    ("x-invoke-*", "X-Invoke-Path X-Invoke-Query X-Invoke-Output X-Invoke-Status"),
    ("x-now-*", "X-Now-Route-Matches"),
    (
        "x-middleware-*",
        "X-Middleware-Subrequest X-Middleware-Subrequest-Id X-Middleware-Rewrite X-Middleware-Next \
         X-Middleware-Override-Headers",
    ),
    ("x-react-router-*", "X-React-Router-Spa-Mode X-React-Router-Prerender-Data"),
    (
        "x-envoy-*",
        "X-Envoy-External-Address X-Envoy-Internal X-Envoy-Original-Path X-Envoy-Original-Host \
         X-Envoy-Original-Method X-Envoy-Decorator-Operation X-Envoy-Expected-Rq-Timeout-Ms \
         X-Envoy-Downstream-Service-Cluster",
    ),
    (
        "x-*method*",
        "X-Method X-Method-Override X-Methodoverride X-Http-Method X-Http-Method-Override \
         X-Http-Methodoverride X-Request-Method X-Real-Method",
    ),
    ("*http-method*", "Http-Method Http-Method-Override"),
    ("*method-override*", "Method-Override"),
    ("x-verb*", "X-Verb"),
    ("x-http-verb*", "X-Http-Verb"),
    // Instructions to servers.
    ("x-accel-*", "X-Accel-Redirect X-Accel-Mapping X-Accel-Internal X-Accel-Buffering"),
    ("x-sendfile*", "X-Sendfile X-Sendfile-Type"),
    ("proxy", "Proxy"),
    ("proxy-host", "Proxy-Host"),
    ("proxy-url", "Proxy-Url"),
    ("http2-settings", "Http2-Settings"),
];

/// The pattern of headers that may make an application use another verb. [`PREFLIGHT_METHOD`] doesn't match it.
pub(super) const METHOD_PATTERN: &str = "x-*method*";
/// The header of a preflight request that the application must get.
pub(super) const PREFLIGHT_METHOD: &str = "Access-Control-Request-Method";

/// Characters that a header's name may have in addition to letters, digits and hyphens. Some applications treat
/// them as a hyphen.
pub(super) const ODD_HEADER_CHARS: [char; 14] = ['!', '#', '$', '%', '&', '\'', '*', '+', '.', '^', '_', '`', '|', '~'];

/// Maximum length of a regular expression of [`stripped_header_regexes`]: HAProxy's lines have at most 2,048 bytes.
const MAX_PATTERN: usize = 1_500;

pub(super) fn stripped_header_names() -> impl Iterator<Item = &'static str> {
    STRIPPED_PATTERNS.iter().flat_map(|(_, names)| names.split_whitespace())
}

/// Returns the pattern that `name` matches.
pub(super) fn matching_pattern(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    STRIPPED_PATTERNS.iter().map(|(pattern, _)| *pattern).find(|pattern| is_match(pattern, &name))
}

fn is_match(pattern: &str, name: &str) -> bool {
    let (first, rest) = pattern.split_once('*').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    let Some(tail) = name.strip_prefix(first) else { return false };
    match rest {
        None => tail.is_empty(),
        Some(rest) => (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|tail| is_match(rest, tail))),
    }
}

/// Returns [`STRIPPED_PATTERNS`] as a few regular expressions for names in lower case.
pub(super) fn stripped_header_regexes() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (pattern, _) in STRIPPED_PATTERNS {
        let pattern = pattern.replace('*', ".*");
        match all.last_mut().filter(|last| last.len() + pattern.len() < MAX_PATTERN) {
            Some(last) => *last += &format!("|{pattern}"),
            None => all.push(pattern),
        }
    }
    all.into_iter().map(|alternatives| format!("^(?:{alternatives})$")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_patterns_and_harmless_ones_match_none() {
        for (pattern, names) in STRIPPED_PATTERNS {
            assert!(names.split_whitespace().count() > 0, "{pattern}: nginx and Traefik would remove nothing");
            for name in names.split_whitespace() {
                assert!(is_match(pattern, &name.to_ascii_lowercase()), "{name} {pattern}");
            }
        }
        let mut all: Vec<&str> = stripped_header_names().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), stripped_header_names().count(), "a name stands twice");
        for name in super::super::IDENTITY_HEADERS.iter().chain(&crate::domain::route::request_path::OVERRIDE_HEADERS) {
            assert!(matching_pattern(name).is_some(), "{name}");
        }
        for name in [
            "X-Jeton-Anything",
            "X--Jeton-Role",
            "X-Foo-Method",
            "X-Ssl-New",
            "X-Forwarded-New",
            "X-User",
            "X-Scope-OrgID",
            "kubeflow-userid",
            "GAP-Auth",
            "X-Sandstorm-New",
            "X-Hasura-Tenant-Id",
            "X-Account-New",
            "X-Permissions",
        ] {
            assert!(matching_pattern(name).is_some(), "{name}");
        }
        for name in [
            "Accept",
            "Access-Control-Request-Headers",
            PREFLIGHT_METHOD,
            "Content-Type",
            "Cookie",
            "Depth",
            "Destination",
            "Host",
            "Idempotency-Key",
            "If-None-Match",
            "Last-Event-Id",
            "Origin",
            "Overwrite",
            "Proxy-Connection",
            "Range",
            "Referer",
            "Sec-Websocket-Key",
            "Traceparent",
            "Upgrade",
            "Upload-Offset",
            "User-Agent",
            "X-Amz-Date",
            "X-Api-Key",
            "X-Auth-Token",
            "X-Authentication",
            "X-Client-Version",
            "X-Csrf-Token",
            "X-Ms-Client-Request-Id",
            "X-Request-Id",
            "X-Requested-With",
            "X-User-Agent",
        ] {
            assert_eq!(matching_pattern(name), None, "{name}");
        }
    }

    #[test]
    fn each_expression_fits_into_a_line() {
        let patterns = stripped_header_regexes();
        assert!(patterns.iter().all(|pattern| pattern.len() <= MAX_PATTERN + 10), "{patterns:?}");
        assert_eq!(patterns.iter().map(|p| p.split('|').count()).sum::<usize>(), STRIPPED_PATTERNS.len());
        assert!(patterns.iter().any(|pattern| pattern.contains("|x-.*method.*|")));
    }
}
