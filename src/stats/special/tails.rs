//! Two tails that sum to one, the computed one without cancellation.

/// One tail as `exp(ln_scale) factor`; the other is its complement.
///
/// Scale and factor stay apart, so that the logarithm survives where the tail underflows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tails {
    pub(super) ln_scale: f64,
    pub(super) factor: f64,
    /// Whether the computed tail is the lower one.
    pub(super) is_lower: bool,
}

impl Tails {
    /// All of the mass lies in the lower tail.
    pub(super) const ALL_LOWER: Self = Self {
        ln_scale: 0.0,
        factor: 0.0,
        is_lower: false,
    };
    /// All of the mass lies in the upper tail.
    pub(super) const ALL_UPPER: Self = Self {
        ln_scale: 0.0,
        factor: 0.0,
        is_lower: true,
    };
    /// The arguments were outside of the domain.
    pub(super) const UNDEFINED: Self = Self {
        ln_scale: f64::NAN,
        factor: f64::NAN,
        is_lower: true,
    };

    /// Exchanges the two tails.
    pub(super) fn swapped(self) -> Self {
        Self {
            is_lower: !self.is_lower,
            ..self
        }
    }

    pub(super) fn lower(self) -> f64 {
        if self.is_lower {
            self.computed()
        } else {
            1.0 - self.computed()
        }
    }

    pub(super) fn upper(self) -> f64 {
        self.swapped().lower()
    }

    pub(super) fn ln_lower(self) -> f64 {
        if self.is_lower {
            let ln = self.ln_scale + self.factor.ln();
            if ln > 0.0 { 0.0 } else { ln }
        } else {
            (-self.computed()).ln_1p()
        }
    }

    pub(super) fn ln_upper(self) -> f64 {
        self.swapped().ln_lower()
    }

    fn computed(self) -> f64 {
        at_most_one(self.ln_scale.exp() * self.factor)
    }
}

/// Cuts at 1 what rounding put above it. NaN stays NaN; `f64::min` would hide it.
pub(super) fn at_most_one(p: f64) -> f64 {
    if p > 1.0 { 1.0 } else { p }
}

/// Returns the exact product of `x` and `y`, less the rounded `product` (Dekker 1971,
/// doi:10.1007/BF01397083).
///
/// Zero or inexact, never wrong by more than the rounding, where the split would overflow.
pub(super) fn two_product_error(x: f64, y: f64, product: f64) -> f64 {
    let (x_high, x_low) = split(x);
    let (y_high, y_low) = split(y);
    let error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low;
    if error.is_finite() { error } else { 0.0 }
}

/// Returns the leading 26 bits of a number and the rest.
fn split(x: f64) -> (f64, f64) {
    let high = f64::from_bits(x.to_bits() & 0xffff_ffff_f800_0000);
    (high, x - high)
}
