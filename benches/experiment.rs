//! Times the recording of one value, from one thread and from two at once.
//!
//! Every row is the time of one call on each thread. Where two rows of the same name differ by
//! the number of threads alone, they should be equal: each thread has a stripe of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to say"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock; the library does not"
)]

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use switchstand::experiment::{ArmId, Experiment, Kind, Metric, MetricId, Setup, digest};
use switchstand::{Key, Reason};

const UNITS: usize = 65_536;

fn experiment() -> Experiment {
    let metrics = [
        Metric::watched("rate", Kind::Rate),
        Metric::watched("mean", Kind::Mean),
        Metric::watched("quantile", Kind::Quantile { order: 0.99 }),
        Metric::watched("gauge", Kind::Gauge),
    ];
    Experiment::new(Setup::new("bench", ["v1", "v2"], [1, 1], metrics).unwrap())
}

/// Calls `one` so many times on each thread, and returns the time of the slowest.
fn on_threads(threads: usize, times: u64, one: impl Fn(usize) + Sync) -> Duration {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let run = || {
            barrier.wait();
            let started = Instant::now();
            (0..times as usize).for_each(|turn| one(turn % UNITS));
            started.elapsed()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let times = running.into_iter().map(|thread| thread.join().unwrap());
        times.max().unwrap()
    })
}

fn record(c: &mut Criterion) {
    let units: Vec<u64> = (0..UNITS as u64)
        .map(|unit| digest(Key::U64(unit)))
        .collect();
    let mut group = c.benchmark_group("experiment");
    group.sample_size(20);
    for threads in [1, 2] {
        for name in ["rate", "mean", "quantile", "gauge"] {
            let experiment = experiment();
            let metric: MetricId = experiment.metric(name).unwrap();
            let arms: [ArmId; 2] = ["v1", "v2"].map(|label| experiment.arm(label).unwrap());
            group.bench_function(format!("record/{name}/{threads}"), |bencher| {
                bencher.iter_custom(|times| {
                    on_threads(threads, times, |turn| {
                        let value = f64::from(u8::from(turn % 3 == 0));
                        let unit = units.get(turn).copied().unwrap_or_default();
                        let arm = arms.get(turn % 2).copied().unwrap_or(arms[0]);
                        let _ = experiment.record(arm, metric, unit, value);
                    })
                });
            });
        }
        let experiment = experiment();
        let arm = experiment.arm("v1").ok();
        group.bench_function(format!("expose again/{threads}"), |bencher| {
            bencher.iter_custom(|times| {
                on_threads(threads, times, |turn| {
                    let unit = units.get(turn).copied().unwrap_or_default();
                    experiment.expose(unit, arm, Reason::Split);
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, record);
criterion_main!(benches);
