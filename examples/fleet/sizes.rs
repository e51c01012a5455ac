//! How large reports are, and what they cost.

use core::fmt::Write;
use std::fs;
use std::time::Instant;

use switchstand::experiment::{Experiment, Kind, Metric, Part, Setup};
use switchstand::stats::Worse;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};

use crate::Fault;

/// Writes a table in Markdown: bytes as JSON, and CPU seconds to write, read and merge.
///
/// # Errors
/// What is refused or cannot be stored: nothing.
pub fn sizes() -> Result<String, Fault> {
    let mut text = "| | JSON | to write | to read | to merge |\n|---|---|---|---|---|\n".to_owned();
    for users in [10_000, 100_000, 1_000_000] {
        let part = part(users)?;
        let mut sum = part.clone();
        let [write, read, merge] = costs(
            || Ok(serde_json::to_vec(&part)?),
            |stored| Ok(serde_json::from_slice::<Part>(stored)?),
            |read| Ok(sum.merge(&read)?),
        )?;
        let bytes = serde_json::to_vec(&part)?.len();
        row(
            &mut text,
            &format!("part of 4 metrics, {users} users"),
            bytes,
            [write, read, merge],
        )?;
    }
    for units in [10_000, 65_536] {
        let guard = guard(units)?;
        let mut sum = guard.clone();
        let costs = costs(
            || Ok(serde_json::to_vec(&guard)?),
            |stored| Ok(serde_json::from_slice::<RateGuard>(stored)?),
            |read| Ok(sum.merge(&read)?),
        )?;
        let bytes = serde_json::to_vec(&guard)?.len();
        row(
            &mut text,
            &format!("guard, {units} units with a bad event"),
            bytes,
            costs,
        )?;
    }
    Ok(text)
}

fn row(text: &mut String, what: &str, bytes: usize, costs: [f64; 3]) -> Result<(), Fault> {
    let megabytes = bytes as f64 / 1e6;
    write!(text, "| {what} | {megabytes:.2} MB |")?;
    for cost in costs {
        write!(text, " {cost:.3} s |")?;
    }
    text.push('\n');
    Ok(())
}

fn costs<T>(
    write: impl Fn() -> Result<Vec<u8>, Fault>,
    read: impl Fn(&[u8]) -> Result<T, Fault>,
    merge: impl FnOnce(T) -> Result<(), Fault>,
) -> Result<[f64; 3], Fault> {
    let started = cpu_seconds();
    let stored = write()?;
    let written = cpu_seconds();
    let value = read(&stored)?;
    let was_read = cpu_seconds();
    merge(value)?;
    let merged = cpu_seconds();
    Ok([written - started, was_read - written, merged - was_read])
}

/// Returns the CPU time of this process where the system tells it, in steps of its clock, or the
/// time that has passed.
fn cpu_seconds() -> f64 {
    let told = fs::read_to_string("/proc/self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanos.map_or_else(|| begin().elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

fn begin() -> Instant {
    use std::sync::OnceLock;
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    *BEGIN.get_or_init(Instant::now)
}

fn part(users: u64) -> Result<Part, Fault> {
    let metrics = [
        Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.01),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01),
        Metric::watched("visits", Kind::Count),
        Metric::watched("spent", Kind::Mean),
    ];
    let setup = Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], metrics)?;
    let experiment = Experiment::new(setup);
    for user in 0..users {
        let arm = if user % 2 == 0 { "v1" } else { "v2" };
        experiment.expose_arm(experiment.arm(arm)?, user)?;
        experiment.record(
            experiment.metric("clicks")?,
            user,
            f64::from(u8::from(user % 3 == 0)),
        )?;
        experiment.record(experiment.metric("visits")?, user, (user % 5) as f64)?;
        experiment.record(experiment.metric("spent")?, user, (user % 997) as f64 / 7.0)?;
    }
    Ok(experiment.part())
}

fn guard(units: u64) -> Result<RateGuard, Fault> {
    let mut guard = RateGuard::by_unit(RateTest::default());
    let share = CandidateShare::new(0.25)?;
    for unit in 0..units {
        let side = if unit % 4 == 0 {
            Side::Candidate
        } else {
            Side::Control
        };
        guard.record(unit, side, share)?;
    }
    Ok(guard)
}
