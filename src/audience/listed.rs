//! Values in a list, and what a condition asks of them.

use std::sync::Arc;

use crate::attributes::{Scalar, Value};

use super::AudienceError;
use super::condition::{FEW, Operand, is_among};
use super::fold::folded;
use super::limits::{check_length, check_long_list};

/// What the values of a list must be for the attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    /// The attribute is the one value, or is there and differs from it; with case folding only.
    Is,
    IsNot,
    OneOf,
    NotOneOf,
    /// The attribute is a list and has at least one, each, or none of the values.
    AnyOf,
    AllOf,
    NoneOf,
}

/// Most values of `all_of`, which are ticked off in as many bits.
pub(super) const MAX_ALL_OF: usize = 128;

/// Sorted values, each once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Listed {
    pub(super) ask: Ask,
    operands: Arc<[Operand]>,
    /// The texts as they are compared, if case does not count.
    folded: Option<Arc<[Box<str>]>>,
}

impl Ask {
    pub(super) fn operator(self) -> &'static str {
        match self {
            Ask::Is => "is",
            Ask::IsNot => "is_not",
            Ask::OneOf => "one_of",
            Ask::NotOneOf => "not_one_of",
            Ask::AnyOf => "any_of",
            Ask::AllOf => "all_of",
            Ask::NoneOf => "none_of",
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn named(operator: &str) -> Option<Ask> {
        let values = [Ask::Is, Ask::IsNot, Ask::OneOf, Ask::NotOneOf];
        let lists = [Ask::AnyOf, Ask::AllOf, Ask::NoneOf];
        let mut all = values.into_iter().chain(lists);
        all.find(|ask| ask.operator() == operator)
    }
}

impl Listed {
    pub(super) fn new(ask: Ask, mut operands: Vec<Operand>, fold: bool) -> Listed {
        operands.sort_unstable();
        operands.dedup();
        let fold = fold.then(|| {
            let texts = operands.iter().filter_map(Operand::text);
            let mut texts: Vec<Box<str>> = texts.map(|text| folded(text).collect()).collect();
            texts.sort_unstable();
            texts.dedup();
            texts.into()
        });
        Listed {
            ask,
            operands: operands.into(),
            folded: fold,
        }
    }

    pub(super) fn operands(&self) -> &[Operand] {
        &self.operands
    }

    pub(super) fn folds(&self) -> bool {
        self.folded.is_some()
    }

    pub(super) fn matches(&self, value: &Value<'_>) -> bool {
        match (self.ask, value) {
            (Ask::Is | Ask::OneOf, value) => self.has(value),
            (Ask::IsNot | Ask::NotOneOf, value) => self.speaks_of(value) && !self.has(value),
            (Ask::AnyOf, Value::List(list)) => list.items().any(|item| self.has(&item)),
            (Ask::NoneOf, Value::List(list)) => !list.items().any(|item| self.has(&item)),
            (Ask::AllOf, Value::List(list)) => {
                let mut ticked = 0_u128;
                for item in list.items() {
                    if let Some(place) = self.place(&item) {
                        ticked |= 1_u128.checked_shl(place as u32).unwrap_or(0);
                    }
                }
                ticked.count_ones() as usize == self.length()
            }
            _ => false,
        }
    }

    fn length(&self) -> usize {
        self.folded
            .as_ref()
            .map_or(self.operands.len(), |texts| texts.len())
    }

    fn has(&self, value: &Value<'_>) -> bool {
        match &self.folded {
            None => is_among(&self.operands, value),
            Some(_) => self.place(value).is_some(),
        }
    }

    /// Returns where the value stands in the list.
    fn place(&self, value: &Value<'_>) -> Option<usize> {
        let Some(texts) = &self.folded else {
            let scalar = value.scalar()?;
            let order = |operand: &Operand| operand.scalar().cmp(&scalar);
            return self.operands.binary_search_by(order).ok();
        };
        let Value::Text(text) = value else {
            return None;
        };
        if texts.len() <= FEW {
            return texts
                .iter()
                .position(|listed| listed.chars().eq(folded(text)));
        }
        texts
            .binary_search_by(|listed| listed.chars().cmp(folded(text)))
            .ok()
    }

    /// Tells whether the list has a value of this one's type, which NaN has none of; an empty list
    /// speaks of all types.
    fn speaks_of(&self, value: &Value<'_>) -> bool {
        let Some(scalar) = value.scalar() else {
            return false;
        };
        // The types stand one behind the other: truth values, numbers, texts.
        let bools = self
            .operands
            .partition_point(|operand| matches!(operand, Operand::Bool(_)));
        let has = match scalar {
            Scalar::Bool(_) => bools > 0,
            Scalar::Text(_) => matches!(self.operands.last(), Some(Operand::Text(_))),
            // NaN, which no policy has, stands before or behind all other numbers.
            Scalar::Number(_) => self
                .operands
                .iter()
                .skip(bools)
                .take(2)
                .any(|operand| matches!(operand, Operand::Number(number) if !number.is_nan())),
        };
        has || self.operands.is_empty()
    }

    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        let operator = self.ask.operator();
        check_long_list(operator, self.operands.len())?;
        if self.ask == Ask::AllOf && self.operands.len() > MAX_ALL_OF {
            return Err(AudienceError::ListTooLong {
                list: operator,
                found: self.operands.len(),
                limit: MAX_ALL_OF,
            });
        }
        for operand in &*self.operands {
            match operand {
                Operand::Text(text) => check_length(operator, text.len())?,
                _ if self.folds() => {
                    return Err(AudienceError::Misfit {
                        attribute: attribute.to_owned(),
                        modifier: "fold_case",
                        operator,
                        allowed: "texts",
                    });
                }
                Operand::Number(number) if number.is_nan() => {
                    return Err(AudienceError::NanOperand {
                        attribute: attribute.to_owned(),
                        operator,
                    });
                }
                Operand::Number(_) | Operand::Bool(_) => {}
            }
        }
        Ok(())
    }
}
