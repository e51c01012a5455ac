//! No rule takes more than linear time.
//!
//! Items of lists are counted. Texts and lists are so long that more than linear time would not
//! end: a square of steps is ten thousand million.

use std::sync::atomic::{AtomicUsize, Ordering};

use switchstand::{
    Audience, Unit, attr,
    targeting::{Value, Values},
};

/// A list that counts how often it is asked for an item.
struct Counted<'a>(&'a [&'a str], AtomicUsize);

impl Values for Counted<'_> {
    fn item(&self, place: usize) -> Option<Value<'_>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.get(place).map(|text| Value::Text(text))
    }
}

fn matches(audience: &Audience, value: Value<'_>) -> bool {
    audience.matches(&Unit::from("u").with(&[("a", value)]))
}

#[test]
fn a_list_is_asked_for_each_item_once_whatever_the_rule_lists() {
    let names: Vec<String> = (0..100_000)
        .map(|number| format!("name-{number}"))
        .collect();
    let items: Vec<&str> = names.iter().map(|_| "other").collect();
    for length in [0, 1, 100] {
        let listed = &names[..length];
        for fold in [false, true] {
            let name = || {
                if fold {
                    attr("a").fold_case()
                } else {
                    attr("a")
                }
            };
            let rules = [
                (name().any_of(listed), false),
                (name().none_of(listed), true),
                (name().all_of(listed), length == 0),
            ];
            for (audience, expected) in rules {
                let list = Counted(&items, AtomicUsize::new(0));
                assert_eq!(
                    matches(&audience, Value::List(&list)),
                    expected,
                    "{audience}"
                );
                let asked = list.1.into_inner();
                assert!(asked <= items.len() + 1, "{audience}: {asked}");
            }
        }
    }
    // The first item that decides is the last that is asked for.
    let list = Counted(&["other", "name-7", "other"], AtomicUsize::new(0));
    assert!(matches(&attr("a").any_of(&names), Value::List(&list)));
    assert_eq!(list.1.into_inner(), 2);
}

#[test]
fn a_long_list_of_a_rule_is_searched_and_not_gone_through() {
    let names: Vec<String> = (0..100_000_u32)
        .map(|number| format!("name-{number}"))
        .collect();
    let address = |number: u32| std::net::Ipv4Addr::from_bits(number * 512).to_string();
    let addresses: Vec<String> = (0..100_000).map(address).collect();
    let name = || attr("a").fold_case();
    for (audience, asked, expected) in [
        (attr("a").one_of(&names), &names, true),
        (attr("a").not_one_of(&names), &names, false),
        (name().one_of(&names), &names, true),
        (name().not_one_of(&names), &names, false),
        (attr("a").in_network(&addresses), &addresses, true),
        (attr("a").in_network(&addresses), &names, false),
    ] {
        for text in asked.iter().step_by(4) {
            assert_eq!(matches(&audience, Value::Text(text)), expected, "{text}");
        }
    }
    let list: &[&str] = &names.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(!matches(&attr("a").none_of(&names), Value::List(&list)));
    let audience = attr("a").any_of(names.iter().map(|name| format!("{name}x")));
    assert!(!matches(&audience, Value::List(&list)));
}

#[test]
fn a_long_text_is_gone_through_once() {
    let long = "a".repeat(300_000);
    let half = "a".repeat(30_000);
    for piece in [
        format!("{half}b"),
        format!("b{half}"),
        format!("{half}b{half}"),
    ] {
        for name in [attr("a"), attr("a").fold_case()] {
            let audience = name.contains(&piece);
            assert_eq!(audience.check(), Ok(()));
            assert!(!matches(&audience, Value::Text(&long)));
        }
    }
    let long = format!("{}bc", "a".repeat(100_000));
    for pattern in [
        "(a*)*b$",
        "(a|a)*b$",
        "^(a|aa)+b$",
        "^(?:a+)+b$",
        "(a{0,10}){0,10}b$",
        "(.*)(.*)(.*)(.*)b$",
    ] {
        let audience = attr("a").regex(pattern);
        assert_eq!(audience.check(), Ok(()), "{pattern}");
        assert!(!matches(&audience, Value::Text(&long)), "{pattern}");
    }
    let digits = "1".repeat(1_000_000);
    for audience in [
        attr("a").semver(">=0.0.0"),
        attr("a").convert().semver(">=0.0.0"),
        attr("a").after("2026-11-29"),
        attr("a").in_network(["0.0.0.0/0"]),
        attr("a").convert().at_least(0),
    ] {
        assert!(!matches(&audience, Value::Text(&digits)), "{audience}");
    }
}

#[test]
fn what_a_pattern_compiles_to_is_bounded() {
    for pattern in [
        "(a{1000}){1000}",
        "((a{100}){100}){100}",
        "\\w{2000}",
        "(?i)\\w{500}",
    ] {
        let refused = attr("a").regex(pattern).check().unwrap_err().to_string();
        assert!(
            refused.contains("exceeds 262144 bytes"),
            "{pattern}: {refused}"
        );
    }
    let deep = format!("{}a{}", "(".repeat(40), ")".repeat(40));
    assert!(attr("a").regex(deep).check().is_err());
    assert!(attr("a").regex("a".repeat(4_096)).check().is_ok());
    assert!(attr("a").regex("a".repeat(4_097)).check().is_err());
}
