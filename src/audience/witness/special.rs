//! Values for conditions beyond the plain comparisons.

use std::collections::{BTreeMap, BTreeSet};

use super::super::extended::Extended;
use super::super::fold::Piece;
use super::super::listed::Ask;
use super::{Condition, Operand, TooMany, Witnessed, around};
use crate::attributes::AsValue;

/// Most kinds of items, of each of which none, one and all are tried.
const MAX_CLASSES: usize = 8;

/// Returns values on either side of what the condition compares with.
pub(super) fn special(extended: &Extended) -> Vec<Witnessed> {
    match extended {
        Extended::Listed(listed) if listed.folds() => listed
            .operands()
            .iter()
            .filter_map(Operand::text)
            .flat_map(cases)
            .collect(),
        Extended::Pieces {
            fold: true, pieces, ..
        } => pieces.iter().map(Piece::text).flat_map(cases).collect(),
        Extended::Converted(condition) => converted(condition),
        #[cfg(feature = "semver")]
        Extended::Versions(versions) => {
            let named = versions
                .versions()
                .flat_map(|version| [Some(version.to_string()), above(version)])
                .flatten();
            let texts = named.chain(["0.0.0-0".to_owned()]);
            let texts = texts.flat_map(|text| [format!("v{text}"), text]);
            texts
                .map(Witnessed::Text)
                .chain([Witnessed::Integer(i128::from(u64::MAX))])
                .collect()
        }
        #[cfg(feature = "jiff")]
        Extended::Moment(moment) => {
            use super::super::moment::Point;
            let texts: Vec<String> = match moment.point() {
                Some(Point::Day(day)) => {
                    let beside = [day.yesterday(), day.tomorrow()].into_iter().flatten();
                    [day]
                        .into_iter()
                        .chain(beside)
                        .map(|day| day.to_string())
                        .collect()
                }
                Some(Point::Instant(instant)) => {
                    let step = core::time::Duration::from_nanos(1);
                    let beside = [instant.checked_sub(step), instant.checked_add(step)];
                    let beside = beside.into_iter().flatten();
                    [instant]
                        .into_iter()
                        .chain(beside)
                        .map(|instant| instant.to_string())
                        .collect()
                }
                None => Vec::new(),
            };
            texts.into_iter().map(Witnessed::Text).collect()
        }
        #[cfg(feature = "ipnet")]
        Extended::Networks(networks) => {
            use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
            let above = |last: &IpAddr| match last {
                IpAddr::V4(last) => last
                    .to_bits()
                    .checked_add(1)
                    .map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits))),
                IpAddr::V6(last) => last
                    .to_bits()
                    .checked_add(1)
                    .map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits))),
            };
            let edges = networks
                .ranges()
                .flat_map(|(first, last)| [Some(*first), above(last)]);
            // The last begins behind the addresses of IPv4 that are written as IPv6.
            let least = [
                IpAddr::from(Ipv4Addr::UNSPECIFIED),
                IpAddr::from(Ipv6Addr::UNSPECIFIED),
                IpAddr::from(Ipv6Addr::from_bits(1 << 48)),
            ];
            let addresses = edges.flatten().chain(least);
            addresses
                .map(|address| Witnessed::Text(address.to_string()))
                .collect()
        }
        Extended::Pattern(pattern) => cases(pattern.text()).into(),
        _ => Vec::new(),
    }
}

/// Returns the lowest version above another.
#[cfg(feature = "semver")]
fn above(version: &semver::Version) -> Option<String> {
    if !version.pre.is_empty() {
        return Some(format!("{version}.0"));
    }
    // That of a release is the lowest pre-release of the next.
    let (major, minor) = (version.major, version.minor);
    let next = match (version.patch.checked_add(1), minor.checked_add(1)) {
        (Some(patch), _) => (major, minor, patch),
        (None, Some(minor)) => (major, minor, 0),
        (None, None) => (major.checked_add(1)?, 0, 0),
    };
    Some(format!("{}.{}.{}-0", next.0, next.1, next.2))
}

fn cases(text: &str) -> [Witnessed; 3] {
    [text.to_owned(), text.to_lowercase(), text.to_uppercase()].map(Witnessed::Text)
}

/// Returns the texts that say a number or a truth value, and its neighbours.
fn converted(condition: &Condition) -> Vec<Witnessed> {
    let numbers = condition
        .operands()
        .into_iter()
        .flat_map(|operand| match operand {
            Operand::Number(number) => around(number),
            _ => Vec::new(),
        });
    let texts = numbers.filter_map(|number| match number {
        Witnessed::Integer(integer) => Some(integer.to_string()),
        Witnessed::Float(float) if float.is_finite() => Some(format!("{float:?}")),
        _ => None,
    });
    let texts = texts.chain(["0", "true", "false"].map(str::to_owned));
    texts.map(Witnessed::Text).collect()
}

/// Returns lists with none, one and all items of each kind, in all combinations.
///
/// Items that the same conditions name are of one kind: whether there is any of it, and whether
/// all are there, is all that conditions on lists can tell.
pub(super) fn lists(conditions: &[&Condition]) -> Result<Vec<Witnessed>, TooMany> {
    let mut asked: Vec<&[Operand]> = Vec::new();
    for condition in conditions {
        if let Condition::Extended(extended) = condition
            && let Extended::Listed(listed) = &**extended
            && matches!(listed.ask, Ask::AnyOf | Ask::AllOf | Ask::NoneOf)
        {
            asked.push(listed.operands());
        }
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut classes: BTreeMap<Vec<bool>, Vec<&Operand>> = BTreeMap::new();
    let named: BTreeSet<&Operand> = asked.iter().copied().flatten().collect();
    for operand in named {
        let members = asked.iter().map(|list| list.binary_search(operand).is_ok());
        classes.entry(members.collect()).or_default().push(operand);
    }
    if classes.len() > MAX_CLASSES {
        let power = u32::try_from(classes.len()).unwrap_or(u32::MAX);
        return Err(TooMany(3_usize.saturating_pow(power)));
    }
    let item = |operand: &Operand| match operand {
        Operand::Text(text) => Witnessed::Text(text.to_string()),
        Operand::Bool(truth) => Witnessed::Bool(*truth),
        Operand::Number(number) => {
            let same = around(*number)
                .into_iter()
                .find(|near| near.as_value().scalar() == Some(operand.scalar()));
            same.unwrap_or(Witnessed::Integer(0))
        }
    };
    let mut lists: Vec<Vec<&Operand>> = vec![Vec::new()];
    for class in classes.values() {
        let one = class.get(..1).unwrap_or_default();
        let mut longer = Vec::new();
        for list in &lists {
            longer.push([list.as_slice(), one].concat());
            longer.push([list.as_slice(), class.as_slice()].concat());
        }
        lists.extend(longer);
    }
    let made = lists
        .iter()
        .map(|list| list.iter().copied().map(item).collect());
    Ok(made.map(Witnessed::List).collect())
}
