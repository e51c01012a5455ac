//! Texts that say numbers, versions, times, addresses and words, and what they say: by tables and
//! by the plainest reading.

use core::cmp::Ordering;

use proptest::prelude::*;

const WORDS: [&str; 16] = [
    "", "a", "ab", "AB", "aab", "bA", "Ñandú", "ñANDÚ", "ß", "SS", "ΟΔΟΣ", "οδος", "x@A.com",
    "true", "false", "True",
];

const NUMBERS: [(&str, Option<f64>); 10] = [
    ("25", Some(25.0)),
    ("007", Some(7.0)),
    ("-1.5", Some(-1.5)),
    ("2e3", Some(2_000.0)),
    ("1.0", Some(1.0)),
    (" 1", None),
    ("+1", None),
    (".5", None),
    ("1_0", None),
    ("inf", None),
];

const VERSIONS: [&str; 22] = [
    "1.9.9",
    "1.10.0",
    "2.0.0-0",
    "2.0.0-alpha",
    "2.0.0-rc.2",
    "2.0.0-rc.10",
    "2.0.0-rc.x",
    "2.0.0-rc",
    "2.0.0",
    "2.0.0+b",
    "2.0.0-rc.2+x.y",
    "v1.10.0",
    "V2",
    "1.2",
    "1",
    "1-rc",
    "1.2.3.4",
    "01.2.3",
    "1.2.3-01",
    "1.0.0-",
    "1.0.0+",
    "-1.0.0",
];

const HOUR: i64 = 3_600_000_000_000;

/// Days by a number that grows, times by nanoseconds since the beginning of that 29th.
const MOMENTS: [(&str, Option<(u8, i64)>); 18] = [
    ("2026-11-29", Some((0, 20_261_129))),
    ("2026-11-30", Some((0, 20_261_130))),
    ("2024-02-29", Some((0, 20_240_229))),
    ("2026-02-29", None),
    ("2026-11-31", None),
    ("2026-11-29T08:00:00Z", Some((1, 8 * HOUR))),
    ("2026-11-29T09:00:00+01:00", Some((1, 8 * HOUR))),
    ("2026-11-28T20:00:00-12:00", Some((1, 8 * HOUR))),
    ("2026-11-29t08:00:00z", Some((1, 8 * HOUR))),
    ("2026-11-29 08:00:00Z", Some((1, 8 * HOUR))),
    ("2026-11-29T08:00:00.000000001Z", Some((1, 8 * HOUR + 1))),
    ("2026-11-29T07:59:59.5Z", Some((1, 8 * HOUR - 500_000_000))),
    ("2026-11-30T00:00:00Z", Some((1, 24 * HOUR))),
    ("2026-11-29T08:00:00", None),
    ("2026-11-29T08:00Z", None),
    ("2026-11-29T24:00:00Z", None),
    ("2026-11-29T08:00:00.Z", None),
    ("soon", None),
];

const ADDRESSES: [&str; 14] = [
    "10.0.0.1",
    "10.1.2.3",
    "10.255.255.255",
    "11.0.0.0",
    "192.0.2.7",
    "192.0.2.8",
    "0.0.0.0",
    "2001:db8:1:0:0:0:0:7",
    "2001:db9:0:0:0:0:0:0",
    "0:0:0:0:0:ffff:a00:1",
    "10.0.0",
    "10.0.0.1/32",
    "010.0.0.1",
    "1.2.3.256",
];

const NETWORKS: [&str; 12] = [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.9.9/16",
    "10.1.2.3",
    "192.0.2.0/29",
    "192.0.2.6/31",
    "0.0.0.0/0",
    "2001:db8:0:0:0:0:0:0/32",
    "2001:db8:1:0:0:0:0:0/47",
    "0:0:0:0:0:0:0:0/0",
    "0:0:0:0:0:ffff:a00:0/104",
    "0:0:0:0:0:ffff:a01:203",
];

/// A text of any kind.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let number = prop::sample::select(&NUMBERS[..]).prop_map(|pair| pair.0);
    let moment = prop::sample::select(&MOMENTS[..]).prop_map(|pair| pair.0);
    let listed = prop_oneof![
        4 => prop::sample::select(&WORDS[..]),
        2 => number,
        3 => prop::sample::select(&VERSIONS[..]),
        3 => moment,
        2 => prop::sample::select(&ADDRESSES[..]),
    ];
    let letters = prop::collection::vec(prop::sample::select(vec!['a', 'b', 'A']), 0..6);
    prop_oneof![
        3 => listed.prop_map(str::to_owned),
        1 => letters.prop_map(|letters| letters.into_iter().collect()),
    ]
}

/// What a text says as a number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let known = NUMBERS.iter().find(|pair| pair.0 == text);
    match known {
        Some((_, number)) => *number,
        // Of the other texts only some versions and a key are numbers.
        None => match text {
            "1.2" => Some(1.2),
            "1" => Some(1.0),
            "42" => Some(42.0),
            _ => None,
        },
    }
}

/// Comparisons with versions, and whether texts are converted.
pub(crate) fn any_comparisons() -> impl Strategy<Value = (Vec<(&'static str, String)>, bool)> {
    let signs = prop::sample::select(vec![">=", "<=", "!=", ">", "<", "="]);
    let one = (signs, prop::sample::select(&VERSIONS[..]));
    (prop::collection::vec(one, 1..4), any::<bool>()).prop_filter_map(
        "no version",
        |(list, convert)| {
            let is_good = |version: &str| version_of(version, convert).is_some();
            let good: Vec<_> = list
                .into_iter()
                .filter(|(_, version)| is_good(version))
                .collect();
            let owned = good
                .iter()
                .map(|(sign, version)| (*sign, (*version).to_owned()));
            (!good.is_empty()).then(|| (owned.collect(), convert))
        },
    )
}

pub(crate) fn is_version(text: &str, sign: &str, other: &str, convert: bool) -> bool {
    let Some(version) = version_of(text, convert) else {
        return false;
    };
    let order = precedence(&version, &version_of(other, convert).unwrap());
    match sign {
        ">=" => order != Ordering::Less,
        "<=" => order != Ordering::Greater,
        "!=" => order != Ordering::Equal,
        ">" => order == Ordering::Greater,
        "<" => order == Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

/// Three numbers, and the parts of a pre-release.
type Version = (Vec<u64>, Vec<String>);

fn version_of(text: &str, convert: bool) -> Option<Version> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|sign| sign.is_ascii_alphanumeric() || sign == '-')
    };
    let is_number = |part: &str| {
        !part.is_empty()
            && part.chars().all(|sign| sign.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let mut text = text;
    if let Some((before, build)) = text.split_once('+') {
        if !build.split('.').all(is_part) {
            return None;
        }
        text = before;
    }
    if convert && (text.starts_with('v') || text.starts_with('V')) {
        text = &text[1..];
    }
    let mut pre = Vec::new();
    if let Some((before, behind)) = text.split_once('-') {
        let digits = |part: &str| part.chars().all(|sign| sign.is_ascii_digit());
        if !behind
            .split('.')
            .all(|part| is_part(part) && (!digits(part) || is_number(part)))
        {
            return None;
        }
        pre = behind.split('.').map(str::to_owned).collect();
        text = before;
    }
    let mut core = Vec::new();
    for part in text.split('.') {
        if !is_number(part) {
            return None;
        }
        core.push(part.parse().ok()?);
    }
    while convert && core.len() < 3 {
        core.push(0);
    }
    (core.len() == 3).then_some((core, pre))
}

fn precedence(one: &Version, other: &Version) -> Ordering {
    let part = |one: &String, other: &String| match (one.parse::<u64>(), other.parse::<u64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    };
    let pre = || match (one.1.is_empty(), other.1.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let parts = one
                .1
                .iter()
                .zip(&other.1)
                .map(|(one, other)| part(one, other));
            let first = parts.into_iter().find(|order| *order != Ordering::Equal);
            first.unwrap_or(one.1.len().cmp(&other.1.len()))
        }
    };
    one.0.cmp(&other.0).then_with(pre)
}

/// A date or a time that a rule may compare with.
pub(crate) fn any_bound() -> impl Strategy<Value = String> {
    let good: Vec<_> = MOMENTS.iter().filter(|pair| pair.1.is_some()).collect();
    prop::sample::select(good).prop_map(|pair| pair.0.to_owned())
}

pub(crate) fn is_moment(text: &str, side: &str, bound: &str) -> bool {
    let read = |text: &str| MOMENTS.iter().find(|pair| pair.0 == text)?.1;
    let (Some((kind, value)), Some((other, bound))) = (read(text), read(bound)) else {
        return false;
    };
    kind == other
        && match side {
            "after" => value > bound,
            "before" => value < bound,
            "not_before" => value >= bound,
            _ => value <= bound,
        }
}

pub(crate) fn any_network() -> impl Strategy<Value = String> {
    prop::sample::select(&NETWORKS[..]).prop_map(str::to_owned)
}

/// The bits of an address, first the highest; those of IPv4 also where it is written as IPv6.
fn bits(text: &str) -> Option<Vec<bool>> {
    let of = |number: u32, width: u32| (0..width).rev().map(move |bit| number >> bit & 1 == 1);
    if text.contains(':') {
        let groups: Option<Vec<u32>> = text
            .split(':')
            .map(|group| u32::from_str_radix(group, 16).ok())
            .collect();
        let groups = groups.filter(|groups| groups.len() == 8)?;
        let behind = if groups[..6] == [0, 0, 0, 0, 0, 0xffff] {
            6
        } else {
            0
        };
        return Some(
            groups[behind..]
                .iter()
                .flat_map(|group| of(*group, 16))
                .collect(),
        );
    }
    let is_octet = |part: &&str| {
        part.parse::<u8>()
            .is_ok_and(|octet| octet.to_string() == **part)
    };
    let parts: Vec<&str> = text.split('.').collect();
    let good = parts.len() == 4 && parts.iter().all(|part| is_octet(part));
    good.then(|| {
        parts
            .iter()
            .flat_map(|part| of(part.parse().unwrap(), 8))
            .collect()
    })
}

pub(crate) fn is_within(text: &str, network: &str) -> bool {
    let Some(address) = bits(text) else {
        return false;
    };
    let (first, length) = network
        .split_once('/')
        .map_or((network, None), |(first, length)| (first, Some(length)));
    let all = bits(first).unwrap();
    let mapped = first.contains(':') && all.len() == 32;
    let length = length.map_or(all.len(), |length| {
        length.parse::<usize>().unwrap() - if mapped { 96 } else { 0 }
    });
    address.len() == all.len() && address[..length] == all[..length]
}
