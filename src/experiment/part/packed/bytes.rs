//! Numbers in as few bytes as they need.

/// Bytes that are being written.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

/// Bytes that are left to be read; a read beyond the end gives `None`.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// How a sum is written: not at all if it is 0 or the usual one, else as a whole number, in four
/// bytes, or in eight.
const ZERO: u8 = 0;
const USUAL: u8 = 1;
const WHOLE: u8 = 2;
const SHORT: u8 = 3;
const FULL: u8 = 4;

/// Whole numbers below this take fewer than eight bytes.
const MOST: f64 = 281_474_976_710_656.0;

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Writes the lowest bytes of a number, the lowest first.
    pub(super) fn low_bytes(&mut self, number: u64, length: usize) {
        self.bytes
            .extend(number.to_le_bytes().into_iter().take(length));
    }

    /// Writes a number in groups of seven bits.
    pub(super) fn number(&mut self, mut number: u64) {
        while number > 127 {
            self.byte(number as u8 | 128);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// Returns how a number is written shortest, to the last bit.
    pub(super) fn kind(value: f64, usual: f64) -> u8 {
        let bits = value.to_bits();
        match value {
            _ if bits == 0 => ZERO,
            _ if bits == usual.to_bits() => USUAL,
            _ if value.fract() == 0.0 && value.abs() < MOST && value != 0.0 => WHOLE,
            _ if f64::from(value as f32).to_bits() == bits => SHORT,
            _ => FULL,
        }
    }

    pub(super) fn of_kind(&mut self, kind: u8, value: f64) {
        match kind {
            WHOLE => {
                let value = value as i64;
                self.number((value << 1 ^ value >> 63).cast_unsigned());
            }
            SHORT => self.bytes.extend((value as f32).to_le_bytes()),
            FULL => self.bytes.extend(value.to_le_bytes()),
            _ => {}
        }
    }

    /// Writes a number that is 0 or 1 more often than not.
    pub(super) fn float(&mut self, value: f64) {
        let kind = Writer::kind(value, 1.0);
        self.byte(kind);
        self.of_kind(kind, value);
    }
}

impl Reader<'_> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn low_bytes(&mut self, length: usize) -> Option<u64> {
        let (low, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(low.iter().rev().fold(0, add))
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 127);
            if shift == 63 && low > 1 {
                return None;
            }
            number |= low << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn of_kind(&mut self, kind: u8, usual: f64) -> Option<f64> {
        let value = match kind {
            ZERO => 0.0,
            USUAL => usual,
            WHOLE => {
                let coded = self.number()?;
                ((coded >> 1).cast_signed() ^ -((coded & 1).cast_signed())) as f64
            }
            SHORT => f64::from(f32::from_bits(self.low_bytes(4)? as u32)),
            FULL => f64::from_bits(self.low_bytes(8)?),
            _ => return None,
        };
        value.is_finite().then_some(value)
    }

    pub(super) fn float(&mut self) -> Option<f64> {
        let kind = self.byte()?;
        self.of_kind(kind, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer};

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        let whole = [0, 1, 127, 128, 1 << 20, u64::MAX];
        let floats = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            0.1,
            -3e7,
            (1_u64 << 60) as f64,
            1e300,
            5e-324,
        ];
        let mut out = Writer::default();
        whole.iter().for_each(|&number| out.number(number));
        floats.iter().for_each(|&value| out.float(value));
        let mut from = Reader(&out.bytes);
        assert!(whole.iter().all(|&number| from.number() == Some(number)));
        for value in floats {
            assert_eq!(from.float().map(f64::to_bits), Some(value.to_bits()));
        }
        assert!(from.byte().is_none());
        let mut beyond = Reader(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 2]);
        assert_eq!(beyond.number(), None);
        assert_eq!(Reader(&[7]).float(), None);
        let infinite = [4, 0, 0, 0, 0, 0, 0, 240, 127];
        assert_eq!(Reader(&infinite).float(), None);
    }
}
