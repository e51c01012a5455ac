//! Audiences against a second evaluator, and the laws of attributes.

#[cfg(feature = "serde")]
mod serial;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::naive::{Asked, Val, any_key, any_pairs, any_tree};
use proptest::prelude::*;
use switchstand::{
    Attributes, Audience, Unit, UnitKey, attr,
    targeting::{Number, Value},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_audience_matches_whom_the_naive_evaluator_matches_and_asks_as_little(
        tree in any_tree(), key in any_key(), pairs in any_pairs()
    ) {
        let expected = Asked::new(&pairs);
        let verdict = tree.matches(&key, &expected);
        for audience in [tree.build(), tree.chain(true), tree.chain(false)] {
            prop_assert_eq!(audience.check(), Ok(()));
            let asked = Asked::new(&pairs);
            prop_assert_eq!(audience.matches(&Unit::from(&key).with(&asked)), verdict, "{}", audience);
            prop_assert_eq!(&*asked.log.borrow(), &*expected.log.borrow(), "{}", audience);
        }
    }

    #[test]
    fn a_unit_without_attributes_is_as_one_with_none_of_them(tree in any_tree(), key in any_key()) {
        let audience = tree.build();
        let unit = Unit::from(&key);
        prop_assert_eq!(audience.matches(&unit), tree.matches(&key, &Asked::new(&[])));
        prop_assert_eq!(audience.matches(&unit.with(&())), audience.matches(&unit));
    }

    #[test]
    fn chains_from_the_left_and_from_the_right_are_equal(tree in any_tree()) {
        let (left, right) = (tree.chain(true), tree.chain(false));
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(left.clone(), left.clone());
        prop_assert_ne!(left.clone().not(), left.clone());
        prop_assert_eq!(left.to_string(), right.to_string());
    }

    #[test]
    fn a_long_list_is_searched_as_a_set(
        listed in prop::collection::vec(any::<u16>(), 1..300), asked in any::<u16>()
    ) {
        let expected = listed.contains(&asked);
        let units = Audience::units(listed.iter().map(|id| u64::from(*id)));
        let values = attr("id").one_of(&listed);
        prop_assert_eq!(units.matches(&Unit::from(u64::from(asked))), expected);
        prop_assert_eq!(values.matches(&Unit::from("u").with(&[("id", asked)])), expected);
        let texts = attr("id").one_of(listed.iter().map(|id| id.to_string()));
        prop_assert_eq!(texts.matches(&Unit::from("u").with(&[("id", asked.to_string())])), expected);
    }
}

#[test]
fn every_container_gives_the_same_answers() {
    let array = [("tier", "internal"), ("country", "es")];
    let slice: &[(&str, &str)] = &array;
    let vec: Vec<(String, String)> = array.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let hash: HashMap<String, String> = vec.iter().cloned().collect();
    let borrowed: HashMap<&str, Cow<'_, str>> = array.map(|(k, v)| (k, v.into())).into();
    let tree: BTreeMap<&str, Value<'_>> = array.map(|(k, v)| (k, v.into())).into();
    let owned: BTreeMap<String, Arc<str>> = array.map(|(k, v)| (k.to_owned(), v.into())).into();
    let boxed: Box<dyn Attributes> = Box::new(array);
    let shared: Arc<dyn Attributes> = Arc::new(array);
    let all: [&dyn Attributes; 11] = [
        &array,
        &slice,
        &vec,
        &hash,
        &borrowed,
        &tree,
        &owned,
        &boxed,
        &shared,
        &Some(array),
        &&array,
    ];
    for attributes in all {
        assert_eq!(attributes.get("tier"), Some(Value::Text("internal")));
        assert_eq!(attributes.get("country"), Some(Value::Text("es")));
        assert_eq!(attributes.get("Tier"), None);
        assert_eq!(attributes.get(""), None);
    }
    let nothing: [&dyn Attributes; 3] =
        [&(), &None::<[(&str, &str); 1]>, &Vec::<(String, u8)>::new()];
    assert!(
        nothing
            .iter()
            .all(|attributes| attributes.get("tier").is_none())
    );
}

#[test]
fn every_type_of_value_is_viewed_as_its_kind() {
    let one = Value::Integer(1);
    assert_eq!(Attributes::get(&[("n", 1u8)], "n"), Some(one));
    assert_eq!(Attributes::get(&[("n", 1i64)], "n"), Some(one));
    assert_eq!(Attributes::get(&[("n", 1usize)], "n"), Some(one));
    assert_eq!(Attributes::get(&[("n", 1.0f32)], "n"), Some(one));
    assert_eq!(Attributes::get(&[("n", Value::from(1))], "n"), Some(one));
    assert_eq!(
        Attributes::get(&[("n", true)], "n"),
        Some(Value::Bool(true))
    );
    assert_ne!(Attributes::get(&[("n", true)], "n"), Some(one));
    assert_ne!(Attributes::get(&[("n", "1")], "n"), Some(one));
    assert_ne!(Value::Float(f64::NAN), Value::Float(f64::NAN));
}

#[test]
fn is_not_needs_the_attribute_and_not_is_does_not() {
    let there = attr("tier").is_not("internal");
    let anyone = attr("tier").is("internal").not();
    let paid = [("tier", "paid")];
    let number = [("tier", 1)];
    for (unit, is_not, not_is) in [
        (Unit::from("u").with(&paid), true, true),
        (Unit::from("u").with(&[("tier", "internal")]), false, false),
        (Unit::from("u").with(&number), false, true),
        (Unit::from("u"), false, true),
    ] {
        assert_eq!(there.matches(&unit), is_not);
        assert_eq!(anyone.matches(&unit), not_is);
    }
}

#[test]
fn the_order_of_a_list_and_its_duplicates_do_not_count() {
    assert_eq!(
        Audience::units(["b", "a", "b"]),
        Audience::units(["a", "b"])
    );
    assert_ne!(Audience::units(["a"]), Audience::units(["a", "b"]));
    assert_eq!(attr("n").one_of([2, 1, 2]), attr("n").one_of([1.0, 2.0]));
    assert_ne!(attr("n").one_of([1]), attr("n").is(1));
    assert_ne!(attr("n").is("1"), attr("n").is(1));
}

#[test]
fn words_tell_what_is_asked() {
    let tier = || attr("tier").is("internal");
    let country = || attr("country").one_of(["pt", "es"]);
    let mixed = [
        UnitKey::from("42"),
        42u64.into(),
        vec![0, 255].into(),
        7u128.into(),
    ];
    for (audience, words) in [
        (
            tier().or(country()),
            "tier is internal or country is one of es, pt",
        ),
        (
            tier().and(country().or(attr("age").at_least(18))),
            "tier is internal and (country is one of es, pt or age is at least 18)",
        ),
        (
            tier().not().and(country()),
            "not (tier is internal) and country is one of es, pt",
        ),
        (
            tier().or(country()).not(),
            "not (tier is internal or country is one of es, pt)",
        ),
        (tier().not().not(), "not (not (tier is internal))"),
        (
            tier().and(country()).or(tier().and(attr("a").exists())),
            "(tier is internal and country is one of es, pt) or (tier is internal and a exists)",
        ),
        (attr("tier").is("18"), "tier is \"18\""),
        (attr("tier").is(18), "tier is 18"),
        (attr("the tier").is(""), "\"the tier\" is \"\""),
        (attr("x").is(true), "x is true"),
        (attr("x").is("true"), "x is \"true\""),
        (attr("x").is("a, b"), "x is \"a, b\""),
        (attr("x").is_not(1.5), "x is there and not 1.5"),
        (attr("x").starts_with("a"), "x starts with a"),
        (
            attr("x").ends_with("@a.example"),
            "x ends with \"@a.example\"",
        ),
        (attr("x").contains("b@a.example"), "x contains b@a.example"),
        (attr("x").at_most(-0.5), "x is at most -0.5"),
        (attr("x").more_than(f64::INFINITY), "x is more than inf"),
        (attr("x").less_than(1e300), "x is less than 1e300"),
        (
            Audience::units(mixed),
            "unit is one of \"42\", bytes 00ff, 42, u128 7",
        ),
        (
            Audience::units(0..10_000u64),
            "unit is one of 0, 1, 2, 3, 4, 5, 6, 7 and 9992 more",
        ),
        (
            Audience::units(0..8u64),
            "unit is one of 0, 1, 2, 3, 4, 5, 6, 7",
        ),
        (
            Audience::units(0..9u64),
            "unit is one of 0, 1, 2, 3, 4, 5, 6, 7 and 1 more",
        ),
        (Audience::units(0..0u64), "unit is one of nothing"),
        (Audience::everyone().not(), "not (everyone)"),
        (Audience::any([]), "any of nothing"),
    ] {
        assert_eq!(audience.to_string(), words);
        assert_eq!(format!("{audience:?}"), format!("Audience({words})"));
    }
}

#[test]
fn bounds_hold_on_both_sides() {
    type Bound = fn(switchstand::targeting::Attribute, Number) -> Audience;
    let cases: [(Bound, [bool; 3]); 4] = [
        (|a, n| a.at_least(n), [false, true, true]),
        (|a, n| a.at_most(n), [true, true, false]),
        (|a, n| a.more_than(n), [false, false, true]),
        (|a, n| a.less_than(n), [true, false, false]),
    ];
    for (make, expected) in cases {
        for (value, expected) in [17, 18, 19].into_iter().zip(expected) {
            let audience = make(attr("age"), 18.into());
            let (whole, float) = ([("age", value)], [("age", f64::from(value))]);
            assert_eq!(audience.matches(&Unit::from("u").with(&whole)), expected);
            assert_eq!(audience.matches(&Unit::from("u").with(&float)), expected);
        }
    }
}

#[test]
fn audiences_cross_threads_and_stay_small() {
    fn crosses<T: Send + Sync + Clone + 'static>() {}
    crosses::<Audience>();
    crosses::<switchstand::targeting::AudienceError>();
    crosses::<switchstand::targeting::Attribute>();
    crosses::<Number>();
    assert!(size_of::<Audience>() <= 72);
    assert!(size_of::<Option<Value<'_>>>() <= 32);
    let val = Val::Text(String::new());
    assert_eq!(Attributes::get(&[("x", val)], "x"), Some(Value::Text("")));
}
