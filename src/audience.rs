//! Who a rule of a policy is meant for: a predicate on units.

mod canonical;
mod condition;
mod error;
mod limits;
#[cfg(feature = "serde")]
mod serial;
mod tree;
mod units;
#[cfg(feature = "testing")]
mod witness;
mod words;

use core::fmt;

use crate::unit::{Unit, UnitKey};

use condition::Condition;
pub use condition::{Attribute, attr};
pub use error::AudienceError;
use limits::{check_depth, check_length, check_list, check_rules};
use tree::{Group, Join, Rule};
use units::Units;
pub(crate) use units::{Index, check_keys, check_length_of_list};
#[cfg(feature = "testing")]
pub(crate) use witness::{TooMany, Witness, witnesses};

/// Tells whom a rule of a policy is meant for.
///
/// Build it from [`attr`] and [`Audience::units`], join with [`and`](Audience::and),
/// [`or`](Audience::or) and [`not`](Audience::not). Matching reads the unit only, does
/// not allocate, does not recurse and asks the rules in their order, as few as needed.
///
/// - A missing attribute, or one of another type, never matches and never is an
///   error; so `attr("tier").is("x").not()` matches a unit without a tier, and
///   `attr("tier").is_not("x")` does not.
/// - Text and keys are compared byte for byte: no case folding, no Unicode
///   normalisation. Names that look alike are different names.
/// - Numbers are compared exactly, also beyond 2^53 and between whole numbers
///   and floats. NaN never matches; the infinities are ordered.
///
/// # Limits
/// [`check`](Audience::check), called whenever a policy is compiled and whenever
/// an audience is read from a file, refuses more than 32 nested `all`, `any` and
/// `not`, more than 65,536 rules, more than 1,048,576 entries in a list and more
/// than 65,536 bytes in a name, text or listed key; empty lists, names and listed
/// keys; an empty text in `starts_with`, `ends_with` and `contains`; NaN. The unit
/// that is asked about and its attributes may be of any size.
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
/// ```
///
/// Whole numbers beyond 64 bits are written `{ integer = "170141183460469231731687303715884105727" }`,
/// floats beyond 2^53 `{ float = "1e300" }` or `{ float = "inf" }`: readers may have rounded a bare
/// number of that size, so it is refused.
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
    /// An `all` or `any` of nothing, which `check` refuses.
    Empty(Join),
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

    /// Matches a unit that each of `parts` matches; none if there are no parts.
    pub fn all(parts: impl IntoIterator<Item = Audience>) -> Audience {
        Audience::group(Join::All, parts)
    }

    /// Matches a unit that at least one of `parts` matches.
    ///
    /// Time grows with the number of parts. For many values of one attribute,
    /// [`Attribute::one_of`] and [`Audience::units`] are searched instead.
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
    #[inline]
    #[must_use]
    pub fn matches(&self, unit: &Unit<'_>) -> bool {
        self.evaluate(|test| test.matches(unit))
    }

    /// Checks the limits and that no rule is empty by accident.
    ///
    /// # Errors
    /// The first [`AudienceError`] found.
    pub fn check(&self) -> Result<(), AudienceError> {
        check_depth(self.depth)?;
        check_rules(self.rules.len())?;
        self.rules.iter().try_for_each(|rule| rule.test.check())
    }
}

impl Test {
    #[inline]
    fn matches(&self, unit: &Unit<'_>) -> bool {
        match self {
            Test::Attribute { name, condition } => match unit.attributes() {
                // The value is read where it was written: a copy costs as much as the rest.
                Some(attributes) => match &attributes.get(name) {
                    Some(value) => condition.matches(value),
                    None => false,
                },
                None => false,
            },
            Test::Units(units) => units.contains(unit.key()),
            Test::Everyone => true,
            Test::Empty(_) => false,
        }
    }

    fn check(&self) -> Result<(), AudienceError> {
        match self {
            Test::Everyone => Ok(()),
            Test::Attribute { name, condition } => {
                if name.is_empty() {
                    return Err(AudienceError::EmptyName);
                }
                check_length("attr", name.len())?;
                condition.check(name)
            }
            Test::Units(units) => units.check(),
            Test::Empty(Join::All) => check_list("all", 0),
            Test::Empty(Join::Any | Join::Not) => check_list("any", 0),
        }
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
