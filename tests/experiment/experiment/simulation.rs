//! Equal arms, looked at all the time: how often they are called different, and how often an effect
//! is found.

mod law;
mod margins;

pub(super) use law::normal;
use law::{LAWS, Law};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::UnitKey;
use switchstand::experiment::{Expected, Experiment, Kind, Metric, Setup};
use switchstand::stats::Alpha;
use switchstand::stats::Worse;
use switchstand::stats::anytime::{GroupedArm, GroupedT, LabelProcess};

use crate::experiment::{experiment, test};

const GROUPS: usize = 256;

/// Tells whether there is a look after so many units: each until 64, then every 6 %.
fn is_look(units: u64, next: &mut u64) -> bool {
    if units < 4 || units < *next {
        return false;
    }
    *next = if units < 64 {
        units + 1
    } else {
        units + units * 6 / 100
    };
    true
}

/// How a run ended.
#[derive(Clone, Copy, Default)]
struct Ran {
    at_5: bool,
    at_1: bool,
    is_refused: bool,
    /// Was it ever said, at 5 % on one side, that a margin of no effect holds.
    holds: bool,
}

fn means(law: Law, share: f64, planned: f64, cap: u64, effect: f64, seed: u64) -> Ran {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sums = [[[0.0; 2]; GROUPS]; 2];
    let mut units = [0; 2];
    let alphas = [Alpha::FIVE_PERCENT, Alpha::ONE_PERCENT];
    let tests =
        alphas.map(|alpha| GroupedT::planned(planned, [1.0 - share, share], alpha).unwrap());
    let (mut ran, mut next) = (Ran::default(), 0);
    for unit in 1..=cap {
        let arm = usize::from(rng.random::<f64>() < share);
        let value = law.draw(&mut rng, effect * arm as f64);
        let group = &mut sums[arm][rng.random_range(0..GROUPS)];
        *group = [group[0] + value[0], group[1] + value[1]];
        units[arm] += 1;
        if !is_look(unit, &mut next) && unit != cap {
            continue;
        }
        let arms = [0, 1].map(|arm| GroupedArm::new(&sums[arm], units[arm]).unwrap());
        let found = [0, 1].map(|at| {
            let look = tests[at].compare(&arms[0], &arms[1]);
            look.map(|look| look.ln_e() >= -alphas[at].get().ln())
        });
        if let Ok(look) = tests[0].compare(&arms[0], &arms[1]) {
            ran.holds |= look.t() < 0.0 && look.ln_e() >= -0.1_f64.ln();
        }
        ran.at_5 |= *found[0].as_ref().unwrap_or(&false);
        ran.at_1 |= *found[1].as_ref().unwrap_or(&false);
        ran.is_refused = found[0].is_err();
        if ran.at_5 && ran.at_1 && ran.holds {
            break;
        }
    }
    ran
}

/// Rates by first events; with `first`, all units are exposed before the first outcome.
fn rates(rates: [f64; 2], shares: [f64; 2], cap: u64, first: bool, seed: u64) -> Ran {
    let [declared, real] = shares;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let arms: Vec<usize> = (0..cap)
        .map(|_| usize::from(rng.random::<f64>() < real))
        .collect();
    let all = arms.iter().filter(|&&arm| arm == 1).count() as f64 / cap as f64;
    let process = LabelProcess::new(declared).unwrap();
    let (mut units, mut events) = ([0_u64; 2], [0_u64; 2]);
    let (mut ran, mut next) = (Ran::default(), 0);
    for (unit, arm) in (1..).zip(arms) {
        units[arm] += 1;
        let event = rng.random::<f64>() < rates[arm];
        events[arm] += u64::from(event);
        // After each of the first events too: they are what the evidence comes from.
        let is_early = event && events[0] + events[1] <= 64;
        if !(is_look(unit, &mut next) || is_early) {
            continue;
        }
        let observed = if first {
            all
        } else {
            units[1] as f64 / (units[0] + units[1]) as f64
        };
        let Ok(other) = LabelProcess::new(observed) else {
            continue;
        };
        let [a, b] = events;
        let ln_e = process.ln_e(a, b).min(other.ln_e(a, b));
        ran.at_5 |= ln_e >= 20.0_f64.ln();
        ran.at_1 |= ln_e >= 100.0_f64.ln();
        if ran.at_5 && ran.at_1 {
            break;
        }
    }
    ran
}

/// Returns the shares of runs that ended so: at 5 %, at 1 %, refused.
fn shares_of(runs: u64, run: impl Fn(u64) -> Ran) -> [f64; 3] {
    let mut counts = [0.0; 3];
    for seed in 0..runs {
        let ran = run(seed);
        for (count, ended) in counts.iter_mut().zip([ran.at_5, ran.at_1, ran.is_refused]) {
            *count += f64::from(u8::from(ended)) / runs as f64;
        }
    }
    counts
}

pub(super) fn limit(alpha: f64, runs: u64) -> f64 {
    alpha + 3.0 * (alpha * (1.0 - alpha) / runs as f64).sqrt()
}

#[test]
fn x1_equal_arms_are_seldom_called_different_from_the_fourth_outcome_on() {
    let runs = 2_000;
    for (law, share, planned, cap) in [
        (Law::Normal, 0.5, 40.0, 120),
        (Law::Exponential, 0.1, 200.0, 300),
        (Law::Clusters, 0.5, 40.0, 120),
        (Law::MostlyZero, 0.1, 200.0, 300),
    ] {
        let run = |seed| means(law, share, planned, cap, 0.0, seed);
        let [at_5, at_1, _] = shares_of(runs, run);
        assert!(at_5 <= limit(0.05, runs), "{law:?}: {at_5}");
        assert!(at_1 <= limit(0.01, runs), "{law:?}: {at_1}");
    }
    for (rate, declared, real, first) in [
        (0.05, 0.5, 0.5, false),
        (0.05, 0.1, 0.1, true),
        // The label process alone would call .784 of these different.
        (0.5, 0.5, 0.52, false),
    ] {
        let run = |seed| rates([rate; 2], [declared, real], 400, first, seed);
        let [at_5, at_1, _] = shares_of(runs, run);
        assert!(at_5 <= limit(0.05, runs), "{rate} {real}: {at_5}");
        assert!(at_1 <= limit(0.01, runs), "{rate} {real}: {at_1}");
    }
}

/// Returns the units of both arms that find an effect, as a setup of this share plans them.
fn planned(share: f64, kind: Kind, expected: Expected) -> u64 {
    let candidate = (share * 100.0).round() as u64;
    let metric = Metric::goal("m", kind, Worse::Higher, 0.0);
    let setup = Setup::new("r", [("a", 100 - candidate), ("b", candidate)], [metric]).unwrap();
    setup.units_needed("m", expected, 0.8).unwrap()
}

/// Returns the size planned for a fifth of a spread, and how often it finds that.
fn power_of_means(law: Law, share: f64, runs: u64) -> (u64, Option<f64>) {
    let [spread, skewness, kurtosis] = law.shape();
    let effect = 0.2 * spread;
    let expected = Expected::values(effect, spread).uneven(skewness, kurtosis);
    let units = planned(share, Kind::Mean, expected);
    let run = |seed| means(law, share, units as f64, units, effect, seed);
    let found = (units <= MOST).then(|| shares_of(runs, run)[0]);
    (units, found)
}

/// Returns the size planned for a rate that is higher by so many standard errors as 20,000 units
/// would have about five of, and how often it finds that.
fn power_of_rates(rate: f64, share: f64, runs: u64) -> (u64, Option<f64>) {
    let n = 20_000.0 * share * (1.0 - share);
    let candidate = (rate.sqrt().asin() + 2.3 / n.sqrt()).sin().powi(2);
    let units = planned(share, Kind::Rate, Expected::rates(rate, candidate));
    let run = |seed| rates([rate, candidate], [share; 2], units, false, seed);
    let found = (units <= MOST).then(|| shares_of(runs, run)[0]);
    (units, found)
}

/// More units than these are not simulated: the cell is marked as too heavy.
const MOST: u64 = 100_000;

#[test]
fn x1_an_effect_that_was_planned_for_is_found_at_the_planned_size() {
    for (law, share) in [
        (Law::Normal, 0.5),
        (Law::Normal, 0.1),
        (Law::Exponential, 0.5),
        (Law::Rate(0.5), 0.5),
    ] {
        let (units, found) = power_of_means(law, share, 100);
        assert!(
            found.unwrap() >= 0.7,
            "{law:?} {share}: {found:?} of {units}"
        );
    }
    for (rate, share) in [(0.1, 0.01), (0.01, 0.5)] {
        let (units, found) = power_of_rates(rate, share, 100);
        assert!(
            found.unwrap() >= 0.7,
            "{rate} {share}: {found:?} of {units}"
        );
    }
}

/// What is simulated is what an experiment computes.
#[test]
fn x1_an_experiment_tests_what_is_simulated() {
    let mean = Metric::goal("mean", Kind::Mean, Worse::Lower, 0.1);
    let rate = Metric::goal("rate", Kind::Rate, Worse::Higher, 0.0);
    let experiment: Experiment = experiment([mean, rate]);
    let ids = ["mean", "rate"].map(|name| experiment.metric(name).unwrap());
    let arms = crate::experiment::arms(&experiment);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut sums = [[[0.0; 2]; GROUPS]; 2];
    let (mut events, mut units) = ([0; 2], [0; 2]);
    for unit in 0..1_500_u64 {
        let arm = usize::from(rng.random::<bool>());
        let [value, _] = Law::Normal.draw(&mut rng, 0.2 * arm as f64);
        let event = rng.random::<f64>() < 0.02 + 0.06 * arm as f64;
        experiment.expose_arm(arms[arm], unit).unwrap();
        experiment.record(ids[0], unit, value).unwrap();
        experiment
            .record(ids[1], unit, f64::from(u8::from(event)))
            .unwrap();
        let group = &mut sums[arm][usize::from(UnitKey::from(unit).group())];
        *group = [group[0] + value, group[1] + 1.0];
        events[arm] += u64::from(event);
        units[arm] += 1;
    }
    let read = experiment.read_out().unwrap();
    // Two comparisons share the error rate.
    let alpha = Alpha::new(0.025).unwrap();
    let expected = GroupedT::planned(20_000.0, [1.0, 1.0], alpha).unwrap();
    let groups = [0, 1].map(|arm| GroupedArm::new(&sums[arm], units[arm]).unwrap());
    let expected = expected.compare(&groups[0], &groups[1]).unwrap();
    assert!(
        (test(&read, 0).p.ln_p - expected.p().ln_p).abs() < 1e-9,
        "{read}"
    );
    let of = |share: f64| LabelProcess::new(share).unwrap().ln_e(events[0], events[1]);
    let observed = units[1] as f64 / (units[0] + units[1]) as f64;
    let ln_e = of(0.5).min(of(observed)).max(0.0);
    assert!(
        ln_e > 0.0 && (test(&read, 1).p.ln_p + ln_e).abs() < 1e-9,
        "{read}"
    );
}

/// Returns the greatest shares of any cell, refusing what is above the limit.
fn worst_of(name: &str, cells: &[[f64; 3]], runs: u64) -> [f64; 2] {
    let worst = |place: usize| cells.iter().map(|cell| cell[place]).fold(0.0, f64::max);
    let worst = [worst(0), worst(1)];
    let holds = worst[0] <= limit(0.05, runs) && worst[1] <= limit(0.01, runs);
    assert!(holds, "{name}: {worst:?}");
    worst
}

#[test]
#[ignore = "4,000 runs of each cell take minutes; it writes the guide's table"]
fn x1_the_long_simulation_writes_the_table_of_the_guide() {
    let runs = 4_000;
    let shares = [0.5, 0.1, 0.01];
    println!("| values | called different at .05, worst cell | at .01 |");
    println!("|---|---|---|");
    let row = |name: &str, cells: &[[f64; 3]]| {
        let worst = worst_of(name, cells, runs);
        println!("| {name} | {:.4} | {:.4} |", worst[0], worst[1]);
    };
    for (name, law) in LAWS {
        let mut cells = Vec::new();
        for share in shares {
            for (planned, cap) in [(40.0, 400), (400.0, 1_000), (4_000.0, 6_000)] {
                let run = |seed| means(law, share, planned, cap, 0.0, seed);
                cells.push(shares_of(runs, run));
            }
        }
        row(name, &cells);
    }
    for rate in [0.001_f64, 0.01, 0.1, 0.5, 0.9] {
        let mut cells = Vec::new();
        let cap = (40.0 / rate).clamp(1_000.0, 40_000.0) as u64;
        for share in shares {
            for first in [false, true] {
                let run = |seed| rates([rate; 2], [share; 2], cap, first, seed);
                cells.push(shares_of(runs, run));
            }
        }
        row(&format!("rate {rate} by first events"), &cells);
    }
    let cells = [0.001, 0.01, 0.1, 0.5].map(|rate| {
        shares_of(runs, |seed| {
            rates([rate; 2], [0.5, 0.52], 4_000, false, seed)
        })
    });
    row("the same, declared .5 and really .52", &cells);
}

#[test]
#[ignore = "2,000 runs of 100,000 units in each cell take a minute"]
fn x1_equal_arms_are_seldom_called_different_up_to_100_000_units() {
    let runs = 2_000;
    for (law, share) in [
        (Law::Normal, 0.01),
        (Law::Exponential, 0.5),
        (Law::LogNormal(1.0), 0.5),
        (Law::Clusters, 0.01),
    ] {
        let cell = shares_of(runs, |seed| means(law, share, 20_000.0, MOST, 0.0, seed));
        let worst = worst_of(&format!("{law:?}"), &[cell], runs);
        println!(
            "| {law:?}, share {share} | {:.4} | {:.4} |",
            worst[0], worst[1]
        );
    }
    for rate in [0.01, 0.1] {
        let cell = shares_of(runs, |seed| rates([rate; 2], [0.5; 2], MOST, true, seed));
        let worst = worst_of("rate", &[cell], runs);
        println!(
            "| rate {rate} by first events | {:.4} | {:.4} |",
            worst[0], worst[1]
        );
    }
}

#[test]
#[ignore = "400 runs of up to 100,000 units in each cell take a minute; it writes the guide's table"]
fn x1_the_effects_that_were_planned_for_write_their_table_of_the_guide() {
    let runs = 400;
    let shares = [0.5, 0.1, 0.01];
    println!("| values | planned effect found, of so many units, by share .5 | .1 | .01 |");
    println!("|---|---|---|---|");
    let mut weak = Vec::new();
    let mut row = |name: &str, power: [(u64, Option<f64>); 3]| {
        let said = power.map(|(units, found)| match found {
            Some(found) => format!("{found:.2} of {units}"),
            None => format!("too heavy: {:.1e}", units as f64),
        });
        println!("| {name} | {} |", said.join(" | "));
        if power
            .iter()
            .any(|power| power.1.is_some_and(|found| found < 0.7))
        {
            weak.push(name.to_owned());
        }
    };
    for (name, law) in LAWS {
        row(name, shares.map(|share| power_of_means(law, share, runs)));
    }
    for rate in [0.001_f64, 0.01, 0.1, 0.5, 0.9] {
        let name = format!("rate {rate} by first events");
        row(&name, shares.map(|share| power_of_rates(rate, share, runs)));
    }
    assert!(weak.is_empty(), "found too seldom: {weak:?}");
}
