//! Blocks of equal values, the common ground of all rank methods.

/// How often one value occurs in either arm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::stats) struct Block {
    pub(in crate::stats) control: u64,
    pub(in crate::stats) candidate: u64,
}

impl Block {
    pub(in crate::stats) const fn size(self) -> u64 {
        self.control + self.candidate
    }
}

/// Returns the blocks of equal values of two sorted samples in ascending order, in `O(n)`.
pub(in crate::stats) fn blocks(control: &[f64], candidate: &[f64]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut a, mut b) = (control, candidate);
    loop {
        let value = match (a.first(), b.first()) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) => x,
            (None, Some(&y)) => y,
            (None, None) => return blocks,
        };
        let (of_a, of_b) = (leading(a, value), leading(b, value));
        a = a.get(of_a..).unwrap_or(&[]);
        b = b.get(of_b..).unwrap_or(&[]);
        blocks.push(Block {
            control: of_a as u64,
            candidate: of_b as u64,
        });
    }
}

/// Returns the sum of `t^3 - t` over the sizes of blocks.
pub(super) fn tie_sum(sizes: impl Iterator<Item = u64>) -> f64 {
    sizes
        .map(|t| t as f64)
        .map(|t| t * (t - 1.0) * (t + 1.0))
        .sum()
}

/// Returns how many values at the start equal `value`.
fn leading(sorted: &[f64], value: f64) -> usize {
    sorted.iter().take_while(|&&x| x == value).count()
}
