//! Texts compared without regard to upper and lower case.

use super::AudienceError;
use super::limits::check_piece;

/// Returns the character as it is compared: in lower case, without regard to language, and the
/// two small sigmas of Greek as one.
#[inline]
fn lower(sign: char) -> impl DoubleEndedIterator<Item = char> {
    let sign = if sign == 'ς' { 'σ' } else { sign };
    sign.to_lowercase()
}

/// Iterates over the characters of a text as they are compared.
#[inline]
pub(super) fn folded(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(lower)
}

/// A text that another begins with, ends with or contains.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    text: Box<str>,
    /// The folded characters and, for each, how many of the first ones end there again: what a
    /// search for them falls back to, so that it looks at each character of a value once.
    folded: Option<Box<[(char, usize)]>>,
}

/// Where a piece stands in the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Start,
    End,
    Anywhere,
}

impl Place {
    pub(super) fn operator(self) -> &'static str {
        match self {
            Place::Start => "starts_with",
            Place::End => "ends_with",
            Place::Anywhere => "contains",
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn named(operator: &str) -> Option<Place> {
        let places = [Place::Start, Place::End, Place::Anywhere];
        places
            .into_iter()
            .find(|place| place.operator() == operator)
    }

    /// Tells whether the piece stands there, byte for byte.
    #[inline]
    pub(super) fn has(self, piece: &str, value: &str) -> bool {
        match self {
            Place::Start => value.starts_with(piece),
            Place::End => value.ends_with(piece),
            Place::Anywhere => value.contains(piece),
        }
    }
}

impl Piece {
    pub(super) fn new(text: Box<str>, fold: bool) -> Piece {
        let folded = fold.then(|| {
            let mut steps: Vec<(char, usize)> = Vec::new();
            for sign in folded(&text) {
                let mut length = steps.last().map_or(0, |last| last.1);
                if !steps.is_empty() {
                    length = follow(&steps, length, sign);
                }
                steps.push((sign, length));
            }
            steps.into_boxed_slice()
        });
        Piece { text, folded }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn stands(&self, place: Place, value: &str) -> bool {
        let Some(steps) = &self.folded else {
            return place.has(&self.text, value);
        };
        let mut signs = folded(value);
        match place {
            Place::Start => steps.iter().all(|step| signs.next() == Some(step.0)),
            Place::End => {
                let mut backwards = signs.rev();
                let mut steps = steps.iter().rev();
                steps.all(|step| backwards.next() == Some(step.0))
            }
            Place::Anywhere => {
                let mut length = 0;
                signs.any(|sign| {
                    length = follow(steps, length, sign);
                    length == steps.len()
                })
            }
        }
    }

    pub(super) fn check(&self, attribute: &str, place: Place) -> Result<(), AudienceError> {
        check_piece(attribute, place.operator(), &self.text)
    }
}

/// Returns how many of the first characters stand here after one more character.
#[inline]
fn follow(steps: &[(char, usize)], mut length: usize, sign: char) -> usize {
    loop {
        if steps.get(length).is_some_and(|step| step.0 == sign) {
            return length + 1;
        }
        let Some(before) = length.checked_sub(1).and_then(|last| steps.get(last)) else {
            return 0;
        };
        length = before.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(piece: &str, place: Place, value: &str) -> bool {
        Piece::new(piece.into(), true).stands(place, value)
    }

    #[test]
    fn a_folded_search_agrees_with_one_over_lower_case_texts() {
        let signs = ['a', 'A', 'b'];
        let words: Vec<String> = (0..3_usize.pow(5))
            .map(|number| {
                (0..5)
                    .map(|place| signs[number / 3_usize.pow(place) % 3])
                    .collect()
            })
            .collect();
        for value in &words {
            for piece in words
                .iter()
                .flat_map(|word| [&word[..1], &word[..2], &word[..4]])
            {
                let (value_low, piece_low) = (value.to_lowercase(), piece.to_lowercase());
                assert_eq!(
                    stands(piece, Place::Anywhere, value),
                    value_low.contains(&piece_low)
                );
                assert_eq!(
                    stands(piece, Place::Start, value),
                    value_low.starts_with(&piece_low)
                );
                assert_eq!(
                    stands(piece, Place::End, value),
                    value_low.ends_with(&piece_low)
                );
            }
        }
    }

    #[test]
    fn case_of_other_scripts_is_folded_and_nothing_else() {
        assert!(stands("ΟΔΟΣ", Place::Start, "οδος"));
        assert!(stands("ñandú", Place::End, "EL ÑANDÚ"));
        assert!(!stands("n", Place::Anywhere, "ñ"));
        assert!(!stands("ss", Place::Anywhere, "ß"));
    }
}
