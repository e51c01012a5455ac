//! Which stretch of the line belongs to which arm.

use crate::bucket::Point;

/// Points on the line.
pub(crate) const LINE: u128 = 1 << 64;

/// The stretches of the line in order, without a gap, neighbours of different arms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Layout {
    segments: Vec<Segment>,
}

/// A stretch that begins at `start` and ends where the next begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Segment {
    pub(crate) start: u64,
    pub(crate) arm: u16,
}

impl Layout {
    /// Gives the whole line to one arm.
    pub(crate) fn whole() -> Layout {
        Layout {
            segments: vec![Segment { start: 0, arm: 0 }],
        }
    }

    /// Lays out weights one after the other; `None` if they sum to zero.
    pub(crate) fn fresh(weights: impl Iterator<Item = u32> + Clone) -> Option<Layout> {
        let sum: u128 = weights.clone().map(u128::from).sum();
        let mut before = 0u128;
        let stretches = (0u16..).zip(weights).map(move |(arm, weight)| {
            let start = div_ceil(before << 64, sum);
            before += u128::from(weight);
            Some((start?, div_ceil(before << 64, sum)?, arm))
        });
        Layout::of_stretches(&stretches.collect::<Option<Vec<_>>>()?)
    }

    /// Joins stretches `(start, end, arm)` that cover the line in order; `None` if they do not.
    pub(crate) fn of_stretches(stretches: &[(u128, u128, u16)]) -> Option<Layout> {
        let mut segments: Vec<Segment> = Vec::new();
        let mut reached = 0;
        for (start, end, arm) in stretches
            .iter()
            .copied()
            .filter(|(start, end, _)| start < end)
        {
            if start != reached {
                return None;
            }
            if segments.last().is_none_or(|last| last.arm != arm) {
                segments.push(Segment {
                    start: u64::try_from(start).ok()?,
                    arm,
                });
            }
            reached = end;
        }
        (reached == LINE).then_some(Layout { segments })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(crate) fn arm_at(&self, point: Point) -> usize {
        let after = self
            .segments
            .partition_point(|segment| segment.start <= point.get());
        after
            .checked_sub(1)
            .and_then(|index| self.segments.get(index))
            .map_or(0, |segment| usize::from(segment.arm))
    }

    /// Iterates over `(start, end, arm)`, the end exclusive.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (u128, u128, u16)> {
        let ends = self
            .segments
            .iter()
            .skip(1)
            .map(|next| u128::from(next.start));
        self.segments
            .iter()
            .zip(ends.chain([LINE]))
            .map(|(segment, end)| (u128::from(segment.start), end, segment.arm))
    }

    /// Returns how many points belong to each of `arms` arms.
    pub(crate) fn points(&self, arms: usize) -> Vec<u128> {
        let mut points = vec![0; arms];
        for (start, end, arm) in self.stretches() {
            if let Some(sum) = points.get_mut(usize::from(arm)) {
                *sum += end - start;
            }
        }
        points
    }

    /// Returns the stretches that lie in `(this arm, that arm)` of two layouts, by their points.
    pub(crate) fn meet(&self, other: &Layout) -> Vec<(u16, u16, u128)> {
        let (mut left, mut right) = (self.stretches().peekable(), other.stretches().peekable());
        let mut met = Vec::with_capacity(self.segments.len() + other.segments.len());
        let mut reached = 0;
        while let (Some(&(_, end, arm)), Some(&(_, to, that))) = (left.peek(), right.peek()) {
            let next = end.min(to);
            met.push((arm, that, next - reached));
            reached = next;
            left.next_if(|_| end == next);
            right.next_if(|_| to == next);
        }
        met
    }
}

fn div_ceil(number: u128, by: u128) -> Option<u128> {
    if by == 0 {
        None
    } else {
        Some(number.div_ceil(by))
    }
}
