//! R1, R2, R3 and R5 for random releases and units.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use super::reference::{Decision, decide};
use super::spec::{
    LIVE, OTHERS, Person, Spec, Technique, arms, keys, names, people, releases, shares,
};
use proptest::prelude::*;
use switchstand::{Plan, Policy, Router};

fn decision(plan: &Plan, person: &Person) -> Decision {
    Decision::of(plan, &person.as_unit(|unit| plan.route(unit)))
}

fn router_of(policy: Policy) -> Router<&'static str> {
    let router = Router::new("laws", LIVE, LIVE).unwrap();
    for version in OTHERS {
        router.deploy(version, version).unwrap();
        router.validate(version, |_| Ok::<_, ()>(())).unwrap();
    }
    router.release(policy).unwrap();
    router
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn r1_every_plan_decides_as_the_reference_does((spec, people) in releases()) {
        let plan = spec.plan();
        for person in &people {
            prop_assert_eq!(decision(&plan, person), decide(&spec, person, &[]));
        }
    }

    #[test]
    fn r1_a_plan_compiled_again_decides_alike_in_another_thread((spec, people) in releases()) {
        let plan = spec.plan();
        let here: Vec<_> = people.iter().map(|p| p.as_unit(|unit| plan.route(unit))).collect();
        let there: Vec<_> = std::thread::scope(|scope| {
            let again = scope.spawn(|| {
                let plan = spec.plan();
                people.iter().map(|p| p.as_unit(|unit| plan.route(unit))).collect()
            });
            again.join().unwrap()
        });
        prop_assert_eq!(here, there);
    }

    #[test]
    fn r1_the_order_of_deployment_changes_no_decision((spec, people) in releases()) {
        let plan = spec.plan();
        let other = spec.policy().compile(LIVE, ["v9", "v4", "v3", "v2"]).unwrap();
        prop_assert_eq!(plan.fingerprint(), other.fingerprint());
        for person in &people {
            prop_assert_eq!(decision(&plan, person), decision(&other, person));
        }
    }

    #[test]
    fn r1_router_and_plan_decide_alike((spec, people) in releases()) {
        let plan = spec.plan();
        let router = router_of(spec.policy());
        let current = router.current();
        prop_assert_eq!(current.fingerprint(), plan.fingerprint());
        for person in &people {
            let expected = decision(&plan, person);
            let route = person.as_unit(|unit| router.route(unit));
            prop_assert_eq!(&Decision::of(&current, &route), &expected);
            let ticket = person.as_unit(|unit| router.admit(unit));
            prop_assert_eq!(ticket.route(), &route);
            prop_assert_eq!(*ticket.model(), expected.version.as_str());
        }
    }

    #[test]
    fn r1_the_short_cuts_of_simple_policies_decide_as_the_reference_does(
        release in names(), arms in arms(), gate in shares(), canary in shares(), people in people()
    ) {
        // What a router answers from a single draw, without asking the plan.
        for technique in [
            Technique::LiveOnly,
            Technique::Canary { version: "v2", nanos: canary, or_for: None },
            Technique::AbTest { gate: None, arms: arms.clone() },
            Technique::AbTest { gate: None, arms: arms.iter().take(2).cloned().collect() },
            Technique::AbTest { gate: Some(gate), arms: arms[..1].to_vec() },
        ] {
            if matches!(&technique, Technique::AbTest { arms, .. } if arms.iter().all(|a| a.2 == 0))
            {
                continue;
            }
            let spec = Spec { technique, ..Spec::live_only(&release) };
            let router = router_of(spec.policy());
            let plan = router.current();
            for person in &people {
                let expected = decide(&spec, person, &[]);
                for _ in 0..2 {
                    let route = person.as_unit(|unit| router.route(unit));
                    prop_assert_eq!(&Decision::of(&plan, &route), &expected);
                }
            }
        }
    }

    #[test]
    fn r2_raising_a_canary_never_moves_anyone_out(
        (mut spec, people) in releases(), shares in (shares(), shares())
    ) {
        let low = shares.0.min(shares.1);
        let high = shares.0.max(shares.1);
        spec.shadows.clear();
        let mut plans = [low, high].map(|nanos| {
            spec.technique = Technique::Canary { version: "v2", nanos, or_for: Some("beta") };
            spec.plan()
        }).into_iter();
        let (low, high) = (plans.next().unwrap(), plans.next().unwrap());
        for person in &people {
            let (low, high) = (decision(&low, person), decision(&high, person));
            if low.version == "v2" {
                prop_assert_eq!(low, high);
            } else if high.version != "v2" {
                prop_assert_eq!(low, high);
            } else {
                prop_assert_eq!(low.version, LIVE);
            }
        }
    }

    #[test]
    fn r2_raising_a_gate_never_changes_an_arm(
        (mut spec, people) in releases(), arms in arms(), gates in (shares(), shares())
    ) {
        let mut plans = [gates.0.min(gates.1), gates.0.max(gates.1)].map(|nanos| {
            spec.technique = Technique::AbTest { gate: Some(nanos), arms: arms.clone() };
            spec.plan()
        }).into_iter();
        let (low, high) = (plans.next().unwrap(), plans.next().unwrap());
        spec.technique = Technique::AbTest { gate: None, arms };
        let open = spec.plan();
        for person in &people {
            let [low, high, open] = [&low, &high, &open].map(|plan| decision(plan, person));
            if low.arm.is_some() {
                prop_assert_eq!(&low, &high);
            }
            if high.arm.is_some() {
                prop_assert_eq!(&high, &open);
            }
        }
    }

    #[test]
    fn r2_a_rejected_version_reaches_nobody_and_moves_nobody_else(
        (spec, people) in releases(), rejected in prop::sample::select(&OTHERS[..])
    ) {
        let router = router_of(spec.policy());
        router.reject(rejected, "it is bad").unwrap();
        let plan = router.current();
        for person in &people {
            let route = person.as_unit(|unit| router.route(unit));
            let found = Decision::of(&plan, &route);
            prop_assert_eq!(&found, &decide(&spec, person, &[rejected]));
            prop_assert_ne!(found.version.as_str(), rejected);
            prop_assert!(!found.shadows.iter().any(|shadow| shadow == rejected));
            let ticket = person.as_unit(|unit| router.admit(unit));
            prop_assert_eq!(*ticket.model(), found.version.as_str());
        }
    }

    #[test]
    fn r3_weight_zero_is_never_chosen_and_all_the_weight_always(
        release in names(), people in people(), mut arms in arms(), weight in 1u32..
    ) {
        let chosen = |arms: &[_]| {
            let technique = Technique::AbTest { gate: None, arms: arms.to_vec() };
            let plan = Spec { technique, ..Spec::live_only(&release) }.plan();
            people.iter().map(|person| decision(&plan, person).arm.unwrap()).collect::<Vec<_>>()
        };
        for label in chosen(&arms) {
            prop_assert!(arms.iter().any(|arm| arm.0 == label && arm.2 > 0));
        }
        for arm in &mut arms {
            arm.2 = 0;
        }
        arms[0].2 = weight;
        for label in chosen(&arms) {
            prop_assert_eq!(&label, &arms[0].0);
        }
    }

    #[test]
    fn r3_reordering_or_scaling_the_arms_moves_nobody(
        release in names(), people in people(), arms in arms(), factor in 2u32..1000
    ) {
        let plan = |arms: Vec<_>| {
            Spec { technique: Technique::AbTest { gate: None, arms }, ..Spec::live_only(&release) }
                .plan()
        };
        let small = |(label, version, weight): &(String, &'static str, u32)| {
            (label.clone(), *version, (*weight).min(1000))
        };
        let arms: Vec<_> = arms.iter().map(small).collect();
        let written = plan(arms.clone());
        let reversed = plan(arms.iter().rev().cloned().collect());
        let scaled = plan(arms.iter().map(|arm| (arm.0.clone(), arm.1, arm.2 * factor)).collect());
        prop_assert_eq!(written.fingerprint(), reversed.fingerprint());
        prop_assert_ne!(written.fingerprint(), scaled.fingerprint());
        for person in &people {
            prop_assert_eq!(decision(&written, person), decision(&reversed, person));
            prop_assert_eq!(decision(&written, person), decision(&scaled, person));
        }
    }

    #[test]
    fn r3_pointing_an_arm_at_another_version_moves_nobody(
        (mut spec, people) in releases(), mut arms in arms(), version in super::spec::any_version()
    ) {
        spec.shadows.clear();
        spec.technique = Technique::AbTest { gate: None, arms: arms.clone() };
        let before = spec.plan();
        arms[0].1 = version;
        spec.technique = Technique::AbTest { gate: None, arms: arms.clone() };
        let after = spec.plan();
        for person in &people {
            let (before, after) = (decision(&before, person), decision(&after, person));
            if before.arm.as_ref() == Some(&arms[0].0) {
                prop_assert_eq!(after.version.as_str(), version);
                prop_assert_eq!(after.arm, before.arm);
            } else {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn r5_exactly_one_version_serves_and_it_shadows_nothing((spec, people) in releases()) {
        let router = router_of(spec.policy());
        for person in &people {
            let route = person.as_unit(|unit| router.route(unit));
            let served = router.label(route.version()).unwrap();
            prop_assert!(served == LIVE || OTHERS.contains(&served));
            let plan = router.current();
            let shadows: Vec<_> = plan.shadows_of(&route).collect();
            prop_assert_eq!(shadows.len(), route.shadows().len());
            prop_assert!(!shadows.contains(&served));
            let mut distinct = shadows.clone();
            distinct.dedup();
            prop_assert_eq!(distinct, shadows);
        }
    }

    #[test]
    fn r3_a_share_of_nothing_takes_nobody_and_of_all_everybody(release in names(), key in keys()) {
        let person = Person::anonymous(key);
        for (nanos, version) in [(0, LIVE), (1_000_000_000, "v2")] {
            let technique = Technique::Canary { version: "v2", nanos, or_for: None };
            let spec = Spec { technique, ..Spec::live_only(&release) };
            prop_assert_eq!(decision(&spec.plan(), &person).version, version);
        }
    }
}

#[cfg(feature = "serde")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn r1_a_policy_read_back_from_json_and_toml_decides_alike((spec, people) in releases()) {
        let policy = spec.policy();
        let plan = spec.plan();
        let json: Policy =
            serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        let toml: Policy = toml::from_str(&toml::to_string(&policy).unwrap()).unwrap();
        for read in [json, toml] {
            prop_assert_eq!(&read, &policy);
            let read = read.compile(LIVE, OTHERS).unwrap();
            prop_assert_eq!(read.fingerprint(), plan.fingerprint());
            for person in &people {
                prop_assert_eq!(
                    person.as_unit(|unit| read.route(unit)),
                    person.as_unit(|unit| plan.route(unit))
                );
            }
        }
    }
}
