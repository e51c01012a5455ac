//! Sessions keep their version while a ramp moves, and no longer than they may.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]

use std::convert::Infallible;

use proptest::prelude::*;
use switchstand::{
    Plan, Policy, Reason, Router, Secret, Share, Unit, attr,
    bucketing::Key,
    pin::{Pin, PinError, TagError, TaggedPin},
};

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn ramp(share: Share) -> Plan {
    Policy::canary("r", "v2", share)
        .compile("v1", ["v2", "v3"])
        .unwrap()
}

fn pin(plan: &Plan, version: &str) -> Pin {
    let found = (0..10_000u64).find_map(|unit| {
        let route = plan.route(unit);
        (plan.version_of(&route) == Some(version)).then_some(route)
    });
    plan.pin(&found.unwrap()).unwrap()
}

#[test]
fn a_session_stays_while_the_ramp_moves() {
    let start = ramp(percent(50));
    let (to_v1, to_v2) = (pin(&start, "v1"), pin(&start, "v2"));
    for share in [1, 10, 100] {
        let now = ramp(percent(share));
        for unit in 0..1_000u64 {
            for pin in [&to_v1, &to_v2] {
                let route = now.route_pinned(unit, pin);
                assert_eq!(now.version_of(&route), Some(pin.version()));
                assert_eq!(route.reason(), Reason::Pinned);
                assert_eq!(route.propensity(), None);
                assert!(!route.is_randomised());
            }
        }
    }
}

#[test]
fn a_pin_lapses_when_its_version_may_answer_nobody() {
    let to_v2 = pin(&ramp(percent(50)), "v2");
    let to_v3: Pin = to_v2.to_string().replace(":v2", ":v3").parse().unwrap();
    let to_none: Pin = to_v2.to_string().replace(":v2", ":v9").parse().unwrap();
    let now = ramp(Share::NONE);
    for pin in [&to_v2, &to_v3, &to_none] {
        for unit in 0..100u64 {
            let route = now.route_pinned(unit, pin);
            assert_eq!(route.reason(), Reason::PinLapsed);
            assert_eq!(now.version_of(&route), Some("v1"));
            assert_eq!(route.propensity(), None);
            assert!(!route.is_randomised());
        }
    }
    // By the policy it falls back to, a unit gets what it would get without a pin.
    let half = ramp(percent(50));
    for unit in 0..100u64 {
        let (with, without) = (half.route_pinned(unit, &to_v3), half.route(unit));
        assert_eq!(with.version(), without.version());
        assert_eq!(with.reason(), Reason::PinLapsed);
    }
}

#[test]
fn every_way_to_a_version_keeps_its_pins() {
    let to_v2 = pin(&ramp(percent(50)), "v2");
    let staff = || attr("tier").is("staff");
    let keeps = [
        Policy::canary("s", "v2", Share::NONE).or_for(staff()),
        Policy::live_only("s").with_rule(staff(), "v2"),
        Policy::live_only("s").with_units("v2", ["somebody"]),
        Policy::ab_test("s", [("v1", 99), ("v2", 1)]),
        Policy::ab_test("s", [("v1", 99), ("v2", 1)]).gate(percent(1)),
    ];
    let drops = [
        Policy::live_only("s"),
        Policy::shadow("s", "v2", Share::ALL),
        Policy::canary("s", "v3", Share::ALL),
        Policy::ab_test("s", [("v1", 1), ("v2", 0)]),
        Policy::ab_test("s", [("v1", 1), ("v2", 1)]).gate(Share::NONE),
        Policy::live_only("s").with_units::<u64>("v2", []),
    ];
    for (policies, reason) in [
        (keeps.to_vec(), Reason::Pinned),
        (drops.to_vec(), Reason::PinLapsed),
    ] {
        for policy in policies {
            let plan = policy.compile("v1", ["v2", "v3"]).unwrap();
            let route = plan.route_pinned("anybody", &to_v2);
            assert_eq!(route.reason(), reason, "{policy:?}");
        }
    }
}

#[test]
fn pins_never_override_the_holdout() {
    let policy = Policy::canary("r", "v2", Share::ALL).with_holdout("h", percent(30));
    let plan = policy.compile("v1", ["v2"]).unwrap();
    let to_v2 = pin(&plan, "v2");
    let mut held_out = 0;
    for unit in 0..1_000u64 {
        let (with, without) = (plan.route_pinned(unit, &to_v2), plan.route(unit));
        if without.reason() == Reason::Holdout {
            held_out += 1;
            assert_eq!(plan.version_of(&with), Some("v1"));
            assert_eq!(with.reason(), Reason::Holdout);
            assert_eq!(with.propensity(), None);
        } else {
            assert_eq!(with.reason(), Reason::Pinned);
        }
    }
    assert!((200..400).contains(&held_out), "{held_out}");
}

#[test]
fn r5_a_pinned_request_is_not_shadowed_by_its_own_version() {
    let policy = Policy::canary("r", "v2", percent(50))
        .with_shadow("v2", Share::ALL)
        .with_shadow("v3", Share::ALL);
    let plan = policy.compile("v1", ["v2", "v3"]).unwrap();
    for (version, expected) in [("v1", &["v2", "v3"][..]), ("v2", &["v3"])] {
        let route = plan.route_pinned(7u64, &pin(&plan, version));
        let shadows: Vec<&str> = plan.shadows_of(&route).collect();
        assert_eq!(shadows, expected);
    }
}

fn router(secret: Secret) -> Router<&'static str> {
    let router = Router::builder("r")
        .secret(secret)
        .build("v1", "one")
        .unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, version).unwrap();
        router
            .validate(version, |_| Ok::<(), Infallible>(()))
            .unwrap();
    }
    router
        .release(Policy::canary("r", "v2", Share::ALL))
        .unwrap();
    router
}

#[test]
fn e4_no_pin_survives_a_rejection() {
    let router = router(Secret::default());
    let pin = router.pin(&router.route("user-42")).unwrap();
    assert_eq!(pin.version(), "v2");
    let before = router.admit_pinned("user-42", &pin);
    assert_eq!(
        (*before.model(), before.route().reason()),
        ("v2", Reason::Pinned)
    );
    router.reject("v2", "wrong answers").unwrap();
    for _ in 0..2 {
        assert_eq!(
            router.route_pinned("user-42", &pin).reason(),
            Reason::PinLapsed
        );
        let ticket = router.admit_pinned("user-42", &pin);
        assert_eq!(*ticket.model(), "one");
        assert_eq!(ticket.route().reason(), Reason::PinLapsed);
    }
    // Nor does it come back with another deployment under the label.
    drop(before);
    router.reclaim("v2").unwrap();
    router.deploy("v2", "again").unwrap();
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    assert_eq!(*router.admit_pinned("user-42", &pin).model(), "one");
    // Until an operator gives it to somebody.
    router
        .release(Policy::canary("r2", "v2", percent(1)))
        .unwrap();
    assert_eq!(*router.admit_pinned("user-42", &pin).model(), "again");
}

#[test]
fn a_swap_moves_sessions_too() {
    let router = router(Secret::default());
    router
        .release(Policy::canary("r", "v2", percent(1)))
        .unwrap();
    let to_v1 = (0..100u64)
        .map(|unit| router.route(unit))
        .find(|route| router.label(route.version()) == Some("v1"));
    let pin = router.pin(&to_v1.unwrap()).unwrap();
    assert_eq!(router.route_pinned(1u64, &pin).reason(), Reason::Pinned);
    router.swap("v2").unwrap();
    let route = router.route_pinned(1u64, &pin);
    assert_eq!(route.reason(), Reason::PinLapsed);
    assert_eq!(router.label(route.version()), Some("v2"));
    router.rollback("slow").unwrap();
    assert_eq!(router.route_pinned(1u64, &pin).reason(), Reason::Pinned);
}

#[test]
fn a_pin_names_the_policy_that_gave_the_route() {
    let router = router(Secret::default());
    let route = router.route("user-42");
    let expected = Policy::canary("r", "v2", Share::ALL).fingerprint();
    router
        .release(Policy::canary("r", "v2", percent(1)))
        .unwrap();
    let pin = router.pin(&route).unwrap();
    assert_eq!(pin.fingerprint(), expected);
    assert_eq!(pin.version(), "v2");
    // A route of another policy is not this plan's to pin.
    assert_eq!(router.current().pin(&route), None);
    // Nor is that of a router that has seen more.
    let young = Router::new("young", "v1", ()).unwrap();
    let unknown = young.pin(&route).unwrap_err();
    assert_eq!(unknown.generation, route.generation());
}

#[test]
fn without_a_secret_no_tag_is_made_or_believed() {
    let open = router(Secret::default());
    let keyed = router(Secret::new([9; 16]));
    let pin = open.pin(&open.route("user-42")).unwrap();
    assert_eq!(
        open.tag_pin("user-42", pin.clone()),
        Err(TagError::NoSecret)
    );
    let tagged = keyed.tag_pin("user-42", pin.clone()).unwrap();
    assert_eq!(open.check_pin("user-42", &tagged), Err(TagError::NoSecret));
    assert_eq!(keyed.check_pin("user-42", &tagged), Ok(&pin));
}

#[test]
fn a_tag_is_that_of_an_independent_implementation() {
    let bytes: [u8; 16] = core::array::from_fn(|place| place as u8 + 1);
    let secret = Secret::new(bytes);
    let pin: Pin = "v1:0123456789abcdef0123456789abcdef:v2".parse().unwrap();
    // Computed in Python by a SipHash-2-4-128 that agrees with its authors' test values.
    for (unit, tag) in [
        (Key::Text("user-42"), "191bd6f82456e5b36d05dc676bb6a307"),
        (Key::Bytes(b"user-42"), "a33e4ec60bd445a7726288cef3e28ed8"),
        (Key::U64(42), "ea6c2bfdfbbce72009489b70e6ecaa46"),
        (Key::U128(42), "7c0176c61ecbba8ce2b8409937231c04"),
    ] {
        let tagged = TaggedPin::new(&secret, unit, pin.clone()).unwrap();
        assert_eq!(tagged.to_string(), format!("{tag}:{pin}"));
    }
}

proptest! {
    #[test]
    fn a_tag_holds_for_its_own_pin_unit_and_secret_alone(
        secret in prop::array::uniform16(any::<u8>()),
        other_secret in prop::array::uniform16(any::<u8>()),
        unit in "[a-z]{1,12}",
        other_unit in "[a-z]{1,12}",
        version in "\\PC{1,20}",
        other_version in "\\PC{1,20}",
        bit in 0usize..128,
    ) {
        let fingerprint = Policy::live_only("r").fingerprint();
        let pin = |version: &str| -> Pin {
            format!("v1:{fingerprint}:{version}").parse().unwrap()
        };
        let (secret, other_secret) = (Secret::new(secret), Secret::new(other_secret));
        prop_assume!(secret != Secret::default() && other_secret != secret);
        prop_assume!(unit != other_unit && version != other_version);
        let key = Unit::from(unit.as_str()).key();
        let tagged = TaggedPin::new(&secret, key, pin(&version)).unwrap();
        let text = tagged.to_string();
        prop_assert_eq!(text.parse::<TaggedPin>().unwrap(), tagged.clone());
        prop_assert_eq!(tagged.check(&secret, key), Ok(&pin(&version)));

        let passed_on = Unit::from(other_unit.as_str()).key();
        prop_assert_eq!(tagged.check(&secret, passed_on), Err(TagError::Mismatch));
        let guessed = TaggedPin::new(&other_secret, key, pin(&version));
        if let Ok(guessed) = guessed {
            prop_assert_eq!(guessed.check(&secret, key), Err(TagError::Mismatch));
        }
        let (tag, _) = text.split_once(':').unwrap();
        let moved: TaggedPin = format!("{tag}:{}", pin(&other_version)).parse().unwrap();
        prop_assert_eq!(moved.check(&secret, key), Err(TagError::Mismatch));
        let tag = u128::from_str_radix(tag, 16).unwrap();
        // One bit alone, and with the same bit of another byte, which it must not cancel.
        for flips in [1 << bit, 1 << bit | 1u128 << ((bit + 8) % 128)] {
            let forged = format!("{:032x}:{}", tag ^ flips, pin(&version));
            let forged: TaggedPin = forged.parse().unwrap();
            prop_assert_eq!(forged.check(&secret, key), Err(TagError::Mismatch));
        }
    }
}

#[test]
fn what_is_no_pin_is_refused_with_a_reason() {
    let fingerprint = Policy::live_only("r").fingerprint();
    let parse = |text: &str| text.parse::<Pin>();
    assert_eq!(parse(""), Err(PinError::Malformed { length: 0 }));
    assert_eq!(parse("v1:00"), Err(PinError::Malformed { length: 5 }));
    let text = format!("v2:{fingerprint}:v1");
    assert!(matches!(parse(&text), Err(PinError::Scheme(_))));
    assert!(matches!(parse("v1:00:v1"), Err(PinError::Fingerprint(_))));
    let text = format!("v1:{fingerprint}:");
    assert!(matches!(parse(&text), Err(PinError::Label(_))));
    let text = format!("v1:{fingerprint}:{}", "x".repeat(257));
    assert!(matches!(parse(&text), Err(PinError::Label(_))));
    let text = format!("v1:{fingerprint}:eu:ranker:2");
    assert_eq!(parse(&text).unwrap().version(), "eu:ranker:2");

    let tagged = |text: &str| text.parse::<TaggedPin>();
    assert_eq!(tagged("v1"), Err(PinError::Malformed { length: 2 }));
    for tag in [
        "",
        "00",
        "+0000000000000000000000000000000",
        "A0000000000000000000000000000000",
    ] {
        let text = format!("{tag}:v1:{fingerprint}:v1");
        assert_eq!(tagged(&text), Err(PinError::Tag));
    }
}

#[cfg(feature = "serde")]
#[test]
fn pins_survive_serialisation() {
    let plan = ramp(percent(50));
    let pin = pin(&plan, "v2");
    let text = serde_json::to_string(&pin).unwrap();
    assert_eq!(text, format!("\"v1:{}:v2\"", plan.fingerprint()));
    assert_eq!(serde_json::from_str::<Pin>(&text).unwrap(), pin);
    assert!(serde_json::from_str::<Pin>("\"v1\"").is_err());
    let tagged = TaggedPin::new(&Secret::new([1; 16]), Key::U64(1), pin).unwrap();
    let text = serde_json::to_string(&tagged).unwrap();
    assert_eq!(serde_json::from_str::<TaggedPin>(&text).unwrap(), tagged);
}
