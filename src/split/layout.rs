//! Which stretch of the line belongs to which arm.

use crate::bucket::Point;

/// Top bits of a point that index the guide.
const GUIDE_BITS: u32 = 8;

/// Holds the stretches of the line in order, without a gap.
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
    /// Lays out weights one behind the other; `None` if they sum to zero.
    pub(crate) fn fresh(weights: impl Iterator<Item = u32> + Clone) -> Option<Layout> {
        let sum: u128 = weights.clone().map(u128::from).sum();
        if sum == 0 {
            return None;
        }
        let mut segments = Vec::new();
        let mut before = 0u128;
        for (arm, weight) in (0u16..).zip(weights) {
            if weight > 0 {
                let start = (before << 64).div_ceil(sum);
                segments.push(Segment {
                    start: u64::try_from(start).ok()?,
                    arm,
                });
            }
            before += u128::from(weight);
        }
        Some(Layout { segments })
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
            .zip(ends.chain([1 << 64]))
            .map(|(segment, end)| (u128::from(segment.start), end, segment.arm))
    }

    /// Returns how many points belong to `arm`.
    pub(crate) fn points(&self, arm: u16) -> u128 {
        self.stretches()
            .filter(|stretch| stretch.2 == arm)
            .map(|(start, end, _)| end - start)
            .sum()
    }
}

/// Holds a layout in the form that finds a point's segment fastest.
///
/// The guide tells for the top bits of a point where the search may begin and must end, so an
/// even split of 64 arms needs no search at all.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    starts: Box<[u64]>,
    guide: Box<[u16; (1 << GUIDE_BITS) + 1]>,
}

impl Finder {
    pub(crate) fn new(layout: &Layout) -> Finder {
        let starts: Box<[u64]> = layout
            .segments
            .iter()
            .map(|segment| segment.start)
            .collect();
        let mut guide = Box::new([0; (1 << GUIDE_BITS) + 1]);
        let last = starts.len().saturating_sub(1);
        for (prefix, entry) in (0u64..).zip(guide.iter_mut()) {
            let first_point = prefix
                .checked_shl(u64::BITS - GUIDE_BITS)
                .filter(|_| prefix < 1 << GUIDE_BITS);
            let segment = first_point.map_or(last, |point| {
                starts
                    .partition_point(|start| *start <= point)
                    .saturating_sub(1)
            });
            *entry = u16::try_from(segment).unwrap_or(u16::MAX);
        }
        Finder { starts, guide }
    }

    /// Finds the only segment of a line that is not divided.
    pub(crate) fn whole() -> Finder {
        Finder::new(&Layout {
            segments: vec![Segment { start: 0, arm: 0 }],
        })
    }

    /// Returns where the segments begin.
    pub(crate) fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// Returns the index of the segment that `point` lies in.
    #[inline]
    pub(crate) fn segment_at(&self, point: Point) -> usize {
        let prefix = (point.get() >> (u64::BITS - GUIDE_BITS)) as usize;
        let bound = |index: usize| self.guide.get(index).map_or(0, |entry| usize::from(*entry));
        let (mut low, mut high) = (bound(prefix), bound(prefix + 1));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self
                .starts
                .get(middle)
                .is_some_and(|start| *start <= point.get())
            {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }
}
