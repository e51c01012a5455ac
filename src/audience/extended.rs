//! Conditions beyond the plain comparisons, apart so that those stay small.

use crate::attributes::Value;

use super::AudienceError;
use super::condition::Condition;
use super::convert;
use super::fold::{Piece, Place};
use super::limits::check_long_list;
use super::listed::Listed;
use super::moment::Moment;
use super::networks::Networks;
use super::pattern::Pattern;
use super::versions::Versions;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Extended {
    Listed(Listed),
    /// One of the texts stands at the place.
    Pieces {
        place: Place,
        fold: bool,
        pieces: Box<[Piece]>,
    },
    /// The condition on what a text says as a number or a truth value.
    Converted(Condition),
    Versions(Versions),
    Moment(Moment),
    Networks(Networks),
    Pattern(Pattern),
    /// A modifier that does not fit the operator, which `check` refuses.
    Misfit {
        modifier: &'static str,
        operator: &'static str,
    },
}

impl Extended {
    /// Asks for texts that are sorted, each once.
    pub(super) fn pieces(place: Place, texts: Vec<Box<str>>, fold: bool) -> Extended {
        let pieces = texts.into_iter().map(|text| Piece::new(text, fold));
        Extended::Pieces {
            place,
            fold,
            pieces: pieces.collect(),
        }
    }

    pub(super) fn matches(&self, value: &Value<'_>) -> bool {
        match self {
            Extended::Listed(listed) => listed.matches(value),
            Extended::Pieces { place, pieces, .. } => match value {
                Value::Text(text) => pieces.iter().any(|piece| piece.stands(*place, text)),
                _ => false,
            },
            Extended::Converted(condition) => convert::matches(condition, value),
            #[cfg(feature = "semver")]
            Extended::Versions(versions) => versions.matches(value),
            #[cfg(feature = "jiff")]
            Extended::Moment(moment) => moment.matches(value),
            #[cfg(feature = "ipnet")]
            Extended::Networks(networks) => networks.matches(value),
            #[cfg(feature = "regex")]
            Extended::Pattern(pattern) => pattern.matches(value),
            // What this build cannot judge, `check` refuses.
            #[allow(
                unreachable_patterns,
                reason = "with all features only the misfit is left"
            )]
            _ => false,
        }
    }

    pub(super) fn operator(&self) -> &'static str {
        match self {
            Extended::Listed(listed) => listed.ask.operator(),
            Extended::Pieces { place, .. } => place.operator(),
            Extended::Converted(condition) => condition.operator(),
            Extended::Versions(_) => "semver",
            Extended::Moment(moment) => moment.side.operator(),
            Extended::Networks(_) => "in_network",
            Extended::Pattern(_) => "regex",
            Extended::Misfit { operator, .. } => operator,
        }
    }

    /// Returns the feature without which this build cannot judge the condition.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        match self {
            Extended::Versions(_) if cfg!(not(feature = "semver")) => Some("semver"),
            Extended::Moment(_) if cfg!(not(feature = "jiff")) => Some("jiff"),
            Extended::Networks(_) if cfg!(not(feature = "ipnet")) => Some("ipnet"),
            Extended::Pattern(_) if cfg!(not(feature = "regex")) => Some("regex"),
            _ => None,
        }
    }

    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        match self {
            Extended::Listed(listed) => listed.check(attribute),
            Extended::Pieces { place, pieces, .. } => {
                check_long_list(place.operator(), pieces.len())?;
                pieces
                    .iter()
                    .try_for_each(|piece| piece.check(attribute, *place))
            }
            Extended::Converted(condition) => convert::check(condition, attribute),
            Extended::Versions(versions) => versions.check(attribute),
            Extended::Moment(moment) => moment.check(attribute),
            Extended::Networks(networks) => networks.check(attribute),
            Extended::Pattern(pattern) => pattern.check(attribute),
            Extended::Misfit { modifier, operator } => Err(AudienceError::Misfit {
                attribute: attribute.to_owned(),
                modifier,
                operator,
                allowed: match *modifier {
                    "fold_case" => {
                        "is, is_not, one_of, not_one_of, any_of, all_of, none_of, starts_with, \
                         ends_with, contains and regex"
                    }
                    _ => "is, is_not, one_of, not_one_of, semver and the bounds of numbers",
                },
            }),
        }
    }
}
