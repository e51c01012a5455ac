//! Reads a policy so that each error names its field, in words for people.
//!
//! A derived reader would name a type of this crate in its errors, and not the field. This module
//! wraps the reader of any format, follows the names of fields, and rewrites the error of a value
//! before the reader adds the place in the file.

use core::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// What is allowed in a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Whatever its reader takes.
    Any,
    /// One of several words.
    Word,
    /// A text, a number or a truth value.
    Plain,
    /// A table of known fields.
    Table,
}

/// The reader, or the visitor, of the value of a field.
pub(super) struct Named<'f, T> {
    inner: T,
    field: &'f str,
    place: Place,
}

/// The entries of a table, each under its own name.
struct Fields<'f, A> {
    inner: A,
    around: &'f str,
    field: String,
}

/// The name of a field, which is kept for its value.
struct Key<'f, S> {
    inner: S,
    around: &'f str,
    field: &'f mut String,
}

/// The entries of a list, all under the name of the list.
struct Entries<'f, A>(A, &'f str);

/// TOML gives its own dates and times as a table with one text, whose key begins with this.
const HIDDEN: char = '$';

impl<'f, T> Named<'f, T> {
    pub(super) fn new(inner: T, field: &'f str) -> Named<'f, T> {
        Named {
            inner,
            field,
            place: Place::Any,
        }
    }

    fn visitor<V>(&self, inner: V, place: Place) -> Named<'f, V> {
        let field = self.field;
        Named {
            inner,
            field,
            place,
        }
    }
}

impl<'f, 'de, V: Visitor<'de>> Named<'f, V> {
    /// Says what was found and what is expected there.
    fn refused<E: Error>(self, found: &str) -> E {
        struct Expected<'a, V>(&'a V);
        impl<'de, V: Visitor<'de>> fmt::Display for Expected<'_, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        let expected = Expected(&self.inner).to_string();
        retold(
            self.field,
            format!("invalid type: {found}, expected {expected}"),
        )
    }
}

/// Puts the field's name before the reason of a refusal, unless it is already there.
fn retold<E: Error>(field: &str, told: impl fmt::Display) -> E {
    let told = told.to_string();
    let told = told.trim_end();
    let rest = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|head| told.strip_prefix(head));
    let Some((found, expected)) = rest.and_then(|rest| rest.split_once(", expected ")) else {
        let told = told.replace("unknown variant", "unknown word");
        return if told.contains(&format!("`{field}`")) {
            E::custom(told)
        } else {
            E::custom(format_args!("`{field}`: {told}"))
        };
    };
    let found = match found {
        "map" => "a table",
        "sequence" => "a list",
        "unit value" | "Option value" => "null",
        other => other,
    };
    let expected = match expected {
        "a sequence" => "a list",
        "a map" => "a table",
        "u32" => "a whole number from 0 to 4294967295",
        expected if expected.starts_with("struct ") => "a table",
        expected if expected.starts_with("enum ") || expected.starts_with("variant ") => "a word",
        expected => expected,
    };
    E::custom(format_args!("`{field}` is {found}, expected {expected}"))
}

macro_rules! deserialize_as {
    ($($method:ident($($argument:ident: $type:ty),*): $place:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.visitor(visitor, Place::$place);
            $(let _ = $argument;)*
            self.inner.deserialize_any(visitor)
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Named<'_, D> {
    type Error = D::Error;

    deserialize_as! {
        deserialize_any(): Any;
        deserialize_bool(): Plain;
        deserialize_i8(): Plain;
        deserialize_i16(): Plain;
        deserialize_i32(): Plain;
        deserialize_i64(): Plain;
        deserialize_i128(): Plain;
        deserialize_u8(): Plain;
        deserialize_u16(): Plain;
        deserialize_u32(): Plain;
        deserialize_u64(): Plain;
        deserialize_u128(): Plain;
        deserialize_f32(): Plain;
        deserialize_f64(): Plain;
        deserialize_char(): Plain;
        deserialize_str(): Plain;
        deserialize_string(): Plain;
        deserialize_identifier(): Plain;
        deserialize_bytes(): Any;
        deserialize_byte_buf(): Any;
        deserialize_unit(): Any;
        deserialize_unit_struct(name: &'static str): Any;
        deserialize_seq(): Any;
        deserialize_tuple(length: usize): Any;
        deserialize_tuple_struct(name: &'static str, length: usize): Any;
        deserialize_map(): Any;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]): Table;
        deserialize_enum(name: &'static str, words: &'static [&'static str]): Word;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.visitor(visitor, Place::Any);
        self.inner.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.visitor(visitor, Place::Any);
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }
}

macro_rules! visit_plain {
    ($($method:ident: $type:ty;)+) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value).map_err(|told: E| retold(self.field, told))
        }
    )+};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Named<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit_plain! {
        visit_bool: bool;
        visit_i64: i64;
        visit_i128: i128;
        visit_u64: u64;
        visit_u128: u128;
        visit_f64: f64;
        visit_bytes: &[u8];
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        let read = match self.place {
            Place::Word => self.inner.visit_enum(StrDeserializer::<E>::new(text)),
            _ => self.inner.visit_str(text),
        };
        read.map_err(|told| retold(self.field, told))
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner
            .visit_none()
            .map_err(|told: E| retold(self.field, told))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner
            .visit_unit()
            .map_err(|told: E| retold(self.field, told))
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Named::new(value, self.field))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner
            .visit_newtype_struct(Named::new(value, self.field))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        if self.place != Place::Any {
            return Err(self.refused("sequence"));
        }
        let field = self.field;
        let read = self.inner.visit_seq(Entries(list, field));
        read.map_err(|told| of_its_own(field, told))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<V::Value, A::Error> {
        if matches!(self.place, Place::Plain | Place::Word) {
            let key = table.next_key::<String>()?;
            let is_date = key.is_some_and(|key| key.starts_with(HIDDEN));
            return Err(self.refused(if is_date { "a date or time" } else { "map" }));
        }
        let field = self.field;
        let read = self.inner.visit_map(Fields {
            inner: table,
            around: field,
            field: String::new(),
        });
        read.map_err(|told| of_its_own(field, told))
    }
}

/// Names the field in a refusal of the whole value; refusals of its parts name their own.
fn of_its_own<E: Error>(field: &str, told: E) -> E {
    let text = told.to_string();
    let whole = [
        "invalid type: sequence",
        "invalid type: map",
        "an audience is ",
        "a unit key is ",
    ];
    if whole.iter().any(|head| text.starts_with(head)) {
        retold(field, text)
    } else {
        told
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let seed = Key {
            inner: seed,
            around: self.around,
            field: &mut self.field,
        };
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Named::new(seed, &self.field))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Key<'_, S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<S::Value, E> {
        let is_hidden = name.starts_with(HIDDEN);
        self.field.clear();
        self.field
            .push_str(if is_hidden { self.around } else { name });
        self.inner.deserialize(StrDeserializer::new(name))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Named::new(seed, self.1))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Named<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let read = self.inner.deserialize(Named::new(deserializer, self.field));
        // A check of a value that was read does not know its field.
        read.map_err(|told| match told.to_string() {
            named if named.contains('`') => told,
            nameless => retold(self.field, nameless),
        })
    }
}
