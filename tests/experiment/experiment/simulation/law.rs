//! What units' values are like.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::stats::HigherMoments;

/// What a unit's values are like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Law {
    Normal,
    Exponential,
    LogNormal(f64),
    Rate(f64),
    /// One unit in twenty has a value, of a log-normal law.
    MostlyZero,
    /// Student's t with two degrees of freedom: no variance.
    NoVariance,
    /// One to a thousand values a unit, which hang together.
    Clusters,
}

pub(super) const LAWS: [(&str, Law); 10] = [
    ("normal", Law::Normal),
    ("exponential", Law::Exponential),
    ("log-normal, sigma 1", Law::LogNormal(1.0)),
    ("log-normal, sigma 2", Law::LogNormal(2.0)),
    ("rate .5 by groups", Law::Rate(0.5)),
    ("rate .1 by groups", Law::Rate(0.1)),
    ("rate .01 by groups", Law::Rate(0.01)),
    ("one in 20, log-normal", Law::MostlyZero),
    ("t with 2 df", Law::NoVariance),
    ("clusters of Pareto size", Law::Clusters),
];

pub(in crate::experiment) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    // Box and Muller; one minus a draw is never 0.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

impl Law {
    /// Returns the sum of a unit's values and their number, each value raised by `effect`.
    pub(super) fn draw(self, rng: &mut ChaCha8Rng, effect: f64) -> [f64; 2] {
        let one = |value: f64| [value + effect, 1.0];
        match self {
            Law::Normal => one(normal(rng)),
            Law::Exponential => one(-(1.0 - rng.random::<f64>()).ln()),
            Law::LogNormal(sigma) => one((sigma * normal(rng)).exp()),
            Law::Rate(p) => [f64::from(rng.random::<f64>() < p + effect), 1.0],
            Law::MostlyZero if rng.random::<f64>() < 0.05 => one((2.0 * normal(rng)).exp()),
            Law::MostlyZero => one(0.0),
            Law::NoVariance => {
                let squares = -(1.0 - rng.random::<f64>()).ln();
                one(normal(rng) / squares.sqrt())
            }
            Law::Clusters => {
                let size = (1.0 - rng.random::<f64>())
                    .powf(-1.0 / 1.5)
                    .min(1_000.0)
                    .floor();
                let mean = normal(rng) + effect;
                [size * mean + size.sqrt() * normal(rng), size]
            }
        }
    }

    /// Returns spread, skewness and excess kurtosis of a unit's part in the mean.
    pub(super) fn shape(self) -> [f64; 3] {
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        let draws: Vec<[f64; 2]> = (0..200_000).map(|_| self.draw(&mut rng, 0.0)).collect();
        let sum = |place: usize| draws.iter().map(|draw| draw[place]).sum::<f64>();
        let ratio = sum(0) / sum(1);
        let mut parts = HigherMoments::new();
        for [y, n] in &draws {
            parts.record(y - ratio * n).unwrap();
        }
        let spread = parts.standard_deviation().unwrap() / (sum(1) / draws.len() as f64);
        [
            spread,
            parts.skewness().unwrap(),
            parts.excess_kurtosis().unwrap(),
        ]
    }
}
