//! Why an audience is refused.

use thiserror::Error;

/// Why an audience is refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum AudienceError {
    /// `all`, `any` and `not` are nested too deep.
    #[error(
        "the audience is nested {found} deep, the limit is {limit}: join conditions side by side"
    )]
    TooDeep {
        /// The depth found; in a file, the first depth that is refused.
        found: usize,
        /// The largest depth that is accepted.
        limit: usize,
    },
    /// The audience has too many rules.
    #[error(
        "the audience has {found} rules, the limit is {limit}: put values into one_of or units"
    )]
    TooManyRules {
        /// The number of rules found.
        found: usize,
        /// The largest number that is accepted.
        limit: usize,
    },
    /// A list of values or units is too long.
    #[error(
        "the list `{list}` has {found} entries, the limit is {limit}: ask for an attribute that \
         says it"
    )]
    ListTooLong {
        /// The field with the list, such as `one_of` or `units`.
        list: &'static str,
        /// The number of different entries found.
        found: usize,
        /// The largest number that is accepted.
        limit: usize,
    },
    /// A name, a text or a unit's key is too long.
    #[error("a text in `{field}` has {found} bytes, the limit is {limit}: shorten it")]
    TextTooLong {
        /// The field it stands in, such as `attr`, `is` or `units`.
        field: &'static str,
        /// Its length in bytes.
        found: usize,
        /// The largest length that is accepted.
        limit: usize,
    },
    /// An attribute's name is empty.
    #[error("`attr` is empty: an attribute needs a name")]
    EmptyName,
    /// A segment's name is empty.
    #[error("`segment` is empty: a segment needs a name")]
    EmptySegment,
    /// The text that another begins with, ends with or contains is empty, so that all do.
    #[error(
        "`{operator}` of attribute {attribute:?} is empty: all texts would match; leave the \
         condition out if they shall"
    )]
    EmptyText {
        /// The attribute's name.
        attribute: String,
        /// `starts_with`, `ends_with` or `contains`.
        operator: &'static str,
    },
    /// A list of units has an empty key: all requests without an identity would match.
    #[error("`units` has an empty key: all requests without an identity would match; leave it out")]
    EmptyUnit,
    /// An attribute is compared with NaN, which nothing equals.
    #[error("`{operator}` of attribute {attribute:?} is NaN, which never matches: write a number")]
    NanOperand {
        /// The attribute's name.
        attribute: String,
        /// The operator, such as `is` or `at_least`.
        operator: &'static str,
    },
    /// `fold_case`, `convert` or a list stands beside a condition that it does not fit.
    #[error(
        "`{modifier}` does not fit `{operator}` of attribute {attribute:?}: it is for {allowed}"
    )]
    Misfit {
        /// The attribute's name, or `unit`.
        attribute: String,
        /// `fold_case`, `convert` or `a list`.
        modifier: &'static str,
        /// The operator.
        operator: &'static str,
        /// What the modifier is for.
        allowed: &'static str,
    },
    /// A version, date, network or regular expression cannot be read.
    #[error("`{operator}` of attribute {attribute:?} is {found:?}: {reason}")]
    Malformed {
        /// The attribute's name, or `unit`.
        attribute: String,
        /// The operator.
        operator: &'static str,
        /// What was found.
        found: String,
        /// What is wrong with it, and what is allowed.
        reason: Box<str>,
    },
    /// The library was built without the feature that judges a condition.
    #[error(
        "`{operator}` of attribute {attribute:?} cannot be judged: build with feature `{feature}`"
    )]
    NotBuiltIn {
        /// The attribute's name, or `unit`.
        attribute: String,
        /// The operator.
        operator: &'static str,
        /// The feature that is missing.
        feature: &'static str,
    },
    /// A segment is named that is not defined.
    #[error("segment {name:?} is not defined: define it under [segments]")]
    UnknownSegment {
        /// The segment's name.
        name: String,
    },
    /// A segment contains itself.
    #[error("segment {name:?} contains itself: {path}; take it out of itself")]
    CircularSegment {
        /// The segment's name.
        name: String,
        /// The segments on the way back to it.
        path: String,
    },
    /// Two different audiences have one name.
    #[error("segment {name:?} stands for two different audiences: give one another name")]
    AmbiguousSegment {
        /// The segment's name.
        name: String,
    },
}
