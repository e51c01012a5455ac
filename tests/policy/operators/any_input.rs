//! Whatever a rule compares with, and whatever it is asked about, is judged or refused.

use proptest::prelude::*;
use switchstand::{
    Audience, Unit, attr,
    targeting::{Attribute, Value},
};

use super::texts;

type Made = fn(Attribute, &str) -> Audience;

const OPERATORS: [(&str, Made); 21] = [
    ("is", |a, text| a.is(text)),
    ("is_not", |a, text| a.is_not(text)),
    ("one_of", |a, text| a.one_of(text.split('a'))),
    ("not_one_of", |a, text| a.not_one_of(text.split('a'))),
    ("any_of", |a, text| a.any_of(text.split('a'))),
    ("all_of", |a, text| a.all_of(text.split('a'))),
    ("none_of", |a, text| a.none_of(text.split('a'))),
    ("starts_with", |a, text| a.starts_with(text)),
    ("ends_with", |a, text| a.ends_with_any(text.split('a'))),
    ("contains", |a, text| a.contains_any([text, "a"])),
    ("at_least", |a, text| a.at_least(text.len() as u64)),
    ("at_most", |a, text| {
        a.at_most(text.parse().unwrap_or(f64::NAN))
    }),
    ("more_than", |a, text| a.more_than(-(text.len() as i64))),
    ("less_than", |a, text| a.less_than(text.len() as f64 / 3.0)),
    ("semver", |a, text| a.semver(text)),
    ("semver, one", |a, text| a.semver(format!(">={text}"))),
    ("after", |a, text| a.after(text)),
    ("not_before", |a, text| a.not_before(text)),
    ("in_network", |a, text| a.in_network(text.split('a'))),
    ("regex", |a, text| a.regex(text)),
    ("exists", |a, _| a.exists()),
];

/// Texts of all signs, of the signs that patterns, versions, dates and addresses are made of, and
/// long ones.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        3 => texts::any_text(),
        3 => "[a-c0-9(){}|*+?.^$,\\[\\]\\\\-]{0,24}",
        2 => "[0-9]{1,4}[-./:][0-9]{1,3}[-./:][0-9a-f]{1,3}[-+Tz:/]?[0-9a-z.:+-]{0,12}",
        1 => (any::<char>(), 200..70_000_usize).prop_map(|(sign, length)| sign.to_string().repeat(length)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_operand_is_refused_or_judged_written_and_read_again(
        operand in any_text(), asked in prop::collection::vec(any_text(), 1..4), number in any::<f64>()
    ) {
        let mut attributes: Vec<(&str, Value<'_>)> = vec![("list", Value::List(&asked))];
        attributes.extend(asked.iter().map(|text| ("text", Value::Text(text))));
        attributes.extend([("float", number.into()), ("integer", Value::Integer((number as i128) << 20))]);
        attributes.push(("bool", operand.is_empty().into()));
        for (operator, made) in OPERATORS {
            let plain = || attr("a");
            for name in [plain(), plain().fold_case(), plain().convert(), plain().fold_case().convert(), Audience::key()] {
                let audience = made(name, &operand);
                for (_, value) in &attributes {
                    let unit = [("a", *value)];
                    let _ = audience.matches(&Unit::from(operand.as_str()).with(&unit));
                }
                prop_assert!(!audience.to_string().is_empty());
                if audience.check().is_err() {
                    prop_assert!(serde_json::to_string(&audience).is_err(), "{}: {}", operator, audience);
                    continue;
                }
                let json = serde_json::to_string(&audience).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Audience>(&json).unwrap(), &audience);
                let toml = toml::to_string(&audience).unwrap();
                prop_assert_eq!(&toml::from_str::<Audience>(&toml).unwrap(), &audience);
            }
        }
    }
}
