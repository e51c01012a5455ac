//! Scenario E: two models on the same requests.

use switchstand::stats::PairedCounts;
use switchstand::stats::anytime::*;

use crate::anytime_simulation::{ALPHA, PAIRS};
use crate::draws::Draws;
use crate::looks::Stops;

struct Shadow {
    draws: Draws,
    gain: f64,
    pairs: PairedCounts,
}

const PAIRED: [&str; 4] = [
    "paired, k = 1",
    "paired, k = 20",
    "regressions",
    "improvements",
];

/// Two models on the same 10,000 items, 6 % discordant, the candidate better by `gain`.
fn shadow(runs: usize, gain: f64, seed: u64) -> Stops {
    let wide = PairedTest::with_concentration(1.0).unwrap();
    let narrow = PairedTest::default();
    let start = |run: usize| Shadow {
        draws: Draws::seeded(seed + run as u64),
        gain,
        pairs: PairedCounts::default(),
    };
    let step = |shadow: &mut Shadow| {
        let draw = shadow.draws.uniform();
        let better = 0.03 + shadow.gain / 2.0;
        match draw {
            draw if draw < better => shadow.pairs.record(false, true),
            draw if draw < 0.06 => shadow.pairs.record(true, false),
            draw if draw < 0.83 => shadow.pairs.record(true, true),
            _ => shadow.pairs.record(false, false),
        }
    };
    let rejects = |shadow: &Shadow, method: usize| match PAIRED[method] {
        "paired, k = 1" => wide
            .difference(&shadow.pairs, ALPHA)
            .is_ok_and(|l| l.is_significant()),
        "paired, k = 20" => narrow
            .difference(&shadow.pairs, ALPHA)
            .is_ok_and(|l| l.is_significant()),
        "regressions" => narrow
            .direction(&shadow.pairs, ALPHA)
            .worse
            .is_significant(),
        _ => narrow
            .direction(&shadow.pairs, ALPHA)
            .better
            .is_significant(),
    };
    Stops::collect(&PAIRED, runs, PAIRS, start, step, rejects)
}

fn shadow_errors(runs: usize) {
    let stops = shadow(runs, 0.0, 8_000);
    stops.print("E, no difference");
    for name in PAIRED {
        stops.rejected(name).assert_at_most(0.05, name);
    }
}

#[test]
fn t3_paired_evidence_keeps_its_error_rate_over_10_000_looks() {
    shadow_errors(6);
}

#[test]
#[ignore = "takes a minute: 2,000 streams of 10,000 looks"]
fn t3_paired_evidence_keeps_its_error_rate_over_10_000_looks_in_2_000_streams() {
    shadow_errors(2_000);
    let stops = shadow(2_000, 0.01, 9_000);
    stops.print("E, + 1 point");
    stops
        .rejected("paired, k = 1")
        .assert_at_least(0.797, "k = 1");
    stops
        .rejected("paired, k = 20")
        .assert_at_least(0.897, "k = 20");
    shadow(2_000, 0.02, 10_000).print("E, + 2 points");
}
