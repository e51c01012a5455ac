//! Seeded draws from the distributions that the simulations need.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// A seeded stream of draws.
pub(crate) struct Draws {
    generator: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Draws {
    pub(crate) fn seeded(seed: u64) -> Draws {
        let generator = ChaCha8Rng::seed_from_u64(seed);
        Draws {
            generator,
            spare_normal: None,
        }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Between 0 and 1, never either.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Marsaglia's polar method.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s < 1.0 {
                let scale = (-2.0 * s.ln() / s).sqrt();
                self.spare_normal = Some(v * scale);
                return u * scale;
            }
        }
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Number of trials up to and with the first success.
    pub(crate) fn geometric(&mut self, probability: f64) -> f64 {
        (self.uniform().ln() / (-probability).ln_1p())
            .ceil()
            .max(1.0)
    }

    /// Mean `mean`, by waiting times.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        let (mut count, mut time) = (0, self.exponential());
        while time < mean {
            count += 1;
            time += self.exponential();
        }
        count
    }

    /// Shape `shape`, scale 1 (Marsaglia and Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

/// A share of runs with its standard error.
pub(crate) struct Proportion {
    hits: usize,
    runs: usize,
}

impl Proportion {
    pub(crate) fn new(hits: usize, runs: usize) -> Proportion {
        Proportion { hits, runs }
    }

    /// Pools the runs of two.
    pub(crate) fn and(self, other: &Proportion) -> Proportion {
        Proportion::new(self.hits + other.hits, self.runs + other.runs)
    }

    pub(crate) fn value(&self) -> f64 {
        self.hits as f64 / self.runs as f64
    }

    /// Three standard errors of a proportion that is truly `p`.
    pub(crate) fn slack(&self, p: f64) -> f64 {
        3.0 * (p * (1.0 - p) / self.runs as f64).sqrt()
    }

    pub(crate) fn assert_at_most(&self, p: f64, what: &str) {
        let most = p + self.slack(p);
        assert!(
            self.value() <= most,
            "{what}: {:.4} > {most:.4}",
            self.value()
        );
    }

    pub(crate) fn assert_at_least(&self, p: f64, what: &str) {
        let least = p - self.slack(p);
        assert!(
            self.value() >= least,
            "{what}: {:.4} < {least:.4}",
            self.value()
        );
    }
}
