//! What each condition beyond the plain comparisons holds for, and how segments are told.
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
    reason = "a test that cannot go on fails"
)]

use switchstand::{Audience, Policy, Unit, attr, targeting::Value};

/// Asserts what a rule in TOML says of values of the attribute `a`, also after JSON and TOML.
fn holds(rule: &str, yes: &[Value<'_>], no: &[Value<'_>]) {
    let read: Audience = toml::from_str(&format!("attr = 'a'\n{rule}"))
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(read.check(), Ok(()), "{rule}");
    let again: Audience = toml::from_str(&toml::to_string(&read).unwrap()).unwrap();
    let json: Audience = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    for audience in [&read, &again, &json] {
        assert_eq!(audience, &read, "{rule}");
        for (values, expected) in [(yes, true), (no, false)] {
            for value in values {
                let attributes = [("a", *value)];
                assert_eq!(
                    audience.matches(&Unit::from("u").with(&attributes)),
                    expected,
                    "{audience}: {value:?}"
                );
            }
        }
        let missing = audience.matches(&Unit::from("u"));
        assert!(!missing, "{audience} matches units without the attribute");
    }
}

fn texts<const N: usize>(texts: [&str; N]) -> [Value<'_>; N] {
    texts.map(Value::Text)
}

#[test]
fn lists_of_values_have_their_plain_meaning() {
    holds(
        "not_one_of = ['es', 'pt']",
        &texts(["fr", "ES"]),
        &[Value::Text("es"), Value::Integer(1)],
    );
    holds(
        "not_one_of = []",
        &[Value::Text("es"), Value::Integer(1)],
        &[Value::Float(f64::NAN)],
    );
    holds("one_of = []", &[], &texts(["es", ""]));
    let (none, one, both) = ([""; 0], ["x"], ["y", "x", "x"]);
    let [none, one, both] = [Value::List(&none), Value::List(&one), Value::List(&both)];
    holds(
        "any_of = ['x', 'z']",
        &[one, both],
        &[none, Value::Text("x")],
    );
    holds(
        "all_of = ['x', 'y']",
        &[both],
        &[none, one, Value::Text("x")],
    );
    holds("none_of = ['y']", &[none, one], &[both, Value::Text("x")]);
    holds("is = 'x'", &[Value::Text("x")], &[one]);
    assert!(Audience::all([]).matches(&Unit::from("u")));
    assert!(!Audience::any([]).matches(&Unit::from("u")));
}

#[test]
fn case_counts_unless_a_rule_says_otherwise() {
    holds(
        "is = 'Ñu'\nfold_case = true",
        &texts(["ñU", "Ñu"]),
        &texts(["nu", "ñuu"]),
    );
    holds(
        "is_not = 'a'\nfold_case = true",
        &texts(["b"]),
        &[Value::Text("A"), Value::Integer(1)],
    );
    holds(
        "ends_with = ['@A.com', '@b.com']\nfold_case = true",
        &texts(["x@a.COM", "y@B.com"]),
        &texts(["@a.co"]),
    );
    holds(
        "ends_with = ['@a.com', '@b.com']",
        &texts(["x@b.com"]),
        &texts(["x@B.com"]),
    );
    holds(
        "contains = 'aab'\nfold_case = true",
        &texts(["xAaAbx"]),
        &texts(["aaa"]),
    );
    let many: Vec<String> = (0..20).map(|n| format!("'Name{n}'")).collect();
    holds(
        &format!("one_of = [{}]\nfold_case = true", many.join(",")),
        &texts(["nAME7", "NAME19"]),
        &texts(["name20"]),
    );
}

#[test]
fn texts_are_converted_only_where_a_rule_asks() {
    holds(
        "at_least = 18\nless_than = 65",
        &[Value::Integer(18), Value::Float(64.5)],
        &[Value::Text("20"), Value::Integer(65)],
    );
    holds(
        "at_least = 18\nconvert = true",
        &[Value::Text("25"), Value::Text("1.8e1"), Value::Integer(18)],
        &texts(["17.9", "x", "", " 25"]),
    );
    holds(
        "is = true\nconvert = true",
        &[Value::Text("true"), Value::Bool(true)],
        &texts(["True", "1"]),
    );
    holds(
        "not_one_of = [1, 2]\nconvert = true",
        &texts(["3"]),
        &texts(["2.0", "x"]),
    );
    let message = attr("a")
        .convert()
        .is("25")
        .check()
        .unwrap_err()
        .to_string();
    assert!(message.contains("`convert` does not fit `is`"), "{message}");
    let message = attr("a")
        .fold_case()
        .at_least(1)
        .check()
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("`fold_case` does not fit `at_least`"),
        "{message}"
    );
}

#[test]
fn versions_stand_in_the_order_of_their_precedence() {
    holds(
        "semver = '>=1.10.0, <2.0.0-0'",
        &texts(["1.10.0", "1.99.0-rc.1", "1.10.0+b"]),
        &texts(["1.9.9", "2.0.0-alpha", "v1.10.0", "1.10", ""]),
    );
    holds(
        "semver = '=1.0.0+x'",
        &texts(["1.0.0", "1.0.0+y"]),
        &texts(["1.0.1", "1.0.0+", "1.0.0+_"]),
    );
    holds(
        "semver = '>=v1.2'\nconvert = true",
        &[Value::Text("v1.2"), Value::Integer(2), Value::Float(1.2)],
        &[
            Value::Text("1.1.9"),
            Value::Text("1.2.0.0"),
            Value::Integer(1),
        ],
    );
    for (range, named) in [
        ("^1.0.0", ">=1.10.0, <2.0.0-0"),
        (">=1.0", "no semantic version"),
        ("", "begin with"),
    ] {
        let message = attr("a").semver(range).check().unwrap_err().to_string();
        assert!(message.contains(named), "{range}: {message}");
    }
}

#[test]
fn dates_and_times_are_compared_and_never_with_one_another() {
    holds(
        "after = 2026-11-29T08:00:00Z",
        &texts([
            "2026-11-29T10:00:00+01:00",
            "2026-11-29t08:00:00.000000001z",
        ]),
        &texts(["2026-11-29T08:00:00Z", "2026-11-30", "soon"]),
    );
    holds(
        "not_before = 2026-11-01\nbefore = '2026-12-01'",
        &texts(["2026-11-01", "2026-11-30"]),
        &texts([
            "2026-12-01",
            "2026-10-31",
            "2026-11-15T00:00:00Z",
            "2026-11-31",
        ]),
    );
    holds(
        "not_after = '2026-11-29'",
        &texts(["2026-11-29"]),
        &[Value::Text("2026-11-30"), Value::Integer(20_261_129)],
    );
}

#[test]
fn addresses_lie_in_networks_of_both_kinds() {
    holds(
        "in_network = ['10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '192.0.2.7']",
        &texts([
            "10.1.255.255",
            "10.255.0.1",
            "2001:db8:1::",
            "192.0.2.7",
            "::ffff:10.0.0.1",
        ]),
        &texts([
            "11.0.0.0",
            "2001:db9::",
            "192.0.2.8",
            "10.0.0",
            "10.0.0.1/32",
        ]),
    );
    let message = attr("a")
        .in_network(["127.invalid"])
        .check()
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("\"127.invalid\"") && message.contains("10.0.0.0/8"),
        "{message}"
    );
}

#[test]
fn patterns_are_linear_and_bounded() {
    holds(
        "regex = '^user\\d{3}$'"
            .replace('\\', "\\\\")
            .replace('\'', "\"")
            .as_str(),
        &texts(["user123"]),
        &[Value::Text("user12"), Value::Integer(1)],
    );
    holds(
        "regex = 'ABC'\nfold_case = true",
        &texts(["xabcx"]),
        &texts(["ab"]),
    );
    for pattern in ["(a", "(?=a)b", "(a)\\1", "((a{1000}){1000}){1000}"] {
        assert!(attr("a").regex(pattern).check().is_err(), "{pattern}");
    }
    let long = "a".repeat(100_000);
    let unit = [("a", long.as_str())];
    assert!(
        !attr("a")
            .regex("(a*)*b")
            .matches(&Unit::from("u").with(&unit))
    );
}

#[test]
fn the_key_is_asked_like_an_attribute() {
    let staff: Audience =
        toml::from_str("unit = { starts_with = 'STAFF-', fold_case = true }").unwrap();
    assert!(staff.matches(&Unit::from("staff-1")));
    assert!(!staff.matches(&Unit::from("user-1")));
    let low = Audience::key().less_than(10);
    assert!(low.matches(&Unit::from(9u64)) && !low.matches(&Unit::from("9")));
    assert!(Audience::key().exists().matches(&Unit::from(b"x")));
    assert_eq!(
        toml::from_str::<Audience>(&toml::to_string(&low).unwrap()).unwrap(),
        low
    );
}

const SEGMENTS: &str = "scheme = 'v1'\nrelease = 'r'\n[[rule]]\nversion = 'v2'\n\
    audience = { all = [{ segment = 'testers' }, { not = { segment = 'paying' } }] }\n[segments]\n";

#[test]
fn segments_are_put_in_told_by_name_and_written_back() {
    let file = format!(
        "{SEGMENTS}testers = {{ any = [{{ segment = 'staff' }}, {{ units = ['ana'] }}] }}\n\
        paying = {{ attr = 'tier', is = 'paying' }}\nstaff = {{ attr = 'staff', is = true }}\nunused = {{ everyone = true }}"
    );
    let policy: Policy = toml::from_str(&file).unwrap();
    let written = toml::to_string(&policy).unwrap();
    assert_eq!(
        toml::from_str::<Policy>(&written).unwrap(),
        policy,
        "{written}"
    );
    assert!(
        written.contains("segment = \"staff\"") && written.contains("unused"),
        "{written}"
    );
    let plan = policy.compile("v1", ["v2"]).unwrap();
    let version = |unit: Unit<'_>| plan.version_of(&plan.route(unit)).unwrap().to_owned();
    let paying = [("tier", "paying")];
    assert_eq!(version(Unit::from("ana")), "v2");
    assert_eq!(version(Unit::from("ben").with(&[("staff", true)])), "v2");
    assert_eq!(version(Unit::from("ana").with(&paying)), "v1");
    assert_eq!(version(Unit::from("ben")), "v1");
    let told = plan.explain(Unit::from("ana")).to_string();
    assert!(
        told.contains("in segment testers and not (in segment paying)"),
        "{told}"
    );
    let staff = attr("staff").is(true).named("staff");
    let testers = staff.or(Audience::units(["ana"])).named("testers");
    let built = Policy::live_only("r").with_rule(
        testers.and(attr("tier").is("paying").named("paying").not()),
        "v2",
    );
    assert_eq!(built.fingerprint(), policy.fingerprint());
}

#[test]
fn segments_that_are_missing_circular_or_ambiguous_are_refused() {
    for (segments, named) in [
        (
            "testers = { everyone = true }",
            "segment \"paying\" is not defined",
        ),
        (
            "testers = { segment = 'paying' }\npaying = { not = { segment = 'testers' } }",
            "contains itself: paying > testers > paying",
        ),
        (
            "testers = { segment = 'testers' }\npaying = { everyone = true }",
            "contains itself",
        ),
    ] {
        let error = toml::from_str::<Policy>(&format!("{SEGMENTS}{segments}")).unwrap_err();
        assert!(error.message().contains(named), "{error}");
    }
    let two = Policy::live_only("r")
        .with_rule(attr("a").is(1).named("s"), "v2")
        .with_rule(attr("a").is(2).named("s"), "v2");
    let message = two.compile("v1", ["v2"]).unwrap_err().to_string();
    assert!(
        message.contains("\"s\" stands for two different audiences"),
        "{message}"
    );
    let doubling: String = (0..30)
        .map(|n| {
            format!(
                "s{n} = {{ any = [{{ segment = 's{0}' }}, {{ segment = 's{0}' }}] }}\n",
                n + 1
            )
        })
        .collect();
    let file =
        format!("scheme = 'v1'\nrelease = 'r'\n[segments]\n{doubling}s30 = {{ everyone = true }}");
    let error = toml::from_str::<Policy>(&file).unwrap_err();
    assert!(error.message().contains("rules, the limit is"), "{error}");
}
