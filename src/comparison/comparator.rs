//! How far two answers to one request are apart.

#[cfg(feature = "serde")]
mod stored;

use core::num::NonZeroUsize;

use thiserror::Error;

/// How far two answers are apart.
///
/// 0 if they agree, more the worse they disagree. Only differences by the same comparator can be ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::Raw", into = "stored::Raw")
)]
pub struct Difference(f64);

impl Difference {
    /// Agreement.
    pub const NONE: Difference = Difference(0.0);
    /// Disagreement that has no size, or the worst size there is.
    pub const BEYOND: Difference = Difference(f64::INFINITY);

    /// Returns a difference of this size, whatever its sign.
    ///
    /// NaN is [`Difference::BEYOND`]: what cannot be compared does not agree.
    #[must_use]
    pub const fn of(size: f64) -> Difference {
        if size.is_nan() {
            Difference::BEYOND
        } else {
            Difference(size.abs())
        }
    }

    /// Returns the size: 0 or more, perhaps infinite, never NaN.
    #[must_use]
    pub const fn size(self) -> f64 {
        self.0
    }

    /// Tells whether the two agree.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0.0
    }
}

/// A measure of how far the projections of two answers to one request are apart.
///
/// A closure from two projections to a [`Difference`] is a comparator.
///
/// ```
/// use switchstand::comparison::{Comparator, Difference, Exact, Tolerance};
/// assert!(Exact.difference(&"cat", &"cat").is_none());
/// assert_eq!(Exact.difference(&"cat", &"dog").size(), 1.0);
/// let close = Tolerance::relative(0.01)?;
/// assert!(close.difference(&100.0, &100.5).is_none());
/// let longer = |a: &String, b: &String| Difference::of(a.len().abs_diff(b.len()) as f64);
/// assert_eq!(longer.difference(&"cat".into(), &"horse".into()).size(), 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Comparator<P: ?Sized> {
    /// Returns how far the two are apart.
    fn difference(&self, primary: &P, shadow: &P) -> Difference;
}

impl<P, F: Fn(&P, &P) -> Difference> Comparator<P> for F {
    fn difference(&self, primary: &P, shadow: &P) -> Difference {
        self(primary, shadow)
    }
}

/// A comparator for labels and digests: they agree if they are equal, else the difference is 1.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Exact;

impl<P: PartialEq + ?Sized> Comparator<P> for Exact {
    fn difference(&self, primary: &P, shadow: &P) -> Difference {
        if primary == shadow {
            Difference::NONE
        } else {
            Difference::of(1.0)
        }
    }
}

/// A comparator for numbers: they agree if they are near each other, else their distance counts.
///
/// Equal infinities agree; NaN agrees with nothing, not even itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    kind: Kind,
    size: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Absolute,
    Relative,
}

impl Tolerance {
    /// Returns a tolerance of `size` in the numbers' own unit.
    ///
    /// # Errors
    /// [`ToleranceError::OutOfRange`] for NaN, infinities and negative numbers.
    pub const fn absolute(size: f64) -> Result<Tolerance, ToleranceError> {
        Tolerance::new(Kind::Absolute, size)
    }

    /// Returns a tolerance of `size` times the larger magnitude of the two.
    ///
    /// The difference is then the distance as a fraction of that magnitude.
    ///
    /// # Errors
    /// [`ToleranceError::OutOfRange`] for NaN, infinities and negative numbers.
    pub const fn relative(size: f64) -> Result<Tolerance, ToleranceError> {
        Tolerance::new(Kind::Relative, size)
    }

    const fn new(kind: Kind, size: f64) -> Result<Tolerance, ToleranceError> {
        if size.is_finite() && size >= 0.0 {
            Ok(Tolerance { kind, size })
        } else {
            Err(ToleranceError::OutOfRange { found: size })
        }
    }
}

impl Comparator<f64> for Tolerance {
    #[expect(clippy::float_cmp, reason = "equal numbers agree, infinities included")]
    fn difference(&self, primary: &f64, shadow: &f64) -> Difference {
        if primary == shadow {
            return Difference::NONE;
        }
        let distance = (primary - shadow).abs();
        let size = match self.kind {
            Kind::Absolute => distance,
            Kind::Relative => distance / primary.abs().max(shadow.abs()),
        };
        if size <= self.size {
            Difference::NONE
        } else {
            Difference::of(size)
        }
    }
}

/// Why a number is not a tolerance.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ToleranceError {
    /// The number is not finite, or negative.
    #[error("tolerance {found} is not a number from 0 up: write 0 or more")]
    OutOfRange {
        /// The number that was given.
        found: f64,
    },
}

/// A comparator for rankings: they agree if they share enough of their first k, in any order.
///
/// The difference is the fraction of k that is not shared; k is taken as the length of the
/// longer ranking where both are shorter, and two empty rankings agree. An item that a ranking
/// repeats counts once.
///
/// ```
/// use core::num::NonZeroUsize;
/// use switchstand::comparison::{Comparator, TopOverlap};
/// let three_of_four = TopOverlap::new(NonZeroUsize::new(4).unwrap(), 3);
/// assert!(three_of_four.difference(&vec![1, 2, 3, 4, 5], &vec![4, 9, 2, 1, 3]).is_none());
/// assert_eq!(three_of_four.difference(&vec![1, 2, 3, 4], &vec![9, 8, 2, 1]).size(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TopOverlap {
    k: NonZeroUsize,
    needed: usize,
}

impl TopOverlap {
    /// Returns the comparator of the first `k` that needs `needed` of them to be shared.
    ///
    /// Where both rankings are shorter than `needed`, they must share all.
    #[must_use]
    pub const fn new(k: NonZeroUsize, needed: usize) -> TopOverlap {
        TopOverlap { k, needed }
    }
}

impl<T: PartialEq> Comparator<[T]> for TopOverlap {
    fn difference(&self, primary: &[T], shadow: &[T]) -> Difference {
        let first = |ranking: &'_ [T]| ranking.len().min(self.k.get());
        let (left, right) = (first(primary), first(shadow));
        let longer = left.max(right);
        let shared = primary
            .iter()
            .take(left)
            .enumerate()
            .filter(|(place, item)| {
                !primary.iter().take(*place).any(|before| before == *item)
                    && shadow.iter().take(right).any(|other| other == *item)
            })
            .count();
        if shared >= self.needed.min(longer) {
            Difference::NONE
        } else {
            Difference::of((longer - shared) as f64 / longer as f64)
        }
    }
}

impl<T: PartialEq> Comparator<Vec<T>> for TopOverlap {
    fn difference(&self, primary: &Vec<T>, shadow: &Vec<T>) -> Difference {
        Comparator::<[T]>::difference(self, primary, shadow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_never_nan_nor_negative() {
        assert_eq!(Difference::of(f64::NAN), Difference::BEYOND);
        assert_eq!(Difference::of(-2.0).size(), 2.0);
        assert!(Difference::of(-0.0).is_none());
    }

    #[test]
    fn a_tolerance_includes_its_bound_and_refuses_nonsense() {
        let absolute = Tolerance::absolute(0.5).unwrap();
        assert!(absolute.difference(&1.0, &1.5).is_none());
        assert_eq!(absolute.difference(&1.0, &2.0).size(), 1.0);
        assert!(
            absolute
                .difference(&f64::INFINITY, &f64::INFINITY)
                .is_none()
        );
        assert_eq!(
            absolute.difference(&f64::NAN, &f64::NAN),
            Difference::BEYOND
        );
        let relative = Tolerance::relative(0.1).unwrap();
        assert!(relative.difference(&-100.0, &-90.0).is_none());
        assert_eq!(relative.difference(&-1.0, &1.0).size(), 2.0);
        assert!(relative.difference(&0.0, &-0.0).is_none());
        for size in [f64::NAN, -0.1, f64::INFINITY] {
            assert!(Tolerance::absolute(size).is_err());
        }
    }

    #[test]
    fn rankings_overlap_in_their_first_k() {
        let top = TopOverlap::new(NonZeroUsize::new(3).unwrap(), 2);
        let none: [u8; 0] = [];
        assert!(top.difference(&none[..], &none[..]).is_none());
        assert_eq!(top.difference(&[1][..], &none[..]).size(), 1.0);
        assert!(top.difference(&[1][..], &[1][..]).is_none());
        assert!(top.difference(&[1, 2, 3][..], &[3, 9, 2, 1][..]).is_none());
        assert_eq!(
            top.difference(&[1, 1, 1][..], &[1, 1, 1][..]).size(),
            2.0 / 3.0
        );
    }
}
