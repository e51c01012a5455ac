//! A layout in the form that finds a point's stretch fastest.

use super::layout::Layout;
use crate::bucket::Point;

/// Top bits of a point that index the guide.
const GUIDE_BITS: u32 = 8;

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
            .segments()
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
