//! From which network somebody came. The whole address would tell of a person at home or on the way more than a log of
//! deeds has to know; the network still tells strangers from colleagues.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network of an address: `203.0.113.0/24` (IPv4), `2001:db8:7::/48` (IPv6). `None` for what is no address.
#[must_use]
pub(super) fn network_of(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(first, second, third, 0))
        }
        IpAddr::V6(address) => {
            let [first, second, third, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_an_address_only_the_network_stays() {
        for (address, network) in [
            ("203.0.113.9", Some("203.0.113.0/24")),
            ("255.255.255.255", Some("255.255.255.0/24")),
            ("2001:db8:7:8:9:a:b:c", Some("2001:db8:7::/48")),
            ("::1", Some("::/48")),
            ("::ffff:203.0.113.9", Some("203.0.113.0/24")),
            ("203.0.113.9:443", None),
            ("203.0.113", None),
            ("fe80::1%eth0", None),
            ("", None),
            ("ann@example.com", None),
        ] {
            assert_eq!(network_of(address).as_deref(), network, "{address}");
        }
    }

    proptest! {
        #[test]
        fn two_in_one_network_look_alike(left: [u8; 4], last: u8, long: u128) {
            let [first, second, third, _] = left;
            let neighbour = Ipv4Addr::new(first, second, third, last);
            prop_assert_eq!(network_of(&Ipv4Addr::from(left).to_string()), network_of(&neighbour.to_string()));
            // Behind the first 48 bits nothing counts.
            let far = Ipv6Addr::from(long | 1 << 127);
            let near = Ipv6Addr::from((long | 1 << 127) >> 80 << 80);
            prop_assert_eq!(network_of(&far.to_string()), network_of(&near.to_string()));
        }
    }
}
