//! Peers that are proxies and may name the client of a request.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// Number of entries of a forwarding header that are read, from its end. Each proxy on the way adds one.
const MAX_HOPS: usize = 32;

/// Networks of proxies. A peer on a unix socket and the loopback always belong to them. At a TCP port this is not
/// enough: there the forwarding header counts only if the proxy has proven itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    bits: u8,
}

impl TrustedProxies {
    /// Parses `10.0.0.0/8, 192.0.2.1, fd00::/8`. The empty text means no proxies except this machine.
    pub fn parse(text: &str) -> Result<Self> {
        let one = |part: &str| {
            parse_network(part).ok_or_else(|| {
                Error::usage(format!("\"{}\" is not a network", excerpt(part, 64)))
                    .why("use an address or a CIDR range, such as 192.0.2.1, 10.0.0.0/8 or fd00::/8")
            })
        };
        text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(one).collect::<Result<_>>().map(TrustedProxies)
    }

    fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.contains(address))
    }

    /// Returns the address of the caller: the last hop that is no trusted proxy, as far as trusted proxies report it.
    /// `peer` is `None` on a unix socket; `forwarded` are the values of `X-Forwarded-For`. Returns `None` if no hop is
    /// reported, or the reported one is no address.
    pub fn client_addr<'a>(
        &self,
        peer: Option<IpAddr>,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<IpAddr> {
        let mut nearest = peer.map(|p| p.to_canonical());
        if nearest.is_some_and(|peer| !self.contains(peer)) {
            return nearest;
        }
        for hop in forwarded.rev().flat_map(|value| value.rsplit(',')).take(MAX_HOPS) {
            let Some(address) = hop_address(hop.trim()) else { return nearest };
            nearest = Some(address.to_canonical());
            if !self.contains(address) {
                break;
            }
        }
        nearest
    }
}

/// Parses the address of a hop. Some proxies write it with its port, or in brackets.
fn hop_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let port_fits = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(port_fits);
        return address.parse::<Ipv6Addr>().ok().filter(|_| is_whole).map(IpAddr::V6);
    }
    let (address, port) = text.split_once(':')?;
    address.parse::<Ipv4Addr>().ok().filter(|_| port_fits(port)).map(IpAddr::V4)
}

fn parse_network(text: &str) -> Option<Network> {
    let (base, bits) = match text.split_once('/') {
        Some((base, bits)) => (base, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let base: IpAddr = base.parse().ok()?;
    let whole = if base.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(whole);
    (bits <= whole).then_some(Network { base, bits })
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let differs = match (self.base, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(a.to_bits() ^ b.to_bits()) << 96,
            (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        differs.leading_zeros() >= u32::from(self.bits)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Network { base, bits }) in self.0.iter().enumerate() {
            write!(f, "{}{base}/{bits}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_are_believed() {
        let proxies = TrustedProxies::parse("10.0.0.0/8, 2001:db8::1").unwrap();
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let client_addr =
            |peer: Option<&str>, values: &[&str]| proxies.client_addr(peer.and_then(ip), values.iter().copied());
        for (peer, values, caller) in [
            (Some("127.0.0.1"), &["198.51.100.7"][..], ip("198.51.100.7")),
            (None, &["198.51.100.7"], ip("198.51.100.7")),
            (None, &[], None),
            (Some("::1"), &[], ip("::1")),
            (Some("203.0.113.9"), &["198.51.100.7"], ip("203.0.113.9")),
            (Some("10.1.2.3"), &["192.0.2.1, 198.51.100.7"], ip("198.51.100.7")),
            (Some("127.0.0.1"), &["192.0.2.1, 198.51.100.7, 10.9.9.9"], ip("198.51.100.7")),
            (Some("127.0.0.1"), &["192.0.2.1", "198.51.100.7"], ip("198.51.100.7")),
            (Some("127.0.0.1"), &["\"><script>"], ip("127.0.0.1")),
            (Some("127.0.0.1"), &["192.0.2.1, unknown, 10.0.0.1"], ip("10.0.0.1")),
            (Some("::ffff:127.0.0.1"), &["::ffff:192.0.2.5"], ip("192.0.2.5")),
            (Some("2001:db8::1"), &["2001:db8::2"], ip("2001:db8::2")),
            (None, &["203.0.113.9:51008"], ip("203.0.113.9")),
            (None, &["[2001:db8::5]:443"], ip("2001:db8::5")),
            (None, &["[2001:db8::6]"], ip("2001:db8::6")),
            (None, &["198.51.100.7:1, 10.0.0.1:65535"], ip("198.51.100.7")),
            (None, &["[::ffff:203.0.113.9]:80"], ip("203.0.113.9")),
            (None, &["203.0.113.9:"], None),
            (None, &["203.0.113.9:65536"], None),
            (None, &["203.0.113.9:+1"], None),
            (None, &["203.0.113.9:80:80"], None),
            (None, &["[203.0.113.9]:80"], None),
            (None, &["[2001:db8::5]443"], None),
            (None, &["[2001:db8::5"], None),
            (None, &["2001:db8::5]:443"], None),
            (None, &["[fe80::1%eth0]:1"], None),
            (None, &["203.0.113.9 :1"], None),
        ] {
            assert_eq!(client_addr(peer, values), caller, "{peer:?} {values:?}");
        }
        let long = vec!["10.0.0.1"; 500].join(",");
        assert_eq!(client_addr(Some("127.0.0.1"), &[&long]), ip("10.0.0.1"));
    }

    #[test]
    fn networks_are_parsed() {
        assert_eq!(TrustedProxies::parse("10.0.0.0/8,::1").unwrap().to_string(), "10.0.0.0/8, ::1/128");
        assert!(TrustedProxies::parse("0.0.0.0/0").unwrap().contains("8.8.8.8".parse().unwrap()));
        for text in ["10", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "localhost"] {
            assert!(TrustedProxies::parse(text).is_err(), "{text}");
        }
    }
}
