//! What setups of experiments are asked, and how their parts are refused.

use serde_json::{Value, json};
use switchstand::experiment::{Experiment, Finding, Kind, Metric, Part, Role, Setup};
use switchstand::stats::Worse;

use crate::said::{Said, number, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Setup" => said(form, setup),
        "Metric" => said(form, metric),
        "Part" => (form.clone(), part(form)),
        _ => panic!("unknown kind {kind}"),
    }
}

/// Returns what of the first meaning still holds.
pub(crate) fn held(kind: &str, meaning: &Value) -> Value {
    match kind {
        // Tests, verdict and text follow new rules: what they are made from is the same.
        "Setup" => {
            let read = &meaning[3]["Ok"];
            let [labels, units, requests] = [0, 1, 2].map(|place| &read["units"][place]);
            let findings = read["findings"].as_array().unwrap().iter();
            json!([meaning[0], meaning[1], meaning[2], {
                "alpha": read["alpha"],
                "arms": [labels, units],
                "requests": requests[0],
                "crossed": requests[1],
                "sampled": read["sampled"],
                "sample_ratio": read["sample_ratio"],
                "findings": findings.map(|one| json!([one[0], one[1], one[2]])).collect::<Vec<_>>(),
            }])
        }
        // Parts are refused: they hold no unit's values. What was decided beforehand is read on.
        "Part" => meaning["setup"].clone(),
        _ => meaning.clone(),
    }
}

fn metric(read: &Metric) -> Value {
    let kind = match read.kind() {
        // What the first edition called a rate had trials.
        Kind::CommonRate => json!("rate"),
        Kind::Mean => json!("mean"),
        Kind::Ratio => json!("ratio"),
        Kind::Quantile { order } => json!(["quantile", order]),
        Kind::Count => json!("count"),
        Kind::Gauge => json!("gauge"),
        _ => panic!("unknown kind of metric"),
    };
    let side = |worse| match worse {
        Worse::Higher => "higher",
        Worse::Lower => "lower",
    };
    let role = match read.role() {
        Role::Goal { worse, worth } => json!(["goal", side(worse), worth]),
        Role::Guardrail { worse, margin } => json!(["guardrail", side(worse), margin]),
        Role::Watched => json!("watched"),
    };
    json!([read.name(), kind, role])
}

/// Says the metrics of a setup that the first edition wrote.
fn metrics(read: &Setup) -> Value {
    json!(read.metrics().iter().map(metric).collect::<Vec<_>>())
}

/// Says the parts of a setup, and what an experiment under it reads once it has served 900 units.
fn setup(read: &Setup) -> Value {
    let experiment = Experiment::new(read.clone());
    let all = ["v1", "v2", "v3", "red", "blue"];
    let known: Vec<&str> = all
        .into_iter()
        .filter(|name| experiment.arm(name).is_ok())
        .collect();
    let [a, b] = known[..] else {
        panic!("two arms")
    };
    serve(&experiment, [a, b], 0..900);
    json!([
        read.release(),
        known,
        metrics(read),
        read_out(&experiment.part())
    ])
}

/// Serves these units, every other one by the second arm.
fn serve(experiment: &Experiment, arms: [&str; 2], units: core::ops::Range<u64>) {
    for unit in units {
        let side = (unit % 2) as usize;
        let arm = experiment.arm(arms[side]).unwrap();
        let key = unit.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        experiment.expose_arm(arm, key).unwrap();
        for one in experiment.setup().metrics() {
            let id = experiment.metric(one.name()).unwrap();
            let value = (unit * 31 % 97) as f64 / 97.0 + 0.25 * side as f64;
            match one.kind() {
                Kind::Gauge => experiment.record_gauge(id, arm, value).unwrap(),
                Kind::Ratio => {
                    let below = 1.0 + (unit % 3) as f64;
                    experiment.record_ratio(id, key, value, below).unwrap();
                }
                Kind::CommonRate => {
                    let value = f64::from(u8::from(value > 0.5));
                    experiment.record(id, key, value).unwrap();
                }
                _ => {
                    experiment.record(id, key, value).unwrap();
                }
            }
        }
    }
}

/// Says the setup of a part, which is refused itself.
fn part(form: &Value) -> Value {
    let refused = serde_json::from_value::<Part>(form.clone()).unwrap_err();
    let refused = refused.to_string();
    for words in [
        "the first edition",
        "read it out with the release that wrote it",
    ] {
        assert!(refused.contains(words), "{refused}");
    }
    let read: Setup = serde_json::from_value(form["setup"].clone()).unwrap();
    json!([read.release(), metrics(&read)])
}

fn read_out(part: &Part) -> Value {
    let read = part.read_out().unwrap();
    let finding = |finding: &Finding| {
        let [candidate] = &finding.comparisons[..] else {
            panic!("one candidate")
        };
        json!([
            finding.metric,
            [finding.value, candidate.value],
            finding.pending
        ])
    };
    let seen = &read.checks;
    let arms = seen.arms.iter().map(|arm| (&arm.arm, arm.units));
    let (labels, units): (Vec<_>, Vec<_>) = arms.unzip();
    json!({
        "alpha": read.alpha.get(),
        "arms": [json!(labels), json!(units)],
        "requests": seen.requests,
        "crossed": seen.crossed,
        "sampled": seen.units_sampled,
        "sample_ratio": seen.sample_ratio_p.as_ref().map(|p| number(p.value)),
        "findings": read.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
