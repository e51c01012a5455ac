//! R4: draws of different purposes, salts and labels know nothing of one another.
//!
//! All statistics are computed in whole numbers and compared with the quantiles of χ² at 10^-6 on
//! both sides: a table that is too even betrays a connection as well.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use switchstand::{
    Arm, Plan, Policy, Reason, Secret, Share, UnitKey,
    bucketing::{Draw, Purpose},
};

/// Quantiles of χ² at 10^-6 and 1 - 10^-6, in thousandths.
const DF_9: (i128, i128) = (228, 44_810);
const DF_81: (i128, i128) = (34_137, 156_452);
const DF_9_000: (i128, i128) = (8_376_595, 9_652_196);
const DF_80_919: (i128, i128) = (79_021_116, 82_845_677);

/// Which tenth of the line each unit falls into, in one draw.
type Deciles = Vec<u8>;

/// A χ² statistic as a fraction.
#[derive(Clone, Copy)]
struct Statistic {
    numerator: i128,
    units: i128,
}

impl Statistic {
    /// Σ (observed - expected)² / expected over ten equal cells.
    fn uniformity(deciles: &Deciles) -> Statistic {
        let units = deciles.len() as i128;
        let numerator = 10 * squares(&counts(deciles)) - units * units;
        Statistic { numerator, units }
    }

    /// The part of a ten-by-ten table's χ² that its margins do not explain.
    fn interaction(left: &Deciles, right: &Deciles) -> Statistic {
        assert_eq!(left.len(), right.len());
        let units = left.len() as i128;
        let mut table = [0; 100];
        for (row, column) in left.iter().zip(right) {
            table[usize::from(*row) * 10 + usize::from(*column)] += 1;
        }
        let margins = 10 * (squares(&counts(left)) + squares(&counts(right)));
        let numerator = 100 * squares(&table) - margins + units * units;
        Statistic { numerator, units }
    }

    fn is_within(self, (low, high): (i128, i128)) -> bool {
        let thousandths = 1000 * self.numerator / self.units;
        low <= thousandths && thousandths <= high
    }

    fn in_words(self) -> String {
        format!(
            "{}.{:03}",
            self.numerator / self.units,
            1000 * self.numerator / self.units % 1000
        )
    }
}

fn counts(deciles: &Deciles) -> [i128; 10] {
    let mut counts = [0; 10];
    for decile in deciles {
        counts[usize::from(*decile)] += 1;
    }
    counts
}

fn squares(counts: &[i128]) -> i128 {
    counts.iter().map(|count| count * count).sum()
}

/// Reads a draw's deciles off plans: how many of nine rising shares leave the unit out.
fn left_out_of(units: &[UnitKey], plan: impl Fn(Share) -> Plan, reason: Reason) -> Deciles {
    let plans: Vec<Plan> = (1..10).map(|tenths| plan(tenth(tenths))).collect();
    let takes = |plan: &Plan, unit: &UnitKey| match reason {
        Reason::Holdout => plan.route(unit).reason() == Reason::Holdout,
        Reason::Layer => plan.route(unit).reason() != Reason::Layer,
        Reason::Gate => plan.route(unit).arm() == Some(1),
        _ => !plan.route(unit).shadows().is_empty(),
    };
    let decile = |unit| plans.iter().filter(|plan| !takes(plan, unit)).count() as u8;
    units.iter().map(decile).collect()
}

fn tenth(tenths: u32) -> Share {
    Share::percent(tenths * 10).unwrap()
}

fn compiled(policy: Policy) -> Plan {
    policy.compile("v1", ["v2", "v3"]).unwrap()
}

/// All draws of a release whose name salts its layer and its holdout as well.
fn draws_of(name: &'static str, units: &[UnitKey]) -> Vec<(String, Deciles)> {
    let arms = |tenths: u32| Arm::new(&format!("arm-{tenths}"), "v2", 1);
    let split = compiled(Policy::ab_test(name, (0..10).map(arms)));
    let split = units
        .iter()
        .map(|unit| split.route(unit).arm().unwrap() as u8)
        .collect();
    let canary = |share| compiled(Policy::canary(name, "v2", share));
    let holdout = |share| compiled(Policy::live_only(name).with_holdout(name, share));
    let layer =
        |share| compiled(Policy::canary(name, "v2", share).with_layer(name, Share::NONE, share));
    let shadow = |version| move |share| compiled(Policy::shadow(name, version, share));
    [
        ("split", split),
        ("gate", left_out_of(units, canary, Reason::Gate)),
        ("holdout", left_out_of(units, holdout, Reason::Holdout)),
        ("layer", left_out_of(units, layer, Reason::Layer)),
        ("shadow v2", left_out_of(units, shadow("v2"), Reason::Live)),
        ("shadow v3", left_out_of(units, shadow("v3"), Reason::Live)),
    ]
    .map(|(draw, deciles)| (format!("{name} {draw}"), deciles))
    .into()
}

fn every_pair_is_independent(units: &[UnitKey]) {
    let mut draws = draws_of("ctr-v1", units);
    draws.extend(draws_of("ctr-v2", units));
    assert_eq!(draws.len(), 12);
    for (place, (name, deciles)) in draws.iter().enumerate() {
        let evenness = Statistic::uniformity(deciles);
        assert!(evenness.is_within(DF_9), "{name}: {}", evenness.in_words());
        for (other, others) in &draws[place + 1..] {
            let together = Statistic::interaction(deciles, others);
            assert!(
                together.is_within(DF_81),
                "{name} × {other}: {}",
                together.in_words()
            );
        }
    }
}

#[test]
fn r4_every_pair_of_draws_is_independent_for_numbered_names() {
    let units: Vec<UnitKey> = (0..10_000).map(|n| format!("user-{n}").into()).collect();
    every_pair_is_independent(&units);
}

#[test]
fn r4_every_pair_of_draws_is_independent_for_consecutive_numbers() {
    let units: Vec<UnitKey> = (0..10_000u64).map(UnitKey::from).collect();
    every_pair_is_independent(&units);
}

/// A thousand names of forty letters, each another in one of them.
fn neighbours() -> (String, Vec<String>) {
    let base = "ranker-homepage-recommendations-2026-wk1".to_owned();
    assert_eq!(base.len(), 40);
    let mut names = Vec::new();
    for place in 0..base.len() {
        let letters = (b'a'..=b'z').filter(|letter| base.as_bytes()[place] != *letter);
        for letter in letters.take(25) {
            let mut name = base.clone();
            name.replace_range(place..=place, &char::from(letter).to_string());
            names.push(name);
        }
    }
    assert_eq!(names.len(), 1000);
    (base, names)
}

#[test]
fn r4_a_thousand_names_that_differ_in_one_character_are_independent() {
    let units: Vec<UnitKey> = (0..2_000).map(|n| format!("user-{n}").into()).collect();
    let deciles = |name: &str| -> Deciles {
        let draw = Draw::new(&Secret::default(), Purpose::Split, name, "").unwrap();
        let decile =
            |unit: &UnitKey| ((u128::from(draw.point(unit.as_key()).get()) * 10) >> 64) as u8;
        units.iter().map(decile).collect()
    };
    let (base, names) = neighbours();
    let base = deciles(&base);
    let all: Vec<Deciles> = names.iter().map(|name| deciles(name)).collect();

    // Together they must be neither too far from chance nor too close to it.
    let sum = |statistics: &[Statistic]| Statistic {
        numerator: statistics.iter().map(|statistic| statistic.numerator).sum(),
        units: units.len() as i128,
    };
    let even: Vec<_> = all.iter().map(Statistic::uniformity).collect();
    let even = sum(&even);
    assert!(even.is_within(DF_9_000), "{}", even.in_words());

    let with_base: Vec<_> = all
        .iter()
        .map(|d| Statistic::interaction(&base, d))
        .collect();
    let in_turn: Vec<_> = all
        .windows(2)
        .map(|pair| Statistic::interaction(&pair[0], &pair[1]))
        .collect();
    for pairs in [&with_base, &in_turn] {
        for (place, pair) in pairs.iter().enumerate() {
            let name = &names[place];
            assert!(pair.is_within(DF_81), "{name}: {}", pair.in_words());
        }
        let total = sum(&pairs[..999]);
        assert!(total.is_within(DF_80_919), "{}", total.in_words());
    }
}

#[test]
fn r4_a_concatenated_salt_would_be_found_out() {
    // What the statistic must be able to see: a weak hash of salt and identity in one text.
    let deciles = |name: &str| -> Deciles {
        let hash = |text: String| {
            text.bytes().fold(0u32, |hash, byte| {
                hash.wrapping_mul(16_777_619) ^ u32::from(byte)
            })
        };
        let decile = |n| ((u64::from(hash(format!("user-{n}{name}"))) * 10) >> 32) as u8;
        (0..2_000).map(decile).collect()
    };
    let together = Statistic::interaction(&deciles("ctr-v1"), &deciles("ctr-v2"));
    assert!(!together.is_within(DF_81), "{}", together.in_words());
}
