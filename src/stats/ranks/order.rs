//! Order statistics of pairwise differences and averages, without forming the pairs.
//!
//! The pairs are sorted along both samples, so those up to a bound are counted in one pass over
//! them. A bisection over the numbers that an `f64` can hold finds the k-th in at most 64
//! passes: `O(n log n)` with the sort, no randomness, and the exact value of one of the pairs.

use crate::stats::Refusal;

/// Returns the k-th smallest of all `b - a`, counted from 1.
pub(super) fn kth_difference(a: &[f64], b: &[f64], k: u64) -> f64 {
    let count = |bound: f64| {
        let mut below = 0;
        let mut total = 0;
        for y in b {
            // The differences fall along `a`, and the first that is within the bound moves up.
            while a.get(below).is_some_and(|x| y - x > bound) {
                below += 1;
            }
            total += (a.len() - below) as u64;
        }
        total
    };
    let ends = (a.first(), a.last(), b.first(), b.last());
    let (Some(a_least), Some(a_greatest), Some(b_least), Some(b_greatest)) = ends else {
        return f64::NAN;
    };
    kth(b_least - a_greatest, b_greatest - a_least, k, count)
}

/// Returns the median of all `b - a`, the Hodges-Lehmann shift.
pub(super) fn median_difference(a: &[f64], b: &[f64]) -> f64 {
    let pairs = a.len() as u64 * b.len() as u64;
    let at = |k| kth_difference(a, b, k);
    median(pairs, at)
}

/// Returns the k-th smallest of all averages of two of the values, each with itself included.
pub(super) fn kth_average(sorted: &[f64], k: u64) -> f64 {
    let count = |bound: f64| {
        let mut total = 0;
        let mut reach = sorted.len();
        for (i, x) in sorted.iter().enumerate() {
            // The partners from i on whose average is within the bound, fewer with each i.
            while reach > i
                && sorted
                    .get(reach - 1)
                    .is_some_and(|y| x.midpoint(*y) > bound)
            {
                reach -= 1;
            }
            if reach <= i {
                break;
            }
            total += (reach - i) as u64;
        }
        total
    };
    let (Some(&least), Some(&greatest)) = (sorted.first(), sorted.last()) else {
        return f64::NAN;
    };
    kth(least, greatest, k, count)
}

/// Returns the median of all averages of two of the values, the pseudomedian.
pub(super) fn median_average(sorted: &[f64]) -> f64 {
    let n = sorted.len() as u64;
    median(n * (n + 1) / 2, |k| kth_average(sorted, k))
}

/// Refuses samples whose differences an `f64` cannot hold.
pub(super) fn check_span(a: &[f64], b: &[f64]) -> Result<(), Refusal> {
    let span = |low: Option<&f64>, high: Option<&f64>| match (low, high) {
        (Some(low), Some(high)) => (high - low).is_finite(),
        _ => true,
    };
    if span(a.first(), b.last()) && span(b.first(), a.last()) {
        Ok(())
    } else {
        Err(Refusal::overflow("difference of two values"))
    }
}

fn median(count: u64, at: impl Fn(u64) -> f64) -> f64 {
    let middle = at(count.div_ceil(2));
    if count % 2 == 1 {
        middle
    } else {
        middle.midpoint(at(count / 2 + 1))
    }
}

/// Returns the least number of which `count` says that at least `k` pairs are not above it.
fn kth(least: f64, greatest: f64, k: u64, count: impl Fn(f64) -> u64) -> f64 {
    let (mut low, mut high) = (key(least), key(greatest));
    while low < high {
        let middle = low.midpoint(high);
        if count(number(middle)) >= k {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // A zero of either sign is the same bound.
    number(high) + 0.0
}

/// Returns an integer that orders as the number does.
fn key(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// Returns the number of a key.
fn number(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

/// The bit of a number's sign.
const SIGN: u64 = 1 << 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_their_numbers() {
        let numbers = [f64::MIN, -1.5, -1e-310, 0.0, 5e-324, 2.0, f64::MAX];
        for pair in numbers.windows(2) {
            assert!(key(pair[0]) < key(pair[1]));
        }
        for x in numbers {
            assert_eq!(number(key(x)), x);
        }
    }

    #[test]
    fn the_kth_pair_is_that_of_the_sorted_list() {
        let a = [-2.0, -0.5, -0.5, 1.0, 4.0, 7.25];
        let b = [-3.5, 0.0, 0.25, 0.25, 6.0];
        let mut differences: Vec<f64> = b.iter().flat_map(|y| a.map(|x| y - x)).collect();
        differences.sort_by(f64::total_cmp);
        for (k, difference) in differences.iter().enumerate() {
            assert_eq!(kth_difference(&a, &b, k as u64 + 1), *difference);
        }
        let mut averages: Vec<f64> = (0..a.len())
            .flat_map(|i| (i..a.len()).map(move |j| (i, j)))
            .map(|(i, j)| a[i].midpoint(a[j]))
            .collect();
        averages.sort_by(f64::total_cmp);
        for (k, average) in averages.iter().enumerate() {
            assert_eq!(kth_average(&a, k as u64 + 1), *average);
        }
    }
}
