//! What the tests for one look refuse, and by which name.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::stats::bayes::{self, BetaLaw, NormalLaw};
use switchstand::stats::equivalence::{self, Margin};
use switchstand::stats::rates::{self, Events};
use switchstand::stats::{
    Alpha, Alternative, Counts, Moments, Refusal, Sample, drift, exact, quantiles, ranking, ranks,
};

const TWO: Alternative = Alternative::TwoSided;
const FIVE: Alpha = Alpha::FIVE_PERCENT;

#[test]
fn t4_degenerate_input_is_refused_by_name() {
    let one = Sample::new(&[3.0]).unwrap();
    let tied = Sample::new(&[3.0, 3.0]).unwrap();
    let many = Sample::new(&vec![1.0; 101]).unwrap();
    assert_eq!(
        ranks::mann_whitney(&tied, &one, FIVE, TWO),
        Err(Refusal::AllTied)
    );
    assert_eq!(
        ranks::mann_whitney_exact(&tied, &one, FIVE, TWO),
        Err(Refusal::AllTied)
    );
    assert!(matches!(
        ranks::mann_whitney_exact(&many, &one, FIVE, TWO),
        Err(Refusal::OutOfRange { value: 102.0, .. })
    ));
    assert!(matches!(
        ranks::brunner_munzel(&one, &tied, FIVE, TWO),
        Err(Refusal::InsufficientData {
            found: 1,
            needed: 2,
            ..
        })
    ));
    let far = (
        Sample::new(&[-1.7e308]).unwrap(),
        Sample::new(&[1.7e308]).unwrap(),
    );
    assert!(matches!(
        ranks::hodges_lehmann(&far.0, &far.1),
        Err(Refusal::Overflow { .. })
    ));
    let none = Sample::new(&[0.0, -0.0]).unwrap();
    assert!(matches!(
        ranks::signed_rank_exact(&none, FIVE, TWO),
        Err(Refusal::ZeroVariance { .. })
    ));
    assert!(matches!(
        Sample::new(&[]),
        Err(Refusal::InsufficientData { .. })
    ));
    assert!(matches!(
        Sample::new(&[1.0, f64::INFINITY]),
        Err(Refusal::NonFinite { .. })
    ));
    assert!(matches!(
        quantiles::quantile(&one, 1.0, quantiles::QuantileType::Linear),
        Err(Refusal::OutOfRange { .. })
    ));
    assert!(matches!(
        quantiles::difference(&one, &tied, 0.99, FIVE, TWO),
        Err(Refusal::InsufficientData {
            found: 1,
            needed: 368,
            ..
        })
    ));
    assert!(Events::new(3, 0.0).is_err() && Events::new(3, f64::NAN).is_err());
    let no_event = Events::new(0, 1.0).unwrap();
    assert!(matches!(
        rates::score(&no_event, &no_event, FIVE, TWO),
        Err(Refusal::ZeroVariance { .. })
    ));
    let unlimited = rates::exact(&no_event, &no_event, FIVE, TWO).unwrap();
    assert_eq!((unlimited.ratio, unlimited.p.value), (None, 1.0));
    let big = Counts::new(50_000, 100_000).unwrap();
    assert!(matches!(
        exact::fisher(&big, &big, TWO),
        Err(Refusal::OutOfRange { .. })
    ));
    assert!(matches!(
        drift::binned(&[0, 5], &[0, 7], 0.0),
        Err(Refusal::ZeroVariance { .. })
    ));
    assert!(matches!(
        drift::binned(&[0], &[7], 0.0),
        Err(Refusal::InsufficientData { .. })
    ));
    assert!(matches!(
        ranking::delong(&[true, false, false], &[1.0; 3], &[1.0; 3]),
        Err(Refusal::InsufficientData { found: 1, .. })
    ));
    assert!(matches!(
        bayes::posterior(0.1, 0.0, None),
        Err(Refusal::ZeroVariance { .. })
    ));
    assert!(matches!(
        bayes::best_of_means(&[NormalLaw::new(0.0, 1.0).unwrap()]),
        Err(Refusal::InsufficientData { .. })
    ));
    let half = Alpha::new(0.5).unwrap();
    let moments = Moments::from_summary(9, 1.0, 2.0).unwrap();
    assert!(matches!(
        equivalence::of_differences(&moments, Margin::symmetric(1.0).unwrap(), half),
        Err(Refusal::OutOfRange { value: 0.5, .. })
    ));
    assert!(Margin::new(0.0, 1.0).is_err() && Margin::new(-1.0, f64::INFINITY).is_err());
    assert!(BetaLaw::new(0.0, 1.0).is_err() && NormalLaw::new(0.0, -1.0).is_err());
}
