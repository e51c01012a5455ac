//! Intervals for the difference of two rates of the same requests.

use super::check;
use crate::stats::proportions::clopper_pearson_odds;
use crate::stats::special::{find_root, normal_isf};
use crate::stats::{Alpha, Interval, PairedCounts, Refusal};

/// Returns Tango's score interval for the difference of two paired rates.
///
/// All differences `D` for which `(c - b - n D) / sqrt(n (2 q + D (1 - D)))` lies within the
/// normal quantiles, `q` being the most likely probability of a pair that only the control
/// answers rightly. It works without discordant pairs and stays within -1 and 1: the default.
///
/// Tango (1998),
/// <https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C891::AID-SIM780%3E3.0.CO;2-B>.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair.
pub fn tango(pairs: &PairedCounts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(pairs)?;
    let (lower, upper) = tango_bounds(pairs, normal_isf(alpha.get() / 2.0));
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns the interval of Bonett and Price for the difference of two paired rates.
///
/// Wald's after adding one pair of either discordant kind; not clipped. A closed form nearly
/// as good as [`tango`]'s.
///
/// Bonett and Price (2012), <https://doi.org/10.3102/1076998611411915>.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair.
pub fn bonett_price(pairs: &PairedCounts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(pairs)?;
    let n = pairs.n() as f64 + 2.0;
    let gains = (pairs.only_candidate() as f64 + 1.0) / n;
    let losses = (pairs.only_control() as f64 + 1.0) / n;
    let difference = gains - losses;
    let variance = (gains + losses - difference * difference) / n;
    let reach = normal_isf(alpha.get() / 2.0) * variance.sqrt();
    Ok(Interval::new(difference - reach, difference + reach, alpha))
}

/// Returns Wald's interval for the difference of two paired rates.
///
/// `d ± z sqrt(b + c - (c - b)^2 / n) / n`, not clipped. It has width 0 without discordant pairs,
/// however few pairs there are: use it only for comparison.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair.
pub fn wald(pairs: &PairedCounts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(pairs)?;
    let reach = normal_isf(alpha.get() / 2.0) * standard_error(pairs);
    let difference = difference(pairs);
    Ok(Interval::new(difference - reach, difference + reach, alpha))
}

/// Returns the exact interval of the discordant odds: improvements divided by regressions.
///
/// The estimate is `c / b`, infinite without regressions; the bounds are those of Clopper and
/// Pearson for `c` among the discordant pairs, converted to odds. The upper bound is infinite
/// without regressions, the lower is 0 without improvements.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any discordant pair.
pub fn discordant_odds(pairs: &PairedCounts, alpha: Alpha) -> Result<(f64, Interval), Refusal> {
    if pairs.discordant() == 0 {
        return Err(Refusal::too_few("discordant pairs", 0, 1));
    }
    let (better, worse) = (pairs.only_candidate(), pairs.only_control());
    let (lower, upper) = clopper_pearson_odds(better, worse, alpha.get() / 2.0);
    let (gains, losses) = (better as f64, worse as f64);
    let odds = if losses == 0.0 {
        f64::INFINITY
    } else {
        gains / losses
    };
    Ok((odds, Interval::new(lower, upper, alpha)))
}

pub(super) fn difference(pairs: &PairedCounts) -> f64 {
    excess(pairs) / pairs.n() as f64
}

/// Returns the standard error of the difference, without reference to the null hypothesis.
pub(super) fn standard_error(pairs: &PairedCounts) -> f64 {
    let n = pairs.n() as f64;
    let excess = excess(pairs);
    (pairs.discordant() as f64 - excess * (excess / n))
        .max(0.0)
        .sqrt()
        / n
}

/// Returns the differences at which Tango's score is `z` and `-z`.
pub(super) fn tango_bounds(pairs: &PairedCounts, z: f64) -> (f64, f64) {
    if z < 0.0 {
        // One-sided at a level below one half each bound lies on the other side.
        let (lower, upper) = tango_bounds(pairs, -z);
        return (upper, lower);
    }
    let n = pairs.n() as f64;
    let (excess, d) = (excess(pairs), difference(pairs));
    let reach = |at: f64| z * (n * variance(pairs, at)).sqrt();
    // Where nothing varies both sides vanish at d itself, which is no bound: the score is 0.
    let lower = |at: f64| {
        if at < d {
            excess - n * at - reach(at)
        } else {
            -z
        }
    };
    let upper = |at: f64| {
        if at > d {
            excess - n * at + reach(at)
        } else {
            z
        }
    };
    (
        if d == -1.0 {
            -1.0
        } else {
            find_root(lower, -1.0, d, 0.0)
        },
        if d == 1.0 {
            1.0
        } else {
            find_root(upper, d, 1.0, 0.0)
        },
    )
}

/// Returns `2 q + |D| (1 - |D|)` at the most likely probability `q` of the rarer discordance.
fn variance(pairs: &PairedCounts, at: f64) -> f64 {
    let n = pairs.n() as f64;
    let (gains, losses) = (pairs.only_candidate(), pairs.only_control());
    let (frequent, rare) = if at < 0.0 {
        (losses, gains)
    } else {
        (gains, losses)
    };
    let others = (pairs.n() - frequent) as f64;
    let (frequent, rare) = (frequent as f64, rare as f64);
    let size = at.abs();
    let rest = 1.0 - size;
    // Near 1 all that counts is how far below 1 the difference lies.
    let linear = if size > 0.5 {
        2.0 * others - (n + others + rare) * rest
    } else {
        (n + others + rare) * size - rare - frequent
    };
    let constant = -rare * size * rest;
    let root = (linear * linear - 8.0 * n * constant).max(0.0).sqrt();
    // The root that does not cancel.
    let q = if linear > 0.0 {
        -2.0 * constant / (linear + root)
    } else {
        (root - linear) / (4.0 * n)
    };
    (2.0 * q + size * rest).max(0.0)
}

fn excess(pairs: &PairedCounts) -> f64 {
    pairs.only_candidate() as f64 - pairs.only_control() as f64
}
