//! What the readers ask of the library; the one place to adapt when names change.

pub(crate) mod accumulators;
pub(crate) mod choices;
pub(crate) mod comparison;
pub(crate) mod evidence;
pub(crate) mod experiment;
pub(crate) mod guards;
pub(crate) mod records;
pub(crate) mod rollout;

use serde_json::{Value, json};
use switchstand::{Policy, Router, Secret, deployment::Deployments, pin::Pin};

use crate::units::{COUNT, with_unit};

pub(crate) const DIGITS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

/// Returns what of the first meaning still holds, where the rest has changed on purpose.
pub(crate) fn held(kind: &str, form: &Value, meaning: &Value) -> Value {
    match kind {
        "Setup" | "Part" => experiment::held(kind, meaning),
        "Operation" | "Change" | "Record" => records::held(kind, meaning),
        "Rollout" => rollout::held(form, meaning),
        "QuantileType" => choices::held(form, meaning),
        _ => meaning.clone(),
    }
}

/// Puts the listed units of a written policy in one order.
///
/// They are written in the order of their keys now, which means what any order means.
pub(crate) fn in_order(mut policy: Value) -> Value {
    let lists = policy.get_mut("units").and_then(Value::as_array_mut);
    for list in lists.into_iter().flatten() {
        let keys = list["keys"].as_array_mut().unwrap();
        keys.sort_by_key(Value::to_string);
    }
    policy
}

/// Reads the policy in a TOML text.
pub(crate) fn policy_of_toml(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<Policy>(text).unwrap()).unwrap()
}

/// Reads stored environments and routes all units: version, arm, reason and propensity of each.
pub(crate) fn routes_of(stored: &Value, secret: Option<u8>, pin: Option<&str>) -> Vec<Value> {
    let state: Deployments = serde_json::from_value(stored.clone()).unwrap();
    let labels: Vec<String> = state.iter().map(|one| one.label().to_owned()).collect();
    let models = labels.into_iter().map(|label| (label, ()));
    let mut builder = Router::builder("stored");
    if let Some(byte) = secret {
        builder = builder.secret(Secret::new([byte; 16]));
    }
    let router = builder.restore(state, models).unwrap();
    let pin: Option<Pin> = pin.map(|text| text.parse().unwrap());
    let route = |i| {
        with_unit(i, |unit, pinned| match pin.as_ref().filter(|_| pinned) {
            Some(pin) => router.route_pinned(unit, pin),
            None => router.route(unit),
        })
    };
    (0..COUNT)
        .map(|i| {
            let said = router.assignment(&route(i)).unwrap();
            json!([said.version, said.arm, said.reason, said.propensity])
        })
        .collect()
}

/// Says which versions are deployed, in which state, and how much of each is shed.
pub(crate) fn deployed(stored: &Value) -> Value {
    let state: Deployments = serde_json::from_value(stored.clone()).unwrap();
    let each = |one: &switchstand::deployment::Deployment| {
        json!([one.label(), one.state().to_string(), one.shed().nanos()])
    };
    json!([
        state.generation(),
        state.iter().map(each).collect::<Vec<_>>()
    ])
}
