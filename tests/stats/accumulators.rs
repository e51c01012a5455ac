//! Laws of the accumulators: merging, streaming, refusal and certified values.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use switchstand::stats::{
    Counts, HigherMoments, Histogram, Moments, PairedCounts, PairedMoments, RatioMoments, Refusal,
};

/// Values of mixed scale, some equal, some far from zero.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let scales = prop_oneof![Just(1e-6), Just(1.0), Just(1e9)];
    let offsets = prop_oneof![Just(0.0), Just(1.0), Just(1e6)];
    (scales, offsets).prop_flat_map(|(scale, offset)| {
        let value = prop_oneof![-1.0..1.0, Just(0.25)].prop_map(move |u| scale * (u + offset));
        prop::collection::vec(value, 2..700)
    })
}

/// A partition of n values into parts, by the part of each.
fn parts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0_usize..5, 700)
}

fn split(values: &[f64], parts: &[usize]) -> Vec<Vec<f64>> {
    let mut out = vec![Vec::new(); 5];
    for (&value, &part) in values.iter().zip(parts) {
        out[part].push(value);
    }
    out
}

fn scale(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
}

fn close(a: Option<f64>, b: Option<f64>, tolerance: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance,
        (a, b) => a == b,
    }
}

/// The same cases in every run.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1954),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn t2_any_partition_of_moments_in_any_order_gives_the_same(
        values in values(), parts in parts(), reverse: bool,
    ) {
        let mut whole = Moments::new();
        whole.extend_from_slice(&values)?;
        let mut pieces = split(&values, &parts);
        if reverse {
            pieces.reverse();
        }
        let mut merged = Moments::new();
        for piece in &pieces {
            let mut part = Moments::new();
            part.extend_from_slice(piece)?;
            merged.merge(&part)?;
        }
        let scale = scale(&values);
        prop_assert_eq!(whole.n(), merged.n());
        prop_assert!(close(whole.mean(), merged.mean(), 1e-12 * scale));
        prop_assert!(close(whole.variance(), merged.variance(), 1e-12 * scale * scale));
    }

    #[test]
    fn t2_a_batch_of_values_equals_the_stream(values in values()) {
        let (mut batch, mut stream) = (Moments::new(), Moments::new());
        batch.extend_from_slice(&values)?;
        for &value in &values {
            stream.record(value)?;
        }
        let scale = scale(&values);
        prop_assert_eq!(batch.n(), stream.n());
        prop_assert!(close(batch.mean(), stream.mean(), 1e-12 * scale));
        prop_assert!(close(batch.variance(), stream.variance(), 1e-12 * scale * scale));
    }

    #[test]
    fn t2_any_partition_of_higher_moments_gives_the_same(values in values(), parts in parts()) {
        let mut whole = HigherMoments::new();
        whole.extend_from_slice(&values)?;
        let mut merged = HigherMoments::new();
        for piece in split(&values, &parts).iter().rev() {
            let mut part = HigherMoments::new();
            part.extend_from_slice(piece)?;
            merged.merge(&part)?;
        }
        prop_assert_eq!((whole.min(), whole.max()), (merged.min(), merged.max()));
        let sd = whole.standard_deviation().unwrap_or(0.0);
        if sd > 1e-9 * scale(&values) {
            // Shape is relative to the spread, so its scale is the mean over the spread.
            let kappa = 1.0 + scale(&values) / sd;
            let skewness = whole.skewness().unwrap_or(0.0).abs();
            let kurtosis = whole.excess_kurtosis().unwrap_or(0.0).abs();
            let (s, k) = (1e-12 * (1.0 + skewness), 1e-12 * (1.0 + kurtosis));
            prop_assert!(close(whole.skewness(), merged.skewness(), s * kappa));
            prop_assert!(close(whole.excess_kurtosis(), merged.excess_kurtosis(), k * kappa));
        }
    }

    #[test]
    fn t2_any_partition_of_pairs_gives_the_same(x in values(), y in values(), cut in 0_usize..700) {
        let n = x.len().min(y.len());
        let (x, y) = (&x[..n], &y[..n]);
        let cut = cut.min(n);
        let mut whole = PairedMoments::new();
        whole.extend_from_slices(x, y)?;
        let (mut merged, mut head) = (PairedMoments::new(), PairedMoments::new());
        merged.extend_from_slices(&x[cut..], &y[cut..])?;
        head.extend_from_slices(&x[..cut], &y[..cut])?;
        merged.merge(&head)?;
        let (sx, sy) = (scale(x), scale(y));
        let sd = sx.max(sy);
        prop_assert!(close(whole.covariance(), merged.covariance(), 1e-12 * sx * sy));
        let (a, b) = (whole.difference(), merged.difference());
        prop_assert!(close(a.mean(), b.mean(), 1e-12 * sd));
        prop_assert!(close(a.variance(), b.variance(), 1e-12 * sd * sd));

        let (mut ratio, mut other) = (RatioMoments::new(), RatioMoments::new());
        ratio.extend_from_slices(&x[..cut], &y[..cut])?;
        other.extend_from_slices(&x[cut..], &y[cut..])?;
        ratio.merge(&other)?;
        prop_assert!(close(ratio.covariance(), whole.covariance(), 1e-12 * sx * sy));
    }

    #[test]
    fn t2_histograms_merge_exactly(
        values in prop::collection::vec(prop_oneof![0.0..1e3, Just(0.0), 1e-9..1e-6], 1..300),
        parts in parts(),
    ) {
        let mut whole = Histogram::new();
        whole.extend_from_slice(&values)?;
        let mut merged = Histogram::new();
        for piece in split(&values, &parts).iter().rev() {
            let mut part = Histogram::new();
            part.extend_from_slice(piece)?;
            merged.merge(&part)?;
        }
        prop_assert_eq!(whole.n(), values.len() as u64);
        prop_assert_eq!(whole, merged);
    }

    #[test]
    fn a_quantile_of_a_histogram_keeps_its_relative_error(
        mut values in prop::collection::vec((-300.0_f64..300.0).prop_map(f64::exp2), 1..200),
        error in 0.0005_f64..0.5,
        q in 0.0_f64..=1.0,
    ) {
        let mut histogram = Histogram::with_relative_error(error)?;
        prop_assert!(histogram.relative_error() <= error);
        histogram.extend_from_slice(&values)?;
        values.sort_by(f64::total_cmp);
        let rank = ((q * values.len() as f64).ceil() as usize).max(1);
        let exact = values[rank - 1];
        let found = histogram.quantile(q)?;
        prop_assert!((found / exact - 1.0).abs() <= histogram.relative_error() * (1.0 + 1e-12));
        let (low, high) = histogram.bounds_of_rank(rank as u64).unwrap();
        prop_assert!(low <= exact && exact < high);
    }

    #[test]
    fn t2_counts_merge_exactly(a in 0_u64..1000, b in 0_u64..1000, c in 0_u64..1000) {
        let mut left = Counts::new(a.min(b), b)?;
        let right = Counts::new(c, c)?;
        let mut other = right;
        other.merge(&left)?;
        left.merge(&right)?;
        prop_assert_eq!(left, other);
        prop_assert_eq!(left, Counts::new(a.min(b) + c, b + c)?);
        let mut pairs = PairedCounts::new(a, b, c, 1)?;
        pairs.merge(&PairedCounts::new(1, 2, 3, 4)?)?;
        prop_assert_eq!(pairs, PairedCounts::new(a + 1, b + 2, c + 3, 5)?);
        prop_assert_eq!(pairs.control().trials(), a + b + c + 11);
    }

    #[test]
    fn from_sums_is_right_or_refuses(values in values()) {
        let mut direct = Moments::new();
        direct.extend_from_slice(&values)?;
        let sum: f64 = values.iter().sum();
        let sum_sq: f64 = values.iter().map(|x| x * x).sum();
        match Moments::from_sums(values.len() as u64, sum, sum_sq) {
            Ok(moments) => {
                let (a, b) = (moments.variance().unwrap(), direct.variance().unwrap());
                prop_assert!((a - b).abs() <= 1e-3 * b, "{a} {b}");
            }
            Err(refusal) => {
                let lost = matches!(refusal, Refusal::LostPrecision { .. });
                prop_assert!(lost, "{refusal}");
            }
        }
    }
}

#[test]
fn from_sums_refuses_what_cancellation_has_eaten() {
    // Deviations of 1 around 1e9: the squares need 2 * 30 bits more than there are.
    let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 2)).collect();
    let sum = values.iter().sum();
    let sum_sq = values.iter().map(|x| x * x).sum();
    let refused = Moments::from_sums(1000, sum, sum_sq);
    assert!(matches!(refused, Err(Refusal::LostPrecision { .. })));
    let exact = Moments::from_integer_sums(4, 4_000_000_002, 4_000_000_004_000_000_002).unwrap();
    assert_eq!(exact.variance(), Some(1.0 / 3.0));
    let constant = Moments::from_integer_sums(3, 3_000_000_000, 3_000_000_000_000_000_000);
    assert_eq!(constant.unwrap().variance(), Some(0.0));
}

#[test]
fn t4_impossible_sums_are_refused() {
    for (n, sum, sum_sq) in [
        (0, 0.0, 0.0),
        (2, f64::NAN, 1.0),
        (2, 1.0, f64::INFINITY),
        (2, 10.0, 1.0),
        (3, 0.0, -1.0),
        (u64::MAX, 1.0, 1.0),
    ] {
        assert!(
            Moments::from_sums(n, sum, sum_sq).is_err(),
            "{n} {sum} {sum_sq}"
        );
    }
    assert!(Moments::from_integer_sums(2, 10, 1).is_err());
    assert!(Moments::from_summary(1, 0.0, 1.0).is_err());
    assert!(Moments::from_summary(5, 0.0, -1.0).is_err());
    assert!(Counts::new(2, 1).is_err());
    assert!(PairedCounts::new(u64::MAX, 1, 0, 0).is_err());
}

#[test]
fn t4_a_value_that_is_not_finite_leaves_no_trace() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut moments = Moments::new();
        moments.extend_from_slice(&[1.0, 2.0]).unwrap();
        let before = moments;
        assert!(matches!(
            moments.record(bad),
            Err(Refusal::NonFinite { .. })
        ));
        let slice = [vec![0.0; 300], vec![bad], vec![0.0; 300]].concat();
        let refused = moments.extend_from_slice(&slice);
        assert!(matches!(refused, Err(Refusal::NonFinite { .. })));
        assert_eq!(moments, before);
        assert!(Moments::new().record(bad).is_err());

        let mut higher = HigherMoments::new();
        assert!(higher.extend_from_slice(&[1.0, bad]).is_err());
        assert_eq!(higher, HigherMoments::new());

        let mut pairs = PairedMoments::new();
        assert!(pairs.record(1.0, bad).is_err());
        assert!(pairs.extend_from_slices(&[1.0, bad], &[1.0, 1.0]).is_err());
        assert_eq!(pairs, PairedMoments::new());
        let mut ratio = RatioMoments::new();
        assert!(ratio.record(bad, 1.0).is_err());
        assert_eq!(ratio, RatioMoments::new());

        let mut histogram = Histogram::new();
        assert!(histogram.record(bad).is_err());
        assert_eq!(histogram.n(), 0);
    }
    assert!(Histogram::new().record(-1.0).is_err());
    assert!(Histogram::new().quantile(0.5).is_err());
    assert!(Histogram::with_relative_error(f64::NAN).is_err());
}

#[test]
fn t4_overflow_is_refused_and_leaves_no_trace() {
    let mut moments = Moments::new();
    moments.record(1e308).unwrap();
    let before = moments;
    assert!(matches!(
        moments.record(-1e308),
        Err(Refusal::Overflow { .. })
    ));
    let refused = moments.extend_from_slice(&[-1e308, 1e308]);
    assert!(matches!(refused, Err(Refusal::Overflow { .. })));
    assert_eq!(moments, before);
    let mut higher = HigherMoments::new();
    assert!(higher.extend_from_slice(&[1e100, -1e100]).is_err());
    let mut pairs = PairedMoments::new();
    assert!(
        pairs
            .extend_from_slices(&[0.0, 1e200], &[0.0, 1.0])
            .is_err()
    );
}

#[test]
fn a_constant_has_variance_zero_exactly() {
    for value in [0.1, 1e9 + 0.3, -7.7e-8] {
        for n in [2, 64, 257, 1000] {
            let (mut batch, mut stream) = (Moments::new(), Moments::new());
            batch.extend_from_slice(&vec![value; n]).unwrap();
            (0..n).for_each(|_| stream.record(value).unwrap());
            batch.merge(&stream).unwrap();
            assert_eq!(batch.variance(), Some(0.0));
            assert_eq!(batch.mean(), Some(value));
        }
    }
}
