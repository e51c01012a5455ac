//! The laws that test statistics follow under the null hypothesis.

use crate::stats::special::{ln_normal_sf, ln_t_sf, normal_isf, normal_sf, t_quantile, t_sf};
use crate::stats::{Alpha, Alternative, Interval, PValue};

/// Returns the p-value of a statistic that is standard normal under the null hypothesis.
pub(crate) fn normal_p(z: f64, alternative: Alternative) -> PValue {
    match alternative {
        Alternative::Greater => PValue::new(normal_sf(z), ln_normal_sf(z)),
        Alternative::Less => PValue::new(normal_sf(-z), ln_normal_sf(-z)),
        Alternative::TwoSided => PValue::of_two_tails(normal_sf(z.abs()), || ln_normal_sf(z.abs())),
    }
}

/// Returns the p-value of a statistic that has Student's t law under the null hypothesis.
pub(crate) fn student_p(t: f64, df: f64, alternative: Alternative) -> PValue {
    let one_tail = |t: f64| PValue::of_one_tail(t_sf(t, df), || ln_t_sf(t, df));
    match alternative {
        Alternative::Greater => one_tail(t),
        Alternative::Less => one_tail(-t),
        Alternative::TwoSided => PValue::of_two_tails(t_sf(t.abs(), df), || ln_t_sf(t.abs(), df)),
    }
}

/// Returns the normal quantile that an interval for this alternative reaches out to.
pub(crate) fn normal_reach(alpha: Alpha, alternative: Alternative) -> f64 {
    normal_isf(tail(alpha, alternative))
}

/// Returns the t quantile that an interval for this alternative reaches out to.
pub(crate) fn student_reach(alpha: Alpha, df: f64, alternative: Alternative) -> f64 {
    -t_quantile(tail(alpha, alternative), df)
}

/// Returns the probability of missing the effect on one side of the interval.
pub(crate) fn tail(alpha: Alpha, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => alpha.get() / 2.0,
        Alternative::Greater | Alternative::Less => alpha.get(),
    }
}

/// Returns the interval between the bounds, one of them replaced by its limit if one-sided.
pub(crate) fn interval(
    (lower, upper): (f64, f64),
    (least, greatest): (f64, f64),
    alpha: Alpha,
    alternative: Alternative,
) -> Interval {
    match alternative {
        Alternative::TwoSided => Interval::new(lower, upper, alpha),
        Alternative::Greater => Interval::new(lower, greatest, alpha),
        Alternative::Less => Interval::new(least, upper, alpha),
    }
}
