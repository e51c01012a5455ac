//! The exact comparison of two event rates, given the number of events.

use super::Events;
use crate::stats::fixed_horizon::law::{interval, tail};
use crate::stats::proportions::clopper_pearson_odds;
use crate::stats::special::{
    binomial_cdf, binomial_pmf, binomial_sf, ln_add_exp, ln_binomial_cdf, ln_binomial_pmf,
    ln_binomial_sf,
};
use crate::stats::{Alpha, Alternative, Interval, PValue, Refusal};

/// The exact comparison of two event rates.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateRatio {
    /// Name of the method.
    pub method: &'static str,
    /// Candidate's rate divided by the control's; infinite without events of the control; `None`
    /// without any event.
    pub ratio: Option<f64>,
    /// Ratios that the data do not contradict; one-sided if the alternative is.
    pub interval: Interval,
    /// Direction of the test.
    pub alternative: Alternative,
    /// Error rate of the interval.
    pub alpha: Alpha,
    /// P-value of the hypothesis that both rates are equal.
    pub p: PValue,
}

/// Compares two event rates exactly, given how many events there were in all.
///
/// The two-sided p is *central*: twice the smaller tail, at most 1. R's `poisson.test` has another
/// one, of minimum likelihood (the sum over all outcomes that are no more likely): where that gives
/// 0.080, this may give 0.112. The intervals of both agree.
///
/// Each event is the candidate's with probability `e_b / (e_a + e_b)` if the rates are equal, so
/// the candidate's events are binomial. The interval is Clopper and Pearson's for that probability,
/// converted to a ratio of rates: the two agree, and err at most with alpha. Without any event p is
/// 1 and the interval contains every ratio.
///
/// Przyborowski and Wilenski (1940), <https://doi.org/10.1093/biomet/31.3-4.313>.
///
/// # Errors
/// [`Refusal::Overflow`] where the ratio of the exposures is too large for an `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, rates::{self, Events}};
/// let control = Events::new(10, 100.0)?;
/// let candidate = Events::new(20, 100.0)?;
/// let test = rates::exact(&control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
/// assert_eq!(test.ratio, Some(2.0));
/// assert!((test.p.value - 0.09874).abs() < 1e-5 && test.interval.contains(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn exact(
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<RateRatio, Refusal> {
    compare(
        "exact conditional test",
        1.0,
        control,
        candidate,
        alpha,
        alternative,
    )
}

/// Compares as [`exact`] does, with only half of the probability of the observed events.
///
/// The mid-p hardly ever errs more often than alpha and has more power: the default. The interval
/// is that of [`exact`], so it may contain 1 although the test rejects.
///
/// # Errors
/// As [`exact`].
pub fn exact_mid_p(
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<RateRatio, Refusal> {
    compare(
        "exact conditional mid-p test",
        0.5,
        control,
        candidate,
        alpha,
        alternative,
    )
}

fn compare(
    method: &'static str,
    weight: f64,
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<RateRatio, Refusal> {
    let exposures = control.exposure / candidate.exposure;
    if !(exposures.is_finite() && exposures > 0.0) {
        return Err(Refusal::overflow("ratio of the exposures"));
    }
    let split = Split::new(control, candidate);
    let p = if split.total == 0 {
        PValue::new(1.0, 0.0)
    } else {
        match alternative {
            Alternative::Greater => split.candidate_at_least(weight),
            Alternative::Less => split.candidate_at_most(weight),
            Alternative::TwoSided => {
                let (up, down) = (
                    split.candidate_at_least(weight),
                    split.candidate_at_most(weight),
                );
                let smaller = if up.ln_p < down.ln_p { up } else { down };
                PValue::of_two_tails(smaller.value, || smaller.ln_p)
            }
        }
    };
    let (a, b) = (control.count as f64, candidate.count as f64);
    let tail = tail(alpha, alternative);
    let (lower, upper) = clopper_pearson_odds(candidate.count, control.count, tail);
    let bounds = (lower * exposures, upper * exposures);
    Ok(RateRatio {
        method,
        ratio: (split.total > 0).then(|| b / a * exposures),
        interval: interval(bounds, (0.0, f64::INFINITY), alpha, alternative),
        alternative,
        alpha,
        p,
    })
}

/// The events of both arms, as a binomial law of the arm with the smaller share.
struct Split {
    /// Events of the arm with the smaller exposure.
    rarer: u64,
    total: u64,
    /// Share of that arm in the exposure, at most a half.
    share: f64,
    candidate_is_rarer: bool,
}

impl Split {
    fn new(control: &Events, candidate: &Events) -> Split {
        let total = control.count + candidate.count;
        let candidate_is_rarer = candidate.exposure <= control.exposure;
        let (rarer, other) = if candidate_is_rarer {
            (candidate, control)
        } else {
            (control, candidate)
        };
        Split {
            rarer: rarer.count,
            total,
            // In this form neither sum nor quotient overflows.
            share: 1.0 / (1.0 + other.exposure / rarer.exposure),
            candidate_is_rarer,
        }
    }

    /// Returns the probability of at least the candidate's events, the observed ones weighted.
    fn candidate_at_least(&self, weight: f64) -> PValue {
        if self.candidate_is_rarer {
            self.at_least(weight)
        } else {
            self.at_most(weight)
        }
    }

    fn candidate_at_most(&self, weight: f64) -> PValue {
        if self.candidate_is_rarer {
            self.at_most(weight)
        } else {
            self.at_least(weight)
        }
    }

    fn at_least(&self, weight: f64) -> PValue {
        let beyond = binomial_sf(self.rarer, self.total, self.share);
        self.with_observed(weight, beyond, || {
            ln_binomial_sf(self.rarer, self.total, self.share)
        })
    }

    fn at_most(&self, weight: f64) -> PValue {
        let Some(below) = self.rarer.checked_sub(1) else {
            return self.with_observed(weight, 0.0, || f64::NEG_INFINITY);
        };
        let beyond = binomial_cdf(below, self.total, self.share);
        self.with_observed(weight, beyond, || {
            ln_binomial_cdf(below, self.total, self.share)
        })
    }

    fn with_observed(&self, weight: f64, beyond: f64, ln_beyond: impl Fn() -> f64) -> PValue {
        let observed = binomial_pmf(self.rarer, self.total, self.share);
        PValue::of_one_tail((beyond + weight * observed).min(1.0), || {
            let ln_observed = ln_binomial_pmf(self.rarer, self.total, self.share);
            ln_add_exp(ln_beyond(), ln_observed + weight.ln())
        })
    }
}
