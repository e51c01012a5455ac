//! Units that stand for all units: one for each way in which audiences can tell units apart.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, Operand};
use super::extended::Extended;
use super::fold::Place;
use super::{Audience, Test};
use crate::attributes::{AsValue, Exact, Number, Value};
use crate::unit::{Unit, UnitKey};

mod keys;
mod sampled;
mod special;

use keys::keys;
pub(crate) use sampled::sampled;
use special::{lists, special};

/// Texts that a name must contain, of which every subset is tried.
const MAX_PARTS: usize = 10;

/// A unit that stands for all those whom the same audiences match.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    pub(crate) key: UnitKey,
    pub(crate) attributes: Vec<(Box<str>, Witnessed)>,
}

impl Witness {
    pub(crate) fn unit(&self) -> Unit<'_> {
        Unit::from(&self.key).with(&self.attributes)
    }
}

/// The value of one attribute.
#[derive(Clone, Debug)]
pub(crate) enum Witnessed {
    Text(String),
    Integer(i128),
    Float(f64),
    Bool(bool),
    List(Vec<Witnessed>),
}

impl AsValue for Witnessed {
    fn as_value(&self) -> Value<'_> {
        match self {
            Witnessed::Text(text) => Value::Text(text),
            Witnessed::Integer(integer) => Value::Integer(*integer),
            Witnessed::Float(float) => Value::Float(*float),
            Witnessed::Bool(truth) => Value::Bool(*truth),
            Witnessed::List(items) => Value::List(items),
        }
    }
}

/// How many witnesses there would be, where they are too many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooMany(pub(crate) usize);

/// Returns a unit for each combination of answers that units can give to these audiences and
/// lists of keys: whatever unit there is, one of them is matched by the same.
///
/// For each attribute the values tried are those that its conditions name, their neighbours and
/// some that none names; of those that answer all conditions alike one is kept.
pub(crate) fn witnesses(
    audiences: &[&Audience],
    lists: &[&[UnitKey]],
    limit: usize,
) -> Result<Vec<Witness>, TooMany> {
    let rules = audiences.iter().flat_map(|audience| &audience.rules);
    let mut attributes: BTreeMap<&str, Vec<&Condition>> = BTreeMap::new();
    let mut of_key: Vec<&Condition> = Vec::new();
    let mut listed: Vec<BTreeSet<&UnitKey>> =
        lists.iter().map(|keys| keys.iter().collect()).collect();
    for rule in rules {
        match &rule.test {
            Test::Attribute { name, condition } => {
                attributes.entry(name).or_default().push(condition);
            }
            Test::Units(units) => listed.push(units.keys().iter().collect()),
            Test::Key(condition) => of_key.push(condition),
            Test::Everyone | Test::Empty(_) | Test::Unknown(_) => {}
        }
    }
    let keys = keys(&listed, &of_key)?;
    let mut total = keys.len();
    let mut choices = Vec::new();
    for (name, conditions) in attributes {
        let values = values(&conditions)?;
        total = total.saturating_mul(values.len());
        choices.push((name, values));
    }
    if total > limit {
        return Err(TooMany(total));
    }
    let nth = |number: usize| {
        let mut rest = number;
        let mut digit = |base: usize| {
            let digit = rest % base;
            rest /= base;
            digit
        };
        let key = keys.get(digit(keys.len()))?.clone();
        let mut attributes = Vec::new();
        for (name, values) in &choices {
            if let Some(value) = values.get(digit(values.len()))? {
                attributes.push(((*name).into(), value.clone()));
            }
        }
        Some(Witness { key, attributes })
    };
    Ok((0..total).filter_map(nth).collect())
}

/// Returns the values, and the lack of one, that answer these conditions differently.
fn values(conditions: &[&Condition]) -> Result<Vec<Option<Witnessed>>, TooMany> {
    let tried = tried_values(conditions, &[])?;
    let mut known = BTreeSet::new();
    let mut values: Vec<_> = tried
        .into_iter()
        .filter(|value| known.insert(answers(conditions, Some(value))))
        .map(Some)
        .collect();
    if known.insert(answers(conditions, None)) {
        values.push(None);
    }
    Ok(values)
}

/// Returns values that are likely to be answered differently; texts that are put together are none
/// of those listed.
fn tried_values(conditions: &[&Condition], listed: &[&str]) -> Result<Vec<Witnessed>, TooMany> {
    let mut tried = Vec::new();
    for operand in conditions.iter().flat_map(|condition| condition.operands()) {
        match operand {
            Operand::Text(text) => tried.push(Witnessed::Text(text.into())),
            Operand::Bool(truth) => tried.push(Witnessed::Bool(truth)),
            Operand::Number(number) => tried.extend(around(number)),
        }
    }
    tried.extend(texts(conditions, listed)?);
    tried.extend([true, false].map(Witnessed::Bool));
    tried.push(Witnessed::Integer(0));
    tried.extend([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(Witnessed::Float));
    for condition in conditions {
        if let Condition::Extended(extended) = condition {
            tried.extend(special(extended));
        }
    }
    tried.extend(lists(conditions)?);
    Ok(tried)
}

fn answers(conditions: &[&Condition], value: Option<&Witnessed>) -> Vec<u64> {
    pack(
        conditions
            .iter()
            .map(|condition| value.is_some_and(|value| condition.matches(&value.as_value()))),
    )
}

/// Packs answers into words, so that those to many conditions are compared quickly.
fn pack(answers: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = Vec::new();
    for (place, answer) in answers.enumerate() {
        if place % 64 == 0 {
            words.push(0);
        }
        if let Some(word) = words.last_mut() {
            *word |= u64::from(answer) << (place % 64);
        }
    }
    words
}

/// Returns a number and its neighbours: the nearest that an attribute can have on either side.
///
/// Between two numbers that conditions name, if anything lies between them at all, lies the
/// upper neighbour of the lower one.
fn around(number: Number) -> Vec<Witnessed> {
    let floats = |float: f64| [float, float.next_down(), float.next_up()].map(Witnessed::Float);
    match number.exact() {
        Exact::Integer(integer) => {
            let neighbours = [integer.checked_sub(1), integer.checked_add(1)];
            let integers = [integer]
                .into_iter()
                .chain(neighbours.into_iter().flatten());
            integers
                .map(Witnessed::Integer)
                .chain(floats(integer as f64))
                .collect()
        }
        Exact::Float(float) => {
            // A float beyond the whole numbers becomes the last of them, which is no neighbour
            // but does no harm.
            let below = Number::from(float.floor());
            let whole = match below.exact() {
                Exact::Integer(below) => vec![Some(below), below.checked_add(1)],
                Exact::Float(_) => vec![Some(i128::MIN), Some(i128::MAX)],
            };
            let whole = whole.into_iter().flatten().map(Witnessed::Integer);
            floats(float).into_iter().chain(whole).collect()
        }
    }
}

/// Returns texts with each beginning, each end and each subset of parts that conditions name,
/// joined by a sign that none of them contains, nor a text that is listed.
fn texts(conditions: &[&Condition], listed: &[&str]) -> Result<Vec<Witnessed>, TooMany> {
    let (mut starts, mut ends, mut parts) = (vec![""], vec![""], BTreeSet::new());
    for condition in conditions {
        let mut add = |place, text| match place {
            Place::Start => starts.push(text),
            Place::End => ends.push(text),
            Place::Anywhere => drop(parts.insert(text)),
        };
        match condition {
            Condition::Piece(place, text) => add(*place, text),
            Condition::Extended(extended) => {
                if let Extended::Pieces { place, pieces, .. } = &**extended {
                    pieces.iter().for_each(|piece| add(*place, piece.text()));
                }
            }
            _ => {}
        }
    }
    if parts.len() > MAX_PARTS {
        let shift = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        return Err(TooMany(1_usize.checked_shl(shift).unwrap_or(usize::MAX)));
    }
    let named = |sign: char| {
        let operands = conditions.iter().flat_map(|condition| condition.operands());
        let mut operands = operands.filter_map(|operand| match operand {
            Operand::Text(text) => Some(text),
            _ => None,
        });
        let mut pieces = starts.iter().chain(&ends).chain(&parts).chain(listed);
        operands.any(|text| text.contains(sign)) || pieces.any(|text| text.contains(sign))
    };
    let signs = ['/', '|', '~'].into_iter().chain('\u{e000}'..='\u{10ffff}');
    let sign = signs.into_iter().find(|sign| !named(*sign)).unwrap_or('/');
    let mut texts = vec![Witnessed::Text("other".to_owned())];
    for start in &starts {
        for end in &ends {
            for subset in 0_usize..1 << parts.len() {
                let chosen = parts.iter().enumerate();
                let chosen = chosen.filter(|(place, _)| subset >> place & 1 == 1);
                let mut text = format!("{start}{sign}");
                for (_, part) in chosen {
                    text.push_str(part);
                    text.push(sign);
                }
                text.push_str(end);
                texts.push(Witnessed::Text(text));
            }
        }
    }
    Ok(texts)
}

impl Condition {
    /// Returns the values that the condition compares with.
    fn operands(&self) -> Vec<Operand> {
        match self {
            Condition::Is(operand) | Condition::IsNot(operand) => vec![operand.clone()],
            Condition::OneOf(operands) => operands.to_vec(),
            Condition::Bound(_, number) => vec![Operand::Number(*number)],
            Condition::Piece(..) | Condition::Exists => Vec::new(),
            Condition::Extended(extended) => match &**extended {
                Extended::Listed(listed) => listed.operands().to_vec(),
                Extended::Converted(condition) => condition.operands(),
                _ => Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::attr;

    /// Tells whether some witness of the audience is matched by it.
    fn is_met(audience: &Audience) -> bool {
        let witnesses = witnesses(&[audience], &[], 100_000).unwrap();
        let mut units = witnesses.iter().map(Witness::unit);
        units.any(|unit| audience.matches(&unit))
    }

    #[test]
    fn as_many_witnesses_as_allowed_are_made_and_no_more() {
        let audience = attr("tier").is("paid").and(attr("age").at_least(18));
        let all = witnesses(&[&audience], &[], usize::MAX).unwrap().len();
        let count = |limit| witnesses(&[&audience], &[], limit).map(|made| made.len());
        assert_eq!(count(all), Ok(all));
        assert_eq!(count(all - 1), Err(TooMany(all)));
    }

    #[test]
    fn answers_are_packed_bit_by_bit_into_words() {
        let packed = |places: &[usize], count| pack((0..count).map(|at| places.contains(&at)));
        assert_eq!(packed(&[0, 1], 2), [3]);
        assert_eq!(packed(&[63], 64), [1 << 63]);
        assert_eq!(packed(&[1, 64, 129], 130), [2, 1, 2]);
    }

    #[test]
    fn each_combination_of_pieces_of_a_text_is_met() {
        let name = || attr("name");
        let both = [true, false];
        for (start, end) in both.into_iter().flat_map(|a| both.map(|b| (a, b))) {
            for (first, second) in both.into_iter().flat_map(|a| both.map(|b| (a, b))) {
                let wanted = [
                    (name().starts_with("ab"), start),
                    (name().ends_with("yz"), end),
                    (name().contains("mm"), first),
                    (name().contains("nn"), second),
                ];
                let parts = wanted.map(|(part, holds)| if holds { part } else { part.not() });
                let audience = Audience::all(parts);
                assert!(is_met(&audience), "{audience}");
            }
        }
    }

    #[test]
    fn what_joins_the_pieces_is_part_of_no_condition() {
        let path = || attr("path");
        let without = path().starts_with("x").and(path().contains("/").not());
        assert!(is_met(&without), "{without}");
        let pieces = path().starts_with("a").and(path().ends_with("b"));
        let other = pieces.and(path().is_not("a/b"));
        assert!(is_met(&other), "{other}");
    }

    #[test]
    fn every_subset_of_ten_parts_is_tried_and_eleven_are_refused() {
        let parts = |count: usize| {
            let texts = (0..count).map(|part| format!("<{part}>"));
            Audience::all(texts.map(|text| attr("name").contains(text)))
        };
        assert!(is_met(&parts(MAX_PARTS)));
        let refused = witnesses(&[&parts(MAX_PARTS + 1)], &[], usize::MAX);
        assert_eq!(refused.unwrap_err(), TooMany(1 << (MAX_PARTS + 1)));
    }
}
