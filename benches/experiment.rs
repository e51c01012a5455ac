//! What noting one value or exposure costs, from one thread and from two at once.
//!
//! Each thread has a stripe of its own, so the two should not differ.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to say"
)]

#[path = "timing/threads.rs"]
mod timing;

use std::hint::black_box;

use switchstand::experiment::{ArmId, Experiment, Kind, Metric, Setup, digest};
use switchstand::{Key, Reason};

const UNITS: u64 = 65_536;

fn main() {
    let kinds = [
        ("rate", Kind::Rate),
        ("mean", Kind::Mean),
        ("count", Kind::Count),
        ("quantile", Kind::Quantile { order: 0.99 }),
        ("gauge", Kind::Gauge),
    ];
    let metrics = kinds.map(|(name, kind)| Metric::watched(name, kind));
    let setup = Setup::new("bench", ["v1", "v2"], [1, 1], metrics).unwrap();
    let experiment = Experiment::new(setup);
    let arms: [ArmId; 2] = ["v1", "v2"].map(|label| experiment.arm(label).unwrap());
    let units: Vec<(u64, ArmId)> = (0..UNITS)
        .map(|user| {
            let unit = digest(Key::U64(user));
            (unit, arms.into_iter().nth((unit % 2) as usize).unwrap())
        })
        .collect();
    for (name, _) in kinds {
        let metric = experiment.metric(name).unwrap();
        let record = || {
            for &(unit, arm) in &units {
                let value = f64::from(u8::from(unit & 28 == 0));
                let _ = black_box(experiment.record(arm, metric, unit, value));
            }
        };
        let name = format!("experiment.record, {name}");
        let _ = timing::compare(&name, 1.15, record, None, units.len());
    }
    let expose = || {
        for &(unit, arm) in &units {
            experiment.expose(unit, Some(arm), Reason::Split);
        }
    };
    let name = "experiment.expose, a unit that is known";
    let _ = timing::compare(name, 1.15, expose, None, units.len());
}
