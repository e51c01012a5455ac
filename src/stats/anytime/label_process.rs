//! Two rates, by the arm of each unit's first event, at every look.

use super::{p_of, rate_interval};
use crate::stats::special::{find_root, ln_beta_kernel};
use crate::stats::{Alpha, Counts, Interval, PValue, Refusal};

/// Prior sizes that the evidence is averaged over: from two events' worth of belief to a hundred.
const SIZES: [f64; 3] = [2.0, 10.0, 100.0];
/// Log-odds beyond which an end of an interval is said not to exist.
const FARTHEST: f64 = 740.0;

/// A test of two rates by the arm of each unit's first event: exact, from the first event on.
///
/// Given that a unit has had an event, it is the candidate's with the candidate's share of the
/// units as probability, if the rates are equal. So the control needs no event, and rare events
/// need no large number of them.
///
/// # Formula
/// With `s_a` and `s_b` units of control and candidate that had an event and `t` the share,
/// `E(t)` is the mean over `k` in 2, 10 and 100 of
/// `B(k t + s_b, k (1 - t) + s_a) / (B(k t, k (1 - t)) t^s_b (1 - t)^s_a)`, and `p = 1 / E`. The
/// ratio's interval holds the ratios `t / (1 - t) * (1 - share) / share` with `E(t) < 1 / alpha`.
/// The difference's interval multiplies the ends of the ratio's share at `0.8 alpha` with those
/// of the rate of both arms together at `0.2 alpha`.
///
/// # Assumptions
/// Each unit is in one arm and counts once, with its first event; units fall into the arms with
/// the share that was declared. The rate may drift.
///
/// # When not to use it
/// If the real share may differ from the declared one and the rate is high: at a declared .50 and a
/// real .52 it is wrong in .166 of harmless tests at a rate of .1, and in .784 at .5. An
/// [experiment](crate::experiment) therefore decides by the smaller of the evidence at the declared
/// share and at the share of the units exposed.
///
/// Source: Lindon and Malek (2022), <https://doi.org/10.48550/arXiv.2011.03567>.
///
/// ```
/// use switchstand::stats::anytime::LabelProcess;
/// let even = LabelProcess::new(0.5)?;
/// // No event among 10,000 units of the control, 500 among as many of the candidate.
/// assert!(even.ln_e(0, 500) > 339.0);
/// # Ok::<(), switchstand::stats::Refusal>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelProcess {
    share: f64,
}

impl LabelProcess {
    /// Returns the process for a candidate with this share of the units of both arms.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless the share lies strictly between 0 and 1.
    pub fn new(share: f64) -> Result<LabelProcess, Refusal> {
        let holds = share > 0.0 && share < 1.0;
        let expected = "a number strictly between 0 and 1";
        Refusal::require(holds, "candidate's share", share, expected)?;
        Ok(LabelProcess { share })
    }

    /// Returns the logarithm of the e-value against equal rates, 0 without events.
    #[must_use]
    pub fn ln_e(&self, control: u64, candidate: u64) -> f64 {
        ln_e(self.share, 1.0 - self.share, control, candidate)
    }

    /// Returns the p-value of this look, `min(1, 1 / e)`.
    #[must_use]
    pub fn p(&self, control: u64, candidate: u64) -> PValue {
        p_of(self.ln_e(control, candidate))
    }

    /// Returns the ratio of rates, candidate over control; `None` without an event in the control.
    #[must_use]
    pub fn ratio(&self, control: u64, candidate: u64) -> Option<f64> {
        let odds = candidate as f64 / control as f64 * ((1.0 - self.share) / self.share);
        (control > 0).then_some(odds)
    }

    /// Returns the ratios of rates that the events do not contradict, at every look.
    ///
    /// An end that does not exist is 0 or infinity.
    #[must_use]
    pub fn ratio_interval(&self, control: u64, candidate: u64, alpha: Alpha) -> Interval {
        let [lower, upper] = ends(control, candidate, alpha);
        let even = (self.share / (1.0 - self.share)).ln();
        let ratio = |ln_odds: f64| (ln_odds - even).exp();
        Interval::new(
            lower.map_or(0.0, ratio),
            upper.map_or(f64::INFINITY, ratio),
            alpha,
        )
    }

    /// Returns the differences of rates that the events do not contradict, at every look.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] without units, [`Refusal::Overflow`] above 2^53 of them.
    pub fn difference_interval(
        &self,
        control: &Counts,
        candidate: &Counts,
        alpha: Alpha,
    ) -> Result<Interval, Refusal> {
        let mut both = *control;
        both.merge(candidate)?;
        let rates = rate_interval(&both, part(alpha, 0.2)?)?;
        let (s_a, s_b) = (control.successes(), candidate.successes());
        let [lower, upper] = ends(s_a, s_b, part(alpha, 0.8)?);
        let scale = self.share * (1.0 - self.share);
        let at = |ln_odds: f64| (share_of(ln_odds).0 - self.share) / scale;
        let first = lower.map_or(-self.share / scale, at);
        let last = upper.map_or((1.0 - self.share) / scale, at);
        let ends = [rates.lower, rates.upper];
        let lower = ends.map(|rate| rate * first);
        let upper = ends.map(|rate| rate * last);
        let [lower, upper] = [lower[0].min(lower[1]), upper[0].max(upper[1])];
        Ok(Interval::new(lower.max(-1.0), upper.min(1.0), alpha))
    }
}

fn part(alpha: Alpha, part: f64) -> Result<Alpha, Refusal> {
    Alpha::new(part * alpha.get())
}

/// Returns the evidence against the share `t`, with `rest = 1 - t` known on its own.
fn ln_e(t: f64, rest: f64, control: u64, candidate: u64) -> f64 {
    if control == 0 && candidate == 0 {
        return 0.0;
    }
    // As differences of densities on the scale of log-odds, which do not cancel.
    let terms = SIZES.map(|k| {
        let (b, a) = (k * t, k * rest);
        ln_beta_kernel(t, rest, b, a)
            - ln_beta_kernel(t, rest, b + candidate as f64, a + control as f64)
    });
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|term| (term - largest).exp()).sum();
    largest + (sum / SIZES.len() as f64).ln()
}

/// Returns the share and what it lacks to 1, from its log-odds.
fn share_of(ln_odds: f64) -> (f64, f64) {
    (1.0 / (1.0 + (-ln_odds).exp()), 1.0 / (1.0 + ln_odds.exp()))
}

/// Returns the log-odds at the ends of the shares whose evidence stays below `1 / alpha`.
fn ends(control: u64, candidate: u64, alpha: Alpha) -> [Option<f64>; 2] {
    let threshold = -alpha.get().ln();
    let excess = |ln_odds: f64| {
        let (t, rest) = share_of(ln_odds);
        ln_e(t, rest, control, candidate) - threshold
    };
    let middle = ((candidate as f64 + 0.5) / (control as f64 + 0.5)).ln();
    let end = |direction: f64| {
        let (mut near, mut step) = (middle, 0.5);
        loop {
            let far = middle + direction * step;
            if excess(far) >= 0.0 {
                return Some(find_root(excess, near, far, 1e-14));
            }
            if far.abs() > FARTHEST {
                return None;
            }
            (near, step) = (far, 2.0 * step);
        }
    };
    // With no or one event on a side its end does not exist: the evidence stays bounded there.
    [
        (candidate > 1).then(|| end(-1.0)).flatten(),
        (control > 1).then(|| end(1.0)).flatten(),
    ]
}
