//! Regular expressions, matched by trying all there is.

use core::fmt;
use std::collections::BTreeSet;

use proptest::prelude::*;

/// A regular expression over the letters a and b.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Letter(char),
    Any,
    Start,
    End,
    Row(Vec<Pattern>),
    Or(Vec<Pattern>),
    Star(Box<Pattern>),
    Maybe(Box<Pattern>),
}

pub(crate) fn any_pattern() -> impl Strategy<Value = Pattern> {
    let letter = || prop::sample::select(vec!['a', 'b', 'A']).prop_map(Pattern::Letter);
    let leaf = prop_oneof![4 => letter(), 1 => Just(Pattern::Any), 1 => Just(Pattern::Start), 1 => Just(Pattern::End)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Pattern::Row),
            1 => prop::collection::vec(inner.clone(), 1..3).prop_map(Pattern::Or),
            1 => inner.clone().prop_map(|one| Pattern::Star(Box::new(one))),
            1 => inner.prop_map(|one| Pattern::Maybe(Box::new(one))),
        ]
    })
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Letter(letter) => write!(f, "{letter}"),
            Pattern::Any => f.write_str("."),
            Pattern::Start => f.write_str("^"),
            Pattern::End => f.write_str("$"),
            Pattern::Row(parts) => parts.iter().try_for_each(|part| write!(f, "(?:{part})")),
            Pattern::Or(parts) => {
                let parts: Vec<String> = parts.iter().map(Pattern::to_string).collect();
                write!(f, "(?:{})", parts.join("|"))
            }
            Pattern::Star(part) => write!(f, "(?:{part})*"),
            Pattern::Maybe(part) => write!(f, "(?:{part})?"),
        }
    }
}

impl Pattern {
    pub(crate) fn is_found(&self, text: &str, fold: bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        (0..=text.len()).any(|at| !self.ends(&text, at, fold).is_empty())
    }

    /// All places where a match that begins at `at` may end.
    fn ends(&self, text: &[char], at: usize, fold: bool) -> BTreeSet<usize> {
        let only = |holds: bool, place| holds.then_some(place).into_iter().collect();
        let is = |letter: char, other: char| {
            letter == other || fold && letter.eq_ignore_ascii_case(&other)
        };
        match self {
            Pattern::Letter(letter) => only(
                text.get(at).is_some_and(|other| is(*letter, *other)),
                at + 1,
            ),
            Pattern::Any => only(at < text.len(), at + 1),
            Pattern::Start => only(at == 0, at),
            Pattern::End => only(at == text.len(), at),
            Pattern::Row(parts) => parts.iter().fold(BTreeSet::from([at]), |places, part| {
                places
                    .into_iter()
                    .flat_map(|place| part.ends(text, place, fold))
                    .collect()
            }),
            Pattern::Or(parts) => parts
                .iter()
                .flat_map(|part| part.ends(text, at, fold))
                .collect(),
            Pattern::Maybe(part) => part.ends(text, at, fold).into_iter().chain([at]).collect(),
            Pattern::Star(part) => {
                let mut found = BTreeSet::from([at]);
                loop {
                    let more: BTreeSet<usize> = found
                        .iter()
                        .flat_map(|place| part.ends(text, *place, fold))
                        .collect();
                    if more.is_subset(&found) {
                        return found;
                    }
                    found.extend(more);
                }
            }
        }
    }
}
