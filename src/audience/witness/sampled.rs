//! Which conditions the values that are tried do not exhaust.

use std::collections::BTreeMap;

use super::super::extended::Extended;
use super::super::listed::Ask;
use super::super::{Audience, Test};
use super::Condition;

/// What a condition tells texts, or numbers, apart by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    Bytes,
    Folded,
    Numbers,
    Versions,
    Moments,
    Networks,
    Pattern,
}

/// Names the conditions whose answers are only sampled, none where all are followed.
///
/// Of one family the values tried meet every combination of answers: but of patterns. Of two
/// families that ask the same attribute they need not, nor of lists of keys beside versions, times
/// and the like.
pub(crate) fn sampled(audiences: &[&Audience], has_lists: bool) -> Option<String> {
    let rules = || audiences.iter().flat_map(|audience| &audience.rules);
    let has_lists = has_lists || rules().any(|rule| matches!(rule.test, Test::Units(_)));
    let is_special =
        |condition: &Condition| family(condition).is_some_and(|family| family != Family::Bytes);
    let of_key = rules().find_map(|rule| match &rule.test {
        Test::Key(condition) if has_lists && is_special(condition) => Some(condition),
        _ => None,
    });
    if let Some(condition) = of_key {
        return Some(format!(
            "`{}` of the key, beside lists of keys,",
            condition.operator()
        ));
    }
    let mut asked: BTreeMap<&str, Vec<&Condition>> = BTreeMap::new();
    for rule in rules() {
        match &rule.test {
            Test::Attribute { name, condition } => asked.entry(name).or_default().push(condition),
            Test::Key(condition) => asked.entry("unit").or_default().push(condition),
            _ => {}
        }
    }
    asked.into_iter().find_map(|(name, conditions)| {
        let mut families = conditions
            .iter()
            .filter_map(|condition| Some((condition, family(condition)?)));
        let (_, first) = families.next()?;
        let other = match first {
            Family::Pattern => conditions
                .iter()
                .find(|condition| family(condition) == Some(first)),
            _ => families
                .find(|(_, family)| *family != first)
                .map(|(condition, _)| condition)
                .or_else(|| number_as_version(&conditions)),
        }?;
        Some(format!("`{}` of attribute {name:?}", other.operator()))
    })
}

/// Returns a condition on numbers beside one that takes numbers for versions.
fn number_as_version<'a, 'b>(conditions: &'a [&'b Condition]) -> Option<&'a &'b Condition> {
    let takes_numbers = |condition: &&&Condition| match condition {
        Condition::Extended(extended) => match &**extended {
            Extended::Versions(versions) => versions.converts(),
            _ => false,
        },
        _ => false,
    };
    conditions.iter().find(takes_numbers)?;
    conditions.iter().find(|condition| is_of_numbers(condition))
}

fn family(condition: &Condition) -> Option<Family> {
    let Condition::Extended(extended) = condition else {
        return (*condition != Condition::Exists && !is_of_numbers(condition))
            .then_some(Family::Bytes);
    };
    Some(match &**extended {
        Extended::Listed(listed) if matches!(listed.ask, Ask::AnyOf | Ask::AllOf | Ask::NoneOf) => {
            // Lists are a type of their own; folded items may stand for several.
            return listed.folds().then_some(Family::Pattern);
        }
        Extended::Listed(listed) if !listed.folds() => Family::Bytes,
        Extended::Pieces { fold: false, .. } => Family::Bytes,
        Extended::Listed(_) | Extended::Pieces { .. } => Family::Folded,
        Extended::Converted(_) => Family::Numbers,
        // Beside a very long version lie some that are too long to be read.
        Extended::Versions(versions) if versions.text().len() > 200 => Family::Pattern,
        Extended::Versions(_) => Family::Versions,
        // Beside the first and the last moments lie some that only another offset can write.
        Extended::Moment(moment)
            if ["0000", "9999"]
                .iter()
                .any(|year| moment.text().starts_with(year)) =>
        {
            Family::Pattern
        }
        Extended::Moment(_) => Family::Moments,
        Extended::Networks(_) => Family::Networks,
        Extended::Pattern(_) | Extended::Misfit { .. } => Family::Pattern,
    })
}

fn is_of_numbers(condition: &Condition) -> bool {
    matches!(condition, Condition::Bound(..))
}
