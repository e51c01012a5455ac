//! How many bytes a stored unit takes, and that it comes back from a binary format.

use switchstand::experiment::{Experiment, Kind, Metric, Part, Setup, UnitEvent};
use switchstand::stats::Worse;
use switchstand::{Policy, Secret, Timestamp};

/// Units of two arms with one rate, one in four with an event.
fn rates(units: u64) -> Part {
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [errors]).unwrap();
    let experiment = Experiment::new(setup);
    let arms = ["a", "b"].map(|label| experiment.arm(label).unwrap());
    let errors = experiment.metric("errors").unwrap();
    for unit in 0..units {
        experiment
            .expose_arm(arms[(unit % 2) as usize], unit)
            .unwrap();
        experiment
            .record(errors, unit, f64::from(u8::from(unit % 8 < 2)))
            .unwrap();
    }
    experiment.part()
}

/// Units of all that a part can hold: many arms, crossed and told ones, announced outcomes, items.
fn all_kinds() -> Part {
    let labels: Vec<String> = (0..20).map(|arm| format!("v{arm:02}")).collect();
    let week = core::time::Duration::from_secs(604_800);
    let metrics = [
        Metric::goal("mean", Kind::Mean, Worse::Lower, 0.1).adjusted(),
        Metric::watched("ratio", Kind::Ratio).within(week),
        Metric::watched("p", Kind::Quantile { order: 0.9 }),
        Metric::watched("load", Kind::Gauge),
        Metric::watched("n", Kind::Count).within(week).once(),
    ];
    let arms = labels.iter().map(|label| (label.as_str(), 1));
    let setup = Setup::new("r", arms, metrics).unwrap();
    let setup = setup.with_units_per_day(1.0 / 3.0).unwrap();
    let experiment = Experiment::keyed(setup, &Secret::new(*b"0123456789abcdef"));
    let arm = |place: u64| experiment.arm(&labels[place as usize]).unwrap();
    let [mean, ratio, p, load, n] =
        ["mean", "ratio", "p", "load", "n"].map(|name| experiment.metric(name).unwrap());
    for unit in 0..400_u64 {
        let at = Timestamp::from_secs(1_700_000_000 + unit);
        experiment.expose_arm_at(arm(unit % 20), unit, at).unwrap();
        if unit % 7 == 0 {
            experiment.expose_arm_at(arm(unit % 3), unit, at).unwrap();
        }
        experiment.await_outcome(mean, unit).unwrap();
        for number in 0..unit % 20 {
            let value = (unit as f64 - 200.0) / 3.0 * number as f64;
            experiment.record(mean, unit, value).unwrap();
            experiment.record(p, unit, value.abs()).unwrap();
            let event = UnitEvent::ratio(value, 3.0).at(at);
            experiment.record_event(ratio, unit, event).unwrap();
            let event = UnitEvent::value(1.0).at(at).id(number / 2);
            experiment.record_event(n, unit, event).unwrap();
        }
        experiment.record_gauge(load, arm(unit % 20), 0.1).unwrap();
        if unit % 50 == 0 {
            experiment.exclude(unit);
        }
    }
    // Outcomes that name an arm: that of the exposure, or another one.
    let policy = Policy::ab_test("r", labels.iter().map(|label| (label.as_str(), 1)));
    let plan = policy
        .compile("v00", labels.iter().skip(1).map(String::as_str))
        .unwrap();
    for unit in 2_000..2_100_u64 {
        let assignment = plan.assignment(unit);
        let drawn = experiment.arm(assignment.arm.as_deref().unwrap()).unwrap();
        let at = Timestamp::from_secs(1);
        let exposed = if unit % 2 == 0 { drawn } else { arm(unit % 20) };
        experiment.expose_arm_at(exposed, unit, at).unwrap();
        experiment.record_for(&assignment, mean, unit, 2.0).unwrap();
    }
    // Outcomes of which no exposure is known here.
    for unit in 1_000..1_020_u64 {
        let event = UnitEvent::ratio(-0.0, 1.0).at(Timestamp::from_secs(5));
        experiment.record_event(ratio, unit, event).unwrap();
        experiment.record(mean, unit, 3.0).unwrap();
    }
    experiment.part()
}

#[test]
fn x8_a_part_comes_back_from_a_binary_format_that_names_no_fields() {
    for part in [rates(3_000), all_kinds()] {
        let bytes = postcard::to_stdvec(&part).unwrap();
        assert_eq!(postcard::from_bytes::<Part>(&bytes).unwrap(), part);
        let text = serde_json::to_string(&part).unwrap();
        assert_eq!(serde_json::from_str::<Part>(&text).unwrap(), part);
        let setup = postcard::to_stdvec(part.setup()).unwrap();
        assert_eq!(
            &postcard::from_bytes::<Setup>(&setup).unwrap(),
            part.setup()
        );
        for cut in (0..bytes.len()).step_by(97) {
            assert!(
                postcard::from_bytes::<Part>(&bytes[..cut]).is_err(),
                "{cut}"
            );
        }
    }
}

#[test]
fn a_unit_with_a_rate_takes_less_than_ten_bytes() {
    let units = 1 << 16;
    let part = rates(units);
    let per_unit = |bytes: usize| bytes as f64 / units as f64;
    let binary = per_unit(postcard::to_stdvec(&part).unwrap().len());
    let text = per_unit(serde_json::to_vec(&part).unwrap().len());
    println!("{binary:.2} bytes a unit, {text:.2} in text");
    assert!(binary < 10.0, "{binary}");
    assert!(text < 14.0, "{text}");
}

#[test]
fn x8_a_kind_keeps_its_place_in_a_binary_format() {
    let order = 0.5;
    let kinds = [
        Kind::Rate,
        Kind::CommonRate,
        Kind::Mean,
        Kind::Ratio,
        Kind::Quantile { order },
        Kind::Count,
        Kind::Gauge,
        Kind::RequestQuantile { order },
    ];
    for (place, kind) in (0_u8..).zip(kinds) {
        let stored = postcard::to_stdvec(&kind).unwrap();
        assert_eq!(stored[0], place, "{kind:?}");
    }
}
