//! Two rates: conversion, error, acceptance, one outcome of two per unit.
//!
//! | question | function |
//! |---|---|
//! | does the candidate's rate differ? | [`pooled_z`], interval of Newcombe |
//! | the same, test and interval never contradicting each other | [`miettinen_nurminen`] |
//! | is the candidate not worse by more than a margin? | [`non_inferiority`] |
//! | how large is the relative effect? | [`risk_ratio`], [`odds_ratio`] |
//! | what is the rate of one arm? | [`wilson`], [`clopper_pearson`], [`jeffreys`] |
//!
//! All of it is for one look at a sample whose size was fixed beforehand, and for units that
//! are independent: one outcome per user, not one per request of a few heavy users.

mod difference;
mod one_arm;
mod ratio;
mod score;

pub use difference::{agresti_caffo, newcombe, wald};
pub(super) use one_arm::clopper_pearson_odds;
pub use one_arm::{clopper_pearson, jeffreys, wilson};
pub(super) use ratio::arcsine_difference;
pub use ratio::{RatioEstimate, cohen_h, odds_ratio, risk_ratio};
pub use score::{miettinen_nurminen, miettinen_nurminen_interval, non_inferiority};

use super::fixed_horizon::law::{interval, normal_p, normal_reach};
use super::{Alpha, Alternative, Counts, FixedHorizon, Measure, Refusal, Statistic};

/// The least and greatest difference of two rates.
const DIFFERENCES: (f64, f64) = (-1.0, 1.0);

/// Tests a difference of rates with the pooled z test, and adds Newcombe's interval.
///
/// Under the null hypothesis both arms share one rate, which the pooled standard error `sqrt(p (1 -
/// p) (1/n_a + 1/n_b))` estimates from both; `z = (p_b - p_a) / se`. This is Pearson's chi-squared
/// test of the 2 × 2 table. The interval is [`newcombe`]'s, one-sided if the alternative is; near
/// alpha test and interval may disagree, those of [`miettinen_nurminen`] never do.
///
/// Do not use it with fewer than about five expected successes or failures per arm.
///
/// Pearson (1900), <https://doi.org/10.1080/14786440009463897>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials, [`Refusal::ZeroVariance`] if all
/// trials of both arms succeed or all fail: there is no evidence then, not a p-value of 1.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Counts, proportions};
/// let control = Counts::new(48, 1_000)?;
/// let candidate = Counts::new(62, 1_000)?;
/// let test = proportions::pooled_z(
///     &control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!((test.p.value - 0.1697).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pooled_z(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let (successes, failures) = (pair.xa + pair.xb, pair.fa + pair.fb);
    let total = pair.na + pair.nb;
    let standard_error = (successes / total * (failures / pair.na) / pair.nb).sqrt();
    let bounds = difference::newcombe_bounds(&pair, normal_reach(alpha, alternative));
    pair.result(
        "pooled z test, Newcombe interval",
        standard_error,
        bounds,
        alpha,
        alternative,
    )
}

/// Tests a difference of rates with the unpooled z test and its own (Wald's) interval.
///
/// `se = sqrt(p_a q_a / n_a + p_b q_b / n_b)`. Test and interval agree with each other, but the
/// interval covers far less than it says near rates of 0 or 1 and for small arms; prefer
/// [`pooled_z`] or [`miettinen_nurminen`].
///
/// Agresti and Caffo (2000), <https://doi.org/10.1080/00031305.2000.10474560>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials, [`Refusal::ZeroVariance`] if neither
/// arm varies.
pub fn unpooled_z(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let bounds = pair.wald_bounds(normal_reach(alpha, alternative));
    pair.result(
        "unpooled z test, Wald interval",
        pair.unpooled_error(),
        bounds,
        alpha,
        alternative,
    )
}

/// The counts of both arms as numbers, none of the arms empty.
#[derive(Clone, Copy, Debug)]
struct Pair {
    xa: f64,
    fa: f64,
    na: f64,
    xb: f64,
    fb: f64,
    nb: f64,
    difference: f64,
}

impl Pair {
    fn new(control: &Counts, candidate: &Counts) -> Result<Pair, Refusal> {
        let empty = |what, arm: &Counts| match arm.trials() {
            0 => Err(Refusal::too_few(what, 0, 1)),
            _ => Ok(()),
        };
        empty("control", control)?;
        empty("candidate", candidate)?;
        let (na, nb) = (control.trials() as f64, candidate.trials() as f64);
        // In integers: rates that agree must differ by exactly 0, and small differences of
        // large counts keep their digits.
        let cross = |x: u64, n: u64| i128::from(x) * i128::from(n);
        let excess = cross(candidate.successes(), control.trials())
            - cross(control.successes(), candidate.trials());
        Ok(Pair {
            xa: control.successes() as f64,
            fa: control.failures() as f64,
            na,
            xb: candidate.successes() as f64,
            fb: candidate.failures() as f64,
            nb,
            // Two roundings may put what is 1 above it, where no score has a root.
            difference: (excess as f64 / na / nb).clamp(-1.0, 1.0),
        })
    }

    /// Returns the counts with successes and failures swapped.
    const fn mirrored(&self) -> Pair {
        Pair {
            xa: self.fa,
            fa: self.xa,
            xb: self.fb,
            fb: self.xb,
            difference: -self.difference,
            ..*self
        }
    }

    fn is_mostly_successes(&self) -> bool {
        self.xa + self.xb > self.fa + self.fb
    }

    fn unpooled_error(&self) -> f64 {
        let a = self.xa / self.na * (self.fa / self.na) / self.na;
        let b = self.xb / self.nb * (self.fb / self.nb) / self.nb;
        (a + b).sqrt()
    }

    fn wald_bounds(&self, z: f64) -> (f64, f64) {
        let reach = z * self.unpooled_error();
        (self.difference - reach, self.difference + reach)
    }

    fn result(
        &self,
        method: &'static str,
        standard_error: f64,
        bounds: (f64, f64),
        alpha: Alpha,
        alternative: Alternative,
    ) -> Result<FixedHorizon, Refusal> {
        if standard_error == 0.0 {
            return Err(Refusal::no_variance("outcome of both arms"));
        }
        let z = self.difference / standard_error;
        Ok(FixedHorizon {
            method,
            measure: Measure::RateDifference,
            effect: self.difference,
            standard_error,
            interval: interval(bounds, DIFFERENCES, alpha, alternative),
            null: 0.0,
            alternative,
            alpha,
            statistic: Statistic::Normal { z },
            p: normal_p(z, alternative),
        })
    }
}
