//! Moments of one block, in independent lanes.

use super::{Moments, refused};
use crate::stats::Refusal;

/// Values per block of a bulk update: a block fits the first-level cache twice over.
pub(super) const BLOCK: usize = 256;
/// Independent sums per block, so that one addition need not wait for the one before.
const LANES: usize = 8;

impl Moments {
    /// Computes the moments of a short block in two passes.
    pub(super) fn of_block(block: &[f64]) -> Result<Moments, Refusal> {
        let Some(&shift) = block.first() else {
            return Ok(Moments::new());
        };
        let count = block.len() as f64;
        // Shifting by a value of the block makes the mean of a constant block exact.
        let [shifted] = lane_sums(block, |x| [x - shift]);
        let mean = shift + shifted / count;
        let [deviations, squares] = lane_sums(block, |x| {
            let d = x - mean;
            [d, d * d]
        });
        // The second term is the square of the mean's rounding error.
        let m2 = (squares - deviations * deviations / count).max(0.0);
        if squares.is_finite() && deviations.is_finite() {
            Ok(Moments {
                n: block.len() as u64,
                mean,
                m2,
            })
        } else {
            let culprit = block.iter().copied().find(|x| !x.is_finite());
            Err(refused(culprit.unwrap_or(shift)))
        }
    }
}

/// Sums `terms(x)` over the block in independent lanes.
fn lane_sums<const K: usize>(block: &[f64], terms: impl Fn(f64) -> [f64; K]) -> [f64; K] {
    let mut lanes = [[0.0; LANES]; K];
    let (whole, rest) = block.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, &x) in chunk.iter().enumerate() {
            for (sums, term) in lanes.iter_mut().zip(terms(x)) {
                if let Some(sum) = sums.get_mut(lane) {
                    *sum += term;
                }
            }
        }
    }
    let mut totals = lanes.map(|sums| sums.iter().sum::<f64>());
    for &x in rest {
        for (total, term) in totals.iter_mut().zip(terms(x)) {
            *total += term;
        }
    }
    totals
}
