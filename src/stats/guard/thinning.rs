//! Bad events left out at random, so that at a boundary both sides have the same rate of kept
//! events.

use super::digest::mix;
use super::{Margins, Side};

/// A rule that leaves out each bad event of one side with a fixed probability.
///
/// If the candidate's requests fail `ratio` times as often, and each of its bad events is kept with
/// probability `1 / ratio`, every unit has kept events as if it were on the control. The unit's
/// digest decides, so all servers decide alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thinning {
    side: Side,
    lost: f64,
}

impl Thinning {
    /// Returns the rule for "the candidate's requests fail at most `margins.harm()` times as
    /// often".
    ///
    /// With a ratio of 1 or more no thinning is needed: units that have failed already only make
    /// the candidate look better.
    pub(super) fn of_harm(margins: Margins) -> Option<Thinning> {
        let (side, lost) = (Side::Control, 1.0 - margins.harm());
        (lost > 0.0).then_some(Thinning { side, lost })
    }

    /// Returns the rule for "the candidate's requests fail at least `margins.safe()` times as
    /// often".
    pub(super) fn of_safe(margins: Margins) -> Option<Thinning> {
        let (side, lost) = (Side::Candidate, 1.0 - 1.0 / margins.safe());
        (lost > 0.0).then_some(Thinning { side, lost })
    }

    pub(super) fn is_of(self, side: Side) -> bool {
        self.side == side
    }

    /// Tells whether one of a unit's first `events` bad events on this side is kept.
    pub(super) fn keeps(self, key: u64, events: u32) -> bool {
        // The draw is independent of the sample and of the bucketing.
        let draw = (mix(key) >> 11) as f64 / (1_u64 << 53) as f64;
        draw >= power(self.lost, events)
    }

    /// Returns which of a unit's first `events` bad events is kept; `None` if all are left out.
    pub(super) fn first_kept(self, key: u64, events: u32) -> Option<u32> {
        if !self.keeps(key, events) {
            return None;
        }
        // Why a search: with a fixed draw, "is one of the first n kept" is true from some n on. So
        // it computes log2(n) powers and not n: 10 for a unit with 1,000 bad events.
        let (mut left_out, mut kept) = (0, events);
        while kept - left_out > 1 {
            let middle = left_out + (kept - left_out) / 2;
            if self.keeps(key, middle) {
                kept = middle;
            } else {
                left_out = middle;
            }
        }
        Some(kept)
    }
}

/// Raises to a power by multiplications only, which round in the same way on every machine.
fn power(base: f64, exponent: u32) -> f64 {
    let (mut power, mut square, mut left) = (1.0, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            power *= square;
        }
        square *= square;
        left >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    /// Compares the first kept events of 100,000 units with the geometric law, by chi-square.
    #[test]
    fn the_first_kept_event_is_geometric() {
        let thinning = Thinning::of_safe(Margins::new(1.0, 1.5).unwrap()).unwrap();
        let (units, mut found) = (100_000_u64, [0.0; 5]);
        for unit in 0..units {
            let first = thinning.first_kept(mix(unit), 1_000).unwrap() as usize;
            if let Some(count) = found.get_mut(first.min(5) - 1) {
                *count += 1.0;
            }
        }
        let third: f64 = 1.0 / 3.0;
        let chi2: f64 = (0..5)
            .zip(found)
            .map(|(left_out, found)| {
                let kept = if left_out == 4 { 1.0 } else { 2.0 / 3.0 };
                let expected = units as f64 * third.powi(left_out) * kept;
                (found - expected) * (found - expected) / expected
            })
            .sum();
        // 0.9999 quantile of chi-square with four degrees of freedom.
        assert!(chi2 < 23.5, "{chi2}");
    }

    #[test]
    fn only_the_boundary_on_the_far_side_of_one_needs_thinning() {
        let margins = |harm, safe| Margins::new(harm, safe).unwrap();
        assert_eq!(Thinning::of_harm(margins(1.0, 1.5)), None);
        assert_eq!(Thinning::of_safe(margins(1.0, 1.0)), None);
        assert_eq!(Thinning::of_safe(margins(1.0, 0.8)), None);
        assert!(
            Thinning::of_harm(margins(0.8, 1.5))
                .unwrap()
                .is_of(Side::Control)
        );
        assert!(
            Thinning::of_safe(margins(1.0, 1.5))
                .unwrap()
                .is_of(Side::Candidate)
        );
    }
}
