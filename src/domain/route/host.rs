//! The rule for the `Host` of a request, where the rules of routes depend on it: in code, and as regular expressions for
//! proxies.

/// A pattern of host names in lower case, without a dot at the end. An application may ignore such a dot.
pub const HOST_NAME: &str = r"(?:[a-z0-9._-]*[a-z0-9_-])";
/// A pattern of IPv6 addresses in lower case.
const IPV6_ADDRESS: &str = r"\x5B[0-9a-f:.]+\x5D";
const PORT: &str = "(?::[0-9]+)?";

/// Returns regular expressions, each anchored, for the `Host` headers of these hosts, or of any host if there are none.
/// Match them without regard to case.
pub fn host_patterns(hosts: &[String]) -> Vec<String> {
    if hosts.is_empty() {
        return [HOST_NAME, IPV6_ADDRESS].map(|host| format!("^{host}{PORT}$")).to_vec();
    }
    hosts.iter().map(|host| format!("^{}{PORT}$", host.replace('.', "[.]"))).collect()
}

/// Returns the host of a `Host` header in lower case, without its port. `None` if the patterns match no such header.
pub fn host_of_header(header: &str) -> Option<String> {
    let header = header.to_ascii_lowercase();
    let end = match header.find(']') {
        Some(end) => end + 1,
        None => header.find(':').unwrap_or(header.len()),
    };
    let (host, port) = header.split_at(end);
    let port = if port.is_empty() { "0" } else { port.strip_prefix(':')? };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => {
            let fits = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b':' | b'.');
            !address.is_empty() && address.bytes().all(fits)
        }
        None => {
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            host.bytes().all(fits) && !host.is_empty() && !host.ends_with('.')
        }
    };
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (is_host && is_port).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_patterns_accept_the_same_headers() {
        let parts =
            ["", "a", "Shop.Example", "a..b", ".", "-", "_", "[", "]", "[::1]", "::1", "[FE80::1%25a]", "127.0.0.1"];
        let ends = ["", ".", ":", ":80", ":8x", ":80:80", "]", " ", "\u{212a}", "@b", "/x"];
        let patterns = || host_patterns(&[]).into_iter();
        let backtracking: Vec<_> = patterns()
            .map(|pattern| pcre2::bytes::RegexBuilder::new().caseless(true).build(&pattern).unwrap())
            .collect();
        let linear: Vec<_> = patterns()
            .map(|pattern| {
                regex::bytes::RegexBuilder::new(&pattern).unicode(false).case_insensitive(true).build().unwrap()
            })
            .collect();
        let mut accepted = 0;
        for header in parts.iter().flat_map(|part| parts.map(|more| format!("{part}{more}"))) {
            for header in ends.map(|end| format!("{header}{end}")) {
                let is_host = host_of_header(&header).is_some();
                accepted += usize::from(is_host);
                assert_eq!(backtracking.iter().any(|e| e.is_match(header.as_bytes()).unwrap()), is_host, "{header}");
                assert_eq!(linear.iter().any(|e| e.is_match(header.as_bytes())), is_host, "{header}");
            }
        }
        assert!(accepted > 30, "{accepted}");
        assert_eq!(host_of_header("Shop.Example:443").as_deref(), Some("shop.example"));
        assert_eq!(host_of_header("[::1]:8000").as_deref(), Some("[::1]"));
    }
}
