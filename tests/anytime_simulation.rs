//! Error rates, power and stopping times of anytime-valid methods, by simulation.
//!
//! The short forms run in seconds; the long ones (`--release -- --ignored --nocapture`) print the
//! figures.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    reason = "a test may panic and print, and shares its draws with others"
)]

#[path = "simulation/draws.rs"]
mod draws;
#[path = "simulation/looks.rs"]
mod looks;

use draws::Draws;
use looks::Stops;
use switchstand::stats::anytime::*;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
use switchstand::stats::{Alpha, Alternative, Counts, HigherMoments, Moments, PairedCounts};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;
const PAIRS: usize = 10_000;
/// Found with probability 0.8 by a test with a fixed sample of 10,000 pairs.
const EFFECT: f64 = 0.0396;

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
        arms.a.push(a).unwrap();
        arms.b.push(b).unwrap();
        arms.higher_a.push(a).unwrap();
        arms.higher_b.push(b).unwrap();
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
        events.safe.push(&blocks[0], &blocks[1]).unwrap();
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

struct Canary {
    draws: Draws,
    heavy: bool,
    a: HigherMoments,
    b: HigherMoments,
    bounded: BoundedDifference,
    guard: RateGuard,
}

const TAILS: [&str; 6] = [
    "t",
    "mixture SPRT",
    "asymptotic sequence",
    "asymptotic sequence, no rule",
    "bounded difference, capped",
    "guard on events",
];

/// A harmless canary of 5 %: mostly zeros, the rest heavy-tailed or ones. A look at each unit.
fn canary(runs: usize, heavy: bool, units: usize, seed: u64) -> Stops {
    let share = CandidateShare::new(0.05).unwrap();
    let t = AnytimeT::tuned_for(units as f64 / 20.0, ALPHA).unwrap();
    let sprt = MixtureSprt::new(if heavy { 0.2 } else { 0.001 }).unwrap();
    let sequence = AsymptoticSequence::new(5_000, ALPHA).unwrap();
    let start = |run: usize| Canary {
        draws: Draws::seeded(seed + run as u64),
        heavy,
        a: HigherMoments::new(),
        b: HigherMoments::new(),
        bounded: BoundedDifference::new(0.0).unwrap(),
        guard: RateGuard::where_each_request_is_its_own_unit(
            RateTest::default().with_alpha(ALPHA, ALPHA),
        ),
    };
    let step = |canary: &mut Canary| {
        let draws = &mut canary.draws;
        let value = match canary.heavy {
            true if draws.chance(0.05) => (2.0 * draws.normal()).exp(),
            false if draws.chance(0.002) => 1.0,
            _ => 0.0,
        };
        let (side, arm) = if draws.chance(0.05) {
            (Side::Candidate, &mut canary.b)
        } else {
            (Side::Control, &mut canary.a)
        };
        arm.push(value).unwrap();
        let cap = if canary.heavy { 20.0 } else { 1.0 };
        canary
            .bounded
            .push(side, share, (value / cap).min(1.0))
            .unwrap();
        if value > 0.0 {
            canary.guard.record(0, side, share).unwrap();
        }
    };
    let two_sided = Alternative::TwoSided;
    let rejects = |canary: &Canary, method: usize| {
        let (a, b) = (&canary.a, &canary.b);
        let look = match TAILS[method] {
            "t" => t.means(a, b, ALPHA),
            "mixture SPRT" => sprt.means(a, b, ALPHA),
            "asymptotic sequence" => sequence.means(a, b, two_sided),
            "asymptotic sequence, no rule" => {
                let both_vary = a.variance() > Some(0.0) && b.variance() > Some(0.0);
                if !both_vary {
                    return false;
                }
                let n = a.n() + b.n();
                let variance = [a, b].map(|arm| arm.variance().unwrap() / arm.n() as f64);
                let influence = (variance[0] + variance[1]) * n as f64;
                let difference = b.mean().unwrap() - a.mean().unwrap();
                sequence.estimate(difference, influence, n, two_sided)
            }
            "bounded difference, capped" => {
                return canary.bounded.capital().ln_e() >= -ALPHA.get().ln();
            }
            _ => return canary.guard.reading().harm.suffices(),
        };
        look.is_ok_and(|look| look.is_significant())
    };
    Stops::collect(&TAILS, runs, units, start, step, rejects)
}

fn canary_errors(runs: usize) {
    for (heavy, units) in [(true, 20_000), (false, 50_000)] {
        let stops = canary(runs, heavy, units, 7_000);
        stops.print(if heavy {
            "D, heavy tails"
        } else {
            "D, Bernoulli .002"
        });
        for name in TAILS.iter().filter(|name| !name.ends_with("no rule")) {
            stops.rejected(name).assert_at_most(0.05, name);
        }
        if heavy {
            // What the rule is for.
            stops
                .rejected("asymptotic sequence, no rule")
                .assert_at_least(0.3, "no rule");
        }
    }
}

#[test]
fn t3_heavy_tails_in_a_small_canary_are_refused_or_keep_the_error_rate() {
    canary_errors(16);
}

#[test]
#[ignore = "takes a minute: 2,000 canaries of 20,000 and 50,000 units"]
fn t3_heavy_tails_in_2_000_small_canaries_are_refused_or_keep_the_error_rate() {
    canary_errors(2_000);
}

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
            .regressions
            .suffices(),
        _ => narrow
            .direction(&shadow.pairs, ALPHA)
            .improvements
            .suffices(),
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
            sequence.push(score(draws)).unwrap();
            !sequence.interval().contains(mean)
        })
    });
    println!("empirical Bernstein ever misses: {:.4}", missed.value());
    missed.assert_at_most(0.05, "empirical Bernstein");
    let won = ever(runs, 12_000, |draws| {
        let mut bettor = BettingCapital::new(mean, ALPHA).unwrap();
        (0..2_000).any(|_| {
            bettor.push(score(draws)).unwrap();
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
            [reading.broken.suffices(), reading.met.suffices(), outside]
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
            ratio.p().p <= 0.05
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
            margin.reading(&pairs).non_inferior.suffices()
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
