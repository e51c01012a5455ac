//! Planned looks: one, or some, chosen before the first.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::UnitKey;
use switchstand::experiment::{
    Expected, Experiment, ExperimentError, Kind, Looks, Metric, Missing, Setup, Standing, Verdict,
};
use switchstand::stats::anytime::{GroupedArm, GroupedT};
use switchstand::stats::group_sequential::{Fractions, GroupSequential, Spending};
use switchstand::stats::planning::Sides;
use switchstand::stats::special::{normal_isf, normal_sf, t_quantile, t_sf};
use switchstand::stats::{Alpha, Alternative, Counts, Worse, proportions::miettinen_nurminen};

use crate::experiment::simulation::{limit, normal};
use crate::experiment::{arms, comparison, test};

const THREE: Looks = Looks::GroupSequential { looks: 3 };

fn setup(looks: Looks, planned: u64) -> Setup {
    let metrics = [
        Metric::goal("spent", Kind::Mean, Worse::Lower, 0.1),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.2),
    ];
    let setup = Setup::new("ranker-ab-7", [("a", 1), ("b", 1)], metrics).unwrap();
    let setup = setup.with_planned_units(planned).unwrap();
    setup
        .with_capacity(1 << 13)
        .unwrap()
        .with_looks(looks)
        .unwrap()
}

/// Serves units in turn, of which the candidate's are better by the effect; returns the sums of
/// groups and the units with errors, of each arm.
fn serve(
    experiment: &Experiment,
    units: core::ops::Range<u64>,
    effect: f64,
    rng: &mut ChaCha8Rng,
    sums: &mut [[[f64; 2]; 256]; 2],
) -> [u64; 2] {
    let [spent, errors] = ["spent", "errors"].map(|name| experiment.metric(name).unwrap());
    let mut bad = [0; 2];
    for unit in units {
        let side = (unit % 2) as usize;
        experiment.expose_arm(arms(experiment)[side], unit).unwrap();
        let value = normal(rng) + effect * side as f64;
        experiment.record(spent, unit, value).unwrap();
        let is_bad = rng.random::<f64>() < 0.1;
        experiment
            .record(errors, unit, f64::from(u8::from(is_bad)))
            .unwrap();
        bad[side] += u64::from(is_bad);
        let group = &mut sums[side][usize::from(UnitKey::from(unit).group())];
        *group = [group[0] + value, group[1] + 1.0];
    }
    bad
}

fn of(sums: &[[f64; 2]; 256]) -> GroupedArm {
    let units: f64 = sums.iter().map(|[_, units]| units).sum();
    GroupedArm::new(sums, units as u64).unwrap()
}

/// The two-sided p-value of one look at two arms by their groups.
fn p_once(sums: &[[[f64; 2]; 256]; 2]) -> Option<f64> {
    let arms = [0, 1].map(|arm| of(&sums[arm]));
    let test = GroupedT::planned(1_000.0, [1.0, 1.0], Alpha::FIVE_PERCENT).unwrap();
    let look = test.compare(&arms[0], &arms[1]).ok()?;
    Some(2.0 * t_sf(look.t().abs(), look.df))
}

#[test]
fn one_look_is_taken_once_when_the_planned_units_are_there() {
    let experiment = Experiment::new(setup(Looks::One, 600));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut sums = [[[0.0; 2]; 256]; 2];
    let mut bad = serve(&experiment, 0..400, 0.5, &mut rng, &mut sums);
    let early = experiment.take_look().unwrap_err();
    let said = "400 units are there, the next look is at 600";
    assert!(early.to_string().contains(said), "{early}");
    let read = experiment.read_out().unwrap();
    assert_eq!(comparison(&read, 0).test, Err(Missing::NoLook), "{read}");
    let Verdict::Withheld { why } = &read.verdict else {
        panic!("{read}");
    };
    assert!(why.contains("the next look is due at 600 units"), "{why}");

    let more = serve(&experiment, 400..600, 0.5, &mut rng, &mut sums);
    bad = [bad[0] + more[0], bad[1] + more[1]];
    let read = experiment.take_look().unwrap();
    let found = test(&read, 0);
    let p = p_once(&sums).unwrap();
    assert!((found.p.value / p - 1.0).abs() < 1e-3, "{p} {read}");
    // The interval of half the error rate is what the t law says, not any-time.
    let [a, b] = bad.map(|bad| Counts::new(bad, 300).unwrap());
    let score = miettinen_nurminen(&a, &b, Alpha::new(0.025).unwrap(), Alternative::TwoSided);
    let score = score.unwrap().interval;
    let of_rate = test(&read, 1).interval;
    assert!((of_rate.lower - score.lower).abs() < 1e-12, "{read}");
    assert!((of_rate.upper - score.upper).abs() < 1e-12, "{read}");
    assert_eq!(
        read.verdict,
        Verdict::Ship {
            arm: "b".to_owned()
        },
        "{read}"
    );

    let again = experiment.take_look().unwrap_err();
    assert!(matches!(again, ExperimentError::NoLookDue { .. }));
    assert!(again.to_string().contains("all looks are taken"), "{again}");
    let after = experiment.read_out().unwrap().verdict.to_string();
    assert!(
        after.contains("look 1, at 600 units, said \"SHIP b"),
        "{after}"
    );
}

#[test]
fn a_group_sequential_test_crosses_its_boundaries_at_the_looks_alone() {
    for (effect, seed) in [(0.15, 3), (0.3, 4), (0.0, 5)] {
        let experiment = Experiment::new(setup(THREE, 900));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut sums = [[[0.0; 2]; 256]; 2];
        // The second look comes late, the last one beyond the plan.
        let mut fractions = Vec::new();
        for (from, to) in [(0, 300), (300, 700), (700, 1_000)] {
            serve(&experiment, from..to, effect, &mut rng, &mut sums);
            fractions.push((to as f64 / 900.0).min(1.0));
            let read = experiment.take_look().unwrap();
            assert!(experiment.take_look().is_err(), "one look at a time");
            let p = p_once(&sums).unwrap();
            // Two metrics share the error rate; the other one has p = 1, so Holm doubles this one.
            let looks = Fractions::new(&fractions).unwrap();
            let half = Alpha::new(0.025).unwrap();
            let (spending, sides) = (Spending::OBRIEN_FLEMING, Sides::Two);
            let design = GroupSequential::new(&looks, spending, half, sides).unwrap();
            let boundary = design.looks().last().unwrap().boundary;
            let crosses = normal_isf(0.5 * p) > boundary;
            let found = test(&read, 0);
            assert_eq!(found.is_significant(), crosses, "{p} {boundary} {read}");
            assert_eq!(found.interval.contains(0.0), !crosses, "{read}");
            let (level, arms) = (normal_sf(boundary), [0, 1].map(|arm| of(&sums[arm])));
            let test = GroupedT::planned(1_000.0, [1.0, 1.0], half).unwrap();
            let look = test.compare(&arms[0], &arms[1]).unwrap();
            let reach = -t_quantile(level, look.df) * look.standard_error;
            let expected = look.effect + reach;
            assert!(
                (found.interval.upper - expected).abs() < 1e-9 * reach,
                "{read}"
            );
            let is_last = to > 900;
            match &read.verdict {
                Verdict::Ship { .. } => assert!(crosses),
                Verdict::KeepRunning { units_left, .. } => {
                    assert!(!is_last && !crosses);
                    let next = if to == 300 { 600 - 300 } else { 900 - 700 };
                    assert_eq!(*units_left, Some(next), "{read}");
                }
                Verdict::Withheld { why } => {
                    assert!(
                        is_last && why.contains("the last look shows neither"),
                        "{why}"
                    );
                    assert_eq!(read.standings[0].1, Standing::Open);
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn looks_go_on_after_a_restart_and_with_the_parts() {
    let experiment = Experiment::new(setup(THREE, 300));
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut sums = [[[0.0; 2]; 256]; 2];
    serve(&experiment, 0..120, 0.0, &mut rng, &mut sums);
    experiment.take_look().unwrap();
    let next = Experiment::resume(experiment.part()).unwrap();
    assert!(next.take_look().is_err());
    let mut sum = experiment.part();
    let other = Experiment::new(setup(THREE, 300));
    serve(&other, 120..240, 0.0, &mut rng, &mut sums);
    sum.merge(&other.part()).unwrap();
    sum.take_look().unwrap();
    let said = sum.take_look().unwrap_err().to_string();
    assert!(
        said.contains("240 units are there, the next look is at 300"),
        "{said}"
    );
    let mut turned = other.part();
    turned.merge(&sum).unwrap();
    assert!(
        turned.take_look().is_err(),
        "who has taken the looks has them all"
    );
    let any = setup(THREE, 300).with_looks(Looks::Anytime).unwrap();
    assert!(sum.merge(&Experiment::new(any).part()).is_err());
    for looks in [0, 1, 21] {
        let refused = setup(Looks::One, 300).with_looks(Looks::GroupSequential { looks });
        assert!(matches!(refused, Err(ExperimentError::OutOfRange { .. })));
    }
    #[cfg(feature = "serde")]
    {
        use switchstand::experiment::Part;
        let stored = serde_json::to_string(&sum).unwrap();
        assert_eq!(serde_json::from_str::<Part>(&stored).unwrap(), sum);
    }
}

#[test]
fn a_planned_look_at_rare_events_says_what_is_missing() {
    let metric = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.1);
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [metric]).unwrap();
    let setup = setup.with_planned_units(400).unwrap();
    let experiment = Experiment::new(setup.with_looks(Looks::One).unwrap());
    let errors = experiment.metric("errors").unwrap();
    for unit in 0..400_u64 {
        let arm = arms(&experiment)[(unit % 2) as usize];
        experiment.expose_arm(arm, unit).unwrap();
        if unit < 19 {
            experiment.record(errors, unit, 1.0).unwrap();
        }
    }
    let read = experiment.take_look().unwrap();
    let missing = Missing::TooFewEvents {
        found: 19,
        needed: 20,
    };
    assert_eq!(comparison(&read, 0).test, Err(missing), "{read}");
}

/// Returns how often looks at these sizes ever call arms different that differ by the effect, at
/// 5 %.
fn called_different(looks: &[u64], spread: f64, effect: f64, runs: u64) -> f64 {
    let most = *looks.last().unwrap() as f64;
    let fractions: Vec<f64> = looks.iter().map(|&units| units as f64 / most).collect();
    let fractions = Fractions::new(&fractions).unwrap();
    let (spending, alpha) = (Spending::OBRIEN_FLEMING, Alpha::FIVE_PERCENT);
    let design = GroupSequential::new(&fractions, spending, alpha, Sides::Two).unwrap();
    let levels: Vec<f64> = design
        .looks()
        .iter()
        .map(|look| 2.0 * normal_sf(look.boundary))
        .collect();
    let run = |seed: &u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(*seed);
        let mut sums = [[[0.0; 2]; 256]; 2];
        let mut next = 0;
        looks.iter().zip(&levels).any(|(&look, level)| {
            for unit in next..look {
                let side = (unit % 2) as usize;
                // Log-normal with this spread, or normal with none.
                let value = match spread {
                    0.0 => normal(&mut rng),
                    _ => (spread * normal(&mut rng)).exp(),
                };
                let group = &mut sums[side][rng.random_range(0..256)];
                *group = [group[0] + value + effect * side as f64, group[1] + 1.0];
            }
            next = look;
            p_once(&sums).is_some_and(|p| p < *level)
        })
    };
    (0..runs).filter(run).count() as f64 / runs as f64
}

/// Returns how often the score test of one look calls equal rates different, at 5 %.
fn rates_called_different(rate: f64, share: f64, units: u64, runs: u64) -> f64 {
    let run = |seed: &u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(*seed);
        let (mut n, mut x) = ([0_u64; 2], [0_u64; 2]);
        for _ in 0..units {
            let side = usize::from(rng.random::<f64>() < share);
            n[side] += 1;
            x[side] += u64::from(rng.random::<f64>() < rate);
        }
        if x[0] + x[1] < 20 || n[1] == 0 {
            return false;
        }
        let [a, b] = [0, 1].map(|arm| Counts::new(x[arm], n[arm]).unwrap());
        let alpha = Alpha::FIVE_PERCENT;
        miettinen_nurminen(&a, &b, alpha, Alternative::TwoSided)
            .is_ok_and(|test| test.p.value < 0.05)
    };
    (0..runs).filter(run).count() as f64 / runs as f64
}

#[test]
fn x1_equal_arms_are_seldom_called_different_at_planned_looks() {
    for looks in [&[240][..], &[80, 160, 240]] {
        let found = called_different(looks, 0.0, 0.0, 400);
        assert!(found <= limit(0.05, 400), "{looks:?}: {found}");
    }
    let found = rates_called_different(0.05, 0.5, 500, 400);
    assert!(found <= limit(0.05, 400), "{found}");
}

#[test]
fn x1_fewer_looks_need_fewer_units_and_find_what_was_planned_for() {
    let metric = Metric::goal("m", Kind::Mean, Worse::Higher, 0.0);
    let rate = Metric::goal("r", Kind::Rate, Worse::Higher, 0.0);
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [metric]).unwrap();
    let effect = Expected::values(0.15, 1.0);
    let [(_, any), (_, one), (_, some)] = setup.units_by_looks("m", effect, 0.8).unwrap();
    assert!(one < some && some < any, "{one} {some} {any}");
    assert!(
        some as f64 <= 1.03 * one as f64,
        "five looks cost 3 % at most"
    );
    // 2 (z + z)^2 / 0.15^2 units of each arm, and a few for the t law and the rule on evenness.
    let by_hand = 2.0 * 2.0 * (1.959_96_f64 + 0.841_62).powi(2) / 0.0225;
    assert!(
        (1.0..1.1).contains(&(one as f64 / by_hand)),
        "{one} {by_hand}"
    );
    let found = called_different(&[one], 0.0, 0.15, 100);
    assert!(found >= 0.7, "{found} of {one}");
    let fifth = some / 5;
    let looks = [1, 2, 3, 4, 5].map(|look| look * fifth);
    let found = called_different(&looks, 0.0, 0.15, 100);
    assert!(found >= 0.7, "{found} of {some}");
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [rate]).unwrap();
    let rates = Expected::rates(0.05, 0.10);
    let [(_, any), (_, one), (_, some)] = setup.units_by_looks("r", rates, 0.8).unwrap();
    println!("rates: {any} {one} {some}");
    assert!(one < some && some < any, "{one} {some} {any}");
}

#[test]
#[ignore = "4,000 runs of each cell take a minute; it writes the guide's table"]
fn x1_the_long_simulation_of_planned_looks_writes_the_table_of_the_guide() {
    let runs = 4_000;
    println!("| values | one look | three | five |");
    println!("|---|---|---|---|");
    let mut over = Vec::new();
    for (name, spread) in [
        ("normal", 0.0),
        ("log-normal, sigma .5", 0.5),
        ("log-normal, sigma 1", 1.0),
    ] {
        let cells = [1, 3, 5].map(|looks| {
            let sizes = [300, 3_000].map(|most: u64| {
                let looks: Vec<u64> = (1..=looks).map(|look| most * look / looks).collect();
                called_different(&looks, spread, 0.0, runs)
            });
            sizes.into_iter().fold(0.0, f64::max)
        });
        println!(
            "| {name} | {:.4} | {:.4} | {:.4} |",
            cells[0], cells[1], cells[2]
        );
        over.extend(cells.into_iter().filter(|cell| *cell > limit(0.05, runs)));
    }
    for rate in [0.01, 0.05, 0.2, 0.5] {
        let cells = [0.5, 0.1].map(|share| {
            let units = (60.0 / rate) as u64;
            rates_called_different(rate, share, units, runs)
        });
        println!(
            "| rate {rate}, share .5 and .1 | {:.4}, {:.4} | - | - |",
            cells[0], cells[1]
        );
        over.extend(cells.into_iter().filter(|cell| *cell > limit(0.05, runs)));
    }
    assert!(over.is_empty(), "above the limit: {over:?}");
}
