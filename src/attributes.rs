//! What is known of a unit.

/// Looks up what is known of a unit, without allocating.
pub trait Attributes {
    /// Returns the value under `name`, if there is one.
    fn get(&self, name: &str) -> Option<Value<'_>>;
}

/// Holds the value of one attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction; NaN never matches.
    Float(f64),
    /// A truth value.
    Bool(bool),
}

impl Attributes for [(&str, &str); 1] {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| Value::Text(value))
    }
}
