//! The network of a caller: the range of addresses that usually belongs to one place.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const IPV4_BITS: u32 = 24;
const IPV6_BITS: u32 = 48;

/// Returns the network of an address, such as `192.0.2.0/24` or `2001:db8::/48`. `None` if the text is no address, such
/// as the name of a local caller.
pub fn network_of(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - IPV4_BITS)));
            format!("{network}/{IPV4_BITS}")
        }
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - IPV6_BITS)));
            format!("{network}/{IPV6_BITS}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_place_have_one_network() {
        for (address, network) in [
            ("192.0.2.7", Some("192.0.2.0/24")),
            ("192.0.2.255", Some("192.0.2.0/24")),
            ("::ffff:192.0.2.7", Some("192.0.2.0/24")),
            ("2001:db8:1:2::3", Some("2001:db8:1::/48")),
            ("2001:db8:1:ffff::", Some("2001:db8:1::/48")),
            ("::1", Some("::/48")),
            ("local", None),
            ("", None),
            ("192.0.2.7:443", None),
        ] {
            assert_eq!(network_of(address).as_deref(), network, "{address}");
        }
    }
}
