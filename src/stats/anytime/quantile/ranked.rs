//! Values that can be asked for their ranks.

use crate::stats::histogram::Block;
use crate::stats::{Histogram, Sample};

/// Values whose ranks are known: a sorted sample or a histogram.
///
/// It cannot be implemented elsewhere.
pub trait Ranked: sealed::Ranked {}

impl Ranked for Sample {}
impl Ranked for Histogram {}

mod sealed {
    pub trait Ranked {
        #[doc(hidden)]
        fn view(&self) -> super::View<'_>;
    }
}

impl sealed::Ranked for Sample {
    fn view(&self) -> View<'_> {
        View(Form::Sorted(self.sorted()))
    }
}

impl sealed::Ranked for Histogram {
    fn view(&self) -> View<'_> {
        View(Form::Buckets(self.blocks()))
    }
}

/// A sample or a histogram whose ranks can be read.
#[derive(Debug)]
pub struct View<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    Sorted(&'a [f64]),
    /// Those that are not empty, in order.
    Buckets(Vec<Block>),
}

impl View<'_> {
    pub(super) fn n(&self) -> u64 {
        match &self.0 {
            Form::Sorted(sorted) => sorted.len() as u64,
            Form::Buckets(blocks) => blocks.last().map_or(0, |block| block.up_to),
        }
    }

    /// Returns the block of this rank, counted from 1; an infinite one for other ranks.
    pub(super) fn at_rank(&self, rank: u64) -> Block {
        let n = self.n();
        if rank == 0 || rank > n {
            let (end, count) = if rank == 0 {
                (f64::NEG_INFINITY, 0)
            } else {
                (f64::INFINITY, n)
            };
            return Block {
                low: end,
                high: end,
                below: count,
                up_to: count,
            };
        }
        match &self.0 {
            Form::Sorted(sorted) => {
                let value = sorted.get(rank as usize - 1).copied().unwrap_or(f64::NAN);
                let (below, up_to) = self.counts(value);
                Block {
                    low: value,
                    high: value,
                    below,
                    up_to,
                }
            }
            Form::Buckets(blocks) => {
                let at = blocks.partition_point(|block| block.up_to < rank);
                // There is one, since the rank is at most n.
                blocks.get(at).copied().unwrap_or(Block {
                    low: f64::NEG_INFINITY,
                    high: f64::INFINITY,
                    below: 0,
                    up_to: n,
                })
            }
        }
    }

    /// Returns how many values lie surely below `x`, and how many may lie at or below it.
    pub(super) fn counts(&self, x: f64) -> (u64, u64) {
        match &self.0 {
            Form::Sorted(sorted) => (
                sorted.partition_point(|&value| value < x) as u64,
                sorted.partition_point(|&value| value <= x) as u64,
            ),
            Form::Buckets(blocks) => {
                // Bounds count as inside, as those of intervals do.
                let below = blocks.partition_point(|block| block.high < x);
                let up_to = blocks.partition_point(|block| block.low <= x);
                let count = |first: usize| match first.checked_sub(1) {
                    Some(last) => blocks.get(last).map_or(0, |block| block.up_to),
                    None => 0,
                };
                (count(below), count(up_to))
            }
        }
    }

    /// Returns the least values of all blocks that lie strictly between the two numbers.
    pub(super) fn lows_between(&self, least: f64, most: f64) -> Vec<f64> {
        match &self.0 {
            Form::Sorted(sorted) => {
                let from = sorted.partition_point(|&value| value <= least);
                let to = sorted.partition_point(|&value| value < most);
                let mut lows = sorted.get(from..to).unwrap_or_default().to_vec();
                lows.dedup();
                lows
            }
            Form::Buckets(blocks) => {
                let lows = blocks.iter().map(|block| block.low);
                lows.filter(|&low| low > least && low < most).collect()
            }
        }
    }
}
