//! What the past says about the next value.

/// Shrunken running mean and variance of values in `[0, 1]`, and the bet that follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Predictor {
    t: u64,
    sum: f64,
    squares: f64,
}

impl Predictor {
    pub(super) const fn t(&self) -> u64 {
        self.t
    }

    /// Returns `(1/2 + sum x) / (t + 1)`.
    pub(super) fn mean(&self) -> f64 {
        (0.5 + self.sum) / (self.t as f64 + 1.0)
    }

    /// Returns the bet on the next value: `sqrt(2 ln(2 / alpha) / (s2 t ln(1 + t)))`, where `t`
    /// counts the next value and `s2` is the variance of those before.
    pub(super) fn bet(&self, alpha: f64) -> f64 {
        let next = self.t as f64 + 1.0;
        let variance = (0.25 + self.squares) / next;
        (2.0 * (2.0 / alpha).ln() / (variance * next * next.ln_1p())).sqrt()
    }

    pub(super) fn see(&mut self, x: f64) {
        self.t += 1;
        self.sum += x;
        self.squares += (x - self.mean()).powi(2);
    }

    /// Tells whether some values in `[0, 1]` lead to this state.
    #[cfg(feature = "serde")]
    pub(super) fn is_possible(&self) -> bool {
        let most = 0.0..=self.t as f64;
        most.contains(&self.sum) && most.contains(&self.squares)
    }
}
