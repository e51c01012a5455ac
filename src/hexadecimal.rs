//! Numbers as texts of hexadecimal digits.

/// Reads a number of exactly this many lower-case digits, 32 at most.
///
/// One number has one text, so that texts can be compared in place of numbers.
pub(crate) fn read(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == digits && text.bytes().all(is_digit) {
        u128::from_str_radix(text, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_number_has_one_text() {
        assert_eq!(read("00ff", 4), Some(255));
        assert_eq!(read(&"f".repeat(32), 32), Some(u128::MAX));
        for other in ["ff", "000ff", "00FF", "+0ff", "00f ", "00fg", ""] {
            assert_eq!(read(other, 4), None, "{other:?}");
        }
        assert_eq!(read(&"f".repeat(33), 33), None);
    }
}
