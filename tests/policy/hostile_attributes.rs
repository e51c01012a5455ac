//! What happens with hostile units, attributes and audiences.

#[cfg(feature = "serde")]
mod documents;

use std::panic::{AssertUnwindSafe, catch_unwind};

use switchstand::{
    Attributes, Audience, Unit, UnitKey, attr,
    targeting::{AudienceError, Value},
};

const TWO53: i64 = 9_007_199_254_740_992;

fn matches(audience: &Audience, attributes: &dyn Attributes) -> bool {
    audience.matches(&Unit::from("user-1").with(attributes))
}

#[test]
fn a_key_of_any_length_is_compared_whole() {
    let long = "x".repeat(1 << 20);
    let mut other = long.clone();
    other.replace_range((1 << 20) - 1.., "y");
    for list in [
        Audience::units(["a", "b"]),
        Audience::units(["x".repeat(65_536)]),
        Audience::units([vec![0u8; 4]]),
    ] {
        assert_eq!(list.check(), Ok(()));
        for key in ["", &long, &other] {
            assert!(!list.matches(&Unit::from(key)));
            assert!(!list.matches(&Unit::from(key.as_bytes())));
        }
    }
    let listed = Audience::units([long.clone()]);
    assert!(listed.matches(&Unit::from(&long)));
    assert!(!listed.matches(&Unit::from(&other)));
    assert!(
        !listed.matches(&Unit::from(long.as_bytes())),
        "text is not bytes"
    );
}

#[test]
fn a_key_is_matched_by_its_kind_and_its_bytes() {
    let keys: [UnitKey; 5] = [
        "42".into(),
        b"42"[..].into(),
        42u64.into(),
        42u128.into(),
        42u64.to_le_bytes()[..].into(),
    ];
    for (at, listed) in keys.iter().enumerate() {
        let audience = Audience::units([listed.clone()]);
        for (other, key) in keys.iter().enumerate() {
            assert_eq!(
                audience.matches(&Unit::from(key)),
                at == other,
                "{listed:?} {key:?}"
            );
        }
    }
}

#[test]
fn names_and_values_that_look_alike_are_different() {
    let alike = [
        "tier",
        "Tier",
        "TIER",
        "tier ",
        " tier",
        "t\u{456}er",
        "tier\0",
        "ti\u{200d}er",
        "\u{ff54}ier",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{130}",
        "i\u{307}",
        "I",
        "i",
        "\u{131}",
        "\u{df}",
        "ss",
        "",
    ];
    for (at, left) in alike.iter().enumerate() {
        for (other, right) in alike.iter().enumerate() {
            assert_eq!(matches(&attr(*left).is("a"), &[(*right, "a")]), at == other);
            assert_eq!(matches(&attr("a").is(*left), &[("a", *right)]), at == other);
            assert_eq!(
                matches(&attr("a").one_of([*left]), &[("a", *right)]),
                at == other
            );
        }
    }
}

#[test]
fn text_that_looks_like_a_number_is_not_one() {
    for audience in [
        attr("n").is(18),
        attr("n").at_least(18),
        attr("n").one_of([18]),
    ] {
        assert!(matches(&audience, &[("n", 18)]));
        assert!(!matches(&audience, &[("n", "18")]));
        assert!(!matches(&audience, &[("n", true)]));
    }
    for audience in [
        attr("n").is("18"),
        attr("n").contains("1"),
        attr("n").one_of(["18"]),
    ] {
        assert!(matches(&audience, &[("n", "18")]));
        assert!(!matches(&audience, &[("n", 18)]));
    }
    assert!(!matches(&attr("n").is(1), &[("n", true)]));
    assert!(!matches(&attr("n").is(true), &[("n", 1)]));
}

#[test]
fn numbers_beyond_two_to_the_53_are_not_rounded() {
    let odd = attr("n").is(TWO53 + 1);
    assert!(matches(&odd, &[("n", TWO53 + 1)]));
    assert!(!matches(&odd, &[("n", TWO53)]));
    assert!(!matches(&odd, &[("n", TWO53 as f64)]));
    assert!(matches(&attr("n").is(TWO53 as f64), &[("n", TWO53)]));
    assert!(!matches(&attr("n").is(TWO53 as f64), &[("n", TWO53 + 1)]));
    assert!(matches(
        &attr("n").more_than(TWO53 as f64),
        &[("n", TWO53 + 1)]
    ));
    assert!(!matches(
        &attr("n").at_most(TWO53 as f64),
        &[("n", TWO53 + 1)]
    ));
    assert!(matches(&attr("n").is(u64::MAX), &[("n", u64::MAX)]));
    assert!(!matches(&attr("n").is(u64::MAX), &[("n", u64::MAX as f64)]));
    assert!(matches(
        &attr("n").less_than(u64::MAX as f64),
        &[("n", u64::MAX)]
    ));
    assert!(matches(&attr("n").is(i128::MIN), &[("n", i128::MIN)]));
    assert!(matches(&attr("n").more_than(i128::MAX), &[("n", f64::MAX)]));
    assert!(!matches(&attr("n").is(u64::MAX), &[("n", -1)]));
}

#[test]
fn nan_is_there_but_matches_nothing() {
    let nan = [("n", f64::NAN)];
    for audience in [
        attr("n").is(f64::NAN),
        attr("n").is_not(0),
        attr("n").is_not(f64::NAN),
        attr("n").one_of([f64::NAN, 0.0]),
        attr("n").at_least(f64::NEG_INFINITY),
        attr("n").at_most(f64::INFINITY),
        attr("n").more_than(0),
        attr("n").less_than(0),
    ] {
        assert!(!matches(&audience, &nan), "{audience}");
    }
    assert!(matches(&attr("n").exists(), &nan));
    for audience in [
        attr("n").at_least(f64::NAN),
        attr("n").at_most(f64::NAN),
        attr("n").more_than(f64::NAN),
        attr("n").less_than(f64::NAN),
        attr("n").is(f64::NAN),
        attr("n").is_not(f64::NAN),
    ] {
        for value in [0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(!matches(&audience, &[("n", value)]), "{audience}");
        }
        assert!(matches!(
            audience.check(),
            Err(AudienceError::NanOperand { .. })
        ));
    }
}

#[test]
fn infinities_are_ordered() {
    let infinite = [("n", f64::INFINITY)];
    assert!(matches(&attr("n").more_than(i128::MAX), &infinite));
    assert!(matches(&attr("n").more_than(f64::MAX), &infinite));
    assert!(matches(&attr("n").is(f64::INFINITY), &infinite));
    assert!(!matches(&attr("n").more_than(f64::INFINITY), &infinite));
    assert!(matches(
        &attr("n").less_than(i128::MIN),
        &[("n", f64::NEG_INFINITY)]
    ));
    assert_eq!(attr("n").at_most(f64::INFINITY).check(), Ok(()));
}

#[test]
fn of_pairs_with_one_name_the_first_answers() {
    let twice = [("tier", "paid"), ("tier", "internal")];
    assert!(!matches(&attr("tier").is("internal"), &twice));
    assert!(matches(&attr("tier").is("paid"), &twice));
}

#[test]
fn ten_thousand_rules_are_asked_to_the_last() {
    let listed = |joined: fn(Vec<Audience>) -> Audience| {
        joined((0..10_000).map(|n| attr("n").is(n)).collect())
    };
    let any = listed(Audience::any);
    let chain = listed(|rules| rules.into_iter().reduce(Audience::or).unwrap());
    assert_eq!(any, chain);
    assert_eq!(any.check(), Ok(()));
    for (n, expected) in [(0, true), (9_999, true), (10_000, false), (-1, false)] {
        assert_eq!(matches(&any, &[("n", n)]), expected);
        assert_eq!(matches(&any.clone().not(), &[("n", n)]), !expected);
    }
    let all = Audience::all((0..10_000).map(|n| attr("n").is_not(n)));
    assert!(matches(&all, &[("n", 10_000)]));
    assert!(!matches(&all, &[("n", 9_999)]));
}

#[test]
fn any_depth_built_in_code_is_refused_by_the_limit_and_harms_no_stack() {
    let mut nots = attr("tier").is("internal");
    let mut mixed = nots.clone();
    for depth in 1..=100_000 {
        nots = nots.not();
        mixed = mixed.and(attr("a").exists()).or(attr("b").exists());
        if depth == 32 {
            assert_eq!(nots.check(), Ok(()));
        }
    }
    let (found, limit) = (100_000, 32);
    assert_eq!(nots.check(), Err(AudienceError::TooDeep { found, limit }));
    let found = 200_000;
    assert_eq!(mixed.check(), Err(AudienceError::TooDeep { found, limit }));
    assert!(matches(&nots, &[("tier", "internal")]));
    assert!(!matches(&nots.clone().not(), &[("tier", "internal")]));
    assert!(matches(&mixed, &[("b", 1)]));
    assert!(!matches(&mixed, &[("a", 1)]));
    for audience in [nots, mixed] {
        assert_eq!(audience.clone(), audience);
        assert!(audience.to_string().len() > 100_000);
        assert!(format!("{audience:?}").starts_with("Audience("));
    }
}

#[test]
fn depth_counts_what_is_really_nested() {
    let rule = || attr("a").exists();
    let deep = |depth| (0..depth).fold(rule(), |inside, _| inside.not());
    let refused = Err(AudienceError::TooDeep {
        found: 33,
        limit: 32,
    });
    assert_eq!(deep(32).check(), Ok(()));
    assert_eq!(deep(33).check(), refused);
    assert_eq!(rule().or(deep(31)).check(), Ok(()));
    assert_eq!(rule().or(deep(32)).check(), refused);
    assert_eq!(deep(32).or(rule()).check(), refused);
    assert_eq!(rule().or(rule().or(deep(31))).check(), Ok(()));
    assert_eq!(
        Audience::any([rule(), Audience::any([deep(31)])]).check(),
        refused
    );
    let wide = (0..1_000).fold(rule(), |joined, _| joined.and(rule()));
    assert_eq!(wide.check(), Ok(()));
}

#[test]
fn each_limit_holds_at_its_edge() {
    let limit = 65_536;
    let text = |length: usize| "x".repeat(length);
    let too_long = |field| {
        Err(AudienceError::TextTooLong {
            field,
            found: limit + 1,
            limit,
        })
    };
    type Case = (&'static str, fn(String) -> Audience);
    let cases: [Case; 7] = [
        ("attr", |text| attr(text).exists()),
        ("is", |text| attr("a").is(text)),
        ("is_not", |text| attr("a").is_not(text)),
        ("one_of", |text| attr("a").one_of(["b".to_owned(), text])),
        ("starts_with", |text| attr("a").starts_with(text)),
        ("units", |text| Audience::units([text])),
        ("units", |text| Audience::units([text.into_bytes()])),
    ];
    for (field, make) in cases {
        assert_eq!(make(text(limit)).check(), Ok(()));
        assert_eq!(make(text(limit + 1)).check(), too_long(field));
    }
    let rules = |count| Audience::any((0..count).map(|_| Audience::everyone()));
    assert_eq!(rules(limit).check(), Ok(()));
    let found = limit + 1;
    assert_eq!(
        rules(found).check(),
        Err(AudienceError::TooManyRules { found, limit })
    );
    let limit = 1 << 20;
    let found = limit + 1;
    let too_long = |list| Err(AudienceError::ListTooLong { list, found, limit });
    assert_eq!(attr("a").one_of(0..limit).check(), Ok(()));
    assert_eq!(attr("a").one_of(0..found).check(), too_long("one_of"));
    assert_eq!(Audience::units(0..found as u64).check(), too_long("units"));
}

#[test]
fn what_would_match_by_accident_is_refused() {
    let attribute = || "a".to_owned();
    for (audience, error) in [
        (attr("").is("x"), AudienceError::EmptyName),
        (Audience::units(["a", ""]), AudienceError::EmptyUnit),
        (Audience::units([Vec::new()]), AudienceError::EmptyUnit),
        (
            attr("a").starts_with(""),
            AudienceError::EmptyText {
                attribute: attribute(),
                operator: "starts_with",
            },
        ),
        (
            attr("a").ends_with(""),
            AudienceError::EmptyText {
                attribute: attribute(),
                operator: "ends_with",
            },
        ),
        (
            attr("a").contains(""),
            AudienceError::EmptyText {
                attribute: attribute(),
                operator: "contains",
            },
        ),
        (
            attr("a").one_of([1.0, f64::NAN]),
            AudienceError::NanOperand {
                attribute: attribute(),
                operator: "one_of",
            },
        ),
    ] {
        assert_eq!(audience.check(), Err(error.clone()));
        let hidden = attr("b")
            .exists()
            .or(attr("c").exists().and(audience.not()));
        assert_eq!(hidden.check(), Err(error));
    }
    assert!(Audience::all([]).matches(&Unit::from("u")));
    assert!(!Audience::any([]).matches(&Unit::from("u")));
    assert_eq!(attr("a").is("").check(), Ok(()));
}

#[test]
fn a_panic_of_the_attributes_reaches_the_caller_and_leaves_the_audience_whole() {
    struct Panics;
    impl Attributes for Panics {
        fn get(&self, _: &str) -> Option<Value<'_>> {
            panic!("no such request")
        }
    }
    let audience = attr("tier").is("internal").or(attr("age").at_least(18));
    let before = audience.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| matches(&audience, &Panics)));
    assert_eq!(
        outcome.unwrap_err().downcast_ref(),
        Some(&"no such request")
    );
    assert_eq!(audience, before);
    assert!(matches(&audience, &[("age", 18)]));
}

#[test]
fn values_of_a_megabyte_are_compared_whole() {
    let long = "x".repeat(1 << 20);
    let value = [("a", long.as_str())];
    assert!(matches(&attr("a").is(&long), &value));
    assert!(!matches(&attr("a").is(&long[1..]), &value));
    assert!(matches(&attr("a").ends_with(&long[1..]), &value));
    assert!(!matches(&attr("a").contains("xy"), &value));
}
