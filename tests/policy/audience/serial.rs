//! The serialised form of audiences.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use switchstand::{Audience, UnitKey, attr};

use crate::naive::{Cond, Tree, Val, any_tree};

fn operand(value: &Val) -> Json {
    match value {
        Val::Text(text) => json!(text),
        Val::Bool(truth) => json!(truth),
        Val::Int(integer) => match i64::try_from(*integer) {
            Ok(integer) => json!(integer),
            Err(_) => json!({ "integer": integer.to_string() }),
        },
        Val::Float(float) if float.abs() < 1e15 => json!(float),
        Val::Float(float) => json!({ "float": float.to_string() }),
    }
}

/// Writes the documented form by hand.
fn document(tree: &Tree) -> Json {
    let (name, cond) = match tree {
        Tree::Everyone => return json!({ "everyone": true }),
        Tree::All(parts) => return json!({ "all": parts.iter().map(document).collect::<Json>() }),
        Tree::Any(parts) => return json!({ "any": parts.iter().map(document).collect::<Json>() }),
        Tree::Not(part) => return json!({ "not": document(part) }),
        Tree::Units(units) => {
            let keys = units.iter().map(|unit| match unit {
                UnitKey::Text(text) => json!(text),
                UnitKey::U64(number) => json!(number),
                UnitKey::U128(number) => json!({ "u128": number.to_string() }),
                UnitKey::Bytes(_) => json!({ "bytes": unit.to_string() }),
            });
            return json!({ "units": keys.collect::<Json>() });
        }
        Tree::Attr(name, cond) => (name, cond),
    };
    let (operator, value) = match cond {
        Cond::Is(value) => ("is", operand(value)),
        Cond::IsNot(value) => ("is_not", operand(value)),
        Cond::OneOf(values) => ("one_of", values.iter().map(operand).collect()),
        Cond::Starts(part) => ("starts_with", json!(part)),
        Cond::Ends(part) => ("ends_with", json!(part)),
        Cond::Contains(part) => ("contains", json!(part)),
        Cond::AtLeast(bound) => ("at_least", operand(bound)),
        Cond::AtMost(bound) => ("at_most", operand(bound)),
        Cond::MoreThan(bound) => ("more_than", operand(bound)),
        Cond::LessThan(bound) => ("less_than", operand(bound)),
        Cond::Exists => ("exists", json!(true)),
    };
    json!({ "attr": name, operator: value })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_documented_form_reads_as_the_audience_built_in_code(tree in any_tree()) {
        let read: Audience = serde_json::from_value(document(&tree)).unwrap();
        prop_assert_eq!(&read, &tree.build());
        let text: Audience = serde_json::from_str(&document(&tree).to_string()).unwrap();
        prop_assert_eq!(text, read);
    }

    #[test]
    fn an_audience_survives_json_and_toml(tree in any_tree()) {
        let audience = tree.build();
        let json = serde_json::to_string(&audience).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Audience>(&json).unwrap(), &audience);
        let toml = toml::to_string(&audience).unwrap();
        prop_assert_eq!(&toml::from_str::<Audience>(&toml).unwrap(), &audience);
    }

    #[test]
    fn a_number_survives_json_and_toml_exactly(bits in any::<u64>(), integer in any::<i128>()) {
        for audience in [attr("n").at_least(f64::from_bits(bits)), attr("n").is(integer)] {
            if audience.check().is_err() {
                continue; // NaN
            }
            let json = serde_json::to_string(&audience).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Audience>(&json).unwrap(), &audience);
            let toml = toml::to_string(&audience).unwrap();
            prop_assert_eq!(&toml::from_str::<Audience>(&toml).unwrap(), &audience);
        }
    }
}

#[test]
fn the_order_of_fields_does_not_count() {
    let read = |text: &str| serde_json::from_str::<Audience>(text).unwrap();
    assert_eq!(
        read(r#"{"is":"internal","attr":"tier"}"#),
        read(r#"{"attr":"tier","is":"internal"}"#)
    );
}

#[test]
fn exists_false_reads_as_not_exists() {
    let read: Audience = toml::from_str("attr = \"beta\"\nexists = false").unwrap();
    assert_eq!(read, attr("beta").exists().not());
}

#[test]
fn a_bad_document_is_refused_by_an_error_that_names_the_field() {
    for (document, named) in [
        ("", "a table with `attr`"),
        (
            "attr = 'tier'",
            "attribute \"tier\" stands without a condition",
        ),
        ("is = 'internal'", "`is` stands without `attr`"),
        ("exists = false", "`exists` stands without `attr`"),
        (
            "attr = 'tier'\nis = 'a'\none_of = ['b']",
            "`is` and `one_of` stand in one table",
        ),
        (
            "attr = 'tier'\nany = [{ everyone = true }]",
            "`attr` and `any` stand in one table",
        ),
        (
            "attr = 'tier'\nunits = ['u']",
            "`attr` and `units` stand in one table",
        ),
        (
            "units = ['u']\neveryone = true",
            "`everyone` and `units` stand in one table",
        ),
        ("attr = 'tier'\nequals = 'a'", "unknown field `equals`"),
        ("attr = 'tier'\nis = ['a']", "`is` needs text"),
        ("attr = 'tier'\nis = {}", "`is` is an empty table"),
        (
            "attr = 'tier'\nis = { number = '1' }",
            "unknown field `number`",
        ),
        (
            "attr = 'tier'\nis = { integer = 'x' }",
            "`integer` of `is` is \"x\"",
        ),
        (
            "attr = 'tier'\nis = { float = '1', integer = '1' }",
            "stand in one table of `is`",
        ),
        (
            "attr = 'tier'\nis = 1979-05-27",
            "`is` is the date or time 1979-05-27",
        ),
        (
            "attr = 'tier'\none_of = 'a'",
            "`one_of` needs a list of values, found the text \"a\"",
        ),
        ("attr = 'tier'\none_of = [['a']]", "`one_of` has a list"),
        (
            "attr = 'tier'\nstarts_with = 1",
            "`starts_with` needs text, or a list of texts, found the number 1",
        ),
        (
            "attr = 'tier'\ncontains = ''",
            "`contains` of attribute \"tier\" is empty",
        ),
        (
            "attr = 'age'\nat_least = '18'",
            "`at_least` needs a number, found the text \"18\"",
        ),
        (
            "attr = 'age'\nless_than = true",
            "`less_than` needs a number, found true",
        ),
        (
            "attr = 'age'\nat_most = nan",
            "`at_most` of attribute \"age\" is NaN",
        ),
        (
            "attr = 'age'\nis = { float = 'nan' }",
            "`is` of attribute \"age\" is NaN",
        ),
        (
            "attr = 'beta'\nexists = 'yes'",
            "`exists` needs true or false, found the text \"yes\"",
        ),
        ("attr = ''\nis = 'a'", "`attr` is empty"),
        (
            "attr = 1\nis = 'a'",
            "`attr` needs the name of an attribute, found the number 1",
        ),
        ("everyone = false", "`everyone` needs true, found false"),
        ("any = { attr = 'tier', is = 'a' }", "a list of audiences"),
        (
            "not = [{ everyone = true }]",
            "a table with `attr` and a condition",
        ),
        ("not = {}", "a table with `attr`"),
        ("units = ['']", "`units` has an empty key"),
    ] {
        let error = toml::from_str::<Audience>(document)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(named),
            "{document}\ngave {error}\nwanted {named}"
        );
    }
}

#[test]
fn what_a_reader_would_refuse_is_not_written() {
    for audience in [
        attr("age").is(f64::NAN),
        attr("").exists(),
        (0..33).fold(Audience::everyone(), |audience, _| audience.not()),
    ] {
        let refused = audience.check().unwrap_err().to_string();
        let error = serde_json::to_string(&audience).unwrap_err().to_string();
        assert_eq!(error, refused);
    }
}

#[test]
fn a_number_is_written_bare_where_no_reader_rounds_it() {
    let written = |bound: f64| {
        let audience = attr("x").at_least(bound);
        serde_json::to_value(audience).unwrap()["at_least"].clone()
    };
    assert_eq!(written(0.5), json!(0.5));
    assert_eq!(written(-2.0), json!(-2));
    assert_eq!(written(1e300), json!({ "float": "1e300" }));
    assert_eq!(written(f64::INFINITY), json!({ "float": "inf" }));
}
