//! Scenario B: two proportions, looked at after every pair.

use switchstand::stats::anytime::*;
use switchstand::stats::{Alternative, Counts};

use crate::anytime_simulation::{ALPHA, PAIRS};
use crate::draws::Draws;
use crate::looks::Stops;

struct Events {
    draws: Draws,
    rates: [f64; 2],
    pairs: usize,
    counts: [Counts; 2],
    safe: SafeTwoProportions,
    wide: SampleRatioProcess,
    narrow: SampleRatioProcess,
}

const BERNOULLI: [&str; 4] = [
    "safe two proportions",
    "Dirichlet, k = 100",
    "Dirichlet, k = 10",
    "asymptotic sequence",
];

/// Two arms of Bernoulli values, pair by pair. The Dirichlet mixtures see bad events only.
fn bernoulli(runs: usize, candidate: f64, seed: u64) -> Stops {
    let sequence = AsymptoticSequence::new(PAIRS as u64, ALPHA).unwrap();
    let enough = -ALPHA.get().ln();
    let ratio = |k| SampleRatioProcess::with_concentration(&[0.5, 0.5], k).unwrap();
    let start = |run: usize| Events {
        draws: Draws::seeded(seed + run as u64),
        rates: [0.05, candidate],
        pairs: 0,
        counts: [Counts::default(); 2],
        safe: SafeTwoProportions::new(),
        wide: ratio(100.0),
        narrow: ratio(10.0),
    };
    let step = |events: &mut Events| {
        events.pairs += 1;
        let outcomes = events.rates.map(|rate| events.draws.chance(rate));
        let blocks = outcomes.map(|bad| Counts::new(u64::from(bad), 1).unwrap());
        events.safe.record(&blocks[0], &blocks[1]).unwrap();
        for arm in 0..2 {
            events.counts[arm].merge(&blocks[arm]).unwrap();
            events.wide.record(arm, u64::from(outcomes[arm])).unwrap();
            events.narrow.record(arm, u64::from(outcomes[arm])).unwrap();
        }
    };
    let rejects = |events: &Events, method: usize| match BERNOULLI[method] {
        "safe two proportions" => events.safe.ln_e() >= enough,
        "Dirichlet, k = 100" => events.wide.ln_e() >= enough,
        "Dirichlet, k = 10" => events.narrow.ln_e() >= enough,
        _ => {
            let [p_a, p_b] = events.counts.map(|counts| counts.rate().unwrap());
            let n = events.pairs as f64;
            let variance = (p_a * (1.0 - p_a) + p_b * (1.0 - p_b)) / (n - 1.0);
            // Both arms together count; the burn-in stands in for the rule on skewness.
            events.pairs >= 500
                && sequence
                    .estimate(
                        p_b - p_a,
                        variance * 2.0 * n,
                        2 * events.pairs as u64,
                        Alternative::TwoSided,
                    )
                    .is_ok_and(|look| look.is_significant())
        }
    };
    Stops::collect(&BERNOULLI, runs, PAIRS, start, step, rejects)
}

fn bernoulli_errors(runs: usize) {
    let stops = bernoulli(runs, 0.05, 5_000);
    stops.print("B, .05 and .05");
    for name in BERNOULLI {
        stops.rejected(name).assert_at_most(0.05, name);
    }
}

#[test]
fn t3_proportions_keep_their_error_rate_over_10_000_looks() {
    bernoulli_errors(24);
}

#[test]
#[ignore = "takes a minute: 4,000 streams of 10,000 looks"]
fn t3_proportions_keep_their_error_rate_over_10_000_looks_in_4_000_streams() {
    bernoulli_errors(4_000);
    let power = [
        (0.06, [0.343, 0.617, 0.538, 0.652]),
        (0.0625, [0.612, 0.848, 0.791, 0.867]),
    ];
    for (candidate, powers) in power {
        let stops = bernoulli(2_000, candidate, 6_000);
        stops.print(&format!("B, .05 and {candidate}"));
        for (name, power) in BERNOULLI.iter().zip(powers) {
            stops.rejected(name).assert_at_least(power, name);
        }
    }
}
