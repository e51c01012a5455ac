//! What noting one value or exposure costs, beside one SipHash-1-3 of a 16-byte key.
//!
//! Units are kept in many small sets, so that two threads hardly ever meet.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot be set up has nothing to say"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "timing/threads.rs"]
mod timing;

use std::hash::Hasher as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use siphasher::sip::SipHasher13;
use switchstand::experiment::{ArmId, Experiment, Kind, Metric, Setup};

fn main() {
    let kinds = [
        ("rate", Kind::Rate),
        ("mean", Kind::Mean),
        ("count", Kind::Count),
        ("quantile", Kind::Quantile { order: 0.99 }),
    ];
    for units in [65_536_u64, 1_000_000] {
        let metrics = kinds.map(|(name, kind)| Metric::watched(name, kind));
        let setup = Setup::new("bench", [("v1", 1), ("v2", 1)], metrics).unwrap();
        let experiment = Experiment::new(setup);
        let arms: [ArmId; 2] = ["v1", "v2"].map(|label| experiment.arm(label).unwrap());
        // In an order that shows no trace of where they are kept.
        let users: Vec<u128> = (0..units)
            .map(|user| u128::from(user.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 40 | 7)
            .collect();
        let arm = |user: u128| {
            if user >> 41 & 1 == 0 {
                arms[0]
            } else {
                arms[1]
            }
        };
        let hash = unit(&users);
        println!("{units} units: one SipHash-1-3 takes {hash:.1?} ns");
        let expose = || {
            for &user in &users {
                let _ = black_box(experiment.expose_arm(arm(user), user));
            }
        };
        expose();
        report(
            "expose, a unit that is known",
            hash,
            per_call(&users, expose),
        );
        let record = |name: &str| {
            let metric = experiment.metric(name).unwrap();
            for &user in &users {
                let value = f64::from(u8::from(user >> 40 & 28 == 0));
                let _ = black_box(experiment.record(metric, user, value));
            }
        };
        record("mean");
        for (name, _) in kinds {
            report(
                &format!("record, {name}"),
                hash,
                per_call(&users, || record(name)),
            );
        }
        if units == 65_536 {
            let name = "experiment.expose, a unit that is known";
            let _ = timing::compare(name, 1.15, expose, None, users.len());
        }
    }
    longest();
}

/// Prints the longest single call while an experiment fills up, is halved and goes on.
fn longest() {
    let metrics = [Metric::watched("mean", Kind::Mean)];
    let setup = Setup::new("bench", [("v1", 1), ("v2", 1)], metrics).unwrap();
    let experiment = Experiment::new(setup);
    let arm = experiment.arm("v1").unwrap();
    let metric = experiment.metric("mean").unwrap();
    let mut worst = [Duration::ZERO; 3];
    for user in 0..3_000_000_u64 {
        let start = Instant::now();
        let _ = black_box(experiment.expose_arm(arm, user));
        let _ = black_box(experiment.record(metric, user, 1.0));
        let took = start.elapsed();
        if took > worst[0] {
            worst = [took, worst[0], worst[1]];
        }
    }
    println!("longest of 3,000,000 first exposures with a value: {worst:?}");
}

fn report(name: &str, hash: f64, took: f64) {
    println!("  {name:<32} {took:>7.1} ns, {:>5.1} units", took / hash);
}

/// Returns what a hash of one key costs in nanoseconds, over all keys.
fn unit(users: &[u128]) -> f64 {
    per_call(users, || {
        for user in users {
            let mut hasher = SipHasher13::new_with_key(b"one unit of cost");
            hasher.write(&user.to_le_bytes());
            black_box(hasher.finish());
        }
    })
}

/// Returns nanoseconds per call, the best of seven runs over all users.
fn per_call(users: &[u128], mut run: impl FnMut()) -> f64 {
    let times = (0..7).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    let best = times.min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / users.len() as f64
}
