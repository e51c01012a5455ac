//! Equality of short texts.

/// Compares two texts byte for byte, without a call where they have 16 bytes or fewer.
///
/// Names and values of attributes are short, and a call to the platform's comparison costs
/// more than comparing them. The first and the last bytes may overlap, which does no harm.
#[inline(always)]
pub(crate) fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let length = left.len();
    if length != right.len() {
        false
    } else if length > 16 {
        left == right
    } else if length >= 8 {
        left.first_chunk::<8>() == right.first_chunk()
            && left.last_chunk::<8>() == right.last_chunk()
    } else if length >= 4 {
        left.first_chunk::<4>() == right.first_chunk()
            && left.last_chunk::<4>() == right.last_chunk()
    } else {
        // At most three bytes: these are all of them.
        left.first() == right.first() && left.last() == right.last() && left.get(1) == right.get(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_each_length_are_the_same_only_if_each_byte_is() {
        for length in 0..40 {
            let text = "abcdefghijklmnopqrstuvwxyzabcdefghijklmno"
                .get(..length)
                .unwrap();
            assert!(same_text(text, text));
            assert!(!same_text(text, &format!("{text}a")));
            assert!(!same_text(&format!("{text}a"), text));
            for at in 0..length {
                let mut other = text.to_owned();
                other.replace_range(at..=at, "#");
                assert!(!same_text(text, &other), "{text} {other}");
                assert!(!same_text(&other, text), "{text} {other}");
            }
        }
    }
}
