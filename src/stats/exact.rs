//! Few successes: the exact comparison of two rates.
//!
//! | question | function |
//! |---|---|
//! | do the rates differ, for a handful of events? | [`fisher_mid_p`] |
//! | the same, never erring more often than alpha | [`fisher`] |
//!
//! With five or more expected successes and failures per arm, [`proportions`] says the same and
//! gives intervals; its score interval,
//! [`miettinen_nurminen_interval`](crate::stats::proportions::miettinen_nurminen_interval),
//! goes well with these tests. For one look at a sample whose size was fixed beforehand.
//!
//! [`proportions`]: crate::stats::proportions

mod tables;

use super::special::{
    hypergeometric_cdf, hypergeometric_sf, ln_add_exp, ln_hypergeometric_cdf,
    ln_hypergeometric_pmf, ln_hypergeometric_sf,
};
use super::{Alternative, Counts, PValue, Refusal};
use tables::Table;

/// The largest margin, of the smallest of all four, that [`fisher`] takes.
///
/// The margins are the sizes of the arms and the numbers of all successes and failures.
pub const MAX_MARGIN: u64 = 10_000;

/// Tests whether two rates are equal, by Fisher's exact test.
///
/// Given how many successes there are in all, the candidate's are hypergeometric if the rates are
/// equal. Two-sided p sums the probabilities of all tables that are no more likely than the
/// observed one; tables are compared in integers, without a tolerance. It errs less often than
/// alpha, often far less.
///
/// If the margins allow only one table, as for an arm without trials, p is 1.
///
/// Fisher (1935), <https://doi.org/10.2307/2342435>.
///
/// # Errors
/// [`Refusal::OutOfRange`] if the smallest margin exceeds [`MAX_MARGIN`]: take
/// [`miettinen_nurminen`](crate::stats::proportions::miettinen_nurminen) then.
///
/// ```
/// use switchstand::stats::{Alternative, Counts, exact};
/// let control = Counts::new(1, 10_000)?;
/// let candidate = Counts::new(8, 10_000)?;
/// let p = exact::fisher(&control, &candidate, Alternative::TwoSided)?;
/// assert!((p.value - 0.0390).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fisher(
    control: &Counts,
    candidate: &Counts,
    alternative: Alternative,
) -> Result<PValue, Refusal> {
    Ok(Tails::new(control, candidate, alternative)?.p(1.0))
}

/// Tests as [`fisher`] does, with half the probability of tables as likely as the observed.
///
/// Two-sided, all tables that are exactly as likely count half; one-sided, the observed one does.
/// The mid-p rarely errs more often than alpha and has more power: the default. If the margins
/// allow only one table, p is 1/2.
///
/// Lancaster (1961), <https://doi.org/10.1080/01621459.1961.10482105>.
///
/// # Errors
/// As [`fisher`].
pub fn fisher_mid_p(
    control: &Counts,
    candidate: &Counts,
    alternative: Alternative,
) -> Result<PValue, Refusal> {
    Ok(Tails::new(control, candidate, alternative)?.p(0.5))
}

/// Returns the candidate's odds over the control's, as they stand in the table.
///
/// Infinite if only the control has failures or only the candidate has successes; `None` for 0
/// divided by 0.
#[must_use]
pub fn sample_odds_ratio(control: &Counts, candidate: &Counts) -> Option<f64> {
    let (top, bottom) = (
        candidate.successes() as f64 * control.failures() as f64,
        candidate.failures() as f64 * control.successes() as f64,
    );
    (top > 0.0 || bottom > 0.0).then(|| top / bottom)
}

/// The counts beyond the observed one, and those exactly as likely.
struct Tails {
    table: Table,
    /// Counts up to here are less likely, or below the observed one.
    below: Option<u64>,
    /// Counts from here on are less likely, or above the observed one.
    above: Option<u64>,
    /// How many counts are exactly as likely as the observed one, itself included.
    as_likely: f64,
}

impl Tails {
    fn new(
        control: &Counts,
        candidate: &Counts,
        alternative: Alternative,
    ) -> Result<Tails, Refusal> {
        let table = Table::new(control, candidate);
        if table.smallest_margin() > MAX_MARGIN {
            return Err(Refusal::OutOfRange {
                what: "smallest margin of the table for Fisher's exact test",
                value: table.smallest_margin() as f64,
                expected: "at most 10,000; take the score test",
            });
        }
        let (lower, upper) = (table.observed.checked_sub(1), Some(table.observed + 1));
        let (below, above, as_likely) = match alternative {
            Alternative::Greater => (None, upper, 1.0),
            Alternative::Less => (lower, None, 1.0),
            Alternative::TwoSided => {
                let other = table.other_side();
                let as_likely = other.as_likely as f64;
                if table.is_below_mode() {
                    (lower, other.less_likely, as_likely)
                } else {
                    (other.less_likely, upper, as_likely)
                }
            }
        };
        Ok(Tails {
            table,
            below,
            above,
            as_likely,
        })
    }

    /// Returns the p-value with this weight of the counts as likely as the observed one.
    fn p(&self, weight: f64) -> PValue {
        let Table {
            observed,
            total,
            successes,
            drawn,
            ..
        } = self.table;
        let share = weight * self.as_likely;
        let ln_observed = ln_hypergeometric_pmf(observed, total, successes, drawn);
        let mut p = share * ln_observed.exp();
        let mut ln_p = share.ln() + ln_observed;
        if let Some(below) = self.below {
            p += hypergeometric_cdf(below, total, successes, drawn);
            ln_p = ln_add_exp(ln_p, ln_hypergeometric_cdf(below, total, successes, drawn));
        }
        // The first count above the observed one is at least 1.
        if let Some(above) = self.above.and_then(|above| above.checked_sub(1)) {
            p += hypergeometric_sf(above, total, successes, drawn);
            ln_p = ln_add_exp(ln_p, ln_hypergeometric_sf(above, total, successes, drawn));
        }
        PValue::of_one_tail(p.min(1.0), || ln_p)
    }
}
