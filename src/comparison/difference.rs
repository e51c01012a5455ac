//! How far two answers to one request are apart.

#[cfg(feature = "serde")]
mod stored;

/// The difference of two answers.
///
/// It is 0 if they agree, and larger the more they differ. A comparator is a function from two
/// projections to a difference: one of the `unless_..` below, or a closure. Only differences by the
/// same comparator can be ranked.
///
/// ```
/// use switchstand::comparison::Difference;
/// assert!(Difference::unless_equal(&"cat", &"cat").is_none());
/// assert_eq!(Difference::unless_equal(&"cat", &"dog").size(), 1.0);
/// let close = |a: &f64, b: &f64| Difference::unless_within(0.01, *a, *b);
/// assert!(close(&0.505, &0.5).is_none());
/// let longer = |a: &String, b: &String| Difference::of(a.len().abs_diff(b.len()) as f64);
/// assert_eq!(longer(&"cat".into(), &"horse".into()).size(), 2.0);
/// ```
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
    /// NaN becomes [`Difference::BEYOND`]: numbers that cannot be compared do not agree.
    #[must_use]
    pub const fn of(size: f64) -> Difference {
        if size.is_nan() {
            Difference::BEYOND
        } else {
            Difference(size.abs())
        }
    }

    /// Compares labels or digests: they agree if they are equal, otherwise the difference is 1.
    #[must_use]
    pub fn unless_equal<P: PartialEq + ?Sized>(primary: &P, shadow: &P) -> Difference {
        if primary == shadow {
            Difference::NONE
        } else {
            Difference::of(1.0)
        }
    }

    /// Compares numbers: they agree if they differ by at most `tolerance`, otherwise the difference
    /// is their distance.
    ///
    /// Equal infinities agree; NaN agrees with nothing, not even itself. With a tolerance that is
    /// negative or NaN only equal numbers agree.
    #[must_use]
    pub fn unless_within(tolerance: f64, primary: f64, shadow: f64) -> Difference {
        Difference::beyond(tolerance, primary, shadow, 1.0)
    }

    /// Compares numbers: they agree if they differ by at most `tolerance` times the larger
    /// magnitude, otherwise the difference is their distance as a fraction of that magnitude.
    ///
    /// Infinities, NaN and a negative tolerance are treated as by
    /// [`unless_within`](Difference::unless_within).
    #[must_use]
    pub fn unless_near(tolerance: f64, primary: f64, shadow: f64) -> Difference {
        let unit = primary.abs().max(shadow.abs());
        Difference::beyond(tolerance, primary, shadow, unit)
    }

    #[expect(clippy::float_cmp, reason = "equal numbers agree, infinities included")]
    fn beyond(tolerance: f64, primary: f64, shadow: f64, unit: f64) -> Difference {
        let size = (primary - shadow).abs() / unit;
        if primary == shadow || size <= tolerance {
            Difference::NONE
        } else {
            Difference::of(size)
        }
    }

    /// Compares rankings: they agree if they share `needed` of their first `k`, in any order.
    ///
    /// Otherwise the difference is the fraction of `k` that they do not share. If both rankings are
    /// shorter than `k`, the length of the longer one is used; two empty rankings agree. If both
    /// are shorter than `needed`, they must share all items. An item that a ranking repeats counts
    /// once.
    ///
    /// ```
    /// use switchstand::comparison::Difference;
    /// let three_of_four = |a: &[u8], b: &[u8]| Difference::unless_shared(3, 4, a, b);
    /// assert!(three_of_four(&[1, 2, 3, 4, 5], &[4, 9, 2, 1, 3]).is_none());
    /// assert_eq!(three_of_four(&[1, 2, 3, 4], &[9, 8, 2, 1]).size(), 0.5);
    /// ```
    #[must_use]
    pub fn unless_shared<T: PartialEq>(
        needed: usize,
        k: usize,
        primary: &[T],
        shadow: &[T],
    ) -> Difference {
        let [left, right] = [primary, shadow].map(|ranking| ranking.len().min(k));
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
        if shared >= needed.min(longer) {
            Difference::NONE
        } else {
            Difference::of((longer - shared) as f64 / longer as f64)
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

#[cfg(test)]
mod tests {
    use super::Difference;

    #[test]
    fn a_difference_is_never_nan_nor_negative() {
        assert_eq!(Difference::of(f64::NAN), Difference::BEYOND);
        assert_eq!(Difference::of(-2.0).size(), 2.0);
        assert!(Difference::of(-0.0).is_none());
    }

    #[test]
    fn a_tolerance_includes_its_bound() {
        let absolute = |a, b| Difference::unless_within(0.5, a, b);
        assert!(absolute(1.0, 1.5).is_none());
        assert_eq!(absolute(1.0, 2.0).size(), 1.0);
        assert!(absolute(f64::INFINITY, f64::INFINITY).is_none());
        assert_eq!(absolute(f64::NAN, f64::NAN), Difference::BEYOND);
        let relative = |a, b| Difference::unless_near(0.1, a, b);
        assert!(relative(-100.0, -90.0).is_none());
        assert_eq!(relative(-1.0, 1.0).size(), 2.0);
        assert!(relative(0.0, -0.0).is_none());
        for tolerance in [f64::NAN, -0.1] {
            assert!(Difference::unless_within(tolerance, 2.0, 2.0).is_none());
            assert_eq!(Difference::unless_within(tolerance, 2.0, 3.0).size(), 1.0);
        }
    }

    #[test]
    fn rankings_overlap_in_their_first_k() {
        let top = |a: &[u8], b: &[u8]| Difference::unless_shared(2, 3, a, b);
        assert!(top(&[], &[]).is_none());
        assert_eq!(top(&[1], &[]).size(), 1.0);
        assert!(top(&[1], &[1]).is_none());
        assert!(top(&[1, 2, 3], &[3, 9, 2, 1]).is_none());
        assert_eq!(top(&[1, 1, 1], &[1, 1, 1]).size(), 2.0 / 3.0);
    }
}
