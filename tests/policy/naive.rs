//! A second evaluator, as plain as can be, that the audience must agree with.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "code of a test")]

use std::cell::RefCell;
use std::cmp::Ordering;

use proptest::prelude::*;
use switchstand::{
    Attributes, Audience, UnitKey, attr,
    bucketing::Key,
    targeting::{AsValue, Attribute, Value},
};

#[derive(Clone, Debug)]
pub(crate) enum Val {
    Text(String),
    Int(i128),
    Float(f64),
    Bool(bool),
}

impl AsValue for Val {
    fn as_value(&self) -> Value<'_> {
        match self {
            Val::Text(text) => Value::Text(text),
            Val::Int(integer) => Value::Integer(*integer),
            Val::Float(float) => Value::Float(*float),
            Val::Bool(truth) => Value::Bool(*truth),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Cond {
    Is(Val),
    IsNot(Val),
    OneOf(Vec<Val>),
    Starts(String),
    Ends(String),
    Contains(String),
    AtLeast(Val),
    AtMost(Val),
    MoreThan(Val),
    LessThan(Val),
    Exists,
}

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Everyone,
    Attr(&'static str, Cond),
    Units(Vec<UnitKey>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

/// Attributes that write down which names were asked for.
pub(crate) struct Asked<'a> {
    pub(crate) pairs: &'a [(&'static str, Val)],
    pub(crate) log: RefCell<Vec<String>>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(pairs: &'a [(&'static str, Val)]) -> Asked<'a> {
        Asked {
            pairs,
            log: RefCell::default(),
        }
    }
}

impl Attributes for Asked<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.log.borrow_mut().push(name.to_owned());
        self.pairs
            .iter()
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_value())
    }
}

/// The number in units of 2^-20; exact for all numbers of the test, which are below 2^100.
fn scaled(value: &Val) -> Option<i128> {
    match value {
        Val::Int(integer) => Some(integer << 20),
        Val::Float(float) if float.is_nan() => None,
        Val::Float(float) => {
            let scaled = float * f64::from(1 << 20);
            assert_eq!(scaled.trunc(), scaled, "too fine for this test");
            Some(scaled as i128) // infinity becomes the last number, beyond all others
        }
        _ => None,
    }
}

fn order(value: &Val, bound: &Val) -> Option<Ordering> {
    Some(scaled(value)?.cmp(&scaled(bound)?))
}

fn same(value: &Val, other: &Val) -> Option<bool> {
    match (value, other) {
        (Val::Text(value), Val::Text(other)) => Some(value == other),
        (Val::Bool(value), Val::Bool(other)) => Some(value == other),
        (value, other) => order(value, other).map(|order| order == Ordering::Equal),
    }
}

fn text(value: &Val) -> Option<&str> {
    match value {
        Val::Text(text) => Some(text),
        _ => None,
    }
}

fn holds(cond: &Cond, value: &Val) -> bool {
    let yes = match cond {
        Cond::Is(other) => same(value, other),
        Cond::IsNot(other) => same(value, other).map(|same| !same),
        Cond::OneOf(others) => Some(others.iter().any(|other| same(value, other) == Some(true))),
        Cond::Starts(part) => text(value).map(|text| text.as_bytes().starts_with(part.as_bytes())),
        Cond::Ends(part) => text(value).map(|text| text.as_bytes().ends_with(part.as_bytes())),
        Cond::Contains(part) => text(value).map(|text| {
            text.as_bytes()
                .windows(part.len())
                .any(|window| window == part.as_bytes())
        }),
        Cond::AtLeast(bound) => order(value, bound).map(|order| order != Ordering::Less),
        Cond::AtMost(bound) => order(value, bound).map(|order| order != Ordering::Greater),
        Cond::MoreThan(bound) => order(value, bound).map(|order| order == Ordering::Greater),
        Cond::LessThan(bound) => order(value, bound).map(|order| order == Ordering::Less),
        Cond::Exists => Some(true),
    };
    yes.unwrap_or(false)
}

impl Tree {
    pub(crate) fn matches(&self, key: &UnitKey, asked: &Asked<'_>) -> bool {
        match self {
            Tree::Everyone => true,
            Tree::Attr(name, cond) => {
                asked.log.borrow_mut().push((*name).to_owned());
                asked
                    .pairs
                    .iter()
                    .find(|pair| pair.0 == *name)
                    .is_some_and(|pair| holds(cond, &pair.1))
            }
            Tree::Units(units) => units
                .iter()
                .any(|unit| match (unit.as_key(), key.as_key()) {
                    (Key::Text(a), Key::Text(b)) => a == b,
                    (Key::Bytes(a), Key::Bytes(b)) => a == b,
                    (Key::U64(a), Key::U64(b)) => a == b,
                    (Key::U128(a), Key::U128(b)) => a == b,
                    _ => false,
                }),
            Tree::All(parts) => parts.iter().all(|part| part.matches(key, asked)),
            Tree::Any(parts) => parts.iter().any(|part| part.matches(key, asked)),
            Tree::Not(part) => !part.matches(key, asked),
        }
    }

    /// Builds the audience as it is nested.
    pub(crate) fn build(&self) -> Audience {
        match self {
            Tree::Everyone => Audience::everyone(),
            Tree::Attr(name, cond) => rule(attr(*name), cond),
            Tree::Units(units) => Audience::units(units.iter().cloned()),
            Tree::All(parts) => Audience::all(parts.iter().map(Tree::build)),
            Tree::Any(parts) => Audience::any(parts.iter().map(Tree::build)),
            Tree::Not(part) => part.build().not(),
        }
    }

    /// Builds the audience with `and` and `or`, from the left or from the right.
    pub(crate) fn chain(&self, from_left: bool) -> Audience {
        let fold = |parts: &[Tree], join: fn(Audience, Audience) -> Audience| {
            let mut parts: Vec<Audience> = parts.iter().map(|part| part.chain(from_left)).collect();
            if from_left {
                parts.into_iter().reduce(join).unwrap()
            } else {
                let last = parts.pop().unwrap();
                parts
                    .into_iter()
                    .rfold(last, |right, left| join(left, right))
            }
        };
        match self {
            Tree::All(parts) => fold(parts, Audience::and),
            Tree::Any(parts) => fold(parts, Audience::or),
            Tree::Not(part) => part.chain(from_left).not(),
            leaf => leaf.build(),
        }
    }
}

fn rule(name: Attribute, cond: &Cond) -> Audience {
    let number = |value: &Val| match value {
        Val::Int(integer) => switchstand::targeting::Number::from(*integer),
        Val::Float(float) => switchstand::targeting::Number::from(*float),
        other => panic!("{other:?} is no bound"),
    };
    match cond {
        Cond::Is(value) => name.is(value),
        Cond::IsNot(value) => name.is_not(value),
        Cond::OneOf(values) => name.one_of(values),
        Cond::Starts(part) => name.starts_with(part),
        Cond::Ends(part) => name.ends_with(part),
        Cond::Contains(part) => name.contains(part),
        Cond::AtLeast(bound) => name.at_least(number(bound)),
        Cond::AtMost(bound) => name.at_most(number(bound)),
        Cond::MoreThan(bound) => name.more_than(number(bound)),
        Cond::LessThan(bound) => name.less_than(number(bound)),
        Cond::Exists => name.exists(),
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "", "a", "b", "ab", "aba", "é", "e\u{301}", "42", "true",
    ])
    .prop_map(str::to_owned)
}

fn any_number() -> impl Strategy<Value = Val> {
    let two53 = 1_i128 << 53;
    prop_oneof![
        prop::sample::select(vec![-1, 0, 1, 2, two53 - 1, two53, two53 + 1, -two53 - 1])
            .prop_map(Val::Int),
        prop::sample::select(vec![(1 << 64) + 1, -(1 << 70), i128::from(i64::MIN)])
            .prop_map(Val::Int),
        prop::sample::select(vec![
            -1.5,
            -0.0,
            0.0,
            0.5,
            1.0,
            2.0,
            9_007_199_254_740_992.0
        ])
        .prop_map(Val::Float),
        prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, -(2f64.powi(70))])
            .prop_map(Val::Float),
    ]
}

fn any_operand() -> impl Strategy<Value = Val> {
    prop_oneof![
        any_text().prop_map(Val::Text),
        any_number(),
        any::<bool>().prop_map(Val::Bool),
    ]
}

fn any_cond() -> impl Strategy<Value = Cond> {
    let part = || any_text().prop_filter("empty", |text| !text.is_empty());
    prop_oneof![
        any_operand().prop_map(Cond::Is),
        any_operand().prop_map(Cond::IsNot),
        prop::collection::vec(any_operand(), 1..6).prop_map(Cond::OneOf),
        part().prop_map(Cond::Starts),
        part().prop_map(Cond::Ends),
        part().prop_map(Cond::Contains),
        any_number().prop_map(Cond::AtLeast),
        any_number().prop_map(Cond::AtMost),
        any_number().prop_map(Cond::MoreThan),
        any_number().prop_map(Cond::LessThan),
        Just(Cond::Exists),
    ]
}

pub(crate) fn any_key() -> impl Strategy<Value = UnitKey> {
    prop_oneof![
        prop::sample::select(vec!["u", "42", "v"]).prop_map(UnitKey::from),
        prop::sample::select(vec![&b"u"[..], b"42", b"\0"]).prop_map(UnitKey::from),
        (40u64..43).prop_map(UnitKey::from),
        (40u128..43).prop_map(UnitKey::from),
    ]
}

pub(crate) fn any_pairs() -> impl Strategy<Value = Vec<(&'static str, Val)>> {
    let value = prop_oneof![9 => any_operand(), 1 => Just(Val::Float(f64::NAN))];
    prop::collection::vec((any_name(), value), 0..4)
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["tier", "age", "Tier"])
}

pub(crate) fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        1 => Just(Tree::Everyone),
        8 => (any_name(), any_cond()).prop_map(|(name, cond)| Tree::Attr(name, cond)),
        2 => prop::collection::vec(any_key(), 1..5).prop_map(Tree::Units),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 1..5).prop_map(Tree::All),
            2 => prop::collection::vec(inner.clone(), 1..5).prop_map(Tree::Any),
            1 => inner.prop_map(|part| Tree::Not(Box::new(part))),
        ]
    })
}
