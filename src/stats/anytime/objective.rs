//! Whether the rate of one arm meets an objective, such as "at most 1 % errors".

use super::EitherWay;
use crate::stats::guard::ln_mixture;
use crate::stats::special::{find_root, ln_beta, ln_beta_cdf, ln_beta_sf};
use crate::stats::{Alpha, Counts, Interval, Refusal};

/// An objective that a rate stays at or below a limit, watched exactly at every look.
///
/// # Formula
/// Of `n` units `s` had the event. The evidence against "the rate is at most `p`" is the mean of
/// `(q / p)^s ((1 - q) / (1 - p))^(n - s)` over `q > p`, weighted by a Beta prior centred on `p`
/// and truncated to that side; against "at least `p`" the mean over `q < p`. The prior weighs
/// `1 / min(p, 1 - p)` units, among which one event is expected (or one unit without).
///
/// # Assumptions
/// Units are independent, each counted once; the rate is that of their population while it is
/// watched. A function of the counts, so parts merge.
///
/// # When not to use it
/// To compare two arms: both may drift together, and only a [`guard`](crate::stats::guard) allows
/// for that.
///
/// Source: Robbins (1970), <https://doi.org/10.1214/aoms/1177696786>.
///
/// ```
/// use switchstand::stats::{Alpha, Counts, anytime::RateObjective};
/// let objective = RateObjective::new(0.01, Alpha::ONE_PERCENT)?;
/// let reading = objective.reading(&Counts::new(40, 1_000)?);
/// assert!(reading.worse.is_significant() && !reading.better.is_significant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateObjective {
    limit: f64,
    alpha: Alpha,
}

impl RateObjective {
    /// Returns the objective "the rate is at most `limit`", each verdict at error rate `alpha`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `limit` lies between 1e-9 and
    /// 1 - 1e-9.
    pub fn new(limit: f64, alpha: Alpha) -> Result<RateObjective, Refusal> {
        let what = "limit of the rate";
        Refusal::require_finite(what, limit)?;
        let holds = (1e-9..=1.0 - 1e-9).contains(&limit);
        Refusal::require(holds, what, limit, "a number from 1e-9 to 1 - 1e-9")?;
        Ok(RateObjective { limit, alpha })
    }

    /// Returns the evidence in these counts: "worse" is a rate above the limit, "better" below.
    #[must_use]
    pub fn reading(&self, counts: &Counts) -> EitherWay {
        let (events, rest) = (counts.successes(), counts.failures());
        // One event's worth of prior belief that the rate is at the limit.
        let size = 1.0 / self.limit.min(1.0 - self.limit);
        let prior = (size * self.limit, size * (1.0 - self.limit));
        let ln_e = |ln_kept| ln_mixture(events, rest, prior, self.limit, ln_kept);
        EitherWay::new(ln_e(ln_beta_cdf), ln_e(ln_beta_sf), self.alpha)
    }
}

/// Returns the rates that one arm's counts do not contradict, at every look.
///
/// # Formula
/// The `p` with `B(1/2 + s, 1/2 + f) / B(1/2, 1/2) / (p^s (1 - p)^f) <= 1 / alpha`, for `s`
/// events among `s + f` units. Exact, a function of the counts. Assumptions and source as
/// [`RateObjective`].
///
/// # Errors
/// [`Refusal::InsufficientData`] before the first unit.
pub fn rate_interval(counts: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    if counts.trials() == 0 {
        return Err(Refusal::too_few("sample", 0, 1));
    }
    let (events, rest) = (counts.successes() as f64, counts.failures() as f64);
    let marginal = ln_beta(0.5 + events, 0.5 + rest) - ln_beta(0.5, 0.5) + alpha.get().ln();
    let (lower, missing) = likely_shares(events, rest, marginal);
    Ok(Interval::new(lower, one_less(missing), alpha))
}

/// Returns the least share at which `s` successes and `f` failures are likelier than `ln_least`,
/// and what the greatest one lacks to 1.
///
/// `ln_least` is the likelihood at which a mixture's evidence suffices. Each is found by its own
/// logarithm, so that it keeps its digits however near 0 or 1 the shares lie.
pub(super) fn likely_shares(s: f64, f: f64, ln_least: f64) -> (f64, f64) {
    (least_share(s, f, ln_least), least_share(f, s, ln_least))
}

/// Returns one minus a number from 0 to 1, rounded up.
pub(super) fn one_less(missing: f64) -> f64 {
    let rounded = 1.0 - missing;
    if 1.0 - rounded > missing {
        rounded.next_up()
    } else {
        rounded
    }
}

fn least_share(s: f64, f: f64, ln_least: f64) -> f64 {
    if s == 0.0 {
        return 0.0;
    }
    let excess = |ln_share: f64| ln_least - s * ln_share - f_ln_rest(f, ln_share);
    // Failures only lower the likelihood, so it is too little where successes alone make it so.
    let (least, likeliest) = (ln_least / s, -(f / s).ln_1p());
    find_root(excess, least, likeliest, 0.0).exp()
}

/// Returns `f ln(1 - p)` from `ln p`, where nothing to the power of zero is one.
fn f_ln_rest(f: f64, ln_share: f64) -> f64 {
    if f == 0.0 {
        0.0
    } else if ln_share > -core::f64::consts::LN_2 {
        f * (-ln_share.exp_m1()).ln()
    } else {
        f * (-ln_share.exp()).ln_1p()
    }
}
