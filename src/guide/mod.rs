//! Proxy configurations that verify every request with jeton, printed by `jeton guide`.
//!
//! Each is a template under `assets/proxies/`. It is filled with the addresses of the installation and the final
//! list of its routes ([`crate::domain::route::rules`]). The only data from a catalogue in a configuration are method
//! ids, verbs, and patterns that consist of harmless characters. Remarks about routes are comments, safe to show.

mod caddy;
mod envoy;
mod fingerprint;
mod haproxy;
mod nginx;
mod proxy_addresses;
mod secret_scanners;
mod site;
mod stripped_headers;
#[cfg(test)]
mod tests;
mod traefik;

pub use fingerprint::{Fingerprint, PrintedGuide};
pub use proxy_addresses::{Listen, Tls, Upstream};
pub use secret_scanners::{SecretScannerKind, secret_rule};
pub use site::{GuideSite, keep_used_sites};

use std::path::Path;

use crate::domain::route::request_path::{OVERRIDE_ARGUMENT, RegexDialect, TOO_LONG, dot_segments, pattern};
pub use crate::domain::route::rules::RouteAction;
use crate::domain::route::rules::RouteRule;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::service::advise_setting;
use crate::service::endpoint::Endpoint;
use crate::service::identity_header::IdentityField;
use crate::service::proxy_proof::{DigestKind, ProxyProof};

/// The headers that name the caller to the application. Values that a client sends under these names are
/// overwritten.
pub const IDENTITY_HEADERS: [&str; IdentityField::ALL.len()] = {
    let [account, account_id, role, token, hint, method] = IdentityField::ALL;
    [account.header(), account_id.header(), role.header(), token.header(), hint.header(), method.header()]
};

/// The headers in which the proxy passes on the true address, host and protocol of the client's request.
const FORWARDED: [&str; 3] = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"];

/// Characters that a header's name may have, and that some applications treat as a hyphen.
const HYPHEN_SUBSTITUTES: [&str; 2] = ["_", "."];

/// The reason in the body of a denial by the proxy itself.
pub const NO_ROUTE: &str = "no method has a route for this request";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// nginx with `auth_request`.
    Nginx,
    /// Caddy with `forward_auth`.
    Caddy,
    /// Traefik with `forwardAuth`.
    Traefik,
    /// Envoy with `ext_authz`.
    Envoy,
    /// HAProxy with a small Lua file.
    Haproxy,
    HaproxyLua,
    /// Requests to jeton by hand.
    Curl,
}

#[derive(Debug)]
pub struct Guide<'a> {
    pub verify: &'a Endpoint,
    /// The sites, at least one. Requests for other hosts are denied, unless the last site has no hosts.
    pub sites: Vec<GuideSite>,
    /// Remarks for people, safe to show.
    pub remarks: Vec<String>,
    pub listen: Listen,
    pub tls: Option<Tls>,
    /// Headers that hold credentials: `Authorization` and the others that jeton accepts. The application gets none
    /// of them.
    pub credentials: Vec<String>,
    /// `true` if jeton accepts tokens in the query.
    pub query: bool,
    /// The proof values that jeton and the proxy exchange if jeton listens at a TCP port. At a socket no other
    /// process can listen.
    pub proof: Option<&'a ProxyProof>,
    /// `true` if the listener at jeton's port is trusted without proof.
    pub insecure: bool,
}

/// Returns the configuration of a proxy. Its second line has the fingerprint of the catalogues.
pub fn write(subject: ProxyKind, guide: &Guide<'_>) -> Result<String> {
    guide.check(subject)?;
    let text = render(subject, guide)?;
    let sites = guide.sites.iter().map(|site| (site.hosts.clone(), site.rules.clone()));
    let fingerprint = Fingerprint::new(subject, sites, guide.credentials.clone(), guide.query)?;
    let Some(fingerprint) = fingerprint else { return Ok(text) };
    Ok(match text.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{fingerprint}\n{rest}"),
        None => text,
    })
}

fn render(subject: ProxyKind, guide: &Guide<'_>) -> Result<String> {
    Ok(match subject {
        ProxyKind::Nginx => nginx::write(guide),
        ProxyKind::Caddy => caddy::write(guide),
        ProxyKind::Traefik => traefik::write(guide)?,
        ProxyKind::Envoy => envoy::write(guide),
        ProxyKind::Haproxy => haproxy::configuration(guide),
        ProxyKind::HaproxyLua => haproxy::lua(guide),
        ProxyKind::Curl => nginx::curl(guide),
    })
}

impl Guide<'_> {
    fn check(&self, subject: ProxyKind) -> Result<()> {
        if let Endpoint::Unix(path) = self.verify {
            check_template_safe(path)
                .map_err(|e| e.next(advise_setting("serve.verify", "a path such as unix:/run/jeton/verify.sock")))?;
        }
        if subject != ProxyKind::Curl
            && let Some((name, pattern)) =
                self.credentials.iter().find_map(|name| Some((name, stripped_headers::matching_pattern(name)?)))
        {
            return Err(Error::usage(format!("tokens can't be read from the header {name}"))
                .why(format!(
                    "the proxy removes all headers that match {pattern}, because applications trust these headers"
                ))
                .next(advise_setting("serve.accept", "a header such as header:X-Api-Token")));
        }
        if let (Endpoint::Tcp(port), ProxyKind::Traefik | ProxyKind::Envoy, false) =
            (self.verify, subject, self.insecure)
        {
            let name = if subject == ProxyKind::Envoy { "Envoy" } else { "Traefik" };
            let error = Error::usage(format!(
                "{name} could not distinguish jeton from another program that listens at {port}"
            ))
            .why(
                "this proxy can't check that an answer is from jeton. While jeton is down, any local user could listen \
                 at the port and permit every request",
            );
            return Err(match subject {
                ProxyKind::Envoy => error.next(format!(
                    "{}. If this machine has no other users, add --insecure instead",
                    advise_setting("serve.verify", "unix:PATH")
                )),
                _ => error
                    .next("Use nginx, Caddy or HAProxy. If this machine has no other users, add --insecure instead"),
            });
        }
        if let (Some(tls), ProxyKind::Haproxy) = (&self.tls, subject) {
            let mut beside = tls.certificate.clone().into_os_string();
            beside.push(".key");
            if tls.key != tls.certificate && tls.key.as_os_str() != beside {
                return Err(Error::usage(format!(
                    "HAProxy reads the private key only from the certificate file, or from {}",
                    Path::new(&beside).display()
                ))
                .next(
                    "Put certificate and key into one file: (umask 077; cat CERT KEY > FILE). Then use --cert FILE \
                     --key FILE",
                ));
            }
        }
        // The maximum length of a word that each proxy accepts, with room for the text around it: nginx reads its
        // configuration in parts of 4,096 bytes. HAProxy 2.6 accepts expressions of 20,000 characters.
        let longest = match subject {
            ProxyKind::Nginx => 3_800,
            ProxyKind::Haproxy => 12_000,
            ProxyKind::Caddy | ProxyKind::Traefik | ProxyKind::Envoy | ProxyKind::HaproxyLua | ProxyKind::Curl => {
                60_000
            }
        };
        match self.rules().find(|e| e.path_pattern(RegexDialect::Pcre).len() > longest) {
            None => Ok(()),
            Some(entry) => {
                let route: String = entry.route.to_string().chars().take(60).collect();
                Err(Error::usage(format!("the route {}… is too long for this proxy", escape_untrusted(&route)))
                    .why(format!("the route's regular expression would have more than {longest} characters"))
                    .next("Shorten the route in its catalogue, or use another proxy"))
            }
        }
    }

    fn common(&self, engine: RegexDialect) -> Vec<(&'static str, String)> {
        let reads_slashes = self.sites.iter().any(|site| site.rules.reads_encoded_slashes());
        let remarks = self.remarks.iter().map(|remark| format!("# {remark}\n")).collect();
        vec![
            ("@ABOUT_VERIFY@", self.verify_notes("#")),
            ("@ABOUT_VERIFY_LUA@", self.verify_notes("--")),
            ("@UPSTREAM@", self.upstreams()),
            ("@VERIFY@", self.verify.to_string()),
            ("@CERTIFICATE@", self.tls.as_ref().map_or_else(String::new, |tls| tls.certificate.display().to_string())),
            ("@KEY_FILE@", self.tls.as_ref().map_or_else(String::new, |tls| tls.key.display().to_string())),
            ("@REQUEST_PROOF@", self.proof.map_or_else(String::new, |proof| proof.request().to_string())),
            ("@REMARKS@", remarks),
            ("@PLAIN@", pattern(engine, false)),
            ("@PLAIN_SLASH@", pattern(engine, true)),
            ("@DOTS@", dot_segments(reads_slashes).to_owned()),
            ("@TOO_LONG@", TOO_LONG.to_owned()),
            ("@VERB_ARGUMENT@", OVERRIDE_ARGUMENT.to_owned()),
            ("@NO_ROUTE@", NO_ROUTE.to_owned()),
        ]
    }

    /// Returns every header that the application must not get from a client, for proxies that remove headers by
    /// name. The list has every spelling that the application may treat as the same.
    fn headers_to_strip(&self) -> Vec<String> {
        let mut all: Vec<String> = IDENTITY_HEADERS
            .into_iter()
            .chain(stripped_headers::stripped_header_names())
            .flat_map(|name| {
                let whole = HYPHEN_SUBSTITUTES.map(|sign| name.replace('-', sign));
                let mixed =
                    if IDENTITY_HEADERS.contains(&name) { underscore_variants(name) } else { vec![name.to_owned()] };
                mixed.into_iter().chain(whole)
            })
            // The plain names are missing, because the proxy sets those headers itself.
            .chain(FORWARDED.iter().flat_map(|name| HYPHEN_SUBSTITUTES.map(|sign| name.replace('-', sign))))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// Returns the comment of every guide about the connection to jeton.
    fn verify_notes(&self, comment: &str) -> String {
        match (self.verify, self.proof) {
            (Endpoint::Unix(path), _) => format!(
                "{comment} The proxy's user must be in the group of {}. Choose this group with serve.verify-group, \
                 or SocketGroup= of jeton-verify.socket.\n",
                path.display()
            ),
            (Endpoint::Tcp(_), Some(_)) => format!(
                "{comment} Keep this file secret, because it contains a proof value: chmod 640, with the group of the \
                 proxy.\n\
                 {comment} jeton listens at a TCP port. While jeton is down, any local user can start a program at \
                 this port.\n\
                 {comment} This program can't let requests through, but it receives tokens. So a socket (serve.verify) \
                 is safer.\n\
                 {comment} If another program has listened at the port, run: jeton guide PROXY --new-proof. Then \
                 regenerate\n\
                 {comment} the tokens that the program received.\n"
            ),
            (Endpoint::Tcp(_), None) => String::new(),
        }
    }

    /// Returns that comment for proxies that send a proof value but can't check jeton's proof.
    fn unproven_verify_notes(&self) -> String {
        match self.verify {
            Endpoint::Unix(_) => self.verify_notes("#"),
            Endpoint::Tcp(_) => {
                "# The proxy trusts any program that listens at jeton's port. While jeton is down, any local user can \
                 listen there: this\n\
                 # machine must have no other users. Because of the proof value below, jeton trusts X-Forwarded-For: \
                 keep this file secret.\n"
                    .to_owned()
            }
        }
    }

    /// Returns the key of answers to this proxy. Empty if no proof values are exchanged.
    fn answer_key(&self, kind: DigestKind) -> String {
        self.proof.map_or_else(String::new, |proof| proof.answer_key(kind).to_string())
    }

    fn has_preflights(&self) -> bool {
        self.rules().any(|entry| entry.action == RouteAction::Preflight)
    }

    /// Returns `true` if a section of a template applies. `None` if there is no section of this name.
    fn has_section(&self, name: &str) -> Option<bool> {
        Some(match name {
            "TLS" => self.tls.is_some(),
            "QUERY" => self.query,
            "PROOF" => self.proof.is_some(),
            "NO PROOF" => self.proof.is_none(),
            "PORT" => matches!(self.verify, Endpoint::Tcp(_)),
            "SOCKET" => matches!(self.verify, Endpoint::Unix(_)),
            "PREFLIGHT" => self.has_preflights(),
            "PUBLIC" => self.rules().any(|entry| entry.action.is_open()),
            "SLASH" => self.sites.iter().any(|site| site.rules.reads_encoded_slashes()),
            "NO SLASH" => !self.sites.iter().any(|site| site.rules.reads_encoded_slashes()),
            "SITES" => self.has_hosts(),
            "ONE SITE" => !self.has_hosts(),
            "CLOSED" => self.sites.iter().all(|site| !site.hosts.is_empty()),
            _ => return None,
        })
    }

    /// Fills a template. `sites` has the values for the parts that are repeated for each site.
    fn fill(&self, engine: RegexDialect, template: &str, more: &[(&str, String)], sites: &[SiteValues]) -> String {
        let template = keep_sections(template, |name| self.has_section(name) == Some(true));
        let common = self.common(engine);
        let common: Vec<(&str, &str)> =
            more.iter().chain(&common).map(|(name, value)| (*name, value.as_str())).collect();
        let mut text = String::new();
        for (number, part) in (0..).zip(template.split("@EACH SITE@\n")) {
            let (repeated, rest) = part.split_once("@NEXT SITE@\n").filter(|_| number > 0).unwrap_or(("", part));
            for values in sites {
                let own = values.iter().map(|(name, value)| (*name, value.as_str()));
                text += &fill_template(repeated, &own.chain(common.iter().copied()).collect::<Vec<_>>());
            }
            text += &fill_template(rest, &common);
        }
        text
    }
}

/// The values for the parts of a template that are repeated for each site.
type SiteValues = Vec<(&'static str, String)>;

/// Removes the sections of `template` that don't apply: the lines from `@IF NAME@` to `@END@`.
fn keep_sections(template: &str, applies: impl Fn(&str) -> bool) -> String {
    let mut is_kept = true;
    let mut text = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        match line.trim_end().strip_prefix("@IF ").and_then(|line| line.strip_suffix('@')) {
            Some(name) => is_kept = applies(name),
            None if line.trim_end() == "@END@" => is_kept = true,
            None if is_kept => text += line,
            None => {}
        }
    }
    text
}

/// Replaces the marks in `template`. Inserted values are not searched for marks. A mark with an empty value on a
/// line of its own is removed with the line.
fn fill_template(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('@') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = values.iter().find_map(|(name, value)| rest.strip_prefix(name).map(|after| (*value, after)));
        let Some((value, after)) = found else {
            text.push('@');
            rest = &rest[1..];
            continue;
        };
        text.push_str(value);
        // A value that consists of lines ends with its own line end.
        let own_line = (value.is_empty() || value.ends_with('\n')) && (text.is_empty() || text.ends_with('\n'));
        rest = after.strip_prefix('\n').filter(|_| own_line).unwrap_or(after);
    }
    text.push_str(rest);
    text
}

/// Returns the pattern of a rule's paths, for proxies that put a plus before paths with encoded slashes. Other rules
/// never match such paths.
fn marked_pattern(rule: &RouteRule, dialect: RegexDialect) -> String {
    let mark = if rule.admits_encoded_slash() { "[+]?" } else { "" };
    format!("{mark}{}", rule.path_pattern(dialect))
}

/// Returns the comment about a rule's action, on a line of its own; empty if the rule itself names the method.
fn comment_line(action: &RouteAction, indent: usize) -> String {
    match action {
        RouteAction::Public(id) => format!("{:indent$}# {id}\n", ""),
        RouteAction::Deny(why) => format!("{:indent$}# denied: {why}\n", ""),
        RouteAction::Ask(_) | RouteAction::Preflight => String::new(),
    }
}

/// Returns a header's name with each `-` also as `_`, because applications treat the two as the same.
fn underscore_variants(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for c in name.chars() {
        let also = if c == '-' { all.iter().map(|head| format!("{head}_")).collect() } else { Vec::new() };
        all.iter_mut().for_each(|head| head.push(c));
        all.extend(also);
    }
    all
}

/// Returns a header's name as proxies and Lua write it in the names of variables.
fn variable(header: &str) -> String {
    header.to_ascii_lowercase().replace('-', "_")
}

/// Checks that a path means the same in every configuration, quoted or not.
fn check_template_safe(path: &Path) -> Result<()> {
    if is_template_safe(path) {
        return Ok(());
    }
    let text = path.to_string_lossy();
    Err(Error::usage(format!("the socket {} can't be written into a configuration", escape_untrusted(&text)))
        .why("the path contains characters other than A-Z a-z 0-9 / . _ - +"))
}

fn is_template_safe(path: &Path) -> bool {
    path.to_string_lossy().chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c))
}
