//! Headers that an application may trust, and that it must not get from a client.
//!
//! A client's header reaches the application only if the name has just letters, digits and hyphens, and matches no
//! pattern of `assets/proxies/stripped-headers.txt`. Afterwards the proxy sets the true values. HAProxy, Caddy and Envoy
//! remove headers by pattern. nginx and Traefik can remove headers only by name. For these two, each pattern lists the
//! names that are known to be in use.

/// The patterns, and after each the known names that match it.
const STRIPPED: &str = include_str!("../../assets/proxies/stripped-headers.txt");

fn stripped_words() -> impl Iterator<Item = &'static str> {
    STRIPPED.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// Returns the patterns in lower case. `*` matches any text.
pub(super) fn stripped_patterns() -> impl Iterator<Item = &'static str> {
    stripped_words().filter_map(|word| word.strip_suffix(':'))
}

pub(super) fn stripped_header_names() -> impl Iterator<Item = &'static str> {
    stripped_words().filter(|word| !word.ends_with(':'))
}

/// The pattern of headers that may make an application use another verb. [`PREFLIGHT_METHOD`] doesn't match it.
pub(super) const METHOD_PATTERN: &str = "x-*method*";
/// The header of a preflight request that the application must get.
pub(super) const PREFLIGHT_METHOD: &str = "Access-Control-Request-Method";

/// Characters that a header's name may have in addition to letters, digits and hyphens. Some applications treat
/// them as a hyphen.
pub(super) const ODD_HEADER_CHARS: [char; 14] = ['!', '#', '$', '%', '&', '\'', '*', '+', '.', '^', '_', '`', '|', '~'];

/// Maximum length of a regular expression of [`stripped_header_regexes`], so that people can read the lines. No proxy
/// needs this limit.
const MAX_PATTERN: usize = 1_500;

pub(super) fn matching_pattern(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    stripped_patterns().find(|pattern| is_match(pattern, &name))
}

fn is_match(pattern: &str, name: &str) -> bool {
    let (first, rest) = pattern.split_once('*').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    let Some(tail) = name.strip_prefix(first) else { return false };
    match rest {
        None => tail.is_empty(),
        Some(rest) => (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|tail| is_match(rest, tail))),
    }
}

/// Returns [`stripped_patterns`] as a few regular expressions for names in lower case.
pub(super) fn stripped_header_regexes() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for pattern in stripped_patterns() {
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
        let mut words = stripped_words().peekable();
        while let Some(pattern) = words.next() {
            let pattern = pattern.strip_suffix(':').unwrap();
            assert!(words.peek().is_some_and(|next| !next.ends_with(':')), "{pattern}: nginx would remove nothing");
            while let Some(name) = words.next_if(|next| !next.ends_with(':')) {
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
        assert_eq!(patterns.iter().map(|p| p.split('|').count()).sum::<usize>(), stripped_patterns().count());
        assert!(patterns.iter().any(|pattern| pattern.contains("|x-.*method.*|")));
    }
}
