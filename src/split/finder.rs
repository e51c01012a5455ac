//! A layout in a form in which a point's stretch is found fast.

use super::layout::Layout;
use crate::bucket::Point;

/// Top bits of a point that index the guide.
const GUIDE_BITS: u32 = 8;

/// A layout in a form in which a point's segment is found fast.
///
/// The guide has, for the top 8 bits of a point, the segments of the first and of the last point
/// with these bits. Why: a binary search over 64 arms takes six steps that no processor can
/// predict. Of the 256 entries at most 63 contain a boundary of 64 arms, mostly only one. So three
/// quarters of all draws need one look into the table (`plan.route` with 64 arms costs 1.16 times
/// that with two).
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    starts: Box<[u64]>,
    guide: Box<[(u16, u16); 1 << GUIDE_BITS]>,
}

impl Finder {
    pub(crate) fn new(layout: &Layout) -> Finder {
        let starts: Box<[u64]> = layout
            .segments()
            .iter()
            .map(|segment| segment.start)
            .collect();
        let segment_of = |point: u64| {
            let segment = starts.partition_point(|start| *start <= point);
            u16::try_from(segment.saturating_sub(1)).unwrap_or(u16::MAX)
        };
        let mut guide = Box::new([(0, 0); 1 << GUIDE_BITS]);
        for (prefix, entry) in (0u64..).zip(guide.iter_mut()) {
            let first = prefix << (u64::BITS - GUIDE_BITS);
            let last = first | (u64::MAX >> GUIDE_BITS);
            *entry = (segment_of(first), segment_of(last));
        }
        Finder { starts, guide }
    }

    /// Finds the only segment of a line that is not divided.
    pub(crate) fn whole() -> Finder {
        Finder::new(&Layout::whole())
    }

    /// Returns where the segments begin.
    pub(crate) fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// Returns the index of the segment that `point` lies in.
    #[inline]
    pub(crate) fn segment_at(&self, point: Point) -> usize {
        let prefix = (point.get() >> (u64::BITS - GUIDE_BITS)) as usize;
        let (first, last) = self.guide.get(prefix).copied().unwrap_or_default();
        let (low, high) = (usize::from(first), usize::from(last));
        if high - low > 1 {
            return self.search(point, low, high);
        }
        // Why a selection: a branch on a fair draw is mispredicted every second time (see
        // `Plan::partition`, which measures it).
        let is_in_last = self
            .starts
            .get(high)
            .is_some_and(|start| *start <= point.get());
        core::hint::select_unpredictable(is_in_last, high, low)
    }

    #[inline(never)]
    fn search(&self, point: Point, mut low: usize, mut high: usize) -> usize {
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
