//! The attributes of a unit.

mod number;
mod text;
mod value;
mod values;

use core::borrow::Borrow;
use core::hash::{BuildHasher, Hash};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(crate) use number::Exact;
pub use number::Number;
pub(crate) use text::same_text;
pub(crate) use value::Scalar;
pub use value::{AsValue, Value};
pub use values::Values;

/// The attributes of a unit, looked up by name without an allocation.
///
/// Arrays, slices and vectors of pairs, the maps of the standard library,
/// references, `Option` and `()` (nothing is known) are attributes. A list of
/// pairs answers with the first pair of that name. Names are compared byte for
/// byte: `Tier` is not `tier`, and letters that look alike are different.
///
/// Implement it for your own request, so that nothing has to be copied. An implementation must
/// answer the same for the same name during one decision. The library calls it once for each
/// condition that is evaluated, and only on the thread of the request. If it panics, the panic goes
/// to the caller of the decision.
///
/// ```
/// use switchstand::{attr, targeting::Value, Attributes, Unit};
///
/// struct Request {
///     tier: Option<String>,
///     age: u8,
/// }
///
/// impl Attributes for Request {
///     fn get(&self, name: &str) -> Option<Value<'_>> {
///         match name {
///             "tier" => self.tier.as_deref().map(Value::from),
///             "age" => Some(Value::from(self.age)),
///             _ => None,
///         }
///     }
/// }
///
/// let request = Request { tier: None, age: 31 };
/// let unit = Unit::from("user-42").with(&request);
/// assert!(attr("age").at_least(18).matches(&unit));
/// assert!(!attr("tier").is("internal").matches(&unit));
/// ```
pub trait Attributes {
    /// Returns the value under `name`, if there is one.
    fn get(&self, name: &str) -> Option<Value<'_>>;
}

impl<K: Borrow<str>, V: AsValue> Attributes for [(K, V)] {
    #[inline]
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.iter()
            .find(|(key, _)| same_text(key.borrow(), name))
            .map(|(_, value)| value.as_value())
    }
}

impl<K: Borrow<str>, V: AsValue, const N: usize> Attributes for [(K, V); N] {
    #[inline]
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Attributes::get(self.as_slice(), name)
    }
}

impl<K: Borrow<str>, V: AsValue> Attributes for Vec<(K, V)> {
    #[inline]
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Attributes::get(self.as_slice(), name)
    }
}

impl<K, V, S> Attributes for HashMap<K, V, S>
where
    K: Borrow<str> + Eq + Hash,
    V: AsValue,
    S: BuildHasher,
{
    fn get(&self, name: &str) -> Option<Value<'_>> {
        HashMap::get(self, name).map(AsValue::as_value)
    }
}

impl<K: Borrow<str> + Ord, V: AsValue> Attributes for BTreeMap<K, V> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        BTreeMap::get(self, name).map(AsValue::as_value)
    }
}

impl Attributes for () {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        None
    }
}

impl<A: Attributes> Attributes for Option<A> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.as_ref().and_then(|attributes| attributes.get(name))
    }
}

macro_rules! attributes_through {
    ($($pointer:ty),+) => {$(
        impl<A: Attributes + ?Sized> Attributes for $pointer {
            #[inline]
            fn get(&self, name: &str) -> Option<Value<'_>> {
                (**self).get(name)
            }
        }
    )+};
}

attributes_through!(&A, Box<A>, Arc<A>);
