//! What noting one value or exposure costs, beside one SipHash-1-3 of a 16-byte key.
//!
//! Units are kept in many small sets, so that two threads hardly ever meet.
//!
//! `-- merge` asks for the sum of a hundred parts of a million units instead, which takes a minute.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up has nothing to say"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "timing/threads.rs"]
mod timing;

use std::hash::Hasher as _;
use std::hint::black_box;
use std::time::Instant;

use siphasher::sip::SipHasher13;
use switchstand::experiment::{ArmId, Experiment, Kind, Metric, Part, Setup};
use switchstand::stats::guard::{CandidateShare, Margins, SeenUnits, Side};

fn main() {
    if std::env::args().any(|asked| asked == "merge") {
        return merging();
    }
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
    filling();
}

/// Prints what it takes to add up a hundred parts of a million units each, to store one and to
/// read it back.
fn merging() {
    let units = 1_000_000_u64;
    let errors = || [Metric::watched("errors", Kind::Rate)];
    // Each server sees half of all units that any other one sees.
    let of = |server: u64| {
        let setup = Setup::new("bench", [("v1", 1), ("v2", 1)], errors()).unwrap();
        let setup = setup.with_capacity(1 << 22).unwrap();
        let experiment = Experiment::new(setup);
        let arms: [ArmId; 2] = ["v1", "v2"].map(|label| experiment.arm(label).unwrap());
        let errors = experiment.metric("errors").unwrap();
        let first = server % 3 * (units / 2);
        for user in first..first + units {
            let arm = arms[usize::from(!user.is_multiple_of(2))];
            experiment.expose_arm(arm, user).unwrap();
            let failed = f64::from(u8::from(user.is_multiple_of(100)));
            experiment.record(errors, user, failed).unwrap();
        }
        experiment.part()
    };
    let parts = [of(0), of(1), of(2)];
    let clock = Instant::now();
    let stored = serde_json::to_string(&parts[0]).unwrap();
    let written = clock.elapsed();
    let read: Part = serde_json::from_str(&stored).unwrap();
    let both = clock.elapsed();
    assert!(read == parts[0]);
    println!(
        "a part of {units} units: {:.2} bytes a unit in JSON, written in {:.2} s, read in {:.2} s",
        stored.len() as f64 / units as f64,
        written.as_secs_f64(),
        (both - written).as_secs_f64()
    );
    let mut sum = parts[0].clone();
    let clock = Instant::now();
    for server in 1..100 {
        sum.merge(&parts[server % 3]).unwrap();
    }
    let took = clock.elapsed().as_secs_f64();
    println!(
        "100 parts of {units} units: {took:.1} s, {:.0} ns a unit; {} units in the sum",
        took * 1e9 / (99.0 * units as f64),
        sum.units()
    );
    let clock = Instant::now();
    let read = sum.read_out().unwrap();
    println!(
        "read out in {:.2} s: {}",
        clock.elapsed().as_secs_f64(),
        read.verdict
    );
}

/// Prints what first exposures cost while an experiment fills up, is halved and goes on, and first
/// events while a guard's set of units does.
fn filling() {
    let users = 3_000_000;
    let metrics = || [Metric::watched("mean", Kind::Mean)];
    let new = || {
        let setup = Setup::new("bench", [("v1", 1), ("v2", 1)], metrics()).unwrap();
        let experiment = Experiment::new(setup);
        let handles = (
            experiment.arm("v1").unwrap(),
            experiment.metric("mean").unwrap(),
        );
        (experiment, handles)
    };
    longest("first exposures with a value", users, new, |state, user| {
        let (experiment, (arm, metric)) = state;
        let _ = black_box(experiment.expose_arm(*arm, user));
        let _ = black_box(experiment.record(*metric, user, 1.0));
    });
    let share = CandidateShare::new(0.5).unwrap();
    for (capacity, events) in [(1_000_000, 1_000_000), (16_777_216, 18_000_000)] {
        let new = || SeenUnits::with_capacity(Margins::default(), capacity).unwrap();
        let name = format!("first events, a guard's set of {capacity}");
        longest(&name, events, new, |seen, unit| {
            let is_control = unit.is_multiple_of(2);
            let side = if is_control {
                Side::Control
            } else {
                Side::Candidate
            };
            let _ = black_box(seen.record(unit, side, share));
        });
    }
}

/// Prints the mean and the longest of so many calls.
///
/// What a call costs by itself it costs in every one of three runs, what others take from it does
/// not: of each call the fastest counts.
fn longest<S>(name: &str, calls: u64, new: impl Fn() -> S, call: impl Fn(&mut S, u64)) {
    let mut fastest = vec![u32::MAX; calls as usize];
    for _ in 0..3 {
        let mut state = new();
        for (number, fastest) in (0..calls).zip(&mut fastest) {
            let start = Instant::now();
            call(&mut state, number);
            let took = u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX);
            *fastest = took.min(*fastest);
        }
    }
    let sum: u64 = fastest.iter().map(|&took| u64::from(took)).sum();
    fastest.sort_unstable();
    let last: Vec<u32> = fastest.iter().rev().take(3).rev().copied().collect();
    println!(
        "{name}, {calls}: {} ns in the mean, longest {last:?} ns",
        sum / calls
    );
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

/// Returns nanoseconds per call, the best of three measurements over all users.
///
/// By the thread's own time on a processor, where the system tells it: in turns of others nothing is
/// charged. It counts in steps of some milliseconds, so a few users are passed many times.
fn per_call(users: &[u128], mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let now = || {
        let wall = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        timing::time_on_processor().unwrap_or(wall)
    };
    let passes = (1_usize << 20).div_ceil(users.len());
    let times = (0..3).map(|_| {
        let before = now();
        (0..passes).for_each(|_| run());
        now() - before
    });
    let best = times.min().unwrap_or_default();
    best as f64 / (passes * users.len()) as f64
}
