//! Distances between two sets of binned counts.

use crate::stats::special::{chi2_sf, ln_chi2_sf, poisson_deviance};
use crate::stats::{PValue, Refusal};

/// Compares counts of the same bins: a reference and what is seen now.
///
/// `p` and `q` are the shares of the bins, of `expected` and of `actual`, after adding `smoothing`
/// to every count, 0 for none, 1/2 being customary; the chi-squared test uses the counts as they
/// are. Bins must be fixed beforehand, by quantiles of the reference for example. `O(bins)`.
///
/// By a common rule the population stability index means stable below 0.1 and shifted above 0.25,
/// for every sample size. The rule has no proof: for two samples of one distribution the index is
/// about `(1/n + 1/m)` times chi-squared with `bins - 1` degrees of freedom, which gives
/// [`psi_p`](Drift::psi_p), for about five counts or more in each bin.
///
/// Yurdakul and Naranjo (2020), <https://doi.org/10.21314/JRMV.2020.227>.
///
/// # Errors
/// [`Refusal::LengthMismatch`] for different numbers of bins, [`Refusal::InsufficientData`] if
/// either set is without counts, [`Refusal::ZeroVariance`] if all of both lies in one bin,
/// [`Refusal::OutOfRange`] for a smoothing that is negative or not finite.
///
/// ```
/// use switchstand::stats::drift;
/// let drift = drift::binned(&[120, 300, 80], &[100, 310, 90], 0.0)?;
/// assert!(drift.psi < 0.1 && drift.chi_squared_p.value > 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn binned(expected: &[u64], actual: &[u64], smoothing: f64) -> Result<Drift, Refusal> {
    if expected.len() != actual.len() {
        return Err(Refusal::unequal(
            "expected and actual bins",
            expected.len(),
            actual.len(),
        ));
    }
    let holds = smoothing >= 0.0 && smoothing.is_finite();
    Refusal::require(holds, "smoothing", smoothing, "a finite number not below 0")?;
    let (n, m) = (total("expected", expected)?, total("actual", actual)?);
    let occupied = |(e, o): &(&u64, &u64)| **e > 0 || **o > 0;
    let bins = expected.iter().zip(actual).filter(occupied).count();
    if bins < 2 {
        return Err(Refusal::no_variance("bin of both samples"));
    }
    let shares = |counts: &[u64], total: f64| {
        let all = total + smoothing * counts.len() as f64;
        let share = |count: &u64| (*count as f64 + smoothing) / all;
        counts.iter().map(share).collect::<Vec<f64>>()
    };
    let (p, q) = (shares(expected, n), shares(actual, m));
    let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        p.iter().zip(&q).map(|(p, q)| term(*p, *q)).sum()
    };
    let js = 0.5 * sum(&|p, q| relative(p, p.midpoint(q)) + relative(q, p.midpoint(q)));
    let kl = sum(&|p, q| relative(q, p));
    let psi = kl + sum(&relative);
    let chi_squared: f64 = expected
        .iter()
        .zip(actual)
        .filter(occupied)
        .map(|(e, o)| {
            let (e, o) = (*e as f64, *o as f64);
            let excess = e * m - o * n;
            excess * (excess / (n * m)) / (e + o)
        })
        .sum();
    let degrees_of_freedom = (bins - 1) as f64;
    let p_of = |statistic: f64| {
        PValue::of_one_tail(chi2_sf(statistic, degrees_of_freedom), || {
            ln_chi2_sf(statistic, degrees_of_freedom)
        })
    };
    Ok(Drift {
        psi,
        psi_p: psi.is_finite().then(|| p_of(psi * (n * (m / (n + m))))),
        kullback_leibler: kl,
        jensen_shannon: js,
        jensen_shannon_distance: js.sqrt(),
        hellinger: (0.5 * sum(&|p, q| (p.sqrt() - q.sqrt()) * (p.sqrt() - q.sqrt()))).sqrt(),
        total_variation: 0.5 * sum(&|p, q| (p - q).abs()),
        chi_squared,
        degrees_of_freedom,
        chi_squared_p: p_of(chi_squared),
    })
}

/// How far two sets of binned counts are apart.
///
/// All measures are 0 for equal shares. `p` are the reference's, `q` those seen now.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Drift {
    /// Population stability index, `sum (q - p) ln(q / p)`; infinite if one side lacks a bin.
    pub psi: f64,
    /// p-value of the index; `None` if it is infinite: then use the chi-squared test.
    pub psi_p: Option<PValue>,
    /// Kullback and Leibler's `sum q ln(q / p)`; infinite if the reference lacks a bin.
    pub kullback_leibler: f64,
    /// Jensen and Shannon's divergence in natural units, at most `ln 2`.
    pub jensen_shannon: f64,
    /// Root of the divergence, which is a distance.
    pub jensen_shannon_distance: f64,
    /// Hellinger's distance, from 0 to 1.
    pub hellinger: f64,
    /// Total variation, the share that would have to change bins, from 0 to 1.
    pub total_variation: f64,
    /// Pearson's statistic for equal distributions, of the counts as they are.
    pub chi_squared: f64,
    /// Its degrees of freedom: bins that hold anything on either side, less one.
    pub degrees_of_freedom: f64,
    /// p-value of Pearson's statistic.
    pub chi_squared_p: PValue,
}

fn total(what: &'static str, counts: &[u64]) -> Result<f64, Refusal> {
    let total: u128 = counts.iter().map(|&count| u128::from(count)).sum();
    if total == 0 {
        return Err(Refusal::too_few(what, 0, 1));
    }
    Ok(total as f64)
}

/// Returns `x ln(x / y) - x + y`, whose sum over shares is the divergence, term by term positive.
fn relative(x: f64, y: f64) -> f64 {
    match (x == 0.0, y == 0.0) {
        (true, _) => y,
        (false, true) => f64::INFINITY,
        (false, false) => poisson_deviance(x, y),
    }
}
