//! Continued fractions, term by term.

/// Stands for a partial value of 0, which the next term divides by.
const TINY: f64 = 1e-300;

/// A continued fraction that is evaluated from the front, by Lentz's method as modified by
/// Thompson and Barnett.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lentz {
    value: f64,
    c: f64,
    d: f64,
}

impl Lentz {
    /// Begins with the value `beta + ...`.
    pub(super) fn new(beta: f64) -> Lentz {
        let value = beta.max(TINY);
        let (c, d) = (value, 0.0);
        Lentz { value, c, d }
    }

    /// Begins with the value `1 / (beta + ...)`.
    pub(super) fn reciprocal(beta: f64) -> Lentz {
        let d = 1.0 / nonzero(beta);
        let (value, c) = (d, 1.0 / TINY);
        Lentz { value, c, d }
    }

    /// Adds the term `alpha / (beta + ...)`; returns whether the value no longer changed.
    pub(super) fn add(&mut self, alpha: f64, beta: f64) -> bool {
        self.c = nonzero(beta + alpha / self.c);
        self.d = 1.0 / nonzero(beta + alpha * self.d);
        let factor = self.c * self.d;
        self.value *= factor;
        (factor - 1.0).abs() < 1e-16
    }

    pub(super) const fn value(self) -> f64 {
        self.value
    }
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}
