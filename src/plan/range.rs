//! A stretch of a draw's line.

use crate::{bucket::Draw, unit::Unit};

/// A stretch of a draw's line, both ends included; it is empty if they are reversed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) draw: Draw,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Range {
    #[inline]
    pub(super) fn contains(&self, unit: &Unit<'_>) -> bool {
        let point = self.draw.point(unit.key()).get();
        self.first <= point && point <= self.last
    }

    /// Returns how many points of the line lie in the stretch.
    pub(super) fn points(&self) -> u128 {
        (u128::from(self.last) + 1).saturating_sub(u128::from(self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::{Purpose, Secret};

    #[test]
    fn both_ends_belong_to_a_range() {
        let draw = Draw::derive(&Secret::default(), Purpose::Canary, "range", "");
        let range = |first, last| Range { draw, first, last };
        for (first, last, points) in [
            (0, u64::MAX, 1 << 64),
            (0, 0, 1),
            (u64::MAX, u64::MAX, 1),
            (5, 7, 3),
            (1, 0, 0),
        ] {
            assert_eq!(range(first, last).points(), points, "{first} to {last}");
        }
        let unit = Unit::from("user-42");
        let point = draw.point(unit.key()).get();
        for (first, last, inside) in [
            (point, point, true),
            (point - 1, point, true),
            (point, point + 1, true),
            (point + 1, point + 2, false),
            (point - 2, point - 1, false),
            (1, 0, false),
        ] {
            assert_eq!(range(first, last).contains(&unit), inside);
        }
    }
}
