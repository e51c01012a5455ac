//! Reads choices and numbers from a fuzzer's bytes; past their end everything is zero.

#![allow(
    dead_code,
    reason = "each target reads the kinds of bytes that it needs"
)]

/// Numbers at which branches lie.
const CORNERS: [f64; 16] = [
    0.0,
    -0.0,
    0.5,
    1.0,
    -1.0,
    2.0,
    1e-16,
    5e-324,
    1e-308,
    1e15,
    1e300,
    f64::MAX,
    f64::EPSILON,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes(bytes)
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    pub(crate) fn word(&mut self) -> u64 {
        u64::from_le_bytes(core::array::from_fn(|_| self.byte()))
    }

    /// A number below `limit`, of the magnitude that one byte chooses.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let magnitude = u32::from(self.byte()) % 64;
        (self.word() >> magnitude) % limit
    }

    /// Any bit pattern, a corner or a plain fraction.
    pub(crate) fn number(&mut self) -> f64 {
        let kind = self.byte();
        match kind % 4 {
            0 => f64::from_bits(self.word()),
            1 => CORNERS[usize::from(kind / 16)],
            2 => f64::from(self.byte()) / 256.0,
            _ => f64::from(i32::from(self.byte()) - 128) * 10f64.powi(i32::from(kind / 4) - 32),
        }
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn bit(&mut self) -> bool {
        self.byte() % 2 == 1
    }
}
