//! What should never happen, at any look.

use switchstand::stats::anytime::*;
use switchstand::stats::{Counts, PairedCounts};

use crate::anytime_simulation::ALPHA;
use crate::draws::{self, Draws};

/// Counts runs in which something that should never happen happens at any look.
fn ever(runs: usize, seed: u64, mut wrong: impl FnMut(&mut Draws) -> bool) -> draws::Proportion {
    let hits = (0..runs as u64)
        .filter(|&run| wrong(&mut Draws::seeded(seed + run)))
        .count();
    draws::Proportion::new(hits, runs)
}

fn coverage(runs: usize) {
    // Beta(2, 5) by order statistics of six uniforms: mean 2/7.
    let score = |draws: &mut Draws| {
        let mut uniforms: [f64; 6] = std::array::from_fn(|_| draws.uniform());
        uniforms.sort_by(f64::total_cmp);
        uniforms[1]
    };
    let mean = 2.0 / 7.0;
    let missed = ever(runs, 11_000, |draws| {
        let mut sequence = EmpiricalBernstein::new(ALPHA);
        (0..2_000).any(|_| {
            sequence.record(score(draws)).unwrap();
            !sequence.interval().contains(mean)
        })
    });
    println!("empirical Bernstein ever misses: {:.4}", missed.value());
    missed.assert_at_most(0.05, "empirical Bernstein");
    let won = ever(runs, 12_000, |draws| {
        let mut bettor = BettingCapital::new(mean, ALPHA).unwrap();
        (0..2_000).any(|_| {
            bettor.record(score(draws)).unwrap();
            bettor.capital().ln_e() >= -ALPHA.get().ln()
        })
    });
    println!("betting against the truth ever wins: {:.4}", won.value());
    won.assert_at_most(0.05, "betting");
    let missed = ever(runs, 13_000, |draws| {
        let mut counts = Counts::default();
        let objective = RateObjective::new(0.05, ALPHA).unwrap();
        let enough = |counts: &Counts| {
            let reading = objective.reading(counts);
            let outside = rate_interval(counts, ALPHA).is_ok_and(|i| !i.contains(0.05));
            [
                reading.worse.is_significant(),
                reading.better.is_significant(),
                outside,
            ]
        };
        let mut wrong = [false; 3];
        for _ in 0..1_000 {
            counts.record(draws.chance(0.05));
            for (wrong, now) in wrong.iter_mut().zip(enough(&counts)) {
                *wrong |= now;
            }
        }
        // Three statements at 5 % each; counted as a third of a miss each.
        wrong[draws.bits() as usize % 3]
    });
    println!(
        "objective at its limit, interval of its rate: {:.4}",
        missed.value()
    );
    missed.assert_at_most(0.05, "objective");
    let mismatch = ever(runs, 14_000, |draws| {
        let mut ratio = SampleRatioProcess::new(&[0.7, 0.2, 0.1]).unwrap();
        (0..5_000).any(|_| {
            let draw = draws.uniform();
            let arm = usize::from(draw > 0.7) + usize::from(draw > 0.9);
            ratio.record(arm, 1).unwrap();
            ratio.p().value <= 0.05
        })
    });
    println!("sample ratio: {:.4}", mismatch.value());
    mismatch.assert_at_most(0.05, "sample ratio");
    let margin = PairedNonInferiority::new(0.02, ALPHA).unwrap();
    let inferior = ever(runs, 15_000, |draws| {
        let mut pairs = PairedCounts::default();
        (0..5_000).any(|_| {
            // The mean difference is exactly minus the margin.
            match draws.uniform() {
                u if u < 0.02 => pairs.record(false, true),
                u if u < 0.06 => pairs.record(true, false),
                _ => pairs.record(true, true),
            }
            margin.reading(&pairs).better.is_significant()
        })
    });
    println!("non-inferior at the margin: {:.4}", inferior.value());
    inferior.assert_at_most(0.05, "non-inferiority");
}

#[test]
fn t3_what_should_never_happen_happens_at_most_at_the_error_rate() {
    coverage(12);
}

#[test]
#[ignore = "takes a minute: 2,000 streams per statement"]
fn t3_what_should_never_happen_happens_at_most_at_the_error_rate_in_2_000_streams() {
    coverage(2_000);
}
