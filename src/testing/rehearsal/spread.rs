//! How a number varies over replications.

use core::fmt;

/// Mean and quantiles of a number over many replications.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// The number of replications.
    pub runs: u64,
    /// The mean.
    pub mean: f64,
    /// Standard error of the mean, none for a single replication.
    pub standard_error: Option<f64>,
    /// The number that half of the replications do not exceed.
    pub median: f64,
    /// The number that nine of ten replications do not exceed.
    pub ninety: f64,
    /// The greatest number.
    pub most: f64,
}

impl Spread {
    /// Returns the spread of these numbers, none if there are none.
    pub(super) fn of(mut numbers: Vec<f64>) -> Option<Spread> {
        numbers.sort_unstable_by(f64::total_cmp);
        let count = numbers.len();
        let most = *numbers.last()?;
        let n = count as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        // The least number that at least this part of all do not exceed.
        let quantile = |tenths: usize| {
            let place = (count * tenths).div_ceil(10).saturating_sub(1);
            numbers.get(place).copied().unwrap_or(most)
        };
        Some(Spread {
            runs: count as u64,
            mean,
            standard_error: (count > 1).then(|| (squares / (n - 1.0) / n).sqrt()),
            median: quantile(5),
            ninety: quantile(9),
            most,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mean {:.0}", self.mean)?;
        if let Some(error) = self.standard_error {
            write!(f, " (standard error {error:.1})")?;
        }
        let (median, ninety, most) = (self.median, self.ninety, self.most);
        write!(
            f,
            ", median {median:.0}, 90 % at most {ninety:.0}, most {most:.0}"
        )
    }
}
