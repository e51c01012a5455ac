//! A unit of a population.

use core::fmt;
use std::sync::Arc;

use crate::{
    Attributes, Unit, UnitKey,
    attributes::{AsValue, Value},
    audience::Witness,
};

type AnyValue = Arc<dyn AsValue + Send + Sync>;

/// A unit of a population: its key and what is known of it.
///
/// ```
/// use switchstand::testing::Member;
/// let ana = Member::new("ana").with("tier", "internal").with("age", 31);
/// assert_eq!(ana.to_string(), "unit ana with age 31, tier \"internal\"");
/// ```
#[derive(Clone)]
pub struct Member {
    key: UnitKey,
    /// In the order of their names.
    attributes: Vec<(Arc<str>, AnyValue)>,
}

impl Member {
    /// Returns a unit of which nothing is known but its key.
    #[must_use]
    pub fn new(key: impl Into<UnitKey>) -> Member {
        let key = key.into();
        Member {
            key,
            attributes: Vec::new(),
        }
    }

    /// Returns the unit with an attribute, in place of one of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsValue + Send + Sync + 'static) -> Member {
        self.set(&name.into(), Arc::new(value));
        self
    }

    pub(super) fn set(&mut self, name: &Arc<str>, value: AnyValue) {
        match self
            .attributes
            .binary_search_by(|(known, _)| known.cmp(name))
        {
            Ok(place) => {
                if let Some((_, known)) = self.attributes.get_mut(place) {
                    *known = value;
                }
            }
            Err(place) => self.attributes.insert(place, (Arc::clone(name), value)),
        }
    }

    pub(super) fn of(witness: Witness) -> Member {
        let attributes = witness.attributes.into_iter();
        attributes.fold(Member::new(witness.key), |member, (name, value)| {
            member.with(&name, value)
        })
    }

    /// Returns the unit as a request would bring it.
    #[must_use]
    pub fn unit(&self) -> Unit<'_> {
        Unit::from(&self.key).with(&self.attributes)
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(&self) -> &UnitKey {
        &self.key
    }

    /// Returns the value of an attribute, if the unit has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        self.attributes.get(name)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unit {}", self.key)?;
        let mut join = " with";
        for (name, value) in &self.attributes {
            write!(f, "{join} {name} {}", InWords(value.as_value()))?;
            join = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({self})")
    }
}

/// A value as a message shows it: text in quotes.
pub(super) struct InWords<'a>(pub(super) Value<'a>);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Integer(integer) => write!(f, "{integer}"),
            Value::Float(float) => write!(f, "{float:?}"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::List(list) => write!(f, "{list:?}"),
        }
    }
}
