//! For which units a rule of a policy is: a predicate on units.

mod attribute;
mod canonical;
mod condition;
mod convert;
mod error;
mod extended;
mod fold;
mod limits;
mod listed;
mod moment;
mod networks;
mod pattern;
mod segments;
#[cfg(feature = "serde")]
mod serial;
mod tree;
mod units;
mod versions;
#[cfg(feature = "testing")]
mod witness;
mod words;

use core::fmt;
use std::sync::Arc;

use crate::attributes::Value;
use crate::unit::{Key, Unit, UnitKey};

pub use attribute::{Attribute, attr};
use condition::Condition;
pub use error::AudienceError;
use limits::{check_depth, check_length, check_patterns, check_rules};
pub(crate) use segments::Segments;
#[cfg(feature = "serde")]
pub(crate) use segments::link;
#[cfg(feature = "serde")]
pub(crate) use serial::{reference, segments as write_segments};
use tree::{Group, Join, Rule};
use units::Units;
pub(crate) use units::{Index, check_keys, check_length_of_list};
#[cfg(feature = "testing")]
pub(crate) use witness::{TooMany, Witness, sampled, witnesses};

/// A predicate on units: for which units a rule of a policy is.
///
/// Build it from [`attr`] and [`Audience::units`], join with [`and`](Audience::and),
/// [`or`](Audience::or) and [`not`](Audience::not). Matching only reads the unit, does not allocate
/// or recurse, and evaluates conditions in their order, as few as needed.
///
/// - A missing attribute, or one of another type, never matches and is never an error; so
///   `attr("tier").is("x").not()` matches a unit without a tier, and `attr("tier").is_not("x")`
///   does not.
/// - Text and keys are compared byte for byte: no case folding, no Unicode
///   normalisation. Names that look alike are different names.
/// - Numbers are compared exactly, also beyond 2^53 and between whole numbers
///   and floats. NaN never matches; the infinities are ordered.
///
/// # Limits
/// [`check`](Audience::check), called whenever a policy is compiled and whenever an audience is
/// read from a file, refuses more than 32 nested `all`, `any` and `not`, more than 65,536 rules,
/// more than 1,048,576 entries in a list and more than 65,536 bytes in a name, text or listed key;
/// more than 128 regular expressions, or one of more than 4,096 bytes; empty names and listed keys;
/// an empty text in `starts_with`, `ends_with`, `contains` and `regex`; NaN; what cannot be read as
/// a version, date or network. The unit and its attributes may have any size. Reading needs no
/// feature: a condition that this build cannot judge is refused when a policy is compiled. An empty
/// `one_of` or `any` matches nobody, and an empty `all` matches everyone.
///
/// # Memory
/// A rule takes about 80 bytes, its name and its text; a value of a list 32 and its text, with
/// `fold_case` 16 and the text once more; a listed unit 40 and its key; a network 50 and its text;
/// a rule on a version some 280 in all, one on a time 170. A regular expression takes some KiB, at
/// most 256 KiB for what it is compiled to, and as much again for each thread that searches. Copies
/// of an audience share their lists and regular expressions.
///
/// # Serialised form
/// With feature `serde`, in self-describing formats, unknown fields refused:
///
/// ```toml
/// or_for = { attr = "tier", is = "internal" }       # is_not, starts_with, ends_with, contains
/// a = { attr = "country", one_of = ["es", "pt"] }
/// b = { attr = "age", at_least = 18 }               # at_most, more_than, less_than
/// c = { attr = "beta", exists = true }
/// d = { units = ["user-1", 42] }                    # "42" is text, 42 a number: different units
/// e = { all = [{ attr = "age", at_least = 18 }, { not = { attr = "beta", exists = true } }] }
/// f = { any = [{ attr = "tier", is = "internal" }, { units = ["user-1"] }] }
/// g = { everyone = true }
/// h = { attr = "age", at_least = 18, less_than = 65 }           # one lower and one upper bound
/// i = { attr = "email", ends_with = ["@a.com", "@b.com"], fold_case = true }
/// j = { attr = "country", not_one_of = ["es", "pt"] }
/// k = { attr = "groups", any_of = ["staff", "beta"] }           # of a list: all_of, none_of
/// l = { attr = "app", semver = ">=1.10.0, <2.0.0-0" }
/// m = { attr = "now", not_before = 2026-11-01T00:00:00Z, before = 2026-12-01T00:00:00Z }
/// n = { attr = "address", in_network = ["10.0.0.0/8", "2001:db8::/32"] }
/// o = { attr = "device", regex = "^(tab|phone)-[0-9]+$" }
/// p = { attr = "age", at_least = 18, convert = true }           # the text "25" is 25
/// q = { unit = { starts_with = "staff-" } }                     # the key itself
/// r = { segment = "staff" }                                     # defined under [segments]
/// ```
///
/// Whole numbers beyond 64 bits are written
/// `{ integer = "170141183460469231731687303715884105727" }`, floats beyond 2^53
/// `{ float = "1e300" }` or `{ float = "inf" }`: readers may have rounded a bare number of that
/// size, so it is refused.
///
/// ```
/// use switchstand::{Audience, Unit, attr};
/// let staff = attr("tier").is("internal").or(Audience::units(["user-1", "user-7"]));
/// assert!(staff.matches(&Unit::from("user-7")));
/// assert!(staff.matches(&Unit::from("user-2").with(&[("tier", "internal")])));
/// assert!(!staff.matches(&Unit::from("user-2").with(&[("tier", "Internal")])));
/// assert_eq!(staff.to_string(), "tier is internal or unit is one of user-1, user-7");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Audience {
    /// Never empty, in the order in which they are asked.
    rules: Vec<Rule>,
    groups: Vec<Group>,
    /// The outermost group, if there is any.
    root: Option<usize>,
    /// The number of groups around the innermost rule.
    depth: usize,
}

/// What a single rule asks.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Test {
    Everyone,
    Attribute {
        name: Box<str>,
        condition: Condition,
    },
    Units(Units),
    /// A condition on the unit's key.
    Key(Condition),
    /// An `all` of nothing, which holds, or an `any` of nothing, which does not.
    Empty(Join),
    /// A segment that is not defined (yet), which `check` refuses.
    #[cfg_attr(
        not(feature = "serde"),
        expect(dead_code, reason = "only files name segments before they are defined")
    )]
    Unknown(Arc<str>),
}

impl Audience {
    /// Matches every unit.
    pub fn everyone() -> Audience {
        Audience::of(Test::Everyone)
    }

    /// Matches the units of an explicit list, by kind and bytes of the key.
    ///
    /// Duplicates count once. The text `"42"` and the number 42 are different units.
    pub fn units<K: Into<UnitKey>>(units: impl IntoIterator<Item = K>) -> Audience {
        Audience::of(Test::Units(Units::new(
            units.into_iter().map(Into::into).collect(),
        )))
    }

    /// Begins a condition on the unit's key; bytes and numbers beyond 127 bits match only
    /// [`exists`](Attribute::exists).
    pub fn key() -> Attribute {
        Attribute::new(None)
    }

    /// Gives the audience a name; it is then a segment of the policies that use it.
    ///
    /// Words and files show the name instead of the conditions. A policy may have only one audience
    /// with a name.
    pub fn named(mut self, name: &str) -> Audience {
        self.name(name.into());
        self
    }

    /// Matches a unit that each of `parts` matches; every unit if there are no parts.
    pub fn all(parts: impl IntoIterator<Item = Audience>) -> Audience {
        Audience::group(Join::All, parts)
    }

    /// Matches a unit that at least one of `parts` matches; none if there are no parts.
    ///
    /// The time grows with the number of parts. For many values of one attribute use
    /// [`Attribute::one_of`] or [`Audience::units`], which are searched.
    pub fn any(parts: impl IntoIterator<Item = Audience>) -> Audience {
        Audience::group(Join::Any, parts)
    }

    /// Matches a unit that both match.
    pub fn and(self, other: Audience) -> Audience {
        self.join(other, Join::All)
    }

    /// Matches a unit that at least one of the two matches.
    pub fn or(self, other: Audience) -> Audience {
        self.join(other, Join::Any)
    }

    /// Matches the units that this one does not, also those without the attribute.
    #[expect(
        clippy::should_implement_trait,
        reason = "the word stands beside `and` and `or`, which have no operator"
    )]
    pub fn not(mut self) -> Audience {
        self.wrap(Join::Not);
        self
    }

    /// Tells whether the unit belongs to the audience.
    #[inline(always)]
    #[must_use]
    pub fn matches(&self, unit: &Unit<'_>) -> bool {
        // Most audiences are one condition, and a call costs a third as much as evaluating it.
        match self.rules.as_slice() {
            [rule] if self.groups.is_empty() => rule.test.matches(unit),
            _ => self.matches_nested(unit),
        }
    }

    #[inline(never)]
    fn matches_nested(&self, unit: &Unit<'_>) -> bool {
        self.evaluate(|test| test.matches(unit))
    }

    /// Checks the limits, that no text is empty, that all segments are defined, and that this build
    /// can judge each condition.
    ///
    /// # Errors
    /// The first [`AudienceError`] found.
    pub fn check(&self) -> Result<(), AudienceError> {
        self.check_form()?;
        self.rules
            .iter()
            .try_for_each(|rule| rule.test.check_judged())
    }

    /// Checks what does not depend on segments defined elsewhere and on features that are off.
    pub(crate) fn check_form(&self) -> Result<(), AudienceError> {
        check_depth(self.depth)?;
        check_rules(self.rules.len())?;
        let is_pattern = |rule: &&Rule| rule.test.operator() == Some("regex");
        check_patterns(self.rules.iter().filter(is_pattern).count())?;
        let names = self.groups.iter().filter_map(|group| group.name.as_ref());
        names
            .into_iter()
            .try_for_each(|name| segments::check_name(name))?;
        self.rules.iter().try_for_each(|rule| rule.test.check())
    }
}

impl Test {
    #[inline(always)]
    fn matches(&self, unit: &Unit<'_>) -> bool {
        match self {
            Test::Attribute { name, condition } => match unit.attributes() {
                // The value is read in place, because a copy costs as much as the rest.
                Some(attributes) => match &attributes.get(name) {
                    Some(value) => condition.matches(value),
                    None => false,
                },
                None => false,
            },
            Test::Units(units) => units.contains(unit.key()),
            Test::Everyone => true,
            Test::Key(condition) => matches_key(condition, unit.key()),
            Test::Empty(join) => *join == Join::All,
            Test::Unknown(_) => false,
        }
    }

    fn operator(&self) -> Option<&'static str> {
        match self {
            Test::Attribute { condition, .. } | Test::Key(condition) => Some(condition.operator()),
            _ => None,
        }
    }

    fn check_judged(&self) -> Result<(), AudienceError> {
        let (name, condition) = match self {
            Test::Attribute { name, condition } => (&**name, condition),
            Test::Key(condition) => ("unit", condition),
            Test::Unknown(name) => {
                let name = name.to_string();
                return Err(AudienceError::UnknownSegment { name });
            }
            _ => return Ok(()),
        };
        match condition.lacks() {
            Some(feature) => Err(AudienceError::NotBuiltIn {
                attribute: name.to_owned(),
                operator: condition.operator(),
                feature,
            }),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), AudienceError> {
        match self {
            Test::Everyone | Test::Empty(_) => Ok(()),
            Test::Attribute { name, condition } => {
                if name.is_empty() {
                    return Err(AudienceError::EmptyName);
                }
                check_length("attr", name.len())?;
                condition.check(name)
            }
            Test::Units(units) => units.check(),
            Test::Key(condition) => condition.check("unit"),
            Test::Unknown(name) => segments::check_name(name),
        }
    }
}

// A function of its own, because inlined it would cost registers in every condition on an
// attribute.
#[inline(never)]
fn matches_key(condition: &Condition, key: Key<'_>) -> bool {
    let value = match key {
        Key::Text(text) => Some(Value::Text(text)),
        Key::U64(number) => Some(Value::Integer(number.into())),
        Key::U128(number) => i128::try_from(number).ok().map(Value::Integer),
        Key::Bytes(_) => None,
    };
    match value {
        Some(value) => condition.matches(&value),
        None => *condition == Condition::Exists,
    }
}

/// Two audiences are equal if they ask the same questions in the same order and nesting.
impl PartialEq for Audience {
    fn eq(&self, other: &Audience) -> bool {
        self.rules.len() == other.rules.len() && self.steps() == other.steps()
    }
}

impl Eq for Audience {}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Audience({self})")
    }
}
