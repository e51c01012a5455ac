//! Digests of units, mixed once more so that they are independent of any bucketing.

use core::hash::Hasher;

/// Mixes 64 bits by a bijection whose output shows no trace of its input (David Stafford's
/// thirteenth variant of a 64-bit finaliser), so that a sample by it is independent of any
/// bucketing.
pub(crate) const fn mix(unit: u64) -> u64 {
    let mut z = unit.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// So many halvings leave fewer of the 64-bit digests than the smallest capacity.
pub(crate) const MAX_LEVEL: u32 = 60;

/// Returns the last level at which the unit is sampled.
pub(super) fn level_of(key: u64) -> u32 {
    key.leading_zeros().min(MAX_LEVEL)
}

/// Tells whether a unit is kept after so many halvings: its highest `level` bits are zero.
#[inline]
pub(crate) const fn in_sample(key: u64, level: u32) -> bool {
    key.leading_zeros() >= level
}

/// A hasher of keys that are mixed already, less the bits that sampling makes constant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MixedAlready(u64);

impl Hasher for MixedAlready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key.rotate_left(32);
    }
}
