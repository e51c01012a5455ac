//! Two arms and a metric, compared in one call.
//!
//! [`two_arms`] checks the sizes of the arms, picks the test, and returns a [`TwoArms`] whose
//! `Display` can be pasted into a review. This is what it picks, and why:
//!
//! | metric | test | interval | reason |
//! |---|---|---|---|
//! | a rate ([`Counts`]) | pooled z | Newcombe | its standard error is that of the null hypothesis; the interval needs no minimum count and never leaves -1 to 1 |
//! | a rate with an expected count below 5 | score of Miettinen and Nurminen | its own | keeps its level where the pooled z test does not |
//! | a rate without any success, or any failure, in both arms | none, p is 1 | score of Miettinen and Nurminen | also without events the difference has bounds |
//! | a mean ([`Moments`]) | Welch's t | its own | arms may differ in variance and size, as in a canary |
//!
//! A direction is stated only if the p-value is below alpha *and* the interval excludes zero,
//! and never while the sample ratio check fails. It is for **one** look at a sample of fixed
//! size.

mod two_arms;

pub use two_arms::{RelativeEffect, TwoArms, TwoArmsVerdict};

use super::means::{self, FiellerSet};
use super::{
    Alpha, Alternative, Counts, FixedHorizon, Measure, Moments, PValue, Refusal, Statistic,
    proportions, sample_ratio,
};

/// Expected count below which the pooled z test is not trusted.
const SMALL_COUNT: f64 = 5.0;

/// Compares a candidate with a control and returns what to say about it.
///
/// `weights` are the shares of traffic that the arms were configured to get, in any unit: `[1.0,
/// 1.0]`, `[95.0, 5.0]`. They are needed because an experiment whose arms do not have the right
/// sizes is broken, whatever its p-value. Sizes are checked at an error rate of 0.001, the effect
/// at `alpha`, two-sided.
///
/// Units must be independent: one outcome or number per user (or whatever was assigned).
///
/// # Errors
/// [`Refusal::InsufficientData`] for empty arms, or fewer than two values for a mean;
/// [`Refusal::ZeroVariance`] if no value of a mean varies in either arm; [`Refusal::OutOfRange`]
/// for weights that are not positive.
///
/// ```
/// use switchstand::stats::{Alpha, Counts, compare};
/// let control = Counts::new(480, 10_000)?;
/// let candidate = Counts::new(577, 10_050)?;
/// let read_out = compare::two_arms(&control, &candidate, [1.0, 1.0], Alpha::FIVE_PERCENT)?;
/// assert_eq!(read_out.verdict, compare::TwoArmsVerdict::Higher);
/// println!("{read_out}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_arms<M: Comparable>(
    control: &M,
    candidate: &M,
    weights: [f64; 2],
    alpha: Alpha,
) -> Result<TwoArms, Refusal> {
    let sizes = [control.units(), candidate.units()];
    let sample_ratio = sample_ratio::check(&sizes, &weights, Alpha::ONE_PER_MILLE)?;
    let effect = M::effect(control, candidate, alpha)?;
    let relative = M::relative(control, candidate, alpha);
    let verdict = TwoArmsVerdict::of(&effect, &sample_ratio);
    Ok(TwoArms {
        verdict,
        effect,
        relative,
        control: control.value(),
        candidate: candidate.value(),
        sample_ratio,
    })
}

/// An arm that [`two_arms`] knows how to test: [`Counts`] and [`Moments`].
///
/// It cannot be implemented elsewhere.
pub trait Comparable: sealed::Comparable {}

impl Comparable for Counts {}
impl Comparable for Moments {}

mod sealed {
    use super::{Alpha, FixedHorizon, Refusal, RelativeEffect};

    pub trait Comparable: Sized {
        /// Returns the number of units.
        fn units(&self) -> u64;
        /// Returns the arm's rate or mean, 0 for an empty arm.
        fn value(&self) -> f64;
        /// Tests the candidate against the control.
        fn effect(control: &Self, candidate: &Self, alpha: Alpha) -> Result<FixedHorizon, Refusal>;
        /// Returns the relative effect where it can be told.
        fn relative(control: &Self, candidate: &Self, alpha: Alpha) -> Option<RelativeEffect>;
    }
}

impl sealed::Comparable for Counts {
    fn units(&self) -> u64 {
        self.trials()
    }

    fn value(&self) -> f64 {
        self.rate().unwrap_or(0.0)
    }

    fn effect(control: &Counts, candidate: &Counts, alpha: Alpha) -> Result<FixedHorizon, Refusal> {
        let successes = (control.successes() + candidate.successes()) as f64;
        let failures = (control.failures() + candidate.failures()) as f64;
        let smaller_arm = control.trials().min(candidate.trials()) as f64;
        let least = successes.min(failures) * (smaller_arm / (successes + failures));
        let test = if least < SMALL_COUNT {
            proportions::miettinen_nurminen
        } else {
            proportions::pooled_z
        };
        match test(control, candidate, alpha, Alternative::TwoSided) {
            Err(Refusal::ZeroVariance { .. }) => equal_rates(control, candidate, alpha),
            other => other,
        }
    }

    fn relative(control: &Counts, candidate: &Counts, alpha: Alpha) -> Option<RelativeEffect> {
        let ratio = proportions::risk_ratio(control, candidate, alpha).ok()?;
        let lift = |ratio: f64| ratio - 1.0;
        Some(RelativeEffect {
            method: ratio.method,
            effect: lift(ratio.ratio),
            lower: lift(ratio.interval.lower),
            upper: lift(ratio.interval.upper),
        })
    }
}

/// Returns the result for arms without any success, or any failure.
///
/// There is no standard error for the difference of 0, so the test says nothing; the interval says
/// how large a difference there may be.
fn equal_rates(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
) -> Result<FixedHorizon, Refusal> {
    Ok(FixedHorizon {
        method: "Miettinen-Nurminen score interval",
        measure: Measure::RateDifference,
        effect: 0.0,
        standard_error: 0.0,
        interval: proportions::miettinen_nurminen_interval(control, candidate, alpha)?,
        null: 0.0,
        alternative: Alternative::TwoSided,
        alpha,
        statistic: Statistic::Normal { z: 0.0 },
        p: PValue::new(1.0, 0.0),
    })
}

impl sealed::Comparable for Moments {
    fn units(&self) -> u64 {
        self.n()
    }

    fn value(&self) -> f64 {
        self.mean().unwrap_or(0.0)
    }

    fn effect(
        control: &Moments,
        candidate: &Moments,
        alpha: Alpha,
    ) -> Result<FixedHorizon, Refusal> {
        means::welch(control, candidate, alpha, Alternative::TwoSided)
    }

    fn relative(control: &Moments, candidate: &Moments, alpha: Alpha) -> Option<RelativeEffect> {
        let lift = means::relative_lift(control, candidate, alpha, Alternative::TwoSided).ok()?;
        match means::fieller(control, candidate, alpha).ok()? {
            FiellerSet::Bounded(interval) => Some(RelativeEffect {
                method: "Fieller interval",
                effect: lift.effect,
                lower: interval.lower,
                upper: interval.upper,
            }),
            // The control's mean may be zero: there is no percentage to speak of.
            _ => None,
        }
    }
}
