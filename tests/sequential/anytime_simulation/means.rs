//! Scenario A: two arms of normal values, looked at after every pair.

use switchstand::stats::anytime::*;
use switchstand::stats::{Alternative, HigherMoments, Moments};

use crate::anytime_simulation::{ALPHA, EFFECT, PAIRS};
use crate::draws::Draws;
use crate::looks::Stops;

struct TwoArms {
    draws: Draws,
    effect: f64,
    a: Moments,
    b: Moments,
    higher_a: HigherMoments,
    higher_b: HigherMoments,
}

const GAUSSIAN: [&str; 5] = [
    "t for normal means",
    "t",
    "mixture SPRT",
    "asymptotic sequence",
    "naive z",
];

fn gaussian(runs: usize, effect: f64, seed: u64) -> Stops {
    let t = AnytimeT::tuned_for(2_000.0, ALPHA).unwrap();
    let sprt = MixtureSprt::new(EFFECT).unwrap();
    let sequence = AsymptoticSequence::new(PAIRS as u64, ALPHA).unwrap();
    let significant =
        |look: Result<AnytimeValid, _>| look.is_ok_and(|look: AnytimeValid| look.is_significant());
    let start = |run: usize| TwoArms {
        draws: Draws::seeded(seed + run as u64),
        effect,
        a: Moments::new(),
        b: Moments::new(),
        higher_a: HigherMoments::new(),
        higher_b: HigherMoments::new(),
    };
    let step = |arms: &mut TwoArms| {
        let (a, b) = (arms.draws.normal(), arms.draws.normal() + arms.effect);
        arms.a.record(a).unwrap();
        arms.b.record(b).unwrap();
        arms.higher_a.record(a).unwrap();
        arms.higher_b.record(b).unwrap();
    };
    let rejects = |arms: &TwoArms, method: usize| match GAUSSIAN[method] {
        "t for normal means" => significant(t.normal_means(&arms.a, &arms.b, ALPHA)),
        "t" => significant(t.means(&arms.higher_a, &arms.higher_b, ALPHA)),
        "mixture SPRT" => significant(sprt.means(&arms.higher_a, &arms.higher_b, ALPHA)),
        "asymptotic sequence" => {
            significant(sequence.means(&arms.higher_a, &arms.higher_b, Alternative::TwoSided))
        }
        _ => {
            let (Some(v_a), Some(v_b)) = (arms.a.variance(), arms.b.variance()) else {
                return false;
            };
            let difference = arms.b.mean().unwrap() - arms.a.mean().unwrap();
            difference.abs() > 1.96 * ((v_a + v_b) / arms.a.n() as f64).sqrt()
        }
    };
    Stops::collect(&GAUSSIAN, runs, PAIRS, start, step, rejects)
}

fn gaussian_errors(runs: usize) {
    let stops = gaussian(runs, 0.0, 1_000);
    stops.print("A, no effect");
    for name in GAUSSIAN.iter().filter(|&&name| name != "naive z") {
        stops.rejected(name).assert_at_most(0.05, name);
    }
    stops.rejected("naive z").assert_at_least(0.45, "naive z");
}

#[test]
fn t3_means_keep_their_error_rate_over_10_000_looks() {
    gaussian_errors(24);
}

#[test]
#[ignore = "takes a minute: 4,000 streams of 10,000 looks"]
fn t3_means_keep_their_error_rate_over_10_000_looks_in_4_000_streams() {
    gaussian_errors(4_000);
    let stops = gaussian(2_000, EFFECT, 2_000);
    stops.print("A, effect 1 x");
    stops
        .rejected("t")
        .assert_at_least(0.55, "power of t at 1 x");
    let stops = gaussian(2_000, 1.5 * EFFECT, 3_000);
    stops.print("A, effect 1.5 x");
    stops
        .rejected("t")
        .assert_at_least(0.92, "power of t at 1.5 x");
    gaussian(2_000, 2.0 * EFFECT, 4_000).print("A, effect 2 x");
}
