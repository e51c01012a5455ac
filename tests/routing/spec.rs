//! Releases in a form that both the crate and the reference can read, and random ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use proptest::prelude::*;
use switchstand::{Arm, Plan, Policy, Share, Unit, UnitKey, attr};

/// The live version, and those deployed beside it.
pub(crate) const LIVE: &str = "v1";
pub(crate) const OTHERS: [&str; 3] = ["v2", "v3", "v4"];

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) release: String,
    pub(crate) holdout: Option<(String, u32)>,
    pub(crate) layer: Option<(String, u32, u32)>,
    pub(crate) listed: Vec<(UnitKey, &'static str)>,
    /// Tiers and the version that answers them.
    pub(crate) rules: Vec<(&'static str, &'static str)>,
    /// The only tier that takes part.
    pub(crate) within: Option<&'static str>,
    /// Who answers those who are kept out, if not the live version.
    pub(crate) kept_out: Option<&'static str>,
    pub(crate) technique: Technique,
    pub(crate) shadows: Vec<(&'static str, u32)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Technique {
    LiveOnly,
    Canary {
        version: &'static str,
        nanos: u32,
        or_for: Option<&'static str>,
    },
    AbTest {
        gate: Option<u32>,
        /// Label, version, weight.
        arms: Vec<(String, &'static str, u32)>,
    },
}

/// Somebody to be routed.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) key: UnitKey,
    pub(crate) tier: Option<&'static str>,
}

impl Person {
    pub(crate) fn anonymous(key: impl Into<UnitKey>) -> Person {
        Person {
            key: key.into(),
            tier: None,
        }
    }

    /// Lets `read` see the person as the crate's unit.
    pub(crate) fn as_unit<T>(&self, read: impl FnOnce(Unit<'_>) -> T) -> T {
        match self.tier {
            Some(tier) => read(Unit::from(&self.key).with(&[("tier", tier)])),
            None => read(Unit::from(&self.key)),
        }
    }
}

impl Spec {
    pub(crate) fn live_only(release: &str) -> Spec {
        Spec {
            release: release.to_owned(),
            holdout: None,
            layer: None,
            listed: Vec::new(),
            rules: Vec::new(),
            within: None,
            kept_out: None,
            technique: Technique::LiveOnly,
            shadows: Vec::new(),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let share = |nanos| Share::from_nanos(nanos).unwrap();
        let mut policy = match &self.technique {
            Technique::LiveOnly => Policy::live_only(&self.release),
            Technique::Canary {
                version,
                nanos,
                or_for,
            } => {
                let canary = Policy::canary(&self.release, version, share(*nanos));
                match or_for {
                    Some(tier) => canary.or_for(attr("tier").is(*tier)),
                    None => canary,
                }
            }
            Technique::AbTest { gate, arms } => {
                let arms = arms
                    .iter()
                    .map(|(label, version, weight)| Arm::new(label, version, *weight));
                let test = Policy::ab_test(&self.release, arms);
                match gate {
                    Some(nanos) => test.gate(share(*nanos)),
                    None => test,
                }
            }
        };
        if let Some(tier) = self.within {
            policy = policy.within(attr("tier").is(tier));
        }
        if let Some((salt, nanos)) = &self.holdout {
            policy = policy.with_holdout(salt, share(*nanos));
        }
        if let Some((salt, from, to)) = &self.layer {
            policy = policy.with_layer(salt, share(*from), share(*to));
        }
        for (key, version) in &self.listed {
            policy = policy.with_units(version, [key.clone()]);
        }
        for (tier, version) in &self.rules {
            policy = policy.with_rule(attr("tier").is(*tier), version);
        }
        if let Some(version) = self.kept_out {
            policy = policy.with_kept_out(version);
        }
        for (version, nanos) in &self.shadows {
            policy = policy.with_shadow(version, share(*nanos));
        }
        policy
    }

    /// Returns the version that the first matching audience rule names.
    pub(crate) fn rule_for(&self, person: &Person) -> Option<&'static str> {
        let or_for = match self.technique {
            Technique::Canary {
                version,
                or_for: Some(tier),
                ..
            } => Some((tier, version)),
            _ => None,
        };
        let mut rules = self.rules.iter().copied().chain(or_for);
        rules
            .find(|(tier, _)| Some(*tier) == person.tier)
            .map(|(_, version)| version)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.policy().compile(LIVE, OTHERS).unwrap()
    }
}

const TIERS: [&str; 3] = ["internal", "beta", "gold"];

pub(crate) fn tiers() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&TIERS[..])
}

pub(crate) fn names() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z0-9-]{1,12}", 1 => "\\PC{1,12}"]
}

pub(crate) fn any_version() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![LIVE, "v2", "v3", "v4"])
}

fn other_version() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&OTHERS[..])
}

/// Shares in parts of 10^9, with both ends and their neighbours.
pub(crate) fn shares() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(999_999_999),
        Just(1_000_000_000),
        0u32..=1_000_000_000,
        (0u32..=100).prop_map(|percent| percent * 10_000_000),
    ]
}

pub(crate) fn keys() -> impl Strategy<Value = UnitKey> {
    prop_oneof![
        "[a-z0-9-]{1,20}".prop_map(UnitKey::Text),
        "\\PC{1,8}".prop_map(UnitKey::Text),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(UnitKey::Bytes),
        any::<u64>().prop_map(UnitKey::U64),
        any::<u128>().prop_map(UnitKey::U128),
    ]
}

pub(crate) fn people() -> impl Strategy<Value = Vec<Person>> {
    let person = (keys(), prop::option::of(tiers())).prop_map(|(key, tier)| Person { key, tier });
    prop::collection::vec(person, 1..40)
}

/// Between one and eight arms of which at least one weighs something.
pub(crate) fn arms() -> impl Strategy<Value = Vec<(String, &'static str, u32)>> {
    let weight = prop_oneof![Just(0), Just(1), 1u32..100, any::<u32>()];
    prop::collection::btree_map(names(), (any_version(), weight), 1..8)
        .prop_map(|arms| {
            arms.into_iter()
                .map(|(label, (version, weight))| (label, version, weight))
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
        .prop_filter("no weight", |arms| {
            arms.iter().any(|(_, _, weight)| *weight > 0)
        })
}

fn techniques() -> impl Strategy<Value = Technique> {
    let canary = (other_version(), shares(), prop::option::of(tiers())).prop_map(
        |(version, nanos, or_for)| Technique::Canary {
            version,
            nanos,
            or_for,
        },
    );
    let test = (prop::option::of(shares()), arms())
        .prop_map(|(gate, arms)| Technique::AbTest { gate, arms });
    prop_oneof![1 => Just(Technique::LiveOnly), 3 => canary, 4 => test]
}

/// Random releases; some of `people` are listed by name.
pub(crate) fn specs(people: &[Person]) -> impl Strategy<Value = Spec> + use<> {
    let mut keys: Vec<UnitKey> = people.iter().map(|person| person.key.clone()).collect();
    keys.sort();
    keys.dedup();
    let few = keys.len().min(3);
    let listed = (
        prop::sample::subsequence(keys, 0..=few),
        prop::collection::vec(any_version(), 3),
    );
    let layer = (names(), shares(), shares())
        .prop_filter("empty", |(_, from, to)| from != to)
        .prop_map(|(salt, from, to)| (salt, from.min(to), from.max(to)));
    // The live version is not shadowed alone, where it would be the only one that answers.
    let shadows = prop::collection::btree_map(other_version(), shares(), 0..3);
    (
        (names(), techniques(), listed, shadows),
        prop::option::of((names(), shares())),
        prop::option::of(layer),
        prop::collection::vec((tiers(), any_version()), 0..3),
        (prop::option::of(tiers()), prop::option::of(any_version())),
    )
        .prop_map(
            |((release, technique, listed, shadows), holdout, layer, rules, (within, kept_out))| {
                Spec {
                    kept_out,
                    within: within.filter(|_| !matches!(technique, Technique::LiveOnly)),
                    release,
                    holdout,
                    layer,
                    listed: listed.0.into_iter().zip(listed.1).collect(),
                    rules,
                    technique,
                    shadows: shadows.into_iter().collect(),
                }
            },
        )
}

/// Random releases together with people some of whom they list.
pub(crate) fn releases() -> impl Strategy<Value = (Spec, Vec<Person>)> {
    people().prop_flat_map(|people| (specs(&people), Just(people)))
}
