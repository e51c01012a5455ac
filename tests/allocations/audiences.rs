//! What judging each operator allocates, and what a compiled audience keeps.
#![cfg(all(
    feature = "semver",
    feature = "regex",
    feature = "ipnet",
    feature = "jiff"
))]

use std::hint::black_box;

use allocation_counter::measure;
use switchstand::{Audience, Policy, Unit, attr, targeting::Value};

use super::allocations;

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("name-{number:011}"))
        .collect()
}

/// A rule for each operator, and for each way in which one is judged.
fn rules() -> Vec<Audience> {
    let a = || attr("a");
    let low = || attr("a").fold_case();
    let many = names(1_000);
    vec![
        a().is("x"),
        a().is_not(1.5),
        a().is(1),
        low().is("Ñandú"),
        low().is_not("Ñandú"),
        a().one_of(["x", "y"]),
        a().one_of(&many),
        low().one_of(&many),
        a().not_one_of(&many),
        a().any_of(&many),
        a().all_of(["x", "y"]),
        low().all_of(["X", "y"]),
        a().none_of(&many),
        a().starts_with("x"),
        a().starts_with_any(["x", "y"]),
        low().ends_with_any(["X", "y"]),
        low().contains("aab"),
        a().at_least(18).and(a().less_than(65)),
        a().at_most(0.5).or(a().more_than(f64::INFINITY)),
        a().convert().at_least(18),
        a().convert().one_of([1, 2]),
        a().convert().is(true),
        a().semver(">=1.10.0, <2.0.0-0"),
        a().convert().semver(">=1.2, !=1.5"),
        a().after("2026-11-29"),
        a().before("2026-11-29T08:00:00.5+01:00"),
        a().not_before("2026-11-29")
            .and(a().not_after("2026-12-01")),
        a().in_network(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]),
        a().regex("^(tab|phone)-[0-9]+$"),
        low().regex("(a|b)*c"),
        a().exists(),
        Audience::key().starts_with("user-"),
        Audience::key().less_than(10),
        Audience::units(names(1_000)),
        a().is("x").named("x").not().named("not x"),
        Audience::all([]),
    ]
}

const TEXTS: [&str; 22] = [
    "",
    "x",
    "ÑANDÚ",
    "name-00000000007",
    "aaAAb",
    "25",
    "-1.5e3",
    "true",
    "1.10.0",
    "v1.5",
    "1.0.0-rc.1",
    "2.0.0+build.of.many.bytes",
    "1.2.3.4",
    "2026-11-29",
    "2026-02-31",
    "2026-11-29T09:00:00.25+01:00",
    "2026-11-29T08:00:00",
    "10.1.2.3",
    "2001:db8::7",
    "::ffff:10.1.2.3",
    "1.2.3.400",
    "phone-12",
];

#[test]
fn no_operator_allocates_whatever_it_is_asked_about() {
    let long = "ab".repeat(5_000);
    let lists = (["x", "Y"], [1, 2], names(2_000));
    let mut values: Vec<Value<'_>> = TEXTS.into_iter().map(Value::Text).collect();
    values.push(Value::Text(&long));
    values.extend([
        Value::Integer(25),
        Value::Float(0.5),
        Value::Float(f64::NAN),
        Value::Bool(true),
    ]);
    values.extend([
        Value::List(&lists.0),
        Value::List(&lists.1),
        Value::List(&lists.2),
    ]);
    for audience in rules() {
        assert_eq!(audience.check(), Ok(()));
        let count = allocations(|| {
            for value in &values {
                let attributes = [("a", *value)];
                black_box(audience.matches(&Unit::from("user-7").with(&attributes)));
                black_box(audience.matches(&Unit::from(7_u64).with(&attributes)));
            }
        });
        assert_eq!(count, 0, "{audience}");
    }
}

#[test]
fn a_decision_over_all_operators_allocates_nothing() {
    let policy = rules()
        .into_iter()
        .fold(Policy::live_only("r"), |policy, rule| {
            policy.with_rule(rule.and(Audience::any([])), "v2")
        });
    let plan = policy.compile("v1", ["v2"]).unwrap();
    let count = allocations(|| {
        for text in TEXTS {
            black_box(plan.route(Unit::from("user-7").with(&[("a", text)])));
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_long_pre_release_costs_one_allocation_a_question() {
    let audience = attr("a").semver(">=1.0.0-0");
    for (version, expected) in [
        ("1.0.0-rc.1", 0),
        ("1.0.0-12345678", 0),
        ("1.0.0-123456789", 1),
    ] {
        let count = allocations(|| {
            black_box(audience.matches(&Unit::from("u").with(&[("a", version)])));
        });
        // Three questions are counted.
        assert_eq!(count, 3 * expected, "{version}");
    }
}

/// Bytes that a value keeps, once it is made.
fn kept<T>(make: impl FnOnce() -> T) -> i64 {
    let mut made = None;
    let bytes = measure(|| made = Some(make())).bytes_current;
    drop(made);
    bytes
}

/// The figures of the documentation of `Audience`, for texts of 16 bytes.
#[test]
fn a_compiled_audience_keeps_what_its_documentation_says() {
    let many = names(1_000);
    let rules = kept(|| Audience::any(many.iter().map(|name| attr("tier").is(name))));
    let list = kept(|| attr("tier").one_of(&many));
    let folded = kept(|| attr("tier").fold_case().one_of(&many));
    let units = kept(|| Audience::units(&many));
    let networks =
        (0..1_000_u32).map(|number| format!("10.{}.{}.0/24", number / 200, number % 200));
    let networks: Vec<String> = networks.collect();
    let networks = kept(|| attr("address").in_network(&networks));
    let versions = kept(|| attr("app").semver(">=1.10.0, <2.0.0-0"));
    let moment = kept(|| attr("now").before("2026-12-01T00:00:00Z"));
    let pattern = |text: &str| kept(|| attr("device").regex(text));
    let (plain, wide) = (pattern("^(tab|phone)-[0-9]+$"), pattern("[a-z]{2000}"));
    let copy = attr("tier")
        .one_of(&many)
        .or(attr("device").regex("\\w{150}"));
    let copied = kept(|| copy.clone());
    let table = [
        (
            "a rule, with a name and a text of 20 bytes together",
            rules / 1_000,
            110,
        ),
        ("a value of a list", list / 1_000, 49),
        (
            "a value of a list without regard to case",
            folded / 1_000,
            81,
        ),
        ("a listed unit", units / 1_000, 57),
        ("a network", networks / 1_000, 64),
        ("a rule on a version", versions, 300),
        ("a rule on a time", moment, 200),
        ("a plain pattern", plain, 4_000),
        ("a large pattern", wide, 60_000),
        ("a copy of an audience", copied, 400),
    ];
    println!("{table:#?}");
    for (what, found, at_most) in table {
        // Half of what the documentation says would be as wrong as twice.
        let is_told = found <= at_most && 2 * found > at_most;
        assert!(is_told, "{what}: {found} bytes, told as {at_most}");
    }
}
