//! Audiences and attributes of every kind.

use proptest::prelude::*;

use super::{
    naive::{Cond, Tree, Val},
    patterns::any_pattern,
    texts,
};
use crate::naive::any_key;

fn any_number() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![-1.5, 0.0, 1.0, 2.0, 7.0, 25.0, 41.0, 2_000.0])
}

fn any_scalar() -> impl Strategy<Value = Val> {
    prop_oneof![
        4 => texts::any_text().prop_map(Val::Text),
        2 => any_number().prop_map(|number| match number.fract() {
            0.0 => Val::Int(number as i32),
            _ => Val::Float(number),
        }),
        1 => any::<bool>().prop_map(Val::Bool),
    ]
}

/// The value of an attribute: also what equals nothing, and lists of all that.
pub(crate) fn any_value() -> impl Strategy<Value = Val> {
    let odd = || prop::sample::select(vec![f64::NAN, f64::INFINITY, 1.2]).prop_map(Val::Float);
    let item = prop_oneof![9 => any_scalar(), 1 => odd(), 1 => Just(Val::List(Vec::new()))];
    prop_oneof![
        8 => any_scalar(),
        1 => odd(),
        3 => prop::collection::vec(item, 0..4).prop_map(Val::List),
    ]
}

/// Values of one list, and whether case is folded, which is for texts only.
fn any_list() -> impl Strategy<Value = (Vec<Val>, bool)> {
    let folded = prop::collection::vec(texts::any_text().prop_map(Val::Text), 0..12);
    prop_oneof![
        2 => prop::collection::vec(any_scalar(), 0..12).prop_map(|list| (list, false)),
        1 => folded.prop_map(|list| (list, true)),
    ]
}

fn any_one() -> impl Strategy<Value = (Val, bool)> {
    prop_oneof![
        2 => any_scalar().prop_map(|value| (value, false)),
        1 => texts::any_text().prop_map(|text| (Val::Text(text), true)),
    ]
}

fn any_bound() -> impl Strategy<Value = Cond> {
    prop_oneof![
        any_number().prop_map(Cond::AtLeast),
        any_number().prop_map(Cond::AtMost),
        any_number().prop_map(Cond::MoreThan),
        any_number().prop_map(Cond::LessThan),
    ]
}

/// What texts are converted for: numbers, or truth values.
fn any_converted() -> impl Strategy<Value = Cond> {
    let number = || any_number().prop_map(Val::Float);
    let truth = || any::<bool>().prop_map(Val::Bool);
    let one = || prop_oneof![number(), truth()];
    let list = || {
        prop_oneof![
            prop::collection::vec(number(), 0..10),
            prop::collection::vec(truth(), 0..3),
        ]
    };
    let cond = prop_oneof![
        any_bound(),
        one().prop_map(|value| Cond::Is(value, false)),
        one().prop_map(|value| Cond::IsNot(value, false)),
        list().prop_map(|list| Cond::OneOf(list, false)),
        list().prop_map(|list| Cond::NotOneOf(list, false)),
    ];
    cond.prop_map(|cond| Cond::Converted(Box::new(cond)))
}

pub(crate) fn any_cond() -> impl Strategy<Value = Cond> {
    let part = || texts::any_text().prop_filter("empty", |text| !text.is_empty());
    let parts = || (prop::collection::vec(part(), 0..4), any::<bool>());
    let sides = vec!["after", "before", "not_before", "not_after"];
    prop_oneof![
        1 => any_one().prop_map(|(value, fold)| Cond::Is(value, fold)),
        1 => any_one().prop_map(|(value, fold)| Cond::IsNot(value, fold)),
        1 => any_list().prop_map(|(list, fold)| Cond::OneOf(list, fold)),
        1 => any_list().prop_map(|(list, fold)| Cond::NotOneOf(list, fold)),
        1 => any_list().prop_map(|(list, fold)| Cond::AnyOf(list, fold)),
        1 => any_list().prop_map(|(list, fold)| Cond::AllOf(list.into_iter().take(2).collect(), fold)),
        1 => any_list().prop_map(|(list, fold)| Cond::NoneOf(list, fold)),
        1 => parts().prop_map(|(parts, fold)| Cond::Starts(parts, fold)),
        1 => parts().prop_map(|(parts, fold)| Cond::Ends(parts, fold)),
        1 => parts().prop_map(|(parts, fold)| Cond::Contains(parts, fold)),
        1 => any_bound(),
        2 => any_converted(),
        2 => texts::any_comparisons().prop_map(|(list, convert)| Cond::Semver(list, convert)),
        3 => (prop::sample::select(sides), texts::any_bound())
            .prop_map(|(side, bound)| Cond::Moment(side, bound)),
        2 => prop::collection::vec(texts::any_network(), 0..4).prop_map(Cond::Network),
        2 => (any_pattern(), any::<bool>()).prop_map(|(pattern, fold)| Cond::Regex(pattern, fold)),
        1 => Just(Cond::Exists),
    ]
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b"])
}

pub(crate) fn any_pairs() -> impl Strategy<Value = Vec<(&'static str, Val)>> {
    prop::collection::vec((any_name(), any_value()), 0..3)
}

pub(crate) fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        8 => (any_name(), any_cond()).prop_map(|(name, cond)| Tree::Attr(name, cond)),
        2 => any_cond().prop_map(Tree::Key),
        1 => prop::collection::vec(any_key(), 0..5).prop_map(Tree::Units),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::All),
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::Any),
            1 => inner.clone().prop_map(|part| Tree::Not(Box::new(part))),
            1 => (prop::sample::select(vec!["s", "t"]), inner)
                .prop_map(|(name, part)| Tree::Named(name, Box::new(part))),
        ]
    })
}
