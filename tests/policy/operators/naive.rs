//! A second evaluator of every operator, as plain as can be.

use switchstand::{
    Audience, UnitKey, attr,
    targeting::{AsValue, Attribute, Number, Value},
};

use super::{patterns::Pattern, texts};

#[derive(Clone, Debug)]
pub(crate) enum Val {
    Text(String),
    Int(i32),
    Float(f64),
    Bool(bool),
    List(Vec<Val>),
}

impl AsValue for Val {
    fn as_value(&self) -> Value<'_> {
        match self {
            Val::Text(text) => Value::Text(text),
            Val::Int(integer) => Value::Integer((*integer).into()),
            Val::Float(float) => Value::Float(*float),
            Val::Bool(truth) => Value::Bool(*truth),
            Val::List(items) => Value::List(items),
        }
    }
}

/// What is asked, with whether case is folded or texts are converted.
#[derive(Clone, Debug)]
pub(crate) enum Cond {
    Is(Val, bool),
    IsNot(Val, bool),
    OneOf(Vec<Val>, bool),
    NotOneOf(Vec<Val>, bool),
    AnyOf(Vec<Val>, bool),
    AllOf(Vec<Val>, bool),
    NoneOf(Vec<Val>, bool),
    Starts(Vec<String>, bool),
    Ends(Vec<String>, bool),
    Contains(Vec<String>, bool),
    AtLeast(f64),
    AtMost(f64),
    MoreThan(f64),
    LessThan(f64),
    Converted(Box<Cond>),
    Semver(Vec<(&'static str, String)>, bool),
    Moment(&'static str, String),
    Network(Vec<String>),
    Regex(Pattern, bool),
    Exists,
}

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Attr(&'static str, Cond),
    Key(Cond),
    Units(Vec<UnitKey>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Named(&'static str, Box<Tree>),
}

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(integer) => Some(f64::from(*integer)),
        Val::Float(float) if !float.is_nan() => Some(*float),
        _ => None,
    }
}

fn text(value: &Val, fold: bool) -> Option<String> {
    let Val::Text(text) = value else { return None };
    Some(if fold { low(text) } else { text.clone() })
}

fn low(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower
        .map(|sign| if sign == 'ς' { 'σ' } else { sign })
        .collect()
}

/// 0 for text, 1 for numbers, 2 for truth values; none for what equals nothing.
fn kind(value: &Val) -> Option<u8> {
    match value {
        Val::Text(_) => Some(0),
        Val::Int(_) | Val::Float(_) => number(value).map(|_| 1),
        Val::Bool(_) => Some(2),
        Val::List(_) => None,
    }
}

fn same(value: &Val, other: &Val, fold: bool) -> bool {
    match (value, other) {
        (Val::Bool(value), Val::Bool(other)) => value == other,
        (Val::Text(_), Val::Text(_)) => text(value, fold) == text(other, fold),
        _ => number(value).is_some() && number(value) == number(other),
    }
}

fn among(value: &Val, others: &[Val], fold: bool) -> bool {
    others.iter().any(|other| same(value, other, fold))
}

fn pieces(value: &Val, parts: &[String], fold: bool, stands: fn(&str, &str) -> bool) -> bool {
    let part = |part: &String| if fold { low(part) } else { part.clone() };
    text(value, fold).is_some_and(|text| parts.iter().any(|one| stands(&text, &part(one))))
}

impl Cond {
    pub(crate) fn operator(&self) -> &'static str {
        match self {
            Cond::Is(..) => "is",
            Cond::IsNot(..) => "is_not",
            Cond::OneOf(..) => "one_of",
            Cond::NotOneOf(..) => "not_one_of",
            Cond::AnyOf(..) => "any_of",
            Cond::AllOf(..) => "all_of",
            Cond::NoneOf(..) => "none_of",
            Cond::Starts(..) => "starts_with",
            Cond::Ends(..) => "ends_with",
            Cond::Contains(..) => "contains",
            Cond::AtLeast(_) => "at_least",
            Cond::AtMost(_) => "at_most",
            Cond::MoreThan(_) => "more_than",
            Cond::LessThan(_) => "less_than",
            Cond::Converted(cond) => cond.operator(),
            Cond::Semver(..) => "semver",
            Cond::Moment(side, _) => side,
            Cond::Network(_) => "in_network",
            Cond::Regex(..) => "regex",
            Cond::Exists => "exists",
        }
    }

    pub(crate) fn holds(&self, value: &Val) -> bool {
        let bounded = |bound: f64, holds: fn(&f64, &f64) -> bool| {
            number(value).is_some_and(|number| holds(&number, &bound))
        };
        match self {
            Cond::Is(other, fold) => same(value, other, *fold),
            Cond::IsNot(other, fold) => {
                kind(value).is_some() && kind(value) == kind(other) && !same(value, other, *fold)
            }
            Cond::OneOf(others, fold) => among(value, others, *fold),
            Cond::NotOneOf(others, fold) => {
                let speaks =
                    others.is_empty() || others.iter().any(|other| kind(other) == kind(value));
                kind(value).is_some() && speaks && !among(value, others, *fold)
            }
            Cond::AnyOf(others, fold) => match value {
                Val::List(items) => items.iter().any(|item| among(item, others, *fold)),
                _ => false,
            },
            Cond::AllOf(others, fold) => match value {
                Val::List(items) => others.iter().all(|other| among(other, items, *fold)),
                _ => false,
            },
            Cond::NoneOf(others, fold) => match value {
                Val::List(items) => !items.iter().any(|item| among(item, others, *fold)),
                _ => false,
            },
            Cond::Starts(parts, fold) => {
                pieces(value, parts, *fold, |text, part| text.starts_with(part))
            }
            Cond::Ends(parts, fold) => {
                pieces(value, parts, *fold, |text, part| text.ends_with(part))
            }
            Cond::Contains(parts, fold) => {
                pieces(value, parts, *fold, |text, part| text.contains(part))
            }
            Cond::AtLeast(bound) => bounded(*bound, f64::ge),
            Cond::AtMost(bound) => bounded(*bound, f64::le),
            Cond::MoreThan(bound) => bounded(*bound, f64::gt),
            Cond::LessThan(bound) => bounded(*bound, f64::lt),
            Cond::Converted(cond) => match value {
                Val::Text(text) => match text.as_str() {
                    "true" | "false" => cond.holds(&Val::Bool(text == "true")),
                    text => {
                        texts::number(text).is_some_and(|number| cond.holds(&Val::Float(number)))
                    }
                },
                other => cond.holds(other),
            },
            Cond::Semver(comparisons, convert) => {
                let spelt = match value {
                    Val::Text(text) => text.clone(),
                    Val::Int(integer) if *convert => integer.to_string(),
                    Val::Float(float) if *convert => float.to_string(),
                    _ => return false,
                };
                comparisons
                    .iter()
                    .all(|(sign, version)| texts::is_version(&spelt, sign, version, *convert))
            }
            Cond::Moment(side, bound) => match value {
                Val::Text(text) => texts::is_moment(text, side, bound),
                _ => false,
            },
            Cond::Network(networks) => match value {
                Val::Text(text) => networks
                    .iter()
                    .any(|network| texts::is_within(text, network)),
                _ => false,
            },
            Cond::Regex(pattern, fold) => match value {
                Val::Text(text) => pattern.is_found(text, *fold),
                _ => false,
            },
            Cond::Exists => true,
        }
    }

    fn build(&self, name: Attribute) -> Audience {
        let folded = |fold: bool| {
            if fold {
                name.clone().fold_case()
            } else {
                name.clone()
            }
        };
        match self {
            Cond::Is(other, fold) => folded(*fold).is(other),
            Cond::IsNot(other, fold) => folded(*fold).is_not(other),
            Cond::OneOf(others, fold) => folded(*fold).one_of(others),
            Cond::NotOneOf(others, fold) => folded(*fold).not_one_of(others),
            Cond::AnyOf(others, fold) => folded(*fold).any_of(others),
            Cond::AllOf(others, fold) => folded(*fold).all_of(others),
            Cond::NoneOf(others, fold) => folded(*fold).none_of(others),
            Cond::Starts(parts, fold) => folded(*fold).starts_with_any(parts),
            Cond::Ends(parts, fold) => folded(*fold).ends_with_any(parts),
            Cond::Contains(parts, fold) => folded(*fold).contains_any(parts),
            Cond::AtLeast(bound) => name.at_least(Number::from(*bound)),
            Cond::AtMost(bound) => name.at_most(Number::from(*bound)),
            Cond::MoreThan(bound) => name.more_than(Number::from(*bound)),
            Cond::LessThan(bound) => name.less_than(Number::from(*bound)),
            Cond::Converted(cond) => cond.build(name.convert()),
            Cond::Semver(comparisons, convert) => {
                let parts: Vec<String> = comparisons
                    .iter()
                    .map(|(sign, version)| format!("{sign}{version}"))
                    .collect();
                let name = if *convert { name.convert() } else { name };
                name.semver(parts.join(", "))
            }
            Cond::Moment("after", text) => name.after(text),
            Cond::Moment("before", text) => name.before(text),
            Cond::Moment("not_before", text) => name.not_before(text),
            Cond::Moment(_, text) => name.not_after(text),
            Cond::Network(networks) => name.in_network(networks),
            Cond::Regex(pattern, fold) => folded(*fold).regex(pattern.to_string()),
            Cond::Exists => name.exists(),
        }
    }
}

impl Tree {
    pub(crate) fn matches(&self, key: &UnitKey, pairs: &[(&'static str, Val)]) -> bool {
        match self {
            Tree::Attr(name, cond) => {
                let value = pairs.iter().find(|pair| pair.0 == *name);
                value.is_some_and(|pair| cond.holds(&pair.1))
            }
            Tree::Key(cond) => match key {
                UnitKey::Text(text) => cond.holds(&Val::Text(text.clone())),
                UnitKey::U64(number) => cond.holds(&Val::Float(*number as f64)),
                UnitKey::U128(number) => cond.holds(&Val::Float(*number as f64)),
                UnitKey::Bytes(_) => matches!(cond, Cond::Exists),
            },
            Tree::Units(units) => units.contains(key),
            Tree::All(parts) => parts.iter().all(|part| part.matches(key, pairs)),
            Tree::Any(parts) => parts.iter().any(|part| part.matches(key, pairs)),
            Tree::Not(part) => !part.matches(key, pairs),
            Tree::Named(_, part) => part.matches(key, pairs),
        }
    }

    pub(crate) fn build(&self) -> Audience {
        match self {
            Tree::Attr(name, cond) => cond.build(attr(*name)),
            Tree::Key(cond) => cond.build(Audience::key()),
            Tree::Units(units) => Audience::units(units.iter().cloned()),
            Tree::All(parts) => Audience::all(parts.iter().map(Tree::build)),
            Tree::Any(parts) => Audience::any(parts.iter().map(Tree::build)),
            Tree::Not(part) => part.build().not(),
            Tree::Named(name, part) => part.build().named(name),
        }
    }

    pub(crate) fn has_segment(&self) -> bool {
        match self {
            Tree::Attr(..) | Tree::Key(_) | Tree::Units(_) => false,
            Tree::All(parts) | Tree::Any(parts) => parts.iter().any(Tree::has_segment),
            Tree::Not(part) => part.has_segment(),
            Tree::Named(..) => true,
        }
    }
}
