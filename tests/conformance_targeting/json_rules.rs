//! Rules in JSON: conditions that choose among variants.

use serde_json::Value;
use switchstand::{
    Audience, Policy, Unit, attr,
    targeting::{Attribute, AudienceError},
};

use super::{Outcome, answered};

pub(crate) const MALFORMED: &str = "a malformed rule";

/// The operators that a rule uses, the name of its section.
pub(crate) fn operators(rule: &Value) -> String {
    fn walk(rule: &Value, found: &mut Vec<String>) {
        match rule {
            Value::Object(table) => {
                for (operator, operands) in table {
                    found.push(operator.clone());
                    walk(operands, found);
                }
            }
            Value::Array(list) => list.iter().for_each(|part| walk(part, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(rule, &mut found);
    found.retain(|operator| operator != "var" && operator != "if");
    found.sort();
    found.dedup();
    found.join("+")
}

/// What is not a malformed rule is an audience; one that is not a condition on text, but has an
/// operand of another type, also says when it can be judged.
struct Condition {
    holds: Audience,
    judged: Audience,
}

pub(crate) fn check(case: &Value) -> Outcome {
    let attributes: Vec<(String, Known)> = case["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(known)
        .collect();
    let flag = &case["flag"];
    let evaluators = &case["evaluators"];
    let mut rules = Vec::new();
    if branches(
        &flag["targeting"],
        evaluators,
        &Audience::everyone(),
        &mut rules,
    )
    .is_none()
    {
        return Outcome::Inexpressible(MALFORMED);
    }
    let mut policy = Policy::live_only("flag");
    let mut versions: Vec<String> = Vec::new();
    for (audience, variant) in rules {
        // A rule that chooses no variant leaves the default.
        let version = variant.unwrap_or("default".to_owned());
        if !versions.contains(&version) {
            versions.push(version.clone());
        }
        policy = policy.with_rule(audience, &version);
    }
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let key = case["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["key"] == "targetingKey");
    let key = key.map_or("nobody", |one| one["value"].as_str().unwrap());
    let found = match answered(&policy, &versions, Unit::from(key).with(&attributes)) {
        Ok(version) => version,
        Err(feature) => return Outcome::NotBuilt(feature),
    };
    let variants = flag["variants"].as_object().unwrap();
    let variant = if found == "default" || found == "live" {
        flag["default"].as_str()
    } else {
        Some(found.as_str())
    };
    let expected = case["expected"].as_str().unwrap();
    let value = variant
        .and_then(|variant| variants.get(variant))
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
    match value {
        Some(value) if value == expected => Outcome::Agrees,
        // No variant at all: what the caller brings along, which is none of the variants.
        None if variants.values().all(|value| value != expected) => Outcome::Agrees,
        other => Outcome::Differs(expected.to_owned(), format!("{other:?}")),
    }
}

#[derive(Clone)]
enum Known {
    Text(String),
    Number(f64),
    Truth(bool),
}

impl switchstand::targeting::AsValue for Known {
    fn as_value(&self) -> switchstand::targeting::Value<'_> {
        match self {
            Known::Text(text) => switchstand::targeting::Value::Text(text),
            Known::Number(number) => switchstand::targeting::Value::Float(*number),
            Known::Truth(truth) => switchstand::targeting::Value::Bool(*truth),
        }
    }
}

fn known(attribute: &Value) -> (String, Known) {
    let text = attribute["value"].as_str().unwrap();
    let value = match attribute["type"].as_str().unwrap() {
        "Integer" | "Float" | "Long" | "Double" => Known::Number(text.parse().unwrap()),
        "Boolean" => Known::Truth(text == "true"),
        _ => Known::Text(text.to_owned()),
    };
    (attribute["key"].as_str().unwrap().to_owned(), value)
}

/// Follows a rule and adds an audience for each way to a variant; `None` if it is malformed.
fn branches(
    rule: &Value,
    evaluators: &Value,
    around: &Audience,
    rules: &mut Vec<(Audience, Option<String>)>,
) -> Option<()> {
    match rule {
        Value::String(variant) => rules.push((around.clone(), Some(variant.clone()))),
        Value::Null => rules.push((around.clone(), None)),
        Value::Object(table) if table.contains_key("if") => {
            let parts = table["if"].as_array()?;
            let mut left = around.clone();
            let mut rest = parts.as_slice();
            while let [test, then, behind @ ..] = rest {
                let test = condition(test, evaluators)?;
                branches(
                    then,
                    evaluators,
                    &left.clone().and(test.holds.clone()),
                    rules,
                )?;
                left = left.and(test.holds.not());
                rest = behind;
            }
            match rest {
                [other] => branches(other, evaluators, &left, rules)?,
                _ => rules.push((left, None)),
            }
        }
        // A condition alone chooses the variant "true" or "false", or none if it cannot be judged.
        other => {
            let test = condition(other, evaluators)?;
            rules.push((
                around.clone().and(test.holds.clone()),
                Some("true".to_owned()),
            ));
            rules.push((around.clone().and(test.judged), Some("false".to_owned())));
        }
    }
    Some(())
}

fn condition(rule: &Value, evaluators: &Value) -> Option<Condition> {
    let (operator, operands) = rule.as_object()?.iter().next()?;
    if operator == "$ref" {
        return condition(evaluators.get(operands.as_str()?)?, evaluators);
    }
    let list: Vec<&Value> = match operands {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    let joined = |join: fn(Vec<Audience>) -> Audience| -> Option<Condition> {
        let parts: Option<Vec<_>> = list
            .iter()
            .map(|part| condition(part, evaluators))
            .collect();
        let holds = join(parts?.into_iter().map(|part| part.holds).collect());
        Some(Condition {
            holds,
            judged: Audience::everyone(),
        })
    };
    let always = |holds| {
        Some(Condition {
            holds,
            judged: Audience::everyone(),
        })
    };
    match (operator.as_str(), list.as_slice()) {
        ("and", _) => joined(Audience::all),
        ("or", _) => joined(Audience::any),
        ("!", [part]) => always(condition(part, evaluators)?.holds.not()),
        ("==" | "===", [left, right]) => always(equal(left, right)?),
        ("!=" | "!==", [left, right]) => always(equal(left, right)?.not()),
        ("in", [left, right]) => {
            if let Some(name) = var(left) {
                let values: Vec<&str> =
                    right.as_array()?.iter().filter_map(Value::as_str).collect();
                always(attr(name).one_of(values))
            } else {
                always(attr(var(right)?).contains(left.as_str()?))
            }
        }
        (">" | ">=" | "<" | "<=", [left, right]) => {
            let (name, bound) = (attr(var(left)?), right.as_f64()?);
            always(match operator.as_str() {
                ">" => name.more_than(bound),
                ">=" => name.at_least(bound),
                "<" => name.less_than(bound),
                _ => name.at_most(bound),
            })
        }
        ("starts_with" | "ends_with", [left, right]) => {
            let (name, text) = (var(left)?, right.as_str()?);
            let holds = if operator == "starts_with" {
                attr(name).starts_with(text)
            } else {
                attr(name).ends_with(text)
            };
            let is_text = attr(name).is("").or(attr(name).is_not(""));
            Some(Condition {
                holds,
                judged: is_text,
            })
        }
        ("sem_ver", [left, sign, right]) => {
            let version = || attr(var(left).unwrap_or_default()).convert();
            var(left)?;
            let holds = versions(version, sign.as_str()?, right.as_str()?)?;
            let judged = version().semver(">=0.0.0-0");
            Some(Condition { holds, judged })
        }
        _ => None,
    }
}

fn versions(version: impl Fn() -> Attribute, sign: &str, right: &str) -> Option<Audience> {
    let bare = right.trim_start_matches(['v', 'V']);
    let mut parts = bare.split(['.', '-', '+']).map(str::parse::<u64>);
    let major = parts.next()?.ok()?;
    let minor = parts.next().and_then(Result::ok).unwrap_or(0);
    let text = match sign {
        "=" | "!=" | "<" | "<=" | ">" | ">=" => format!("{sign}{right}"),
        // The same major, or the same major and minor, pre-releases of it included.
        "^" => format!(">={major}.0.0-0, <{}.0.0-0", major + 1),
        "~" => format!(">={major}.{minor}.0-0, <{major}.{}.0-0", minor + 1),
        _ => return None,
    };
    let audience = version().semver(text);
    // A build without the feature cannot tell, and says so when it compiles the policy.
    let malformed = matches!(audience.check(), Err(AudienceError::Malformed { .. }));
    (!malformed).then_some(audience)
}

fn equal(left: &Value, right: &Value) -> Option<Audience> {
    let (name, value) = match (var(left), var(right)) {
        (Some(name), None) => (name, right),
        (None, Some(name)) => (name, left),
        _ => return None,
    };
    Some(match value {
        Value::String(text) => attr(name).is(text.as_str()),
        Value::Bool(truth) => attr(name).is(*truth),
        Value::Number(number) => attr(name).is(number.as_f64()?),
        _ => return None,
    })
}

fn var(value: &Value) -> Option<&str> {
    match &value.as_object()?.get("var")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names.first()?.as_str(),
        _ => None,
    }
}
