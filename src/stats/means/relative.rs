//! The relative difference of two means.

use super::{Arm, NEITHER_VARIES, arms};
use crate::stats::fixed_horizon::law::normal_reach;
use crate::stats::fixed_horizon::wald::{UNBOUNDED, Wald};
use crate::stats::{Alpha, Alternative, FixedHorizon, Interval, Measure, Moments, Refusal};

/// Tests the relative difference `(m_b - m_a) / |m_a|` by the delta method.
///
/// For a control's mean above zero this is `m_b / m_a - 1`. Below zero its sign is still that of
/// the difference, so -6 against -5 is a fall by 20 %. `se^2 = B / m_a^2 + m_b^2 A / m_a^4` with `A
/// = v_a / n_a`, `B = v_b / n_b`, and a normal law: for arms of a few hundred units or more. It is
/// unstable while the control's mean is within about four standard errors of zero; then use
/// [`fieller`].
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm,
/// [`Refusal::ZeroDenominator`] if the control's mean is zero, [`Refusal::ZeroVariance`] if
/// neither arm varies, [`Refusal::Overflow`] if the ratio is too large for an `f64`.
pub fn relative_lift(
    control: &Moments,
    candidate: &Moments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (a, b) = arms(control, candidate)?;
    let relative = Relative::new(a, b)?;
    let standard_error = relative
        .b_error
        .hypot(relative.ratio.abs() * relative.a_error);
    if standard_error == 0.0 {
        return Err(NEITHER_VARIES);
    }
    Wald {
        method: "relative z test, delta method",
        measure: Measure::RelativeDifference,
        what: LIFT,
        effect: relative.lift,
        standard_error,
        null: 0.0,
        range: UNBOUNDED,
    }
    .normal(alpha, alternative)
}

/// Returns Fieller's confidence set for the relative difference `(m_b - m_a) / |m_a|`.
///
/// All `r` for which a z test does not reject `m_b = m_a + r |m_a|`. With `g = z^2 A / m_a^2 < 1`
/// it is an interval; otherwise the control's mean is not clearly different from zero, and the set
/// is unbounded.
///
/// Fieller (1954), <https://doi.org/10.1111/j.2517-6161.1954.tb00159.x>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm,
/// [`Refusal::ZeroDenominator`] if the control's mean is zero, [`Refusal::Overflow`] if the
/// ratio is too large for an `f64`.
pub fn fieller(
    control: &Moments,
    candidate: &Moments,
    alpha: Alpha,
) -> Result<FiellerSet, Refusal> {
    let (a, b) = arms(control, candidate)?;
    let relative = Relative::new(a, b)?;
    let z = normal_reach(alpha, Alternative::TwoSided);
    let g = (z * relative.a_error) * (z * relative.a_error);
    // (1 - g) r^2 - 2 R r + (R^2 - z^2 B / m_a^2) <= 0 in r = m_b / m_a; the set is of
    // r - 1, mirrored for a control's mean below zero.
    let moved = relative.sign * g;
    let open = 1.0 - g;
    let spread = relative.ratio * relative.a_error;
    if g < 1.0 {
        let reach = z * (relative.b_error * open.sqrt()).hypot(spread);
        let bound = |reach: f64| (relative.lift + moved + reach) / open;
        let (lower, upper) = (bound(-reach), bound(reach));
        return if lower.is_finite() && upper.is_finite() {
            Ok(FiellerSet::Bounded(Interval::new(lower, upper, alpha)))
        } else {
            Err(TOO_LARGE)
        };
    }
    let discriminant = spread * spread + open * relative.b_error * relative.b_error;
    if discriminant <= 0.0 || open == 0.0 {
        return Ok(FiellerSet::Everything);
    }
    let reach = z * discriminant.sqrt();
    let (one, other) = (
        (relative.lift + moved + reach) / open,
        (relative.lift + moved - reach) / open,
    );
    if !(one.is_finite() && other.is_finite()) {
        return Err(TOO_LARGE);
    }
    Ok(FiellerSet::Outside {
        lower: one.min(other),
        upper: one.max(other),
        level: alpha.level(),
    })
}

/// The relative differences that the observations do not contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "set"))]
#[non_exhaustive]
pub enum FiellerSet {
    /// The set is an interval.
    Bounded(Interval),
    /// The control's mean may be zero: everything but the open interval between the bounds.
    Outside {
        /// The set holds everything up to here,
        lower: f64,
        /// and everything from here on.
        upper: f64,
        /// Probability with which the method covers the truth.
        level: f64,
    },
    /// Nothing is excluded.
    Everything,
}

impl FiellerSet {
    /// Tells whether `value` lies in the set.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        match self {
            FiellerSet::Bounded(interval) => interval.contains(value),
            FiellerSet::Outside { lower, upper, .. } => value <= *lower || *upper <= value,
            FiellerSet::Everything => true,
        }
    }

    /// Returns the interval, none if the set is unbounded.
    #[must_use]
    pub const fn interval(&self) -> Option<Interval> {
        match self {
            FiellerSet::Bounded(interval) => Some(*interval),
            _ => None,
        }
    }
}

const LIFT: &str = "relative difference of the means";
const TOO_LARGE: Refusal = Refusal::Overflow { what: LIFT };

/// Means and standard errors in units of the control's mean.
struct Relative {
    ratio: f64,
    /// Of the control's mean.
    sign: f64,
    /// In the direction of the difference, whatever that sign is.
    lift: f64,
    a_error: f64,
    b_error: f64,
}

impl Relative {
    fn new(a: Arm, b: Arm) -> Result<Relative, Refusal> {
        if a.mean == 0.0 {
            return Err(Refusal::zero("mean of the control"));
        }
        let unit = a.mean.abs();
        let relative = Relative {
            ratio: b.mean / a.mean,
            sign: a.mean.signum(),
            lift: a.moments.mean_to(&b.moments) / unit,
            a_error: a.error / unit,
            b_error: b.error / unit,
        };
        let numbers = [relative.lift, relative.a_error, relative.b_error];
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(relative)
        } else {
            Err(TOO_LARGE)
        }
    }
}
