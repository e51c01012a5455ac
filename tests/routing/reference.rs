//! One decision, written a second time and as plainly as possible.
//!
//! It shares nothing with the crate but the SipHash primitive: no compiled form, no short cuts,
//! the formulas of scheme `v1` in 128-bit integers for each unit anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::hash::Hasher as _;

use siphasher::{
    sip::SipHasher13,
    sip128::{Hasher128 as _, SipHasher24},
};
use switchstand::{Plan, Reason, Route, UnitKey};

use super::spec::{LIVE, Person, Spec, Technique};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    pub(crate) version: String,
    pub(crate) reason: Reason,
    pub(crate) arm: Option<String>,
    pub(crate) shadows: Vec<String>,
}

impl Decision {
    /// Reads a route of the crate by the labels of its plan.
    pub(crate) fn of(plan: &Plan, route: &Route) -> Decision {
        Decision {
            version: plan.version_of(route).unwrap().to_owned(),
            reason: route.reason(),
            arm: plan.arm_of(route).map(str::to_owned),
            shadows: plan.shadows_of(route).map(str::to_owned).collect(),
        }
    }
}

/// The unit's point: two SipHashes, the first of which makes the key of the second.
pub(crate) fn point(purpose: &str, salt: &str, label: &str, unit: &UnitKey) -> u64 {
    let mut message = Vec::new();
    for text in [purpose, salt, label] {
        message.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        message.extend(text.bytes());
    }
    let mut hasher = SipHasher24::new_with_key(&[0; 16]);
    hasher.write(&message);
    let key = hasher.finish128().as_bytes();
    let mut hasher = SipHasher13::new_with_key(&key);
    match unit {
        UnitKey::Text(text) => hasher.write(text.as_bytes()),
        UnitKey::Bytes(bytes) => hasher.write(bytes),
        UnitKey::U64(number) => hasher.write(&number.to_le_bytes()),
        UnitKey::U128(number) => hasher.write(&number.to_le_bytes()),
    }
    hasher.finish()
}

/// The slot of a point among `slots` equal ones.
pub(crate) fn slot(point: u64, slots: u128) -> u128 {
    (u128::from(point) * slots) >> 64
}

fn in_share(point: u64, nanos: u32) -> bool {
    slot(point, 1_000_000_000) < u128::from(nanos)
}

/// The label and version of the arm that the point falls into.
pub(crate) fn arm_at<'a>(
    point: u64,
    arms: &'a [(String, &'static str, u32)],
) -> (&'a str, &'static str) {
    let mut arms: Vec<_> = arms.iter().collect();
    arms.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
    let sum = arms.iter().map(|arm| u128::from(arm.2)).sum();
    let slot = slot(point, sum);
    let mut cumulative = 0;
    for (label, version, weight) in arms {
        cumulative += u128::from(*weight);
        if cumulative > slot {
            return (label, version);
        }
    }
    panic!("slot {slot} lies beyond all weights");
}

/// Decides for one person; none of the versions in `rejected` may answer or run.
pub(crate) fn decide(spec: &Spec, person: &Person, rejected: &[&str]) -> Decision {
    let (mut version, mut reason, mut arm) = serve(spec, person);
    if version != LIVE && rejected.contains(&version) {
        (version, reason, arm) = (LIVE, Reason::Killed, None);
    }
    let mut shadows: Vec<String> = spec
        .shadows
        .iter()
        .filter(|(shadow, _)| *shadow != version && !rejected.contains(shadow))
        .filter(|(shadow, nanos)| {
            let point = point("shadow", &spec.release, shadow, &person.key);
            in_share(point, *nanos)
        })
        .map(|(shadow, _)| (*shadow).to_owned())
        .collect();
    shadows.sort();
    Decision {
        version: version.to_owned(),
        reason,
        arm,
        shadows,
    }
}

fn serve(spec: &Spec, person: &Person) -> (&'static str, Reason, Option<String>) {
    let draw = |purpose, salt| point(purpose, salt, "", &person.key);
    let kept_out = spec.kept_out.unwrap_or(LIVE);
    if let Some((salt, nanos)) = &spec.holdout
        && in_share(draw("holdout", salt), *nanos)
    {
        return (kept_out, Reason::Holdout, None);
    }
    if let Some((_, version)) = spec.listed.iter().find(|(key, _)| *key == person.key) {
        return (version, Reason::Listed, None);
    }
    if let Some(version) = spec.rule_for(person) {
        return (version, Reason::Audience, None);
    }
    if spec.within.is_some() && spec.within != person.tier {
        return (kept_out, Reason::Audience, None);
    }
    if let Some((salt, from, to)) = &spec.layer {
        let point = draw("layer", salt);
        if in_share(point, *from) || !in_share(point, *to) {
            return (kept_out, Reason::Layer, None);
        }
    }
    let gate = draw("canary", &spec.release);
    match &spec.technique {
        Technique::LiveOnly => (LIVE, Reason::Live, None),
        Technique::Canary { version, nanos, .. } => {
            let version = if in_share(gate, *nanos) {
                version
            } else {
                LIVE
            };
            (version, Reason::Gate, Some(version.to_owned()))
        }
        Technique::AbTest {
            gate: Some(nanos), ..
        } if !in_share(gate, *nanos) => (LIVE, Reason::Gate, None),
        Technique::AbTest { arms, .. } => {
            let (label, version) = arm_at(draw("split", &spec.release), arms);
            (version, Reason::Split, Some(label.to_owned()))
        }
    }
}
