//! Networks that an address must lie in.

use super::AudienceError;
use super::limits::check_long_list;

/// A list of networks and single addresses, of both kinds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Networks {
    texts: Box<[Box<str>]>,
    #[cfg(feature = "ipnet")]
    ranges: Result<judged::Ranges, Box<str>>,
}

impl Networks {
    pub(super) fn new(mut texts: Vec<Box<str>>) -> Networks {
        texts.sort_unstable();
        texts.dedup();
        Networks {
            #[cfg(feature = "ipnet")]
            ranges: judged::read(&texts),
            texts: texts.into_boxed_slice(),
        }
    }

    pub(super) fn texts(&self) -> &[Box<str>] {
        &self.texts
    }

    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        check_long_list("in_network", self.texts.len())?;
        self.check_networks(attribute)
    }

    #[cfg(feature = "ipnet")]
    fn check_networks(&self, attribute: &str) -> Result<(), AudienceError> {
        match &self.ranges {
            Ok(_) => Ok(()),
            Err(found) => Err(AudienceError::Malformed {
                attribute: attribute.to_owned(),
                operator: "in_network",
                found: found.to_string(),
                reason: "expected a network such as 10.0.0.0/8 or 2001:db8::/32, or one address"
                    .into(),
            }),
        }
    }

    #[cfg(not(feature = "ipnet"))]
    fn check_networks(&self, _: &str) -> Result<(), AudienceError> {
        Ok(())
    }
}

#[cfg(feature = "ipnet")]
mod judged {
    use core::net::IpAddr;

    use ipnet::{IpNet, Ipv4Net};

    use super::Networks;
    use crate::attributes::Value;

    /// Sorted ranges of addresses, which neither overlap nor touch.
    pub(super) type Ranges = Box<[(IpAddr, IpAddr)]>;

    pub(super) fn read(texts: &[Box<str>]) -> Result<Ranges, Box<str>> {
        let mut ranges = Vec::with_capacity(texts.len());
        for text in texts {
            let network = text.parse::<IpNet>().ok();
            let network =
                network.or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?.to_canonical())));
            let Some(network) = network.map(plain) else {
                return Err(text.clone());
            };
            ranges.push((network.network(), network.broadcast()));
        }
        ranges.sort_unstable();
        let mut joined: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                // Two networks are apart, or one lies in the other, and the larger one comes first.
                Some(last) if range.0 <= last.1 => last.1 = last.1.max(range.1),
                _ => joined.push(range),
            }
        }
        Ok(joined.into_boxed_slice())
    }

    /// Returns a network of IPv4 that is written as one of IPv6 as what it is.
    fn plain(network: IpNet) -> IpNet {
        let IpNet::V6(six) = network else {
            return network;
        };
        let four = six.network().to_ipv4_mapped();
        let length = six.prefix_len().checked_sub(96);
        let four = four
            .zip(length)
            .map(|(four, length)| Ipv4Net::new(four, length));
        four.and_then(Result::ok).map_or(network, IpNet::V4)
    }

    impl Networks {
        pub(in super::super) fn matches(&self, value: &Value<'_>) -> bool {
            let (Ok(ranges), Value::Text(text)) = (&self.ranges, value) else {
                return false;
            };
            // An IPv4 address that is written as one of IPv6 is the same host.
            let Ok(address) = text.parse::<IpAddr>().map(|address| address.to_canonical()) else {
                return false;
            };
            let behind = ranges.partition_point(|range| range.0 <= address);
            let before = behind.checked_sub(1).and_then(|place| ranges.get(place));
            before.is_some_and(|range| address <= range.1)
        }

        #[cfg(feature = "testing")]
        pub(in super::super) fn ranges(&self) -> impl Iterator<Item = &(IpAddr, IpAddr)> {
            self.ranges.iter().flatten()
        }
    }
}
