//! Hostile documents.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use switchstand::{Audience, Unit, attr};

use super::{TWO53, matches};

fn json(document: &str) -> Result<Audience, String> {
    serde_json::from_str(document).map_err(|error| error.to_string())
}

fn toml(document: &str) -> Result<Audience, String> {
    ::toml::from_str(document).map_err(|error| error.to_string())
}

fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn a_document_nested_1000_deep_is_refused_and_harms_no_stack() {
    let leaf = r#"{"attr":"a","is":1}"#;
    for (open, close) in [
        (r#"{"not":"#, "}"),
        (r#"{"all":["#, "]}"),
        (r#"{"any":[{"everyone":true},"#, "]}"),
    ] {
        assert!(json(&nested(open, leaf, close, 32)).is_ok());
        for depth in [33, 1_000, 100_000] {
            let error = json(&nested(open, leaf, close, depth)).unwrap_err();
            assert!(error.contains("nested 33 deep, the limit is 32"), "{error}");
        }
    }
    let inline = |depth: usize| {
        let inside = nested("{ not = ", "{ attr = 'a', is = 1 }", " }", depth - 1);
        format!("not = {inside}")
    };
    let dotted = |depth: usize| {
        let path = "not.".repeat(depth);
        format!("{path}attr = 'a'\n{path}is = 1")
    };
    let header = |depth: usize| format!("[{}not]\nattr = 'a'\nis = 1", "not.".repeat(depth - 1));
    assert!(toml(&inline(32)).is_ok());
    assert!(toml(&dotted(32)).is_ok());
    assert!(toml(&header(32)).is_ok());
    for (document, depth) in [(inline(33), 33), (dotted(33), 33), (header(33), 33)] {
        let error = toml(&document).unwrap_err();
        assert!(
            error.contains("nested 33 deep, the limit is 32"),
            "{depth} {error}"
        );
    }
    for document in [inline(1_000), dotted(1_000), header(1_000)] {
        // The format's own limit may come first.
        toml(&document).unwrap_err();
    }
}

/// A format without a limit of its own, which says `not = { not = { ..` for ever.
#[derive(Clone, Copy)]
struct Endless {
    field: &'static str,
}

impl<'de> Deserializer<'de> for Endless {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> MapAccess<'de> for Endless {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        seed.deserialize(StrDeserializer::new(self.field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(*self)
    }
}

impl<'de> SeqAccess<'de> for Endless {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        seed.deserialize(*self).map(Some)
    }
}

#[test]
fn a_format_without_a_limit_cannot_nest_for_ever() {
    for field in ["not", "all", "any"] {
        let error = Audience::deserialize(Endless { field })
            .unwrap_err()
            .to_string();
        assert!(error.contains("nested 33 deep, the limit is 32"), "{error}");
    }
    for (field, named) in [
        ("is", "unknown field `is`"),
        ("one_of", "unknown field `one_of`"),
    ] {
        let error = Audience::deserialize(Endless { field })
            .unwrap_err()
            .to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn ten_thousand_rules_are_read_and_written() {
    let rules: Vec<String> = (0..10_000)
        .map(|n| format!(r#"{{"attr":"n","is":{n}}}"#))
        .collect();
    let document = format!(r#"{{"any":[{}]}}"#, rules.join(","));
    let audience = json(&document).unwrap();
    assert!(matches(&audience, &[("n", 9_999)]));
    assert!(!matches(&audience, &[("n", 10_000)]));
    assert_eq!(serde_json::to_string(&audience).unwrap(), document);
}

#[test]
fn too_many_rules_are_refused() {
    let many = |count: usize| vec![r#"{"everyone":true}"#; count].join(",");
    assert!(json(&format!(r#"{{"any":[{}]}}"#, many(65_536))).is_ok());
    for document in [
        format!(r#"{{"any":[{}]}}"#, many(65_537)),
        format!(
            r#"{{"any":[{{"all":[{}]}},{{"everyone":true}}]}}"#,
            many(65_536)
        ),
    ] {
        let error = json(&document).unwrap_err();
        assert!(error.contains("65537 rules, the limit is 65536"), "{error}");
    }
}

#[test]
fn a_number_is_read_exactly_or_refused() {
    let at_least = |number: &str| json(&format!(r#"{{"attr":"n","at_least":{number}}}"#));
    let exact = |number: &str, audience| assert_eq!(at_least(number), Ok(audience), "{number}");
    exact("9007199254740993", attr("n").at_least(TWO53 + 1));
    exact("-9007199254740993", attr("n").at_least(-TWO53 - 1));
    exact("18446744073709551615", attr("n").at_least(u64::MAX));
    exact("-9223372036854775808", attr("n").at_least(i64::MIN));
    exact("9007199254740991.0", attr("n").at_least(TWO53 - 1));
    exact("0.1", attr("n").at_least(0.1));
    exact("-0.0", attr("n").at_least(0));
    exact("1e3", attr("n").at_least(1_000));
    exact(
        r#"{"integer":"-170141183460469231731687303715884105728"}"#,
        attr("n").at_least(i128::MIN),
    );
    exact(r#"{"float":"1e300"}"#, attr("n").at_least(1e300));
    exact(r#"{"float":"-inf"}"#, attr("n").at_least(f64::NEG_INFINITY));
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "9007199254740993.0",
        "9007199254740992.0",
        "-9007199254740992.5",
        "1e300",
    ] {
        let error = at_least(number).unwrap_err();
        assert!(error.contains("`at_least` is about"), "{number} {error}");
        assert!(error.contains("may have been rounded"), "{number} {error}");
    }
    for number in [
        "1e400",
        "NaN",
        r#"{"integer":"170141183460469231731687303715884105728"}"#,
        r#"{"integer":"1.0"}"#,
        r#"{"float":""}"#,
        r#"{"float":"nan"}"#,
        r#"{"float":1}"#,
        "null",
    ] {
        at_least(number).unwrap_err();
    }
    let toml_number = |number: &str| toml(&format!("attr = 'n'\nat_least = {number}"));
    assert_eq!(
        toml_number("9007199254740993"),
        Ok(attr("n").at_least(TWO53 + 1))
    );
    assert_eq!(
        toml_number("9223372036854775808"),
        Ok(attr("n").at_least(1_u64 << 63))
    );
    assert_eq!(toml_number("inf"), Ok(attr("n").at_least(f64::INFINITY)));
    for number in [
        "9007199254740993.0",
        "nan",
        "170141183460469231731687303715884105728",
    ] {
        toml_number(number).unwrap_err();
    }
}

#[test]
fn duplicates_of_a_field_are_refused_and_of_an_entry_count_once() {
    for (document, named) in [
        (
            r#"{"attr":"a","attr":"a","is":1}"#,
            "duplicate field `attr`",
        ),
        (r#"{"attr":"a","is":1,"is":1}"#, "duplicate field `is`"),
        (
            r#"{"not":{"everyone":true},"not":{"everyone":true}}"#,
            "duplicate field `not`",
        ),
        (
            r#"{"any":[{"everyone":true}],"any":[]}"#,
            "duplicate field `any`",
        ),
    ] {
        let error = json(document).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
    let units = json(r#"{"units":["user-1","user-1",42,42]}"#).unwrap();
    assert_eq!(units.to_string(), "unit is one of user-1, 42");
    assert!(units.matches(&Unit::from(42u64)));
    assert!(!units.matches(&Unit::from("42")));
}

#[test]
fn documents_of_another_shape_are_refused() {
    for document in [
        "null",
        "true",
        "1",
        "\"everyone\"",
        "[]",
        "{",
        "{}",
        "[{\"everyone\":true}]",
        r#"{"":1}"#,
        r#"{"units":[-1]}"#,
        r#"{"units":[1.5]}"#,
        r#"{"units":[null]}"#,
        r#"{"units":"user-1"}"#,
        r#"{"Attr":"a","is":1}"#,
        r#"{"attr":"a","is":null}"#,
        r#"{"attr":"a","is":1,"comment":"x"}"#,
    ] {
        json(document).unwrap_err();
    }
}
