//! What a user who knows the policy, but not the secret, cannot bring about.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::collections::BTreeSet;

use switchstand::{
    Audience, Plan, Policy, Reason, Router, Secret, Share, Unit, UnitKey,
    bucketing::Key,
    pin::{Pin, TagError, TaggedPin},
};

const RELEASE: &str = "ranker-2026-11";
/// Identifiers that an attacker tries.
const TRIED: u64 = 400_000;

fn canary(percent: u32) -> Policy {
    Policy::canary(RELEASE, "v2", Share::percent(percent).unwrap())
}

/// What servers with this secret have in force.
fn in_force(secret: Secret, policy: Policy) -> Plan {
    let router = Router::builder("ranker")
        .secret(secret)
        .build("v1", ())
        .unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    router.release(policy).unwrap();
    (*router.current()).clone()
}

fn is_in(plan: &Plan, name: &str) -> bool {
    plan.version_of(&plan.route(name)) == Some("v2")
}

/// How many of so many units may lie outside of `share` of them: five standard deviations.
fn leeway(units: usize, share: f64) -> f64 {
    5.0 * (units as f64 * share * (1.0 - share)).sqrt()
}

#[test]
fn r4_ids_found_without_the_secret_land_in_the_canary_at_the_plain_rate() {
    // The attacker knows policy and scheme, and computes as a server without a secret does.
    let known = canary(5).compile("v1", ["v2"]).unwrap();
    let tried = (0..TRIED).map(|number| format!("mallory+{number}@example.org"));
    let found: Vec<String> = tried.filter(|name| is_in(&known, name)).collect();
    let expected = 0.05 * TRIED as f64;
    assert!((found.len() as f64 - expected).abs() < leeway(TRIED as usize, 0.05));

    // Without a secret every single one of them lands where it was meant to, as the documentation
    // says. Were it not so, the search would show nothing.
    let open = in_force(Secret::default(), canary(5));
    assert!(found.iter().all(|name| is_in(&open, name)));

    for secret in [[1; 16], *b"sixteen secrets.", [0xff; 16]] {
        let keyed = in_force(Secret::new(secret), canary(5));
        let landed = found.iter().filter(|name| is_in(&keyed, name)).count();
        let expected = 0.05 * found.len() as f64;
        let off = (landed as f64 - expected).abs();
        assert!(
            off < leeway(found.len(), 0.05),
            "{landed} of {}",
            found.len()
        );
    }
}

#[test]
fn r4_ids_seen_in_one_release_say_nothing_of_the_next() {
    // Who can try accounts on the servers themselves learns of this release, and of no other.
    let secret = Secret::new([7; 16]);
    let now = in_force(secret, canary(20));
    let seen: Vec<String> = (0..50_000)
        .map(|number| format!("user-{number}"))
        .filter(|name| is_in(&now, name))
        .collect();
    let share = Share::percent(20).unwrap();
    let next = in_force(secret, Policy::canary("ranker-2026-12", "v2", share));
    let again = seen.iter().filter(|name| is_in(&next, name)).count();
    let off = (again as f64 - 0.2 * seen.len() as f64).abs();
    assert!(off < leeway(seen.len(), 0.2), "{again} of {}", seen.len());
}

/// Keys that a person or a careless comparison would take for one another.
fn lookalikes() -> Vec<UnitKey> {
    let texts = [
        "user-1",
        "User-1",
        "USER-1",
        "user-1 ",
        " user-1",
        "user-1\0",
        "user-1\n",
        "user-10",
        "user-",
        "user-01",
        "ser-1",
        "user\u{2010}1",                      // hyphen
        "user\u{2011}1",                      // non-breaking hyphen
        "us\u{0435}r-1",                      // Cyrillic letter
        "\u{ff55}\u{ff53}\u{ff45}\u{ff52}-1", // full-width letters
        "user-\u{0661}",                      // Arabic digit
        "user\u{200b}-1",                     // zero-width space
        "jos\u{e9}",                          // one code point, as NFC has it
        "jose\u{301}",                        // two, as NFD has it
        "stra\u{df}e",
        "strasse",
        "\u{fb01}n", // a ligature, as NFKC undoes it
        "fin",
        "1",
    ];
    let mut keys: Vec<UnitKey> = texts.map(UnitKey::from).to_vec();
    keys.extend(["user-1", "1"].map(|text| UnitKey::from(text.as_bytes())));
    keys.extend([UnitKey::from(1u64), UnitKey::from(1u128)]);
    keys
}

#[test]
fn a_list_of_units_matches_the_listed_bytes_and_no_others() {
    let keys = lookalikes();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    for listed in &keys {
        let policy = Policy::live_only(RELEASE).with_units("v2", [listed.clone()]);
        let plan = policy.compile("v1", ["v2"]).unwrap();
        let audience = Audience::units([listed.clone()]);
        for key in &keys {
            let route = plan.route(Unit::from(key));
            let is_listed = key == listed;
            assert_eq!(
                plan.version_of(&route) == Some("v2"),
                is_listed,
                "{key:?}, {listed:?}"
            );
            assert_eq!(
                route.reason() == Reason::Listed,
                is_listed,
                "{key:?}, {listed:?}"
            );
            assert_eq!(
                audience.matches(&Unit::from(key)),
                is_listed,
                "{key:?}, {listed:?}"
            );
        }
    }
}

#[test]
fn a_list_of_all_lookalikes_but_one_does_not_match_that_one() {
    let keys = lookalikes();
    for missing in &keys {
        let listed: Vec<UnitKey> = keys.iter().filter(|key| *key != missing).cloned().collect();
        let policy = Policy::live_only(RELEASE).with_units("v2", listed.clone());
        let plan = policy.compile("v1", ["v2"]).unwrap();
        let audience = Audience::units(listed);
        for key in &keys {
            let is_listed = key != missing;
            let route = plan.route(Unit::from(key));
            assert_eq!(
                plan.version_of(&route) == Some("v2"),
                is_listed,
                "{key:?}, {missing:?}"
            );
            assert_eq!(
                audience.matches(&Unit::from(key)),
                is_listed,
                "{key:?}, {missing:?}"
            );
        }
    }
}

#[test]
fn a_pin_is_neither_forged_nor_passed_on() {
    let secret = Secret::new(*b"sixteen secrets.");
    let fingerprint = Policy::live_only("r").fingerprint();
    let other = Policy::live_only("s").fingerprint();
    let pin = |text: String| text.parse::<Pin>().unwrap();
    let own = pin(format!("v1:{fingerprint}:v2"));
    let tagged = TaggedPin::new(&secret, Key::Text("42"), own.clone()).unwrap();
    assert_eq!(tagged.check(&secret, Key::Text("42")), Ok(&own));

    // Not for a unit that looks alike, nor for one whose key has the same bytes.
    let eight = *b"42\0\0\0\0\0\0";
    let number = u64::from_le_bytes(eight);
    let same_bytes = TaggedPin::new(&secret, Key::Bytes(&eight), own.clone()).unwrap();
    for key in [
        Key::U64(number),
        Key::U128(u128::from(number)),
        Key::Text("42"),
    ] {
        assert_eq!(
            same_bytes.check(&secret, key),
            Err(TagError::Mismatch),
            "{key:?}"
        );
    }
    for key in [
        Key::Bytes(b"42"),
        Key::U64(42),
        Key::U128(42),
        Key::Text("42 "),
        Key::Text("43"),
    ] {
        assert_eq!(
            tagged.check(&secret, key),
            Err(TagError::Mismatch),
            "{key:?}"
        );
    }

    // Not for another version, another policy, or with the same characters cut elsewhere.
    let text = tagged.to_string();
    let (tag, _) = text.split_once(':').unwrap();
    for forged in [
        format!("{tag}:v1:{fingerprint}:v3"),
        format!("{tag}:v1:{fingerprint}:v2 "),
        format!("{tag}:v1:{fingerprint}:V2"),
        format!("{tag}:v1:{fingerprint}:v"),
        format!("{tag}:v1:{other}:v2"),
    ] {
        let forged: TaggedPin = forged.parse().unwrap();
        assert_eq!(
            forged.check(&secret, Key::Text("42")),
            Err(TagError::Mismatch),
            "{forged}"
        );
    }

    // Not with any digit of the tag changed.
    for place in 0..tag.len() {
        let mut digits = tag.to_owned().into_bytes();
        digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
        let digits = String::from_utf8(digits).unwrap();
        let forged: TaggedPin = format!("{digits}:{own}").parse().unwrap();
        assert_eq!(
            forged.check(&secret, Key::Text("42")),
            Err(TagError::Mismatch),
            "digit {place}"
        );
    }

    // Not with another secret than the servers', nor by trying.
    let forged = TaggedPin::new(&Secret::new([1; 16]), Key::Text("42"), own.clone()).unwrap();
    assert_eq!(
        forged.check(&secret, Key::Text("42")),
        Err(TagError::Mismatch)
    );
    for guess in 0..10_000u128 {
        let forged: TaggedPin = format!("{guess:032x}:{own}").parse().unwrap();
        assert_eq!(
            forged.check(&secret, Key::Text("42")),
            Err(TagError::Mismatch)
        );
    }
}

#[test]
fn a_unit_may_choose_among_the_pins_that_it_was_given() {
    // As the documentation says of what is not protected.
    let router = Router::builder("chat")
        .secret(Secret::new([7; 16]))
        .build("v1", ())
        .unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let kept = [Share::NONE, Share::ALL].map(|share| {
        router
            .release(Policy::canary(RELEASE, "v2", share))
            .unwrap();
        let pin = router.pin(&router.route("mallory")).unwrap();
        router.tag_pin("mallory", pin).unwrap()
    });
    for (pin, version) in kept.iter().zip(["v1", "v2"]) {
        let pin = router.check_pin("mallory", pin).unwrap();
        let route = router.route_pinned("mallory", pin);
        assert_eq!(router.label(route.version()), Some(version));
    }
}
