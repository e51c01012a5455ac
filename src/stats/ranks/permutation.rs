//! Exact laws of sums of ranks, given the ranks.

use crate::stats::fixed_horizon::law::tail;
use crate::stats::{Alpha, Alternative, PValue};

/// The probability of each doubled sum of ranks under the null hypothesis.
///
/// Ranks are doubled because midranks are multiples of one half. All terms are positive, so
/// even the smallest tail keeps its digits.
pub(super) struct Law {
    mass: Vec<f64>,
}

impl Law {
    /// Returns the law of the sum over `chosen` of the ranks, all choices being equally likely.
    ///
    /// `O(n c s)` for `n` ranks, `c` chosen and `s` the largest sum.
    pub(super) fn of_choice(doubled: &[u64], chosen: usize) -> Law {
        let mut largest = doubled.to_vec();
        largest.sort_unstable_by(|x, y| y.cmp(x));
        let width = largest.iter().take(chosen).sum::<u64>() as usize + 1;
        let mut table = vec![vec![0.0; width]; chosen + 1];
        if let Some(first) = table.first_mut().and_then(|row| row.first_mut()) {
            *first = 1.0;
        }
        for &rank in doubled {
            // From above, so that each rank is taken once.
            for count in (1..=chosen).rev() {
                let (below, from) = table.split_at_mut(count);
                if let (Some(fewer), Some(row)) = (below.last(), from.first_mut()) {
                    add_shifted(row, fewer, rank as usize);
                }
            }
        }
        Law::normalised(table.pop().unwrap_or_default())
    }

    /// Returns the law of the sum of the ranks that a fair coin picks, one throw each.
    ///
    /// `O(n s)` for `n` ranks and `s` their sum.
    pub(super) fn of_signs(doubled: &[u64]) -> Law {
        let width = doubled.iter().sum::<u64>() as usize + 1;
        let mut row = vec![0.0; width];
        if let Some(first) = row.first_mut() {
            *first = 1.0;
        }
        for &rank in doubled {
            let before = row.clone();
            add_shifted(&mut row, &before, rank as usize);
        }
        Law::normalised(row)
    }

    fn normalised(mut mass: Vec<f64>) -> Law {
        let total: f64 = mass.iter().sum();
        for share in &mut mass {
            *share /= total;
        }
        Law { mass }
    }

    /// Returns the p-value of the doubled sum `observed`.
    pub(super) fn p(&self, observed: u64, alternative: Alternative) -> PValue {
        let at = observed as usize;
        let upper: f64 = self.mass.iter().skip(at).sum();
        let lower: f64 = self.mass.iter().take(at + 1).sum();
        let p = match alternative {
            Alternative::Greater => upper,
            Alternative::Less => lower,
            Alternative::TwoSided => 2.0 * upper.min(lower),
        }
        .min(1.0);
        PValue::new(p, p.ln())
    }

    /// Returns the smallest doubled sum up to which lies at least the tail of an interval.
    pub(super) fn quantile(&self, alpha: Alpha, alternative: Alternative) -> u64 {
        let wanted = tail(alpha, alternative);
        let mut total = 0.0;
        let reached = |mass: &f64| {
            total += mass;
            total >= wanted
        };
        self.mass.iter().position(reached).unwrap_or(0) as u64
    }
}

/// Adds `from`, moved up by `shift`, to `to`.
fn add_shifted(to: &mut [f64], from: &[f64], shift: usize) {
    for (to, from) in to.iter_mut().skip(shift).zip(from) {
        *to += from;
    }
}
