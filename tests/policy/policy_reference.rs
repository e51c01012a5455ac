//! The reference of policy files and its JSON Schema say what the reader does.
#![cfg(all(
    feature = "serde",
    feature = "semver",
    feature = "regex",
    feature = "ipnet",
    feature = "jiff"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use serde_json::Value;
use switchstand::Policy;

const CHAPTER: &str = include_str!("../../src/guide/policy_files.md");
const SCHEMA: &str = include_str!("../../src/guide/policy.schema.json");

fn files() -> Vec<&'static str> {
    let blocks = CHAPTER.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

/// The file as JSON, with TOML's own dates as text.
fn json(file: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(integer) => integer.into(),
            toml::Value::Float(float) => float.into(),
            toml::Value::Boolean(truth) => truth.into(),
            toml::Value::Datetime(moment) => moment.to_string().into(),
            toml::Value::Array(list) => list.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(field, value)| (field, plain(value)))
                .collect(),
        }
    }
    plain(toml::from_str(file).unwrap())
}

/// Judges by the keywords that the schema uses; another keyword fails the test.
fn fits(schema: &Value, value: &Value, root: &Value) -> bool {
    schema
        .as_object()
        .unwrap()
        .iter()
        .all(|(keyword, wanted)| match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => true,
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                fits(&root["$defs"][name], value, root)
            }
            "type" => {
                let is = |kind: &Value| match kind.as_str().unwrap() {
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("type {other}"),
                };
                wanted
                    .as_array()
                    .map_or_else(|| is(wanted), |kinds| kinds.iter().any(is))
            }
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().unwrap()),
            "maxLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as u64 <= wanted.as_u64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| {
                let pattern = switchstand::attr("text").regex(wanted.as_str().unwrap());
                pattern.matches(&switchstand::Unit::from("u").with(&[("text", text)]))
            }),
            "minimum" => value
                .as_f64()
                .is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 <= wanted.as_u64().unwrap()),
            "minProperties" => value
                .as_object()
                .is_none_or(|table| table.len() as u64 >= wanted.as_u64().unwrap()),
            "maxProperties" => value
                .as_object()
                .is_none_or(|table| table.len() as u64 <= wanted.as_u64().unwrap()),
            "items" => value
                .as_array()
                .is_none_or(|list| list.iter().all(|item| fits(wanted, item, root))),
            "required" => value.as_object().is_none_or(|table| {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|field| table.contains_key(field.as_str().unwrap()))
            }),
            "dependentRequired" => value.as_object().is_none_or(|table| {
                wanted.as_object().unwrap().iter().all(|(field, needed)| {
                    !table.contains_key(field)
                        || needed
                            .as_array()
                            .unwrap()
                            .iter()
                            .all(|needed| table.contains_key(needed.as_str().unwrap()))
                })
            }),
            "properties" => value.as_object().is_none_or(|table| {
                table.iter().all(|(field, value)| {
                    wanted
                        .get(field)
                        .is_none_or(|schema| fits(schema, value, root))
                })
            }),
            "additionalProperties" => value.as_object().is_none_or(|table| {
                let known = schema.get("properties");
                let mut others = table
                    .iter()
                    .filter(|(field, _)| known.is_none_or(|known| known.get(field).is_none()));
                match wanted {
                    Value::Bool(false) => others.next().is_none(),
                    wanted => others.all(|(_, value)| fits(wanted, value, root)),
                }
            }),
            "anyOf" => wanted
                .as_array()
                .unwrap()
                .iter()
                .any(|schema| fits(schema, value, root)),
            "oneOf" => {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| fits(schema, value, root))
                    .count()
                    == 1
            }
            other => panic!("keyword {other}"),
        })
}

fn is_valid(file: &str) -> bool {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    fits(&schema, &json(file), &schema)
}

#[test]
fn every_file_of_the_chapter_is_read_compiled_and_written_again() {
    let files = files();
    assert!(files.len() >= 8);
    for file in files {
        let policy: Policy = toml::from_str(file).unwrap_or_else(|error| panic!("{error}\n{file}"));
        policy
            .compile("v1", ["v2", "v3"])
            .unwrap_or_else(|error| panic!("{error}\n{file}"));
        let written = toml::to_string(&policy).unwrap();
        assert_eq!(
            toml::from_str::<Policy>(&written).unwrap(),
            policy,
            "{written}"
        );
        assert!(is_valid(file), "{file}");
        assert!(is_valid(&written), "{written}");
    }
}

/// What stands behind the scheme and the release of a file, and a piece of the refusal.
const BROKEN: &[(&str, &str)] = &[
    ("canery = 1", "canery"),
    ("on_error = 'retry'", "retry"),
    ("[canary]\nshare = '5%'", "version"),
    (
        "[canary]\nversion = 'v2'\nshare = 5",
        "a percentage such as \"5%\"",
    ),
    (
        "[canary]\nversion = 'v2'\nshare = 0.05",
        "a percentage such as \"5%\"",
    ),
    ("[canary]\nversion = 'v2'\nshare = '5'", "\"5\""),
    (
        "[canary]\nversion = 'v2'\nshare = '1.00000001%'",
        "decimals",
    ),
    ("[canary]\nversion = 'v2'\nweight = 5", "weight"),
    ("[canary]\nversion = 'v2'\nor_for = {}", "attr"),
    (
        "[canary]\nversion = 'v2'\nor_for = []",
        "an audience is a list",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a' }",
        "without a condition",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { is = 'a' }",
        "without `attr`",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', units = ['b'] }",
        "one table",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', one_of = 'b' }",
        "a list of values",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', is = ['b'] }",
        "found a list",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', at_least = '1' }",
        "a number",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', at_least = 2026-11-29 }",
        "`after`",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', after = 2026-11-29T08:00:00 }",
        "offset",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', after = 5 }",
        "a date such as",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', semver = 2 }",
        "needs text",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', regex = '' }",
        "empty",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', in_network = 10 }",
        "a list of texts",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { attr = 'a', is = 'b', fold_case = 1 }",
        "true or false",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { all = { attr = 'a', is = 'b' } }",
        "a list of audiences",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { unit = ['a'] }",
        "units = [..]",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { segment = 5 }",
        "the name of a segment",
    ),
    (
        "[canary]\nversion = 'v2'\nor_for = { everyone = false }",
        "needs true",
    ),
    (
        "[[units]]\nversion = 'v2'\nkeys = [-42]",
        "a whole number from 0",
    ),
    (
        "[[units]]\nversion = 'v2'\nkeys = [42.5]",
        "a whole number from 0",
    ),
    (
        "[[units]]\nversion = 'v2'\nkeys = 'ana'",
        "a list for `units.keys`",
    ),
    ("[shadow]\nversion = 'v2'\nshare = '5%'", "write [[shadow]]"),
    ("[[shadow]]\nversion = 'v2'", "share"),
    ("[rule]\nversion = 'v2'", "write [[rule]]"),
    (
        "[[ab_test.arms]]\nlabel = 'a'\nversion = 'v2'\nweight = -1",
        "-1",
    ),
    ("[ab_test]\narms = { a = 1 }", "[[ab_test.arms]]"),
    ("[holdout]\nsalt = 'h'", "share"),
];

#[test]
fn broken_files_are_refused_by_reader_and_schema_in_words_for_people() {
    for (rest, named) in BROKEN {
        let file = format!("scheme = 'v1'\nrelease = 'r'\n{rest}");
        let message = match toml::from_str::<Policy>(&file) {
            Ok(policy) => panic!("{file}\nis accepted: {policy:?}"),
            Err(error) => error.message().to_owned(),
        };
        assert!(
            message.contains(named),
            "{file}\ndoes not name {named}: {message}"
        );
        for internal in [
            "untagged",
            "expected a sequence",
            "__toml",
            "expected struct",
        ] {
            assert!(!message.contains(internal), "{file}: {message}");
        }
        assert!(!is_valid(&file), "the schema accepts {file}");
    }
}
