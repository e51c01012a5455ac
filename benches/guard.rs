//! Times the guard: taking note of a bad event, and the verdict.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to say"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};

const EVENTS: u64 = 65_536;

/// Bad events of as many different units, 5 % of them the candidate's.
fn events() -> Vec<(u64, Side)> {
    let unit = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let side = |unit: u64| match unit % 20 {
        0 => Side::Candidate,
        _ => Side::Control,
    };
    (0..EVENTS)
        .map(unit)
        .map(|unit| (unit, side(unit)))
        .collect()
}

fn feed(guard: &mut RateGuard, events: &[(u64, Side)], share: CandidateShare) {
    for &(unit, side) in events {
        guard
            .record(black_box(unit), black_box(side), share)
            .unwrap();
    }
}

fn record(c: &mut Criterion) {
    let events = events();
    let share = CandidateShare::new(0.05).unwrap();
    let mut group = c.benchmark_group("guard");
    group.throughput(Throughput::Elements(EVENTS));
    group.bench_function("event, each request its own unit", |bencher| {
        let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
        bencher.iter(|| feed(&mut guard, &events, share));
    });
    group.bench_function("event of a unit seen before", |bencher| {
        let mut guard = RateGuard::by_unit(RateTest::default());
        feed(&mut guard, &events, share);
        bencher.iter(|| feed(&mut guard, &events, share));
    });
    group.bench_function("first event of a unit", |bencher| {
        let new = || RateGuard::by_unit(RateTest::default());
        let fill = |guard: &mut RateGuard| feed(guard, &events, share);
        bencher.iter_batched_ref(new, fill, BatchSize::LargeInput);
    });
    group.finish();
}

fn verdict(c: &mut Criterion) {
    let mut group = c.benchmark_group("guard");
    for stages in [1, 4] {
        let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
        for (index, share) in [0.05, 0.1, 0.25, 0.5].into_iter().take(stages).enumerate() {
            let share = CandidateShare::new(share).unwrap();
            for unit in 0..200 {
                let side = if unit % 7 == 0 {
                    Side::Candidate
                } else {
                    Side::Control
                };
                guard
                    .record(unit + 1_000 * index as u64, side, share)
                    .unwrap();
            }
        }
        group.bench_function(
            format!("verdict, grid of six, {stages} shares"),
            |bencher| {
                bencher.iter(|| black_box(&guard).reading().verdict());
            },
        );
    }
    group.finish();
}

criterion_group!(guard, record, verdict);
criterion_main!(guard);
