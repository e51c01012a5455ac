//! A share is exact, in numbers and in words.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use switchstand::{Share, bucketing::Point};

const WHOLE: u32 = 1_000_000_000;

/// Writes the percentage digit by digit.
fn in_words(nanos: u32) -> String {
    let mut text = format!("{}.{:07}", nanos / 10_000_000, nanos % 10_000_000);
    while text.ends_with('0') {
        text.pop();
    }
    format!("{}%", text.trim_end_matches('.'))
}

fn nanos() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(WHOLE),
        0..=WHOLE,
        (0..=1000u32).prop_map(|tenths| tenths * 1_000_000),
        (0u32..100).prop_map(|few| few),
    ]
}

proptest! {
    #[test]
    fn a_share_reads_as_it_prints(nanos in nanos()) {
        let share = Share::from_nanos(nanos).unwrap();
        prop_assert_eq!(share.nanos(), nanos);
        prop_assert_eq!(share.to_string(), in_words(nanos));
        prop_assert_eq!(share.to_string().parse(), Ok(share));
        prop_assert_eq!(share.complement().nanos(), WHOLE - nanos);
        prop_assert!((share.as_fraction() - f64::from(nanos) * 1e-9).abs() < 1e-15);
    }

    #[test]
    fn r2_a_point_in_a_share_is_in_every_larger_one(
        nanos in (nanos(), nanos()), place in any::<u64>()
    ) {
        let share = |nanos| Share::from_nanos(nanos).unwrap();
        let (low, high) = (share(nanos.0.min(nanos.1)), share(nanos.0.max(nanos.1)));
        prop_assert!(low <= high);
        let point = Point::new(place);
        prop_assert!(!point.is_in(low) || point.is_in(high));
    }

    #[test]
    fn a_share_ends_exactly_where_its_formula_says(nanos in 1..WHOLE) {
        let share = Share::from_nanos(nanos).unwrap();
        // The first point whose slot of 10^9 is not below the share's parts.
        let first = (u128::from(nanos) << 64).div_ceil(u128::from(WHOLE));
        let first = u64::try_from(first).unwrap();
        let slot = |place: u64| (u128::from(place) * u128::from(WHOLE)) >> 64;
        prop_assert!(slot(first) >= u128::from(nanos) && slot(first - 1) < u128::from(nanos));
        prop_assert!(!Point::new(first).is_in(share));
        prop_assert!(Point::new(first - 1).is_in(share));
    }
}

#[test]
fn the_percentages_are_those_of_everyday_use() {
    for (text, nanos) in [
        ("0%", 0),
        ("0.0000001%", 1),
        ("0.1%", 1_000_000),
        ("2.5%", 25_000_000),
        ("02.50%", 25_000_000),
        ("33.3333333%", 333_333_333),
        ("100%", WHOLE),
        ("100.000%", WHOLE),
    ] {
        assert_eq!(text.parse::<Share>().unwrap().nanos(), nanos, "{text}");
    }
    assert_eq!(Share::percent(7).unwrap().nanos(), 70_000_000);
    assert_eq!(Share::percent(100), Ok(Share::ALL));
    assert_eq!(Share::default(), Share::NONE);
}

#[cfg(feature = "serde")]
#[test]
fn a_share_is_a_text_in_files() {
    let share = Share::from_nanos(25_000_000).unwrap();
    assert_eq!(serde_json::to_string(&share).unwrap(), "\"2.5%\"");
    assert_eq!(serde_json::from_str::<Share>("\"2.5%\"").unwrap(), share);
    for refused in ["2.5", "25000000", "\"2.5\"", "\"250%\"", "null"] {
        assert!(serde_json::from_str::<Share>(refused).is_err(), "{refused}");
    }
}
