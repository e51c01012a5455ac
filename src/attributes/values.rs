//! The items of a list that is the value of an attribute.

use core::fmt;
use std::sync::Arc;

use super::{AsValue, Value};

/// A list whose items are given one by one, without an allocation.
///
/// Vectors and arrays of values are lists. Implement it for a collection of your own and hand
/// out `Value::List(&collection)`.
///
/// ```
/// use switchstand::{attr, targeting::Value, Unit};
/// let groups = ["staff", "beta"];
/// let attributes = [("groups", Value::List(&groups))];
/// assert!(attr("groups").any_of(["beta", "alpha"]).matches(&Unit::from("ana").with(&attributes)));
/// ```
pub trait Values: Sync {
    /// Returns the item at a place, none behind the last.
    fn item(&self, place: usize) -> Option<Value<'_>>;
}

impl<V: AsValue + Sync> Values for Vec<V> {
    fn item(&self, place: usize) -> Option<Value<'_>> {
        self.get(place).map(AsValue::as_value)
    }
}

impl<V: AsValue + Sync, const N: usize> Values for [V; N] {
    fn item(&self, place: usize) -> Option<Value<'_>> {
        self.get(place).map(AsValue::as_value)
    }
}

macro_rules! values_through {
    ($($pointer:ty),+) => {$(
        impl<V: AsValue + Send + Sync> Values for $pointer {
            fn item(&self, place: usize) -> Option<Value<'_>> {
                self.get(place).map(AsValue::as_value)
            }
        }
    )+};
}

values_through!(&[V], Box<[V]>, Arc<[V]>);

impl<V: AsValue + Sync> AsValue for Vec<V> {
    fn as_value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<V: AsValue + Sync, const N: usize> AsValue for [V; N] {
    fn as_value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<'a> dyn Values + 'a {
    /// Iterates over the items.
    pub(crate) fn items(&self) -> impl Iterator<Item = Value<'_>> {
        (0..).map_while(|place| self.item(place))
    }
}

impl fmt::Debug for dyn Values + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items()).finish()
    }
}
