//! Means, variances and covariance of a stream of pairs.

use super::moments::BLOCK;
use super::moments::scale::times;
use super::{Moments, Refusal};

/// The moments of two values per unit, together with their differences.
///
/// The pair is `(x, y)`: the control's and the candidate's score of one request, or a covariate
/// from before the experiment and the metric itself. The differences `y - x` are accumulated
/// on their own, because their variance cannot be recovered from the variances and the
/// covariance when the scores are large and agree well.
///
/// ```
/// use switchstand::stats::PairedMoments;
/// let mut scores = PairedMoments::new();
/// scores.extend_from_slices(&[1.0, 2.0, 3.0], &[1.5, 2.0, 4.0])?;
/// assert_eq!(scores.difference().mean(), Some(0.5));
/// assert_eq!(scores.covariance(), Some(1.25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairedMoments {
    x: Moments,
    y: Moments,
    difference: Moments,
    cross: f64,
}

impl PairedMoments {
    /// Returns the moments of no pairs.
    #[must_use]
    pub const fn new() -> PairedMoments {
        PairedMoments {
            x: Moments::new(),
            y: Moments::new(),
            difference: Moments::new(),
            cross: 0.0,
        }
    }

    /// Returns the moments with these parts, whose cross products are not scaled.
    pub(super) fn of_parts(x: Moments, y: Moments, difference: Moments, cross: f64) -> Self {
        PairedMoments {
            cross: scaled_cross(cross, (&x, &y)),
            x,
            y,
            difference,
        }
    }

    /// Adds one pair.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where a squared
    /// deviation overflows; the state stays as it was.
    pub fn record(&mut self, x: f64, y: f64) -> Result<(), Refusal> {
        let mut next = *self;
        next.x.record(x)?;
        next.y.record(y)?;
        next.difference.record(y - x)?;
        let (before, after) = ((&self.x, &self.y), (&next.x, &next.y));
        next.cross = cross_with(self.cross, before, after, (x, y));
        *self = next.checked()?;
        Ok(())
    }

    /// Adds the pairs of two slices of equal length.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] for slices of different length, and as
    /// [`record`](PairedMoments::record) for any pair; then none is added.
    pub fn extend_from_slices(&mut self, x: &[f64], y: &[f64]) -> Result<(), Refusal> {
        check_lengths(x, y)?;
        let mut total = *self;
        for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
            total.merge(&PairedMoments::of_block(x, y)?)?;
        }
        *self = total;
        Ok(())
    }

    /// Adds the pairs that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or a sum of squared deviations
    /// overflows; the state stays as it was.
    pub fn merge(&mut self, other: &PairedMoments) -> Result<(), Refusal> {
        let mut next = *self;
        next.x.merge(&other.x)?;
        next.y.merge(&other.y)?;
        let parts = [
            (self.cross, &self.x, &self.y),
            (other.cross, &other.x, &other.y),
        ];
        next.cross = merged_cross(parts, (&next.x, &next.y));
        next.difference.merge(&other.difference)?;
        *self = next.checked()?;
        Ok(())
    }

    /// Returns the number of pairs.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.x.n()
    }

    /// Returns the moments of the first values.
    #[must_use]
    pub const fn x(&self) -> Moments {
        self.x
    }

    /// Returns the moments of the second values.
    #[must_use]
    pub const fn y(&self) -> Moments {
        self.y
    }

    /// Returns the moments of the differences, second minus first.
    #[must_use]
    pub const fn difference(&self) -> Moments {
        self.difference
    }

    /// Returns the sample covariance (divisor `n - 1`), none before the second pair.
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        covariance(&self.x, &self.y, self.cross)
    }

    /// Returns Pearson's correlation, between -1 and 1.
    ///
    /// There is none before the second pair, nor if either value does not vary.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        correlation(&self.x, &self.y, self.cross)
    }

    /// Returns the scales on which both values are held.
    pub(super) const fn scales(&self) -> [u8; 2] {
        [self.x.level(), self.y.level()]
    }

    /// Returns both sample variances and the covariance of values on these scales, where those of
    /// the smallest numbers do not underflow; none before the second pair.
    pub(super) fn spread_at(&self, [of_x, of_y]: [u8; 2]) -> Option<[f64; 3]> {
        let (x, y) = (self.x.at_level(of_x), self.y.at_level(of_y));
        let up = levels((&x, &y)) - levels((&self.x, &self.y));
        let sums = [x.scaled_m2(), y.scaled_m2(), times(self.cross, up)];
        (self.n() > 1).then(|| sums.map(|sum| sum / (self.n() - 1) as f64))
    }

    fn of_block(x: &[f64], y: &[f64]) -> Result<PairedMoments, Refusal> {
        let mut space = [0.0; BLOCK];
        let mut differences = 0;
        for ((difference, x), y) in space.iter_mut().zip(x).zip(y) {
            *difference = y - x;
            differences += 1;
        }
        let (mx, my) = (Moments::of_block(x)?, Moments::of_block(y)?);
        if mx.level() != 0 || my.level() != 0 {
            let mut pairs = PairedMoments::new();
            x.iter()
                .zip(y)
                .try_for_each(|(&x, &y)| pairs.record(x, y))?;
            return Ok(pairs);
        }
        PairedMoments {
            x: mx,
            y: my,
            difference: Moments::of_block(space.get(..differences).unwrap_or(&[]))?,
            cross: cross_of_block(x, y, &mx, &my),
        }
        .checked()
    }

    fn checked(self) -> Result<PairedMoments, Refusal> {
        check_cross(self.cross)?;
        Ok(self)
    }
}

/// Refuses slices that do not pair up.
pub(super) fn check_lengths<X, Y>(x: &[X], y: &[Y]) -> Result<(), Refusal> {
    if x.len() == y.len() {
        Ok(())
    } else {
        Err(Refusal::unequal("paired values", x.len(), y.len()))
    }
}

/// Refuses a sum of products that has overflowed.
pub(super) fn check_cross(cross: f64) -> Result<(), Refusal> {
    if cross.is_finite() {
        Ok(())
    } else {
        Err(Refusal::overflow("product of deviations"))
    }
}

/// Returns the sum of products of deviations with one pair more.
///
/// It is held on the scales of both values, which the pair may have changed.
#[inline]
pub(super) fn cross_with(
    cross: f64,
    before: (&Moments, &Moments),
    after: (&Moments, &Moments),
    (x, y): (f64, f64),
) -> f64 {
    let (of_x, of_y) = (after.0.level(), after.1.level());
    let dx = times(x, of_x.into()) - before.0.at_level(of_x).scaled_mean();
    let dy = times(y, of_y.into()) - after.1.scaled_mean();
    let up = levels(after) - levels(before);
    times(cross, up) + dx * dy
}

/// Returns the sum of products of deviations of two groups together.
pub(super) fn merged_cross(
    parts: [(f64, &Moments, &Moments); 2],
    merged: (&Moments, &Moments),
) -> f64 {
    let [(left, xa, ya), (right, xb, yb)] = parts;
    let up = |x, y| levels(merged) - levels((x, y));
    let (of_x, of_y) = (merged.0.level(), merged.1.level());
    times(left, up(xa, ya))
        + (times(right, up(xb, yb))
            + between(
                (xa.at_level(of_x), xb.at_level(of_x)),
                (ya.at_level(of_y), yb.at_level(of_y)),
            ))
}

/// Returns a sum of products of deviations on the scales of both values.
pub(super) fn scaled_cross(cross: f64, of: (&Moments, &Moments)) -> f64 {
    times(cross, levels(of))
}

fn levels((x, y): (&Moments, &Moments)) -> i32 {
    i32::from(x.level()) + i32::from(y.level())
}

/// Returns the sum of products of deviations of a block, in a second pass.
pub(super) fn cross_of_block(x: &[f64], y: &[f64], mx: &Moments, my: &Moments) -> f64 {
    let (mut products, mut left, mut right) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mx.scaled_mean(), y - my.scaled_mean());
        products += dx * dy;
        left += dx;
        right += dy;
    }
    // The second term is the product of the means' rounding errors.
    products - left * (right / (x.len() as f64).max(1.0))
}

/// Returns what merging two groups adds to their sum of products of deviations.
fn between((xa, xb): (Moments, Moments), (ya, yb): (Moments, Moments)) -> f64 {
    let (left, right) = (xa.n() as f64, xb.n() as f64);
    if left == 0.0 || right == 0.0 {
        return 0.0;
    }
    let weight = left * (right / (left + right));
    xa.scaled_mean_to(&xb) * ya.scaled_mean_to(&yb) * weight
}

/// Returns the covariance (divisor `n - 1`) from a sum on the scales of both values.
pub(super) fn covariance(x: &Moments, y: &Moments, cross: f64) -> Option<f64> {
    (x.n() > 1).then(|| times(cross / (x.n() - 1) as f64, -levels((x, y))))
}

/// Returns the correlation, kept within -1 and 1 against rounding.
pub(super) fn correlation(x: &Moments, y: &Moments, cross: f64) -> Option<f64> {
    let (sx, sy) = (x.scaled_m2().sqrt(), y.scaled_m2().sqrt());
    (sx > 0.0 && sy > 0.0).then(|| (cross / sx / sy).clamp(-1.0, 1.0))
}

#[cfg(feature = "serde")]
mod stored {
    use super::PairedMoments;
    use crate::stats::Moments;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "paired moments";

    stored_form!(
        NAME,
        version 1,
        PairedMoments {
            x: Moments,
            y: Moments,
            difference: Moments,
            cross: f64,
        },
        |moments| {
            let (x, y) = (&moments.x, &moments.y);
            let equal = x.n() == y.n() && x.n() == moments.difference.n();
            StateError::require(equal, NAME, "the counts of its parts differ")?;
            StateError::require_cross(NAME, x, y, moments.cross)
        },
    );
}
