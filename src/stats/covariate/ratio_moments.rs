//! Moments of a ratio of sums together with the same ratio before the release.

use super::PreRelease;
use crate::stats::paired_moments::{check_cross, merged_cross};
use crate::stats::{Moments, RatioMoments, Refusal};

/// A unit's sums from before the release.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PreReleaseSums {
    /// What the ratio counts.
    pub numerator: PreRelease,
    /// What it is counted per.
    pub denominator: PreRelease,
}

/// The moments of each unit's numerator and denominator, during and before the release.
///
/// ```
/// use switchstand::stats::covariate::{PreRelease, PreReleaseSums, RatioCovariateMoments};
/// let mut clicks_per_view = RatioCovariateMoments::new();
/// let before = PreReleaseSums {
///     numerator: PreRelease::new(3.0),
///     denominator: PreRelease::new(11.0),
/// };
/// clicks_per_view.record(before, 2.0, 9.0)?;
/// assert_eq!(clicks_per_view.n(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RatioCovariateMoments {
    before: RatioMoments,
    during: RatioMoments,
    cross: Cross,
}

/// Sums of products of deviations, before and during the release.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Cross {
    pub(super) numerators: f64,
    pub(super) numerator_denominator: f64,
    pub(super) denominator_numerator: f64,
    pub(super) denominators: f64,
}

impl RatioCovariateMoments {
    /// Returns the moments of no units.
    #[must_use]
    pub fn new() -> RatioCovariateMoments {
        RatioCovariateMoments::default()
    }

    /// Adds one unit.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where a squared
    /// deviation overflows; the state stays as it was.
    pub fn record(
        &mut self,
        before: PreReleaseSums,
        numerator: f64,
        denominator: f64,
    ) -> Result<(), Refusal> {
        let mut one = RatioCovariateMoments::new();
        one.before
            .record(before.numerator.get(), before.denominator.get())?;
        one.during.record(numerator, denominator)?;
        self.merge(&one)
    }

    /// Adds the units that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or a sum of squared deviations
    /// overflows; the state stays as it was.
    pub fn merge(&mut self, other: &RatioCovariateMoments) -> Result<(), Refusal> {
        let mut next = *self;
        next.before.merge(&other.before)?;
        next.during.merge(&other.during)?;
        let add =
            |mine: f64, others: f64, x: fn(&RatioMoments) -> Moments, y: fn(&_) -> Moments| {
                let parts = [self, other].map(|part| (x(&part.before), y(&part.during)));
                let [(xa, ya), (xb, yb)] = &parts;
                let merged = (&x(&next.before), &y(&next.during));
                let sum = merged_cross([(mine, xa, ya), (others, xb, yb)], merged);
                check_cross(sum).map(|()| sum)
            };
        let (top, bottom) = (RatioMoments::numerator, RatioMoments::denominator);
        let (mine, others) = (self.cross, other.cross);
        next.cross = Cross {
            numerators: add(mine.numerators, others.numerators, top, top)?,
            numerator_denominator: add(
                mine.numerator_denominator,
                others.numerator_denominator,
                top,
                bottom,
            )?,
            denominator_numerator: add(
                mine.denominator_numerator,
                others.denominator_numerator,
                bottom,
                top,
            )?,
            denominators: add(mine.denominators, others.denominators, bottom, bottom)?,
        };
        *self = next;
        Ok(())
    }

    /// Returns the number of units.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.during.n()
    }

    /// Returns the moments from before the release.
    #[must_use]
    pub const fn before(&self) -> RatioMoments {
        self.before
    }

    /// Returns the moments during the release.
    #[must_use]
    pub const fn during(&self) -> RatioMoments {
        self.during
    }

    pub(super) const fn cross(&self) -> Cross {
        self.cross
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Cross, RatioCovariateMoments};
    use crate::stats::RatioMoments;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "ratio covariate moments";

    stored_form!(
        NAME,
        version 1,
        RatioCovariateMoments {
            before: RatioMoments,
            during: RatioMoments,
            cross: Cross,
        },
        check,
    );

    fn check(moments: &RatioCovariateMoments) -> Result<(), StateError> {
        let RatioCovariateMoments {
            before,
            during,
            cross,
        } = moments;
        let equal = before.n() == during.n();
        StateError::require(equal, NAME, "the counts of its parts differ")?;
        let [x, y] = [before, during].map(|part| [part.numerator(), part.denominator()]);
        let sums = [
            [cross.numerators, cross.numerator_denominator],
            [cross.denominator_numerator, cross.denominators],
        ];
        for (x, sums) in x.iter().zip(sums) {
            for (y, sum) in y.iter().zip(sums) {
                StateError::require_cross(NAME, x, y, sum)?;
            }
        }
        Ok(())
    }
}
