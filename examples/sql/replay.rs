//! The same log through a live experiment and a live guard.

use std::collections::BTreeMap;

use serde_json::Value;
use switchstand::experiment::{Experiment, Metric, Part, ReadOut, UnitEvent};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
use switchstand::{Timestamp, Unit};

use crate::Fault;
use crate::fixture::{BadEvent, Fixture, RELEASE, VIEWER, WINDOW};

/// Serves the log, with so many views of the viewer.
///
/// # Errors
/// What the experiment refuses: nothing.
pub fn live(fixture: &Fixture, views: u64) -> Result<Part, Fault> {
    let experiment = Experiment::new(fixture.setup.clone());
    let mut since: BTreeMap<u64, u64> = BTreeMap::new();
    for exposure in &fixture.exposures {
        let Some(arm) = exposure.arm.filter(|_| exposure.release == RELEASE) else {
            continue;
        };
        let first = since.entry(exposure.unit).or_insert(exposure.at);
        *first = exposure.at.min(*first);
        let at = Timestamp::from_nanos(exposure.at * 1_000_000);
        experiment.expose_arm_at(experiment.arm(arm)?, exposure.unit, at)?;
        if let Some(tier @ ("free" | "paid")) = exposure.tier {
            experiment.note_segment(exposure.unit, "what it pays", tier)?;
        }
        experiment.note_segment(exposure.unit, "town", exposure.town)?;
    }
    let metrics = fixture.setup.metrics().iter();
    let windowed: Vec<&str> = metrics
        .filter(|metric| metric.window().is_some())
        .map(Metric::name)
        .collect();
    let metrics = fixture.setup.metrics().iter();
    let once = metrics.filter(|metric| metric.is_once());
    let once: Vec<&str> = once.map(Metric::name).collect();
    for outcome in &fixture.outcomes {
        // Of a metric with a window the experiment sees to that itself.
        let is_windowed = windowed.contains(&outcome.metric);
        let is_counted = is_windowed
            || since
                .get(&outcome.unit)
                .is_none_or(|&since| (since..=since + WINDOW).contains(&outcome.at));
        let Some(value) = outcome.value.filter(|_| is_counted) else {
            continue;
        };
        let Ok(metric) = experiment.metric(outcome.metric) else {
            continue;
        };
        let event = match outcome.metric {
            "per_page" => UnitEvent::ratio(value, outcome.denominator),
            _ => UnitEvent::value(value),
        };
        let event = event.at(Timestamp::from_nanos(outcome.at * 1_000_000));
        let event = match outcome.id {
            Some(id) => event.id(id),
            None if once.contains(&outcome.metric) => continue,
            None => event,
        };
        experiment.record_event(metric, outcome.unit, event)?;
    }
    let metric = experiment.metric("views")?;
    for _ in 0..views {
        experiment.record(metric, VIEWER, 1.0)?;
    }
    Ok(experiment.part())
}

/// Counts bad events in a guard.
///
/// # Errors
/// What the guard refuses: nothing.
pub fn guard(events: &[BadEvent]) -> Result<RateGuard, Fault> {
    let mut guard = RateGuard::by_unit(RateTest::default());
    for event in events {
        let side = match event.is_candidate {
            true => Side::Candidate,
            false => Side::Control,
        };
        let digest = u64::from(Unit::from(event.unit).key().group()) << 32 | event.unit;
        guard.record(digest, side, CandidateShare::new(event.share)?)?;
    }
    Ok(guard)
}

/// Names the numbers and words in which two read-outs differ by more than so much, relatively.
///
/// # Errors
/// If one cannot be written.
pub fn differences(one: &ReadOut, other: &ReadOut, tolerance: f64) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let (one, other) = (serde_json::to_value(one)?, serde_json::to_value(other)?);
    compare("", &one, &other, tolerance, &mut found);
    Ok(found)
}

fn compare(path: &str, one: &Value, other: &Value, tolerance: f64, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
            for (name, value) in left {
                let theirs = right.get(name).unwrap_or(&Value::Null);
                compare(&format!("{path}.{name}"), value, theirs, tolerance, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (place, (value, theirs)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}.{place}"), value, theirs, tolerance, found);
            }
        }
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64(), right.as_f64());
            let is_near = left.zip(right).is_some_and(|(left, right)| {
                (left - right).abs() <= tolerance * left.abs().max(right.abs())
            });
            if !is_near {
                found.push(format!("{path}: {left:?} and {right:?}"));
            }
        }
        (one, other) if one == other => {}
        (one, other) => found.push(format!("{path}: {one} and {other}")),
    }
}
