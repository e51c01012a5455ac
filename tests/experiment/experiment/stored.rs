//! How a part is stored, and what is refused.

use serde_json::{Value, json};
use switchstand::experiment::{Experiment, Kind, Metric, Part, Setup, Source};
use switchstand::stats::Alpha;
use switchstand::stats::Worse;

use crate::experiment::{arms, experiment, expose};

/// An experiment whose numbers have as many digits as a number can have.
fn stored() -> (Part, Value) {
    let third = 1.0 / 3.0;
    let metrics = [
        Metric::goal("score", Kind::Mean, Worse::Lower, third / 7.0),
        Metric::guardrail("failed", Kind::Rate, Worse::Higher, third)
            .from_requests(Source::Failures),
        Metric::watched("p", Kind::Quantile { order: third }),
        Metric::watched("load", Kind::Gauge),
    ];
    let setup = Setup::new("r", [("a", 1), ("b", 2), ("c", 3)], metrics).unwrap();
    let setup = setup.with_alpha(Alpha::new(0.05 / 3.0).unwrap());
    let experiment = Experiment::new(setup.with_units_per_day(third).unwrap());
    let [score, p, load] = ["score", "p", "load"].map(|name| experiment.metric(name).unwrap());
    for unit in 0..60_u64 {
        let arm = experiment
            .arm(["a", "b", "c"][(unit % 3) as usize])
            .unwrap();
        experiment.expose_arm(arm, unit).unwrap();
        experiment.await_outcome(score, unit).unwrap();
        for power in [-300, -20, 0, 3, 60] {
            let value = (unit as f64 + 1.0) * third * 10.0_f64.powi(power);
            experiment.record(score, unit, value).unwrap();
            experiment.record(p, unit, value).unwrap();
            experiment.record_gauge(load, arm, -value).unwrap();
        }
    }
    let part = experiment.part();
    let value = serde_json::to_value(&part).unwrap();
    (part, value)
}

/// Collects every number of a stored form as it is written.
fn numbers(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Number(number) if number.is_f64() => found.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| numbers(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

#[test]
fn x8_a_part_is_equal_when_it_is_read_back_from_plain_json() {
    let (part, value) = stored();
    assert_eq!(serde_json::from_value::<Part>(value.clone()).unwrap(), part);
    let text = serde_json::to_string(&part).unwrap();
    assert_eq!(serde_json::from_str::<Part>(&text).unwrap(), part);
    // A reader that rounds decimals by half a bit gets those of 15 digits right.
    let mut found = Vec::new();
    numbers(&value, &mut found);
    for number in found {
        let (digits, exponent) = number.split_once('e').unwrap_or((&number, "0"));
        let digits = digits.bytes().filter(u8::is_ascii_digit).count();
        assert!(
            digits <= 16 && exponent.parse::<i32>().unwrap().abs() <= 22,
            "{number}"
        );
    }
    let setup = serde_json::to_string(part.setup()).unwrap();
    assert_eq!(
        &serde_json::from_str::<Setup>(&setup).unwrap(),
        part.setup()
    );
}

#[test]
fn a_part_of_the_first_edition_is_refused_with_the_way_out() {
    let old = json!({
        "version": 2,
        "setup": { "release": "r", "arms": ["a", "b"], "weights": [1, 1], "metrics": [],
            "alpha": 0.05, "planned": 20_000, "units_per_day": null },
        "units": { "exposures": 1, "capacity": 8, "level": 0, "arms": { "5": 0 } },
        "apart": { "fallbacks": 0, "overrides": 0, "pinned": 0, "listed": 0, "audiences": 0,
            "outside": 0 },
        "cells": [],
        "outcomes": [],
    });
    let refused = serde_json::from_value::<Part>(old.clone())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("read it out with the release that wrote it"),
        "{refused}"
    );
    let refused = serde_json::from_str::<Part>(&old.to_string())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("read it out with the release that wrote it"),
        "{refused}"
    );
    // What was decided beforehand is read to the same meaning.
    let mut setup = old["setup"].clone();
    setup["metrics"] = json!([{ "name": "clicks", "kind": "rate", "role": "watched" }]);
    let setup: Setup = serde_json::from_value(setup).unwrap();
    assert_eq!(
        setup.metrics(),
        [Metric::watched("clicks", Kind::CommonRate)]
    );
    assert!(setup.arms().eq([("a", 1), ("b", 1)]));
}

type Change<'a> = &'a dyn Fn(&mut Value);

#[test]
fn a_part_that_no_exposures_could_have_left_is_refused() {
    let (_, good) = stored();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad);
        serde_json::from_value::<Part>(bad).unwrap_err().to_string()
    };
    let changes: [(Change<'_>, &str); 8] = [
        (
            &|bad| bad["version"] = 5.into(),
            "version 5, this release reads version 4",
        ),
        (&|bad| bad["cells"] = json!([]), "fields of another version"),
        (&|bad| bad["level"] = 61.into(), "halved too often"),
        (&|bad| bad["level"] = 60.into(), "not in the sample"),
        (
            &|bad| bad["exposures"] = 0.into(),
            "more units than exposures",
        ),
        (
            &|bad| bad["packed"] = "AAAA".into(),
            "packed units cannot be read",
        ),
        (
            &|bad| bad["gauges"]["by_metric"] = json!([]),
            "not those of the metrics",
        ),
        (&|bad| bad["course"]["dropped"] = 1.into(), "no candidate"),
    ];
    for (change, why) in changes {
        let said = refused(change);
        assert!(said.contains(why), "{why}: {said}");
    }
}

/// A part as version 3 wrote it: a row of text for each unit.
fn of_version_3() -> Value {
    let mut old = stored().1;
    let fields = old.as_object_mut().unwrap();
    for new in ["packed", "items", "excluded"] {
        fields.remove(new);
    }
    fields.insert("version".to_owned(), 3.into());
    fields.insert(
        "rows".to_owned(),
        json!([
            [5, 1, 0, 17, []],
            [
                7,
                2,
                2,
                200,
                [[4.5, 3, 5], [1, 1, 0], ["3fd5555555555555", 2, 0]]
            ],
            [u64::MAX, 7, 4, 0, [[0, 1, 0], [0, 0, 0], [0, 0, 1]]],
        ]),
    );
    old
}

#[test]
fn x8_a_part_of_the_version_before_is_read_on() {
    let part: Part = serde_json::from_value(of_version_3()).unwrap();
    assert_eq!(part.units(), 3);
    let read = part.read_out().unwrap();
    let units: Vec<u64> = read.checks.arms.iter().map(|arm| arm.units).collect();
    assert_eq!((units, read.checks.crossed), (vec![1, 1, 0], 1), "{read}");
    assert_eq!(read.findings[0].comparisons[0].value, Some(1.5), "{read}");
    let stored = serde_json::to_string(&part).unwrap();
    assert!(stored.contains("\"version\":4"), "{stored}");
    assert_eq!(serde_json::from_str::<Part>(&stored).unwrap(), part);
    // What was stored as failures counts what it counted then.
    let source = part.setup().metrics()[1].source();
    assert_eq!(source, Source::Failures);
    let text = of_version_3()
        .to_string()
        .replace("bad_endings", "failures");
    let part: Part = serde_json::from_str(&text).unwrap();
    assert_eq!(part.setup().metrics()[1].source(), Source::Failed);

    let refused = |change: Change<'_>| {
        let mut bad = of_version_3();
        change(&mut bad);
        serde_json::from_value::<Part>(bad).unwrap_err().to_string()
    };
    let changes: [(Change<'_>, &str); 7] = [
        (
            &|bad| bad["rows"][0][1] = 8.into(),
            "an arm that there is not",
        ),
        (
            &|bad| bad["rows"][0][2] = 8.into(),
            "an arm that there is not",
        ),
        (
            &|bad| bad["rows"][0][4] = json!([[0, 0, 0]]),
            "not those of the metrics",
        ),
        (
            &|bad| bad["rows"][1][4][0][1] = 0.into(),
            "a sum without values",
        ),
        (
            &|bad| bad["rows"][1][0] = bad["rows"][0][0].clone(),
            "listed twice",
        ),
        (
            &|bad| bad["packed"] = "".into(),
            "fields of another version",
        ),
        (
            &|bad| bad["rows"][1][4][0][0] = "7ff0000000000000".into(),
            "not finite",
        ),
    ];
    for (change, why) in changes {
        let said = refused(change);
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn a_read_out_serialises_for_a_machine() {
    let experiment = experiment([crate::experiment::clicks()]);
    for (arm, first) in arms(&experiment).into_iter().zip([0, 100]) {
        expose(&experiment, arm, first..first + 30);
    }
    let read = serde_json::to_value(experiment.read_out().unwrap()).unwrap();
    assert_eq!(read["checks"]["arms"][1]["units"], 30);
    let comparison = &read["findings"][0]["comparisons"][0];
    assert_eq!(comparison["arm"], "b");
    let missing = comparison["test"]["missing"].as_str().unwrap();
    assert!(missing.contains("0 units of the control"), "{missing}");
    assert!(read["verdict"]["keep_running"].is_object());
}
