//! What accumulators and tests cost, beside the same work done with statrs.
//!
//! Per value: divide the time of a group `moments`, `histogram` or `counts` by 65 536, or read
//! its throughput.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::statistics::Statistics;
use std::hint::black_box;
use switchstand::stats::{
    Alpha, Alternative, Counts, HigherMoments, Histogram, Moments, PairedCounts, PairedMoments,
    compare, means, paired, planning, proportions, sample_ratio,
};

const N: usize = 1 << 16;
const ALPHA: Alpha = Alpha::FIVE_PERCENT;

/// Latencies of about 20 ms, skewed.
fn values(seed: u64) -> Vec<f64> {
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || ((source.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    (0..N).map(|_| 0.02 - 0.01 * uniform().ln()).collect()
}

fn accumulators(c: &mut Criterion) {
    let (x, y) = (values(1), values(2));
    let mut group = c.benchmark_group("moments");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("bulk", |b| {
        b.iter(|| {
            let mut moments = Moments::new();
            let added = moments.extend_from_slice(black_box(&x));
            (moments, added.is_ok())
        });
    });
    group.bench_function("one at a time", |b| {
        b.iter(|| {
            let mut moments = Moments::new();
            let mut refused = 0_u32;
            for &value in black_box(&x) {
                refused += u32::from(moments.record(value).is_err());
            }
            (moments, refused)
        });
    });
    group.bench_function("statrs mean and variance", |b| {
        b.iter(|| {
            let x = black_box(&x);
            (x.mean(), x.variance())
        });
    });
    group.bench_function("to the fourth", |b| {
        b.iter(|| {
            let mut moments = HigherMoments::new();
            let added = moments.extend_from_slice(black_box(&x));
            (moments, added.is_ok())
        });
    });
    group.bench_function("paired, bulk", |b| {
        b.iter(|| {
            let mut moments = PairedMoments::new();
            let added = moments.extend_from_slices(black_box(&x), black_box(&y));
            (moments, added.is_ok())
        });
    });
    group.bench_function("statrs covariance", |b| {
        b.iter(|| black_box(&x).covariance(black_box(&y)));
    });
    group.finish();

    let mut group = c.benchmark_group("histogram");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("record", |b| {
        let mut histogram = Histogram::new();
        b.iter(|| {
            let mut refused = 0_u32;
            for &value in black_box(&x) {
                refused += u32::from(histogram.record(value).is_err());
            }
            refused
        });
    });
    group.finish();

    let mut group = c.benchmark_group("counts");
    group.throughput(Throughput::Elements(N as u64));
    let outcomes: Vec<bool> = x.iter().map(|&x| x > 0.03).collect();
    group.bench_function("bulk", |b| {
        b.iter(|| {
            let mut counts = Counts::default();
            counts.extend_from_slice(black_box(&outcomes));
            counts
        });
    });
    group.finish();
}

fn tests(c: &mut Criterion) {
    let both = Alternative::TwoSided;
    let (Ok(a), Ok(b)) = (
        Moments::from_summary(4_962, 3.012, 0.4),
        Moments::from_summary(5_093, 3.034, 0.5),
    ) else {
        return;
    };
    let (Ok(xa), Ok(xb)) = (Counts::new(480, 10_000), Counts::new(577, 10_050)) else {
        return;
    };
    let Ok(pairs) = PairedCounts::new(794, 86, 150, 570) else {
        return;
    };
    let mut group = c.benchmark_group("tests");
    group.bench_function("welch", |bench| {
        bench.iter(|| means::welch(black_box(&a), black_box(&b), ALPHA, both));
    });
    group.bench_function("welch by statrs", |bench| {
        bench.iter(|| welch_by_statrs(black_box(&a), black_box(&b)));
    });
    group.bench_function("pooled z with Newcombe", |bench| {
        bench.iter(|| proportions::pooled_z(black_box(&xa), black_box(&xb), ALPHA, both));
    });
    group.bench_function("pooled z by statrs, Wald interval", |bench| {
        bench.iter(|| pooled_by_statrs(black_box(&xa), black_box(&xb)));
    });
    group.bench_function("Miettinen-Nurminen", |bench| {
        bench.iter(|| proportions::miettinen_nurminen(black_box(&xa), black_box(&xb), ALPHA, both));
    });
    group.bench_function("Clopper-Pearson", |bench| {
        bench.iter(|| proportions::clopper_pearson(black_box(&xa), ALPHA));
    });
    group.bench_function("McNemar mid-p with Tango", |bench| {
        bench.iter(|| paired::mcnemar_mid_p(black_box(&pairs), ALPHA, both));
    });
    group.bench_function("sample ratio", |bench| {
        bench.iter(|| sample_ratio::check(black_box(&[10_000, 10_050]), &[1.0, 1.0], ALPHA));
    });
    group.bench_function("read-out of two rates", |bench| {
        bench.iter(|| compare::two_arms(black_box(&xa), black_box(&xb), [1.0, 1.0], ALPHA));
    });
    if let Ok(design) = planning::Design::new(ALPHA, 0.8) {
        group.bench_function("t test sample size", |bench| {
            bench.iter(|| planning::means::t_test_sample_size(black_box(0.1), 1.0, &design));
        });
    }
    group.finish();
}

/// The same numbers as `means::welch`, with the special functions of statrs.
fn welch_by_statrs(a: &Moments, b: &Moments) -> Option<[f64; 6]> {
    let (na, nb) = (a.n() as f64, b.n() as f64);
    let (ea, eb) = (a.variance()? / na, b.variance()? / nb);
    let se = (ea + eb).sqrt();
    let df = (ea + eb) * (ea + eb) / (ea * ea / (na - 1.0) + eb * eb / (nb - 1.0));
    let law = StudentsT::new(0.0, 1.0, df).ok()?;
    let effect = b.mean()? - a.mean()?;
    let p = 2.0 * law.sf((effect / se).abs());
    let reach = law.inverse_cdf(0.975) * se;
    Some([effect, se, effect - reach, effect + reach, p, p.ln()])
}

fn pooled_by_statrs(a: &Counts, b: &Counts) -> Option<[f64; 6]> {
    let (na, nb) = (a.trials() as f64, b.trials() as f64);
    let (pa, pb) = (a.rate()?, b.rate()?);
    let pooled = (a.successes() + b.successes()) as f64 / (na + nb);
    let se = (pooled * (1.0 - pooled) * (1.0 / na + 1.0 / nb)).sqrt();
    let law = Normal::new(0.0, 1.0).ok()?;
    let effect = pb - pa;
    let p = 2.0 * law.sf((effect / se).abs());
    let reach = law.inverse_cdf(0.975) * (pa * (1.0 - pa) / na + pb * (1.0 - pb) / nb).sqrt();
    Some([effect, se, effect - reach, effect + reach, p, p.ln()])
}

criterion_group!(benches, accumulators, tests);
criterion_main!(benches);
