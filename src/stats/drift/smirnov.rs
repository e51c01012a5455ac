//! The largest distance of two empirical distribution functions.

use crate::stats::ranks::ties::{Block, blocks};
use crate::stats::special::{kolmogorov_sf, ln_add_exp};
use crate::stats::{PValue, Refusal, Sample};

/// The largest product of sample sizes that [`kolmogorov_smirnov_exact`] takes.
pub const MAX_EXACT_PAIRS: u64 = 10_000_000;

/// How far two empirical distribution functions are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Distance {
    /// Largest distance, from 0 to 1.
    pub largest: f64,
    /// Largest excess of the candidate's function: its values tend to be smaller.
    pub candidate_above: f64,
    /// Largest excess of the control's function: the candidate's values tend to be larger.
    pub control_above: f64,
}

/// Returns how far the empirical distribution functions of two samples are apart.
///
/// `O(n)` for sorted samples.
#[must_use]
pub fn distance(control: &Sample, candidate: &Sample) -> Distance {
    let of = Scaled::new(control, candidate);
    Distance {
        largest: of.ratio(of.above.max(of.below)),
        candidate_above: of.ratio(of.above),
        control_above: of.ratio(of.below),
    }
}

/// Tests whether two samples have one distribution, by the law of large samples.
///
/// `P(K > sqrt(n_a n_b / (n_a + n_b)) D)` of Kolmogorov's limiting law. It is meant for
/// continuous values and large samples, and is conservative for others: take
/// [`kolmogorov_smirnov_exact`] where it answers. `O(n)` for sorted samples.
///
/// Smirnov (1948), <https://doi.org/10.1214/aoms/1177730256>.
#[must_use]
pub fn kolmogorov_smirnov(control: &Sample, candidate: &Sample) -> PValue {
    let (na, nb) = (control.n() as f64, candidate.n() as f64);
    let lambda = (na * (nb / (na + nb))).sqrt() * distance(control, candidate).largest;
    // Beyond the underflow only the first term of the series is left.
    PValue::of_one_tail(kolmogorov_sf(lambda), || {
        core::f64::consts::LN_2 - 2.0 * lambda * lambda
    })
}

/// Tests whether two samples have one distribution, by the exact law, ties included.
///
/// The probability of at least the observed distance if all splits of the pooled values into arms
/// of these sizes are equally likely. With ties the distance is looked at only after each block of
/// equal values, as in the observations. With enough values it finds every difference of the
/// distributions, so it has less power than [`ranks`](crate::stats::ranks) against a simple shift.
/// `O(n_a n_b)`, up to [`MAX_EXACT_PAIRS`].
///
/// Schröer and Trenkler (1995), <https://doi.org/10.1016/0167-9473(94)00040-P>.
///
/// # Errors
/// [`Refusal::OutOfRange`] above [`MAX_EXACT_PAIRS`]: take [`kolmogorov_smirnov`] then.
///
/// ```
/// use switchstand::stats::{Sample, drift};
/// let before = Sample::new(&[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// let after = Sample::new(&[6.0, 7.0, 8.0, 9.0, 10.0])?;
/// let p = drift::kolmogorov_smirnov_exact(&before, &after)?;
/// assert!((p.value - 2.0 / 252.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn kolmogorov_smirnov_exact(control: &Sample, candidate: &Sample) -> Result<PValue, Refusal> {
    let pairs = control.n().saturating_mul(candidate.n());
    let (what, expected) = (
        "product of the sample sizes for the exact Kolmogorov-Smirnov test",
        "at most 10,000,000; take the asymptotic test",
    );
    Refusal::require(pairs <= MAX_EXACT_PAIRS, what, pairs as f64, expected)?;
    let of = Scaled::new(control, candidate);
    let observed = of.above.max(of.below);
    if observed == 0 {
        return Ok(PValue::new(1.0, 0.0));
    }
    let p = of.hit(observed, (0.0, 1.0), |p, share| p * share, |p, q| p + q);
    Ok(PValue::of_one_tail(p.min(1.0), || {
        let never = f64::NEG_INFINITY;
        of.hit(
            observed,
            (never, 0.0),
            |ln_p, share| ln_p + share.ln(),
            ln_add_exp,
        )
    }))
}

/// Distances times the product of the sizes, which are whole.
struct Scaled {
    blocks: Vec<Block>,
    na: u64,
    nb: u64,
    above: u64,
    below: u64,
}

impl Scaled {
    fn new(control: &Sample, candidate: &Sample) -> Scaled {
        let blocks = blocks(control.sorted(), candidate.sorted());
        let (na, nb) = (control.n(), candidate.n());
        let (mut i, mut j, mut above, mut below) = (0_u64, 0_u64, 0, 0);
        for block in &blocks {
            i += block.control;
            j += block.candidate;
            above = (j * na).saturating_sub(i * nb).max(above);
            below = (i * nb).saturating_sub(j * na).max(below);
        }
        Scaled {
            blocks,
            na,
            nb,
            above,
            below,
        }
    }

    fn ratio(&self, scaled: u64) -> f64 {
        scaled as f64 / self.na as f64 / self.nb as f64
    }

    /// Returns the probability that a random split reaches the distance after some block.
    ///
    /// The walk counts the values of either arm; what has reached the distance leaves it and is
    /// summed, so that small probabilities keep their digits.
    fn hit(
        &self,
        distance: u64,
        (never, always): (f64, f64),
        times: impl Fn(f64, f64) -> f64,
        plus: impl Fn(f64, f64) -> f64,
    ) -> f64 {
        // By the number of the control's values so far.
        let mut walk = vec![never; self.na as usize + 1];
        if let Some(start) = walk.first_mut() {
            *start = always;
        }
        let mut reached = never;
        let mut done = 0;
        for block in &self.blocks {
            for _ in 0..block.size() {
                let left = (self.na + self.nb - done) as f64;
                done += 1;
                let first = done.saturating_sub(self.nb);
                let last = done.min(self.na);
                // From above, so that the state one step ago is still there.
                for i in (first..=last).rev() {
                    let j = done - i;
                    let state = |i: u64| walk.get(i as usize).copied().unwrap_or(never);
                    let mut here = never;
                    if j > 0 {
                        here = times(state(i), (self.nb - j + 1) as f64 / left);
                    }
                    if i > 0 {
                        let from = times(state(i - 1), (self.na - i + 1) as f64 / left);
                        here = plus(here, from);
                    }
                    if let Some(state) = walk.get_mut(i as usize) {
                        *state = here;
                    }
                }
                // States that would take more candidates than there are.
                if let Some(state) = first.checked_sub(1).and_then(|i| walk.get_mut(i as usize)) {
                    *state = never;
                }
            }
            for (i, state) in walk.iter_mut().enumerate().take(done as usize + 1) {
                let i = i as u64;
                let Some(j) = done.checked_sub(i) else { break };
                if j <= self.nb && (i * self.nb).abs_diff(j * self.na) >= distance {
                    reached = plus(reached, *state);
                    *state = never;
                }
            }
        }
        reached
    }
}
