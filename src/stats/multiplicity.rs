//! Several tests at once: metrics, arms, segments.
//!
//! Every function returns adjusted p-values in the order of the input: reject what is at most
//! alpha. Adjusted p-values of p-values are for one look. Those of e-values are valid at any time,
//! if every e-value is one whatever the other tests' data are; they need no assumption on how the
//! tests depend on each other.
//!
//! | what must stay below alpha | function | assumes |
//! |---|---|---|
//! | the chance of any false alarm: guardrails | [`holm`] | nothing |
//! | the same, stronger | [`hochberg`], [`holm_sidak`] | independence (or positive dependence) |
//! | the share of false ones among the findings: exploration | [`benjamini_hochberg`] | positive dependence |
//! | the same | [`benjamini_yekutieli`] | nothing |
//! | any false alarm, at any time: guardrails of a running release | [`e_holm`] | e-values |
//! | the share of false ones, at any time | [`e_benjamini_hochberg`] | e-values |
//!
//! [`bonferroni`] and [`sidak`] are the simple forms; Holm's procedures reject at least as much
//! under the same assumptions.

use super::Refusal;
use super::evidence::EValue;
use super::special::ln_add_exp;

/// Adjusts by Bonferroni: each p times their number, at most 1.
///
/// Any dependence; [`holm`] rejects at least as much under the same conditions.
///
/// Dunn (1961), <https://doi.org/10.1080/01621459.1961.10482090>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn bonferroni(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    let m = p.len() as f64;
    check(p)?;
    Ok(p.iter().map(|&p| (m * p).min(1.0)).collect())
}

/// Adjusts by Šidák: `1 - (1 - p)^m`, for independent p-values.
///
/// Šidák (1967), <https://doi.org/10.1080/01621459.1967.10482935>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn sidak(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    let m = p.len() as f64;
    check(p)?;
    Ok(p.iter().map(|&p| any_of(p, m)).collect())
}

/// Adjusts by Holm's step-down procedure, which controls the chance of any false rejection.
///
/// The k-th smallest of m p-values counts `m - k + 1` fold, and never less than the one before
/// it. It needs no assumption on how the tests depend on each other: the default for
/// guardrails.
///
/// Holm (1979), <https://www.jstor.org/stable/4615733>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
///
/// ```
/// use switchstand::stats::multiplicity;
/// let adjusted = multiplicity::holm(&[0.01, 0.04, 0.03])?;
/// assert_eq!(adjusted, [0.03, 0.06, 0.06]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn holm(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    step_down(p, |p, left| left * p)
}

/// Adjusts by Holm's procedure with Šidák's factors, for independent p-values.
///
/// The k-th smallest of m p-values becomes `1 - (1 - p)^(m - k + 1)`, and never less than the one
/// before it. Sources: those of [`holm`] and [`sidak`].
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn holm_sidak(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    step_down(p, any_of)
}

/// Adjusts by Hochberg's step-up procedure, for independent p-values.
///
/// Holm's factors taken from the largest p-value down; it rejects at least as much.
///
/// Hochberg (1988), <https://doi.org/10.1093/biomet/75.4.800>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn hochberg(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    step_up(p, |rank, m| m - rank + 1.0)
}

/// Adjusts by Benjamini and Hochberg, which controls the share of false findings.
///
/// The k-th smallest of m p-values counts `m / k` fold, and never more than the one after it.
/// For independent or positively dependent tests, and for exploring many metrics or segments;
/// a guardrail wants [`holm`].
///
/// Benjamini and Hochberg (1995), <https://doi.org/10.1111/j.2517-6161.1995.tb02031.x>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    step_up(p, |rank, m| m / rank)
}

/// Adjusts by Benjamini and Yekutieli, for any dependence between the tests.
///
/// As [`benjamini_hochberg`], times `1 + 1/2 + ... + 1/m`.
///
/// Benjamini and Yekutieli (2001), <https://doi.org/10.1214/aos/1013699998>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value outside of 0 to 1, NaN included.
pub fn benjamini_yekutieli(p: &[f64]) -> Result<Vec<f64>, Refusal> {
    // The smallest terms first.
    let harmonic: f64 = (1..=p.len()).rev().map(|i| 1.0 / i as f64).sum();
    step_up(p, |rank, m| harmonic * m / rank)
}

/// Adjusts e-values so that the chance of any false rejection, at any time, holds.
///
/// For each e-value the least mean with any set of the others counts (a closed test by means): `1 /
/// adjusted = min over i of (e + the sum of the i smallest) / (i + 1)`. It rejects at least what
/// [`holm`] rejects of `1 / e`, and a rejection may stand at later looks.
///
/// Vovk and Wang (2021), section 5, <https://doi.org/10.1214/20-AOS2020>.
///
/// ```
/// use switchstand::stats::evidence::EValue;
/// use switchstand::stats::multiplicity;
/// let e = [EValue::new(400.0)?, EValue::new(1.0)?, EValue::new(30.0)?];
/// let adjusted = multiplicity::e_holm(&e);
/// assert!(adjusted[0] <= 0.01, "400, 401 / 2 and 431 / 3 are all above 100");
/// assert!(adjusted[2] > 0.05, "31 / 2 is below 20");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn e_holm(e: &[EValue]) -> Vec<f64> {
    let ln_e: Vec<f64> = e.iter().map(|e| e.ln()).collect();
    let ascending = ascending(&ln_e);
    let mut smallest = ascending.iter().map(|&(_, ln_e)| ln_e).peekable();
    let (mut ln_sum, mut others) = (f64::NEG_INFINITY, 0.0_f64);
    let mut adjusted = Vec::with_capacity(e.len());
    for &(index, ln_e) in &ascending {
        let mut ln_mean = ln_add_exp(ln_e, ln_sum) - others.ln_1p();
        // Another one joins while it lowers the mean; a greater `e` lets in no fewer of them.
        while let Some(next) = smallest.next_if(|&next| next < ln_mean) {
            ln_sum = ln_add_exp(ln_sum, next);
            others += 1.0;
            ln_mean = ln_add_exp(ln_e, ln_sum) - others.ln_1p();
        }
        adjusted.push((index, (-ln_mean).exp().min(1.0)));
    }
    in_input_order(&adjusted)
}

/// Adjusts e-values by e-BH, which controls the share of false findings.
///
/// The k-th greatest of m e-values counts `k / m` fold. Any dependence between the tests is
/// allowed, unlike in [`benjamini_hochberg`] of their p-values.
///
/// Wang and Ramdas (2022), <https://doi.org/10.1111/rssb.12489>.
#[must_use]
pub fn e_benjamini_hochberg(e: &[EValue]) -> Vec<f64> {
    let p: Vec<f64> = e.iter().map(|e| e.p().value).collect();
    step_up_checked(&p, |rank, m| m / rank)
}

/// Returns the chance that any of `m` independent tests has so small a p-value.
fn any_of(p: f64, m: f64) -> f64 {
    -(m * (-p).ln_1p()).exp_m1()
}

/// Goes from the smallest p-value up, `adjust(p, how many are left)`.
fn step_down(p: &[f64], adjust: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>, Refusal> {
    check(p)?;
    let mut greatest = 0.0_f64;
    let adjusted: Vec<(usize, f64)> = ascending(p)
        .into_iter()
        .zip((1..=p.len()).rev())
        .map(|((index, p), left)| {
            greatest = greatest.max(adjust(p, left as f64)).min(1.0);
            (index, greatest)
        })
        .collect();
    Ok(in_input_order(&adjusted))
}

/// Goes from the largest p-value down, `factor(rank, how many there are)`.
fn step_up(p: &[f64], factor: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>, Refusal> {
    check(p)?;
    Ok(step_up_checked(p, factor))
}

/// Does so for numbers that are known to be p-values.
fn step_up_checked(p: &[f64], factor: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let m = p.len() as f64;
    let mut least = 1.0_f64;
    let adjusted: Vec<(usize, f64)> = ascending(p)
        .into_iter()
        .rev()
        .zip((1..=p.len()).rev())
        .map(|((index, p), rank)| {
            least = least.min(factor(rank as f64, m) * p);
            (index, least)
        })
        .collect();
    in_input_order(&adjusted)
}

fn ascending(p: &[f64]) -> Vec<(usize, f64)> {
    let mut indexed: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    indexed.sort_by(|(_, x), (_, y)| x.total_cmp(y));
    indexed
}

fn in_input_order(adjusted: &[(usize, f64)]) -> Vec<f64> {
    let mut ordered = vec![1.0; adjusted.len()];
    for &(index, p) in adjusted {
        if let Some(place) = ordered.get_mut(index) {
            *place = p;
        }
    }
    ordered
}

fn check(p: &[f64]) -> Result<(), Refusal> {
    p.iter().try_for_each(|&p| {
        let holds = (0.0..=1.0).contains(&p);
        Refusal::require(holds, "p-value", p, "a number from 0 to 1")
    })
}
