//! The attribute that a condition asks for.

use crate::attributes::{AsValue, Number};

use super::condition::{Bound, Condition, Operand};
use super::extended::Extended;
use super::fold::Place;
use super::listed::{Ask, Listed};
use super::moment::{Moment, Side};
use super::networks::Networks;
use super::pattern::Pattern;
use super::versions::Versions;
use super::{Audience, Test};

/// An attribute, from which conditions are made.
///
/// Returned by [`attr`] and, for the unit's key, by [`Audience::key`]. A missing attribute, one
/// of another type and NaN match none of the conditions (but they are there:
/// [`exists`](Attribute::exists) matches NaN and lists). Whole numbers and floats are one type.
///
/// [`fold_case`](Attribute::fold_case) and [`convert`](Attribute::convert) come before the
/// condition that they are for. If one does not fit its condition, the policy is refused when it is
/// compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Attribute {
    /// None for the unit's key.
    name: Option<Box<str>>,
    fold: bool,
    convert: bool,
}

/// Names an attribute of the unit, to begin a condition.
///
/// ```
/// use switchstand::{Unit, attr};
/// let adults = attr("age").at_least(18).and(attr("country").one_of(["es", "pt"]));
/// let attributes = [("age", 31.into()), ("country", switchstand::targeting::Value::from("pt"))];
/// assert!(adults.matches(&Unit::from("user-42").with(&attributes)));
/// assert!(!adults.matches(&Unit::from("user-42")));
/// ```
pub fn attr(name: impl Into<String>) -> Attribute {
    Attribute::new(Some(name.into().into_boxed_str()))
}

impl Attribute {
    pub(super) fn new(name: Option<Box<str>>) -> Attribute {
        Attribute {
            name,
            fold: false,
            convert: false,
        }
    }

    /// Lets the next condition compare texts without regard to case.
    ///
    /// Each character is compared in lower case, as Unicode maps it without regard to language
    /// and neighbours: `Ñ` is `ñ`; `ß` is not `ss`. For conditions on texts only.
    pub fn fold_case(self) -> Attribute {
        Attribute { fold: true, ..self }
    }

    /// Lets the next condition read a text as a number, a truth value or a version, whichever it
    /// compares.
    ///
    /// `"25"`, `"-1.5"` and `"2e3"` are numbers, `"true"` and `"false"` truth values; for
    /// [`semver`](Attribute::semver) `"v1.2"`, `"1"` and the number 1.2 are versions as well. A
    /// text that cannot be read does not match.
    pub fn convert(self) -> Attribute {
        Attribute {
            convert: true,
            ..self
        }
    }

    /// Matches if the attribute equals `value`: text byte for byte, numbers exactly.
    pub fn is(self, value: impl AsValue) -> Audience {
        self.compare(Ask::Is, [value])
    }

    /// Matches if the attribute has the type of `value` and differs from it.
    ///
    /// To match units without the attribute as well, write `attr(..).is(..).not()`.
    pub fn is_not(self, value: impl AsValue) -> Audience {
        self.compare(Ask::IsNot, [value])
    }

    /// Matches if the attribute equals one of `values`; never if there are none.
    ///
    /// Duplicates count once.
    pub fn one_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        self.compare(Ask::OneOf, values)
    }

    /// Matches if the attribute has the type of one of `values` and equals none of them.
    ///
    /// With no values it matches any text, number or truth value. To match units without the
    /// attribute as well, write `attr(..).one_of(..).not()`.
    pub fn not_one_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        self.compare(Ask::NotOneOf, values)
    }

    /// Matches if the attribute is a list with at least one of `values`.
    pub fn any_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        self.compare(Ask::AnyOf, values)
    }

    /// Matches if the attribute is a list with each of `values`, at most 128.
    pub fn all_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        self.compare(Ask::AllOf, values)
    }

    /// Matches if the attribute is a list with none of `values`, such as an empty one.
    pub fn none_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        self.compare(Ask::NoneOf, values)
    }

    /// Matches if the attribute is text that begins with `text`, byte for byte.
    pub fn starts_with(self, text: impl Into<String>) -> Audience {
        self.pieces(Place::Start, [text])
    }

    /// Matches if the attribute is text that ends with `text`, byte for byte.
    pub fn ends_with(self, text: impl Into<String>) -> Audience {
        self.pieces(Place::End, [text])
    }

    /// Matches if the attribute is text that contains `text`, byte for byte.
    pub fn contains(self, text: impl Into<String>) -> Audience {
        self.pieces(Place::Anywhere, [text])
    }

    /// Matches if the attribute is text that begins with one of `texts`.
    pub fn starts_with_any<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Audience {
        self.pieces(Place::Start, texts)
    }

    /// Matches if the attribute is text that ends with one of `texts`.
    pub fn ends_with_any<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Audience {
        self.pieces(Place::End, texts)
    }

    /// Matches if the attribute is text that contains one of `texts`.
    pub fn contains_any<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Audience {
        self.pieces(Place::Anywhere, texts)
    }

    /// Matches if the attribute is a number not below `number`.
    pub fn at_least(self, number: impl Into<Number>) -> Audience {
        self.bound(Bound::AtLeast, number.into())
    }

    /// Matches if the attribute is a number not above `number`.
    pub fn at_most(self, number: impl Into<Number>) -> Audience {
        self.bound(Bound::AtMost, number.into())
    }

    /// Matches if the attribute is a number above `number`.
    pub fn more_than(self, number: impl Into<Number>) -> Audience {
        self.bound(Bound::MoreThan, number.into())
    }

    /// Matches if the attribute is a number below `number`.
    pub fn less_than(self, number: impl Into<Number>) -> Audience {
        self.bound(Bound::LessThan, number.into())
    }

    /// Matches if the attribute is a semantic version for which all comparisons hold.
    ///
    /// `">=1.10.0, <2.0.0-0"`: comparisons by `=`, `!=`, `<`, `<=`, `>` and `>=`, joined by commas.
    /// The order is the precedence of semver.org, so 2.0.0-rc.1 is below 2.0.0, and 2.0.0-0 is the
    /// lowest version of 2.0.0; build metadata does not count. Needs feature `semver`. A
    /// pre-release of more than eight bytes costs an allocation for each evaluation.
    pub fn semver(self, comparisons: impl Into<String>) -> Audience {
        let text = comparisons.into().into_boxed_str();
        let versions = Versions::new(text, self.convert);
        if self.fold {
            return self.misfit("fold_case", "semver");
        }
        self.extended(Extended::Versions(versions))
    }

    /// Matches if the attribute is a later date than a date, or a later time than a time.
    ///
    /// A date is written `2026-11-29`; a time as in RFC 3339, with its offset:
    /// `2026-11-29T08:00:00Z`. Attributes are texts of the same two forms. A date is never compared
    /// with a time. Needs feature `jiff`.
    pub fn after(self, moment: impl Into<String>) -> Audience {
        self.moment(Side::After, moment.into())
    }

    /// Matches if the attribute is an earlier date or time; see [`after`](Attribute::after).
    pub fn before(self, moment: impl Into<String>) -> Audience {
        self.moment(Side::Before, moment.into())
    }

    /// Matches if the attribute is that date or time or a later one; see
    /// [`after`](Attribute::after).
    pub fn not_before(self, moment: impl Into<String>) -> Audience {
        self.moment(Side::NotBefore, moment.into())
    }

    /// Matches if the attribute is that date or time or an earlier one; see
    /// [`after`](Attribute::after).
    pub fn not_after(self, moment: impl Into<String>) -> Audience {
        self.moment(Side::NotAfter, moment.into())
    }

    /// Matches if the attribute is the text of an address in one of the networks.
    ///
    /// `10.0.0.0/8`, `2001:db8::/32`, or a single address. An IPv4 address in the form of IPv6,
    /// `::ffff:10.0.0.1`, is the IPv4 address. Needs feature `ipnet`.
    pub fn in_network<T: Into<String>>(self, networks: impl IntoIterator<Item = T>) -> Audience {
        let texts = networks
            .into_iter()
            .map(|text| text.into().into_boxed_str());
        let networks = Extended::Networks(Networks::new(texts.collect()));
        self.unmodified(networks)
    }

    /// Matches if the regular expression is found in the attribute's text.
    ///
    /// Anchor it with `^` and `$` to match the whole text. The syntax is that of the crate `regex`:
    /// no look-around, no back-references; the time is linear in the text. At most 4,096 bytes, and
    /// 256 KiB compiled. The first searches of a thread, and those of many threads at once, may
    /// allocate. Needs feature `regex`.
    pub fn regex(self, pattern: impl Into<String>) -> Audience {
        let pattern = Pattern::new(pattern.into().into_boxed_str(), self.fold);
        if self.convert {
            return self.misfit("convert", "regex");
        }
        self.extended(Extended::Pattern(pattern))
    }

    /// Matches if the attribute is present, with any type and value.
    pub fn exists(self) -> Audience {
        self.plain(Condition::Exists)
    }

    #[cfg(feature = "serde")]
    pub(super) fn with_modifiers(self, fold: bool, convert: bool) -> Attribute {
        Attribute {
            fold,
            convert,
            ..self
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("unit")
    }

    fn compare<V: AsValue>(self, ask: Ask, values: impl IntoIterator<Item = V>) -> Audience {
        let mut operands = Vec::new();
        for value in values {
            match Operand::new(value.as_value()) {
                Some(operand) => operands.push(operand),
                None => return self.misfit("a list", ask.operator()),
            }
        }
        self.operands(ask, operands)
    }

    pub(super) fn operands(self, ask: Ask, mut operands: Vec<Operand>) -> Audience {
        let is_list = matches!(ask, Ask::AnyOf | Ask::AllOf | Ask::NoneOf);
        if self.convert && (self.fold || is_list) {
            return self.misfit("convert", ask.operator());
        }
        let condition = match (ask, self.fold) {
            (Ask::Is, false) => operands.pop().map(Condition::Is),
            (Ask::IsNot, false) => operands.pop().map(Condition::IsNot),
            (Ask::OneOf, false) => Some(Condition::one_of(core::mem::take(&mut operands))),
            _ => None,
        };
        let condition = condition.unwrap_or_else(|| {
            let listed = Listed::new(ask, operands, self.fold);
            Condition::Extended(Box::new(Extended::Listed(listed)))
        });
        self.converted(condition)
    }

    pub(super) fn bound(self, bound: Bound, number: Number) -> Audience {
        self.plain(Condition::Bound(bound, number))
    }

    pub(super) fn pieces<T: Into<String>>(
        self,
        place: Place,
        texts: impl IntoIterator<Item = T>,
    ) -> Audience {
        let texts = texts.into_iter().map(|text| text.into().into_boxed_str());
        let mut texts: Vec<Box<str>> = texts.collect();
        if self.convert {
            return self.misfit("convert", place.operator());
        }
        // A text that is listed twice is one text, however it is written.
        texts.sort_unstable();
        texts.dedup();
        if !self.fold && texts.len() == 1 {
            let text = texts.pop().unwrap_or_default();
            return self.must(Condition::Piece(place, text));
        }
        let extended = Extended::pieces(place, texts, self.fold);
        self.extended(extended)
    }

    pub(super) fn moment(self, side: Side, text: String) -> Audience {
        self.unmodified(Extended::Moment(Moment::new(side, text.into_boxed_str())))
    }

    fn plain(self, condition: Condition) -> Audience {
        if self.fold {
            return self.misfit("fold_case", condition.operator());
        }
        self.converted(condition)
    }

    fn converted(self, condition: Condition) -> Audience {
        if self.convert {
            return self.extended(Extended::Converted(condition));
        }
        self.must(condition)
    }

    fn unmodified(self, extended: Extended) -> Audience {
        match (self.fold, self.convert) {
            (true, _) => self.misfit("fold_case", extended.operator()),
            (_, true) => self.misfit("convert", extended.operator()),
            (false, false) => self.extended(extended),
        }
    }

    fn misfit(self, modifier: &'static str, operator: &'static str) -> Audience {
        self.extended(Extended::Misfit { modifier, operator })
    }

    fn extended(self, extended: Extended) -> Audience {
        self.must(Condition::Extended(Box::new(extended)))
    }

    fn must(self, condition: Condition) -> Audience {
        Audience::of(match self.name {
            Some(name) => Test::Attribute { name, condition },
            None => Test::Key(condition),
        })
    }
}
