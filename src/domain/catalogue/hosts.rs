//! The host names at which an application is called.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use super::Catalogue;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// Maximum number of hosts of a catalogue.
pub const MAX_HOSTS: usize = 64;
const MAX_HOST_LEN: usize = 253;
const MAX_LABEL_LEN: usize = 63;

/// Returns a host name in lower case: labels of `a-z 0-9 _ -`, joined with dots, or an IPv4 address.
///
/// # Errors
/// [`crate::error::Kind::Usage`] for a port, a scheme, a wildcard or any other character.
pub fn parse_host(text: &str) -> Result<String> {
    let host = text.to_ascii_lowercase();
    let in_label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LEN).contains(&label.len())
            && label.bytes().all(in_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() <= MAX_HOST_LEN && host.split('.').all(is_label) {
        return Ok(host);
    }
    let mut next = "Write only the host name, such as shop.example.com";
    let why = if host.contains('*') {
        next = "List each host, such as shop.example.com";
        "a wildcard could match the host of another application"
    } else if host.contains("://") || host.contains('/') {
        "a host name can't contain :// or a path"
    } else if host.starts_with('[') || host.parse::<Ipv6Addr>().is_ok() {
        next = "Use a host name, such as shop.example.com";
        "an IPv6 address can't be a host of a catalogue"
    } else if host.contains(':') {
        "a host name can't have a port, because the routes are valid at every port"
    } else if !host.bytes().all(|b| in_label(b) || b == b'.') {
        "a host name has only the characters a-z 0-9 . _ -. Write other letters as xn--…"
    } else if host.len() > MAX_HOST_LEN {
        "a host name has at most 253 characters"
    } else {
        "each part between dots has 1-63 characters, and can't begin or end with -"
    };
    Err(Error::usage(format!("\"{}\" is not a host name", excerpt(text, 60))).why(why).next(next))
}

/// Returns `true` if a request could be meant for both applications: they share a host, or one of them has none.
pub fn can_meet(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    one.is_empty() || other.is_empty() || !one.is_disjoint(other)
}

impl Catalogue {
    /// Returns `true` if a request could be meant for this application and for that of `other`.
    pub fn shares_host_with(&self, other: &Catalogue) -> bool {
        can_meet(&self.hosts, &other.hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_alone() {
        for (text, host) in [
            ("Shop.Example.COM", "shop.example.com"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("my_app", "my_app"),
        ] {
            assert_eq!(parse_host(text).unwrap(), host);
        }
        let long = format!("{}.example", "a".repeat(64));
        let longer = ["a".repeat(60).as_str(); 5].join(".");
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "*.example.com",
            "https://a",
            "a/b",
            "a:80",
            "[::1]",
            "bücher.example",
            "a b",
            "-a",
            "a-.b",
            "a\u{202e}",
            "{host}.example",
            &long,
            &longer,
        ] {
            let error = parse_host(bad).unwrap_err();
            assert!(error.why.is_some() && error.next.is_some(), "{bad}");
        }
    }

    #[test]
    fn applications_meet_at_a_shared_host_or_at_any() {
        let of = |hosts: &[&str]| hosts.iter().map(|&h| h.to_owned()).collect::<BTreeSet<_>>();
        let [any, a, b, both] = [of(&[]), of(&["a"]), of(&["b"]), of(&["a", "b"])];
        for (one, other, meet) in
            [(&any, &any, true), (&any, &a, true), (&a, &b, false), (&a, &both, true), (&both, &b, true)]
        {
            assert_eq!((can_meet(one, other), can_meet(other, one)), (meet, meet), "{one:?} {other:?}");
        }
    }
}
