//! What experiments and their parts are asked.

use serde_json::{Value, json};
use switchstand::Reason;
use switchstand::experiment::{Experiment, Kind, Metric, Part, ReadOut, Role, Setup, Worse};

use crate::said::{Said, number, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Setup" => said(form, setup),
        "Metric" => said(form, metric),
        "Part" => said(form, part),
        _ => panic!("unknown kind {kind}"),
    }
}

fn metric(read: &Metric) -> Value {
    let kind = match read.kind() {
        Kind::Rate => json!("rate"),
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
    let metrics = read.metrics().iter().map(metric).collect::<Vec<_>>();
    json!([read.release(), known, metrics, read_out(&experiment.part())])
}

/// Serves these units, every other one by the second arm.
pub(crate) fn serve(experiment: &Experiment, arms: [&str; 2], units: core::ops::Range<u64>) {
    let setup = experiment.part();
    let metrics = setup.setup().metrics();
    for unit in units {
        let side = (unit % 2) as usize;
        let arm = experiment.arm(arms[side]).unwrap();
        experiment.expose(
            unit.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            Some(arm),
            Reason::Split,
        );
        for one in metrics {
            let id = experiment.metric(one.name()).unwrap();
            let value = (unit * 31 % 97) as f64 / 97.0 + 0.25 * side as f64;
            let done = match one.kind() {
                Kind::Rate => experiment.record(arm, id, unit, f64::from(u8::from(value > 0.5))),
                Kind::Ratio => {
                    experiment.record_ratio(arm, id, unit, value, 1.0 + (unit % 3) as f64)
                }
                _ => experiment.record(arm, id, unit, value),
            };
            done.unwrap();
        }
    }
}

fn part(read: &Part) -> Value {
    let apart = read.apart();
    let mut twice = read.clone();
    twice.merge(read).unwrap();
    json!({
        "setup": [json!(read.setup().release()), json!(read.setup().metrics().iter().map(metric).collect::<Vec<_>>())],
        "apart": [apart.fallbacks, apart.overrides, apart.pinned, apart.listed, apart.audiences, apart.outside],
        "sampled": read.units_sampled(),
        "read_out": read_out(read),
        "twice": read_out(&twice),
    })
}

fn read_out(part: &Part) -> Value {
    let numbers = |read: &ReadOut| {
        let finding = |finding: &switchstand::experiment::Finding| {
            let test = finding.test.as_ref().map(|test| {
                let ends = [number(test.interval.lower), number(test.interval.upper)];
                json!([
                    test.effect,
                    ends,
                    number(test.p.p),
                    test.adjusted_p,
                    test.alpha.get(),
                    test.is_significant()
                ])
            });
            let test = test.map_err(ToString::to_string);
            json!([finding.metric, finding.values, finding.pending, test])
        };
        let seen = &read.exposures;
        json!({
            "verdict": read.verdict.to_string(),
            "units": [json!(seen.labels), json!(seen.units), json!([seen.requests, seen.units_of_both])],
            "sampled": seen.units_sampled,
            "sample_ratio": seen.sample_ratio_p.as_ref().map(|p| number(p.p)),
            "findings": read.findings.iter().map(finding).collect::<Vec<_>>(),
            "alpha": read.alpha.get(),
            "text": read.to_string(),
        })
    };
    let read = part.read_out();
    json!(read.as_ref().map(numbers).map_err(ToString::to_string))
}
