//! What a database has added up gives the moments that the values themselves give.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::stats::covariate::{CovariateMoments, PreRelease};
use switchstand::stats::{
    HigherMoments, Histogram, PairSums, PairedMoments, RatioMoments, Refusal,
};

const X: [f64; 7] = [3.0, 1.5, 0.0, 7.25, -2.5, 4.0, 1.0];
const Y: [f64; 7] = [2.0, 4.0, 1.0, 9.5, 0.5, 3.0, 2.25];

/// The sums of `X` and `Y`, both moved by `offset`.
fn sums(offset: f64) -> PairSums {
    let pairs = || X.iter().zip(&Y).map(|(x, y)| (x + offset, y + offset));
    let sum = |f: fn((f64, f64)) -> f64| pairs().map(f).sum::<f64>();
    PairSums {
        n: 7,
        x: sum(|(x, _)| x),
        y: sum(|(_, y)| y),
        xx: sum(|(x, _)| x * x),
        yy: sum(|(_, y)| y * y),
        xy: sum(|(x, y)| x * y),
    }
}

#[track_caller]
fn near(found: Option<f64>, expected: Option<f64>) {
    let (found, expected) = (found.unwrap(), expected.unwrap());
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

#[test]
fn t2_pairs_from_sums_agree_with_the_pairs() {
    let mut ratio = RatioMoments::new();
    ratio.extend_from_slices(&X, &Y).unwrap();
    let from_sums = RatioMoments::from_sums(&sums(0.0)).unwrap();
    assert_eq!(from_sums.n(), 7);
    near(from_sums.covariance(), ratio.covariance());
    near(from_sums.ratio().ok(), ratio.ratio().ok());
    let mut pairs = PairedMoments::new();
    pairs.extend_from_slices(&X, &Y).unwrap();
    let from_sums = PairedMoments::from_sums(&sums(0.0)).unwrap();
    near(from_sums.correlation(), pairs.correlation());
    near(from_sums.difference().mean(), pairs.difference().mean());
    near(
        from_sums.difference().variance(),
        pairs.difference().variance(),
    );
    let mut units = CovariateMoments::new();
    units
        .extend_from_slices(&X.map(PreRelease::new), &Y)
        .unwrap();
    let from_sums = CovariateMoments::from_sums(&sums(0.0)).unwrap();
    near(from_sums.covariance(), units.covariance());
    near(from_sums.metric().variance(), units.metric().variance());
}

#[test]
fn t4_sums_that_lost_their_digits_are_refused() {
    for offset in [1e8, 1e15] {
        let lost = |refusal| matches!(refusal, Refusal::LostPrecision { .. });
        assert!(lost(RatioMoments::from_sums(&sums(offset)).unwrap_err()));
        assert!(lost(PairedMoments::from_sums(&sums(offset)).unwrap_err()));
    }
    // Scores that agree: their variances are known, that of their differences is not.
    let close = PairSums {
        xy: 99.9999999999,
        ..sums(0.0)
    };
    let close = PairSums {
        x: 0.0,
        y: 0.0,
        xx: 100.0,
        yy: 100.0,
        xy: 100.0 - 1e-13,
        ..close
    };
    assert!(RatioMoments::from_sums(&close).is_ok());
    assert!(PairedMoments::from_sums(&close).is_err());
    // No values have this.
    let impossible = PairSums {
        xy: 1e3,
        ..sums(0.0)
    };
    let refusal = RatioMoments::from_sums(&impossible).unwrap_err();
    assert!(matches!(refusal, Refusal::OutOfRange { .. }), "{refusal}");
}

#[test]
fn t2_higher_moments_from_sums_agree_with_the_values() {
    let mut expected = HigherMoments::new();
    expected.extend_from_slice(&X).unwrap();
    let power = |k: i32| X.iter().map(|x| x.powi(k)).sum::<f64>();
    let powers = [power(1), power(2), power(3), power(4)];
    let found = HigherMoments::from_sums(7, powers, (-2.5, 7.25)).unwrap();
    near(found.standard_deviation(), expected.standard_deviation());
    near(found.skewness(), expected.skewness());
    near(found.excess_kurtosis(), expected.excess_kurtosis());
    assert_eq!((found.min(), found.max()), (expected.min(), expected.max()));
    assert!(HigherMoments::from_sums(7, powers, (5.0, 7.25)).is_err());
    let moved = |k: i32| X.iter().map(|x| (x + 1e5).powi(k)).sum::<f64>();
    let powers = [moved(1), moved(2), moved(3), moved(4)];
    let lost = HigherMoments::from_sums(7, powers, (1e5 - 2.5, 1e5 + 7.25)).unwrap_err();
    assert!(matches!(lost, Refusal::LostPrecision { .. }), "{lost}");
}

#[test]
fn t2_a_value_counted_many_times_is_that_many_values() {
    let (mut many, mut each) = (Histogram::new(), Histogram::new());
    for (value, number) in [(0.0, 3), (12.5, 4), (1e-320, 2), (7.0, 1), (8.0, 0)] {
        many.record_many(value, number).unwrap();
        (0..number).for_each(|_| each.record(value).unwrap());
    }
    assert_eq!(many.n(), 10);
    assert_eq!(many, each);
    assert!(many.record_many(1.0, 1 << 53).is_err());
    assert!(many.record_many(-1.0, 2).is_err());
    assert_eq!(many, each);
}

#[test]
fn t4_a_sum_of_products_that_no_values_with_these_squares_have_is_refused() {
    // 1, 2, 3, 4 beside themselves, and beside themselves turned round.
    let sums = |xy: f64| PairSums {
        n: 4,
        x: 10.0,
        y: 10.0,
        xx: 30.0,
        yy: 30.0,
        xy,
    };
    for (xy, covariance) in [(30.0, 5.0 / 3.0), (20.0, -5.0 / 3.0), (25.0, 0.0)] {
        let found = RatioMoments::from_sums(&sums(xy)).unwrap();
        near(found.covariance(), Some(covariance));
    }
    for xy in [30.5, 19.5, 31.0, 19.0] {
        let refused = RatioMoments::from_sums(&sums(xy));
        assert!(matches!(refused, Err(Refusal::OutOfRange { .. })), "{xy}");
    }
}
