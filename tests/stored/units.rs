//! The thousand units of every case, rebuilt from their number alone.
//!
//! Key: by `i % 4` the text `unit-i`, the number i, the four big-endian bytes of i, or the 128-bit
//! number `i << 64`. Attributes: `tier` by `i % 3` is `internal`, `pro` or `free`, missing where
//! `i % 7 == 0`; `age` is `i % 90`; `score` is `i / 1000`; `beta` is `i % 5 == 0`. A unit with
//! `i % 11 == 4` asks for v2, with `i % 11 == 5` for v3. A unit with `i % 19 == 3` has the case's
//! pin, if the case has one.

use switchstand::{Attributes, Unit, bucketing::Key, targeting::Value};

pub(crate) struct Known(pub(crate) u32);

impl Attributes for Known {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let i = self.0;
        match name {
            "tier" if i.is_multiple_of(7) => None,
            "tier" => Some(Value::Text(["internal", "pro", "free"][i as usize % 3])),
            "age" => Some(Value::Integer(i128::from(i % 90))),
            "score" => Some(Value::Float(f64::from(i) / 1000.0)),
            "beta" => Some(Value::Bool(i.is_multiple_of(5))),
            _ => None,
        }
    }
}

pub(crate) const COUNT: u32 = 1000;

/// Hands the unit with this number to `then`, and whether it brings the case's pin.
pub(crate) fn with_unit<T>(i: u32, then: impl FnOnce(Unit<'_>, bool) -> T) -> T {
    let (text, bytes) = (format!("unit-{i}"), i.to_be_bytes());
    let key = match i % 4 {
        0 => Key::Text(&text),
        1 => Key::U64(u64::from(i)),
        2 => Key::Bytes(&bytes),
        _ => Key::U128(u128::from(i) << 64),
    };
    let known = Known(i);
    let unit = Unit::from(key).with(&known);
    let unit = match i % 11 {
        4 => unit.asking_for("v2"),
        5 => unit.asking_for("v3"),
        _ => unit,
    };
    then(unit, i % 19 == 3)
}
