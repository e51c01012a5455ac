//! Segments: exploratory, counted, and compared with the whole.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::experiment::{
    Experiment, ExperimentError, Kind, Log, LogError, Metric, Missing, ReadOut, Setup, Verdict,
};
use switchstand::stats::Worse;

use crate::experiment::simulation::{limit, normal};
use crate::experiment::{arms, test};

const COUNTRIES: [&str; 3] = ["ES", "FR", "IT"];

fn setup(kind: Kind) -> Setup {
    let metrics = [
        Metric::goal("spent", kind, Worse::Lower, 0.1),
        Metric::watched("load", Kind::Gauge),
    ];
    let setup = Setup::new("ranker-ab-7", [("a", 1), ("b", 1)], metrics).unwrap();
    let setup = setup.with_segments("country", COUNTRIES).unwrap();
    setup.with_capacity(1 << 13).unwrap()
}

/// Units in turn, of the countries in turn, with a normal value that the candidate changes by the
/// effect of the country.
fn served(units: u64, effects: [f64; 3], seed: u64) -> Experiment {
    let experiment = Experiment::new(setup(Kind::Mean));
    let spent = experiment.metric("spent").unwrap();
    let arms = arms(&experiment);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for unit in 0..units {
        let side = (unit % 2) as usize;
        let country = (unit / 2 % 3) as usize;
        let unit = unit + (seed << 32);
        experiment.expose_arm(arms[side], unit).unwrap();
        experiment
            .note_segment(unit, "country", COUNTRIES[country])
            .unwrap();
        let value = normal(&mut rng) + effects[country] * side as f64;
        experiment.record(spent, unit, value).unwrap();
    }
    experiment
}

fn read(experiment: &Experiment) -> ReadOut {
    experiment.read_out().unwrap()
}

#[test]
fn a_segment_reads_as_an_experiment_on_its_units_alone() {
    let experiment = served(6_000, [0.0, 0.3, 0.6], 1);
    let whole = read(&experiment);
    assert_eq!((whole.segments.len(), whole.segment_family), (3, 3));
    for (place, segment) in whole.segments.iter().enumerate() {
        assert_eq!(
            (segment.division.as_str(), segment.units),
            ("country", 2_000)
        );
        assert_eq!(segment.segment, COUNTRIES[place]);
        // The same units in an experiment of their own, at a third of the error rate.
        let own = Experiment::new(
            Setup::new(
                "r",
                [("a", 1), ("b", 1)],
                setup(Kind::Mean).metrics().to_vec(),
            )
            .unwrap()
            .with_alpha(switchstand::stats::Alpha::new(0.05 / 3.0).unwrap()),
        );
        let spent = own.metric("spent").unwrap();
        let own_arms = arms(&own);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for unit in 0..6_000_u64 {
            let (side, country) = ((unit % 2) as usize, (unit / 2 % 3) as usize);
            let effect = [0.0, 0.3, 0.6][country];
            let value = normal(&mut rng) + effect * side as f64;
            if country == place {
                let unit = unit + (1 << 32);
                own.expose_arm(own_arms[side], unit).unwrap();
                own.record(spent, unit, value).unwrap();
            }
        }
        let expected = test(&read(&own), 0);
        let found = segment.findings[0].comparisons[0].test.clone().unwrap();
        assert!((found.effect - expected.effect).abs() < 1e-12, "{whole}");
        assert!((found.interval.lower - expected.interval.lower).abs() < 1e-9);
        assert!((found.adjusted_p - (expected.p.value * 3.0).min(1.0)).abs() < 1e-9);
        assert!(segment.contradicts.is_empty() && segment.findings.len() == 1);
    }
    let text = whole.to_string();
    assert!(
        text.contains("exploratory, they decide nothing. 3 comparisons"),
        "{text}"
    );
    assert!(
        text.contains("country: of 0 of 6000 units no segment was noted"),
        "{text}"
    );
    assert!(text.contains("country: FR"), "{text}");
    // Segments take nothing from the verdict: neither the family nor the interval knows of them.
    assert_eq!((whole.family, test(&whole, 0).alpha), (1, whole.alpha));
    assert!(matches!(whole.verdict, Verdict::Ship { .. }), "{whole}");
}

#[test]
fn a_segment_that_contradicts_the_whole_is_warned_of() {
    let found = read(&served(6_000, [0.5, 0.5, -0.5], 2));
    let names: Vec<usize> = found
        .segments
        .iter()
        .map(|one| one.contradicts.len())
        .collect();
    assert_eq!(names, [0, 0, 1], "{found}");
    assert_eq!(
        found.segments[2].contradicts,
        [("spent".to_owned(), "b".to_owned())]
    );
    let said = "WARNING: country: IT: the effect of b on spent contradicts that of the whole";
    assert!(found.to_string().contains(said), "{found}");
    assert!(found.reversed.is_empty());
}

#[test]
fn an_effect_that_all_segments_contradict_is_said_to_come_from_their_sizes() {
    // Better in each country by little, but its records come from the country with low values.
    let experiment = Experiment::new(setup(Kind::Mean));
    let spent = experiment.metric("spent").unwrap();
    let arms = arms(&experiment);
    for unit in 0..1_200_u64 {
        let (side, country) = ((unit % 2) as usize, (unit / 2 % 2) as usize);
        experiment.expose_arm(arms[side], unit).unwrap();
        experiment
            .note_segment(unit, "country", COUNTRIES[country])
            .unwrap();
        let base = [0.0, 10.0][country];
        let records = if side == country { 1 } else { 9 };
        for _ in 0..records {
            let value = base + 0.5 * side as f64 + (unit * 31 % 7) as f64 / 7.0;
            experiment.record(spent, unit, value).unwrap();
        }
    }
    let found = read(&experiment);
    assert!(test(&found, 0).effect < -5.0, "{found}");
    let names = ["country", "spent", "b"].map(str::to_owned);
    assert_eq!(found.reversed, [names], "{found}");
    let said = "in every segment the effect of b on spent is of the other sign than in the whole";
    assert!(found.to_string().contains(said), "{found}");
}

#[test]
fn a_segment_that_depends_on_the_arm_is_not_compared() {
    let experiment = served(2_000, [0.0; 3], 3);
    for unit in 0..300_u64 {
        experiment.expose_arm(arms(&experiment)[1], unit).unwrap();
        experiment
            .expose_arm(arms(&experiment)[0], 1_000 + unit)
            .unwrap();
        experiment.note_segment(unit, "country", "ES").unwrap();
    }
    let found = read(&experiment);
    assert!(found.checks.sample_ratio_p.unwrap().value > 0.01);
    let tests = found
        .segments
        .iter()
        .map(|one| &one.findings[0].comparisons[0].test);
    let uneven: Vec<bool> = tests
        .map(|test| *test == Err(Missing::UnevenSegment))
        .collect();
    assert_eq!(uneven, [true, false, false], "{found}");
    let said = "country: of 300 of 2600 units no segment was noted";
    assert!(found.to_string().contains(said), "{found}");
}

#[test]
fn segments_of_parts_add_up_and_come_back() {
    let whole = served(3_000, [0.0, 0.3, 0.6], 4);
    let [one, other] = [0; 2].map(|_| Experiment::new(setup(Kind::Mean)));
    // Segments are noted on one server, exposures and outcomes on another.
    let spent = one.metric("spent").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for unit in 0..3_000_u64 {
        let (side, country) = ((unit % 2) as usize, (unit / 2 % 3) as usize);
        let value = normal(&mut rng) + [0.0, 0.3, 0.6][country] * side as f64;
        let unit = unit + (4 << 32);
        one.expose_arm(arms(&one)[side], unit).unwrap();
        one.record(spent, unit, value).unwrap();
        other
            .note_segment(unit, "country", COUNTRIES[country])
            .unwrap();
    }
    let mut sum = one.part();
    sum.merge(&other.part()).unwrap();
    assert_eq!(sum, whole.part());
    let next = Experiment::resume(sum).unwrap();
    assert_eq!(read(&next), read(&whole));
    #[cfg(feature = "serde")]
    {
        use switchstand::experiment::Part;
        let stored = serde_json::to_string(&whole.part()).unwrap();
        assert_eq!(serde_json::from_str::<Part>(&stored).unwrap(), whole.part());
        let fewer = stored.replace("[\"ES\",\"FR\",\"IT\"]", "[\"ES\",\"FR\"]");
        let refused = serde_json::from_str::<Part>(&fewer)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("a segment that there is not"), "{refused}");
    }
}

#[test]
fn divisions_and_segments_that_cannot_be_are_refused() {
    let setup = || setup(Kind::Mean);
    let again = setup().with_segments("country", ["x"]);
    assert!(matches!(
        again,
        Err(ExperimentError::NameTaken {
            what: "divisions",
            ..
        })
    ));
    let twice = setup().with_segments("tier", ["x", "x"]);
    assert!(matches!(
        twice,
        Err(ExperimentError::NameTaken {
            what: "segments",
            ..
        })
    ));
    let many: Vec<String> = (0..98).map(|number| number.to_string()).collect();
    let many = setup().with_segments("many", many.iter().map(String::as_str));
    assert!(matches!(many, Err(ExperimentError::OutOfRange { .. })));
    let experiment = Experiment::new(setup());
    for (division, segment) in [("tier", "ES"), ("country", "DE")] {
        let unknown = experiment.note_segment(1_u64, division, segment);
        assert!(matches!(unknown, Err(ExperimentError::Unknown { .. })));
    }
    assert_eq!(experiment.part().units(), 0);
    let log = Log::new("exposure", "outcome").unwrap();
    let query = setup().sql(&log).unwrap();
    let column = "CASE WHEN e.country = 'ES' THEN 256 WHEN e.country = 'FR' THEN 512";
    assert!(query.contains(column), "{query}");
    let other = log.clone().with_segment_column("country", "market");
    assert!(
        setup()
            .sql(&other.unwrap())
            .unwrap()
            .contains("e.market = 'ES'")
    );
    // What is no column's name wants one.
    let spaced = setup().with_segments("how paid", ["card"]).unwrap();
    let refused = spaced.sql(&log).unwrap_err();
    assert!(matches!(refused, LogError::Name { .. }), "{refused}");
    let plain = Setup::new(
        "ranker-ab-7",
        [("a", 1), ("b", 1)],
        setup().metrics().to_vec(),
    );
    let mut part = Experiment::new(plain.unwrap()).part();
    assert!(part.merge(&experiment.part()).is_err());
}

/// Returns how often, of equal arms, any of twenty segments is ever called different, and how often
/// it would be if each had the whole error rate.
fn equal_arms(runs: u64, units: u64) -> [f64; 2] {
    let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let metric = Metric::goal("spent", Kind::Mean, Worse::Lower, 0.1);
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [metric]).unwrap();
    let setup = setup.with_segments("group", names.iter().map(String::as_str));
    let setup = setup.unwrap().with_planned_units(units).unwrap();
    let setup = setup.with_capacity(1 << 13).unwrap();
    let mut shares = [0.0; 2];
    for seed in 0..runs {
        let experiment = Experiment::new(setup.clone());
        let spent = experiment.metric("spent").unwrap();
        let arms = arms(&experiment);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut different, mut next) = ([false; 2], 1_200);
        for unit in 0..units {
            let side = usize::from(rng.random::<bool>());
            let key = unit + (seed << 32);
            experiment.expose_arm(arms[side], key).unwrap();
            let name = &names[rng.random_range(0..20)];
            experiment.note_segment(key, "group", name).unwrap();
            experiment.record(spent, key, normal(&mut rng)).unwrap();
            if unit + 1 < next {
                continue;
            }
            next = next * 5 / 4;
            for segment in &read(&experiment).segments {
                if let Ok(test) = &segment.findings[0].comparisons[0].test {
                    different[0] |= test.adjusted_p < 0.05;
                    different[1] |= test.p.value < 0.05;
                    assert_eq!(different[0], different[0] || !test.interval.contains(0.0));
                }
            }
        }
        for (share, different) in shares.iter_mut().zip(different) {
            *share += f64::from(u8::from(different)) / runs as f64;
        }
    }
    shares
}

#[test]
#[ignore = "1,000 runs of 6,000 units take minutes; it writes a figure of the guide"]
fn x1_the_long_simulation_of_segments_writes_a_figure_of_the_guide() {
    let [together, each] = equal_arms(1_000, 6_000);
    println!("any of 20 segments called different: {together:.4}; each at 5 %: {each:.4}");
    assert!(together <= limit(0.05, 1_000), "{together}");
    assert!(each > limit(0.05, 1_000), "{each}: the family matters");
}
