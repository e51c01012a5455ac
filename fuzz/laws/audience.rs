//! Any audience, over any attributes, says what its parts say, and is written and read the same.

use switchstand::{
    Audience, Unit, UnitKey, attr,
    targeting::{AsValue, AudienceError, Number, Value, Values as _},
};

use super::bytes::Bytes;

const NAMES: [&str; 4] = ["tier", "Tier", "age", "\u{ff34}ier"];
const TEXTS: [&str; 16] = [
    "",
    "e",
    "es",
    "ES",
    "espa\u{f1}a",
    "espan\u{303}a",
    "42",
    "\u{0}",
    "1.10.0",
    "1.9.0-rc.1",
    "v2",
    "2026-11-29",
    "2026-11-29T08:00:00Z",
    "2026-11-29T09:00:00.5+01:00",
    "10.1.2.3",
    "2001:db8::7",
];
const DEPTH: usize = 6;

/// Builds an audience and a unit from bytes, and compares the answers with a recursive reading.
pub(crate) fn check(bytes: &[u8]) {
    read(bytes);
    let bytes = &mut Bytes::new(bytes);
    let known: Vec<_> = (0..bytes.byte() % 4)
        .map(|_| (name(bytes), value(bytes)))
        .collect();
    let key = key(bytes);
    let unit = Unit::from(&key).with(&known);
    let bare = Unit::from(&key);
    for unit in [unit, bare] {
        let (audience, expected) = build(&mut Bytes::new(bytes.rest()), &unit, DEPTH);
        assert_eq!(audience.matches(&unit), expected, "{audience} of {key:?}");
        let opposite = audience.clone().not();
        assert_eq!(opposite.matches(&unit), !expected, "not: {audience}");
        if audience.check().is_ok() {
            let text = serde_json::to_string(&audience).expect("an accepted audience is written");
            let again: Audience = serde_json::from_str(&text).expect("what was written is read");
            assert_eq!(again, audience, "{text}");
            assert_eq!(again.matches(&unit), expected, "{text}");
        }
    }
}

/// Whatever is read from bytes is accepted by `check` and comes back the same.
fn read(bytes: &[u8]) {
    let Ok(audience) = serde_json::from_slice::<Audience>(bytes) else {
        return;
    };
    // Segments may be defined elsewhere, and other builds may judge what this one cannot.
    let checked = audience.check();
    assert!(
        matches!(
            checked,
            Ok(()) | Err(AudienceError::UnknownSegment { .. } | AudienceError::NotBuiltIn { .. })
        ),
        "what is read was checked: {checked:?}"
    );
    let text = serde_json::to_string(&audience).expect("an accepted audience is written");
    let again: Audience = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(again, audience, "{text}");
    for unit in [
        Unit::from("user-1"),
        Unit::from(42u64).with(&[("tier", "internal")]),
    ] {
        assert_eq!(again.matches(&unit), audience.matches(&unit), "{text}");
    }
}

/// An audience, and what a plain reading of the same bytes says of the unit.
fn build(bytes: &mut Bytes<'_>, unit: &Unit<'_>, depth: usize) -> (Audience, bool) {
    let kind = bytes.byte();
    let parts = |bytes: &mut Bytes<'_>| -> Vec<(Audience, bool)> {
        let count = 1 + bytes.byte() % 3;
        (0..count).map(|_| build(bytes, unit, depth - 1)).collect()
    };
    match kind % 8 {
        0 if depth > 0 => {
            let parts = parts(bytes);
            let expected = parts.iter().all(|part| part.1);
            (
                Audience::all(parts.into_iter().map(|part| part.0)),
                expected,
            )
        }
        1 if depth > 0 => {
            let parts = parts(bytes);
            let expected = parts.iter().any(|part| part.1);
            (
                Audience::any(parts.into_iter().map(|part| part.0)),
                expected,
            )
        }
        2 if depth > 0 => {
            let (part, holds) = build(bytes, unit, depth - 1);
            (part.not(), !holds)
        }
        3 => (Audience::everyone(), true),
        4 => {
            let keys: Vec<UnitKey> = (0..1 + kind / 64).map(|_| key(bytes)).collect();
            let expected = keys.iter().any(|key| key.as_key() == unit.key());
            (Audience::units(keys), expected)
        }
        _ => condition(bytes, unit),
    }
}

fn condition(bytes: &mut Bytes<'_>, unit: &Unit<'_>) -> (Audience, bool) {
    let name = name(bytes);
    let found = unit.attributes().and_then(|known| known.get(name));
    let other = scalar(bytes);
    let part = TEXTS[usize::from(bytes.byte()) % TEXTS.len()];
    let text = match found {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let of_text = |holds: fn(&str, &str) -> bool| text.is_some_and(|text| holds(text, part));
    let number = i64::from(bytes.byte()) - 128;
    let order = |wanted: fn(f64, f64) -> bool| match found {
        Some(Value::Integer(integer)) => wanted(integer as f64, number as f64),
        Some(Value::Float(float)) => wanted(float, number as f64),
        _ => false,
    };
    let bound = Number::from(number);
    match bytes.byte() % 16 {
        9 => {
            let is = attr(name).is(other.clone()).matches(unit);
            let is_not = attr(name).is_not(other.clone()).matches(unit);
            assert!(!is || !is_not);
            (attr(name).not_one_of([other]), is_not)
        }
        10 => list(bytes, name, found),
        11 => {
            // An empty piece is refused by `check`; what it would match is not promised.
            let part = if part.is_empty() { "e" } else { part };
            let low = |text: &str| {
                text.chars()
                    .flat_map(char::to_lowercase)
                    .collect::<String>()
            };
            let (holds, audience) = match bytes.byte() % 4 {
                0 => (
                    text.map(|text| low(text) == low(part)),
                    attr(name).fold_case().is(part),
                ),
                1 => (
                    text.map(|text| low(text).starts_with(&low(part))),
                    attr(name).fold_case().starts_with(part),
                ),
                2 => (
                    text.map(|text| low(text).ends_with(&low(part))),
                    attr(name).fold_case().ends_with_any([part, part]),
                ),
                _ => (
                    text.map(|text| low(text).contains(&low(part))),
                    attr(name).fold_case().contains(part),
                ),
            };
            (audience, holds == Some(true))
        }
        12 => {
            let holds = match text {
                Some(text) => text == "42" && number <= 42,
                None => order(|found, bound| found >= bound),
            };
            (attr(name).convert().at_least(bound), holds)
        }
        13..=15 => judged(bytes, name, unit, part),
        0 => (attr(name).exists(), found.is_some()),
        1 => (
            attr(name).starts_with(part),
            of_text(|text, part| text.starts_with(part)),
        ),
        2 => (
            attr(name).ends_with(part),
            of_text(|text, part| text.ends_with(part)),
        ),
        3 => (
            attr(name).contains(part),
            of_text(|text, part| text.contains(part)),
        ),
        4 => (
            attr(name).at_least(bound),
            order(|found, bound| found >= bound),
        ),
        5 => (
            attr(name).at_most(bound),
            order(|found, bound| found <= bound),
        ),
        6 => (
            attr(name).more_than(bound),
            order(|found, bound| found > bound),
        ),
        7 => (
            attr(name).less_than(bound),
            order(|found, bound| found < bound),
        ),
        _ => {
            // Equality is that of the library's own: it must agree with the list of one, and
            // exclude its opposite.
            let is = attr(name).is(other.clone());
            let holds = is.matches(unit);
            assert_eq!(attr(name).one_of([other.clone()]).matches(unit), holds);
            assert!(!holds || !attr(name).is_not(other.clone()).matches(unit));
            if let (Some(text), Known::Text(other)) = (text, &other) {
                assert_eq!(text == *other, holds, "text is compared byte for byte");
            }
            (is, holds)
        }
    }
}

/// A condition on a list, and what going through it says.
fn list(bytes: &mut Bytes<'_>, name: &str, found: Option<Value<'_>>) -> (Audience, bool) {
    let wanted: Vec<Known> = (0..bytes.byte() % 4).map(|_| scalar(bytes)).collect();
    let items = match found {
        Some(Value::List(list)) => Some(
            (0..)
                .map_while(|place| list.item(place))
                .collect::<Vec<_>>(),
        ),
        _ => None,
    };
    // NaN, which does not equal itself, is never there.
    let has = |items: &[Value<'_>], wanted: &Known| items.contains(&wanted.as_value());
    let holds = |holds: fn(bool, bool) -> bool| {
        items.as_ref().is_some_and(|items| {
            let any = wanted.iter().any(|one| has(items, one));
            let all = wanted.iter().all(|one| has(items, one));
            holds(any, all)
        })
    };
    match bytes.byte() % 3 {
        0 => (attr(name).any_of(wanted.clone()), holds(|any, _| any)),
        1 => (attr(name).none_of(wanted.clone()), holds(|any, _| !any)),
        _ => (attr(name).all_of(wanted.clone()), holds(|_, all| all)),
    }
}

/// A condition that a crate judges, where it is built in: it and its opposite never hold both, and
/// do not depend on how they are written.
fn judged(bytes: &mut Bytes<'_>, name: &str, unit: &Unit<'_>, part: &str) -> (Audience, bool) {
    let kind = bytes.byte();
    let (one, other) = match kind % 4 {
        0 => (
            attr(name).semver(format!(">={part}")),
            attr(name).semver(format!("<{part}")),
        ),
        1 => (attr(name).after(part), attr(name).not_after(part)),
        2 => (
            attr(name).in_network(["10.0.0.0/8", "2001:db8::/32"]),
            attr(name).in_network(["0.0.0.0/5", "11.0.0.0/8", "2001:db9::/32"]),
        ),
        _ => (attr(name).regex("^[0-9]+$"), attr(name).regex("[^0-9]|^$")),
    };
    let holds = [one.matches(unit), other.matches(unit)];
    assert_ne!(holds, [true, true], "{one}; {other}");
    if kind < 128 {
        (one, holds[0])
    } else {
        (other, holds[1])
    }
}

#[derive(Clone, Debug)]
enum Known {
    Text(&'static str),
    Integer(i128),
    Float(f64),
    Truth(bool),
    List(Vec<Known>),
}

impl AsValue for Known {
    fn as_value(&self) -> Value<'_> {
        match self {
            Known::Text(text) => Value::Text(text),
            Known::Integer(integer) => Value::Integer(*integer),
            Known::Float(float) => Value::Float(*float),
            Known::Truth(truth) => Value::Bool(*truth),
            Known::List(items) => Value::List(items),
        }
    }
}

fn name(bytes: &mut Bytes<'_>) -> &'static str {
    NAMES[usize::from(bytes.byte()) % NAMES.len()]
}

fn value(bytes: &mut Bytes<'_>) -> Known {
    match bytes.byte() % 8 {
        0 => Known::List((0..bytes.byte() % 4).map(|_| scalar(bytes)).collect()),
        _ => scalar(bytes),
    }
}

fn scalar(bytes: &mut Bytes<'_>) -> Known {
    match bytes.byte() % 4 {
        0 => Known::Text(TEXTS[usize::from(bytes.byte()) % TEXTS.len()]),
        1 => Known::Integer(i128::from(bytes.word() as i64) >> (bytes.byte() % 64)),
        2 => Known::Float(bytes.number()),
        _ => Known::Truth(bytes.bit()),
    }
}

fn key(bytes: &mut Bytes<'_>) -> UnitKey {
    let text = TEXTS[1 + usize::from(bytes.byte()) % (TEXTS.len() - 1)];
    match bytes.byte() % 4 {
        0 => UnitKey::from(text),
        1 => UnitKey::from(text.as_bytes()),
        2 => UnitKey::from(u64::from(bytes.byte())),
        _ => UnitKey::from(u128::from(bytes.byte())),
    }
}
