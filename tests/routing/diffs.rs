//! What a diff tells before a release is what routing shows after it, class by class.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::collections::BTreeMap;

use super::spec::{LIVE, Person, Spec, Technique};
use proptest::prelude::*;
use switchstand::{
    Policy, Share, UnitKey, attr,
    release::{ClassDiff, Diff, Fraction, PolicyError},
};

const LINE: u128 = 1 << 64;

type Moves = BTreeMap<(String, String), u128>;

/// What moves in a class, where no version is the live one by another name.
fn moves(class: &ClassDiff) -> Moves {
    let name = |version: &Option<String>| version.clone().unwrap_or(LIVE.to_owned());
    let moves = class.moves.iter();
    moves
        .map(|moved| ((name(&moved.from), name(&moved.to)), moved.share.points()))
        .collect()
}

/// The only class of two policies without audiences.
fn only(old: &Policy, new: &Policy) -> Moves {
    let diff = old.diff(new).unwrap();
    assert_eq!(diff.classes.len(), 1);
    moves(&diff.classes[0])
}

fn moved(from: &str, to: &str, points: u128) -> ((String, String), u128) {
    ((from.to_owned(), to.to_owned()), points)
}

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

/// The first point that is not in the share: `ceil(percent * 2^64 / 100)`.
fn points(percent: u128) -> u128 {
    (percent * LINE).div_ceil(100)
}

/// The product of two fractions of the line, rounded to the nearest.
fn product(left: u128, right: u128) -> u128 {
    (left * right + LINE / 2) / LINE
}

/// The class of people of this tier, in words; rules of these tests ask for one tier each.
fn class_of(specs: [&Spec; 2], tier: Option<&str>) -> String {
    let named = specs.iter().flat_map(|spec| {
        let or_for = match spec.technique {
            Technique::Canary { or_for, .. } => or_for,
            _ => None,
        };
        let rules = spec.rules.iter().map(|(tier, _)| *tier);
        rules.chain(or_for).chain(spec.within)
    });
    let named: Vec<&str> = named.collect();
    match tier {
        Some(tier) if named.contains(&tier) => format!("tier is {tier}"),
        _ if named.is_empty() => "everybody".to_owned(),
        _ => "everybody else".to_owned(),
    }
}

/// Two releases: of one name and salts, so that they draw from the same lines, or not.
fn pairs() -> impl Strategy<Value = (Spec, Spec)> {
    let same = |new: &mut Spec, old: &Spec| {
        new.release.clone_from(&old.release);
        if let (Some(new), Some(old)) = (&mut new.holdout, &old.holdout) {
            new.0.clone_from(&old.0);
        }
        if let (Some(new), Some(old)) = (&mut new.layer, &old.layer) {
            new.0.clone_from(&old.0);
        }
    };
    (
        super::spec::specs(&[]),
        super::spec::specs(&[]),
        any::<bool>(),
    )
        .prop_map(move |(old, mut new, alike)| {
            if alike {
                same(&mut new, &old);
            }
            (old, new)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn r6_a_diff_tells_of_each_class_what_routing_then_shows((old, new) in pairs()) {
        const UNITS: u64 = 600;
        let diff = old.policy().diff_while_live(&new.policy(), LIVE).unwrap();
        let (before, after) = (old.plan(), new.plan());
        for tier in [None, Some("internal"), Some("beta"), Some("gold")] {
            let words = class_of([&old, &new], tier);
            let classes: Vec<_> =
                diff.classes.iter().filter(|class| class.audience == words).collect();
            prop_assert_eq!(classes.len(), 1, "{} in {}", words, diff);
            let told = moves(classes[0]);
            let mut seen = Moves::new();
            for number in 0..UNITS {
                let person = Person { key: UnitKey::U64(number), tier };
                let [from, to] = [&before, &after].map(|plan| {
                    person.as_unit(|unit| plan.version_of(&plan.route(unit)).unwrap().to_owned())
                });
                if from != to {
                    *seen.entry((from, to)).or_default() += 1;
                }
            }
            for key in told.keys().chain(seen.keys()) {
                let share = told.get(key).map_or(0.0, |points| *points as f64 / LINE as f64);
                let count = seen.get(key).copied().unwrap_or_default() as f64;
                let spread = (share * (1.0 - share) * UNITS as f64).sqrt();
                // Among so few units a rare move shows one or two times by chance.
                let allowed = 6.0 * spread + if share > 0.0 { 3.0 } else { 0.0 };
                let off = (count - share * UNITS as f64).abs();
                prop_assert!(off <= allowed, "{words}, {key:?}: {count}, told {share}\n{diff}");
            }
        }
    }

    #[test]
    fn r6_nothing_moves_between_a_release_and_itself(spec in super::spec::specs(&[])) {
        let policy = spec.policy();
        let diff = policy.diff(&policy).unwrap();
        prop_assert_eq!(diff.moved(), Fraction::default());
        prop_assert!(!diff.is_redealt);
        prop_assert!(diff.classes.iter().all(|class| class.moves.is_empty()));
    }
}

#[test]
fn r6_within_one_release_the_shares_are_exact() {
    let gate = |gate| Policy::ab_test("one", [("v2", 1), ("v3", 3)]).gate(percent(gate));
    let [ten, thirty] = [gate(10), gate(30)];
    let entering = points(30) - points(10);
    // The gate and the split are draws of their own: shares are products.
    assert_eq!(
        only(&ten, &thirty),
        Moves::from([
            moved(LIVE, "v2", product(entering, LINE / 4)),
            moved(LIVE, "v3", product(entering, LINE / 4 * 3)),
        ])
    );
    assert_eq!(
        only(&thirty, &ten),
        Moves::from([
            moved("v2", LIVE, product(entering, LINE / 4)),
            moved("v3", LIVE, product(entering, LINE / 4 * 3)),
        ])
    );
    // Layers that overlap in part: who stays is in both.
    let layered = |from, to| gate(100).with_layer("page", percent(from), percent(to));
    let leaving = points(30) - points(10);
    assert_eq!(
        only(&layered(10, 60), &layered(30, 60)),
        Moves::from([
            moved("v2", LIVE, product(leaving, LINE / 4)),
            moved("v3", LIVE, product(leaving, LINE / 4 * 3)),
        ])
    );
    // A holdout leaves the others their versions.
    let held = |share| gate(100).with_holdout("group", percent(share));
    assert_eq!(
        only(&held(0), &held(50)),
        Moves::from([moved("v2", LIVE, LINE / 8), moved("v3", LIVE, LINE / 8 * 3)])
    );
    // Arms that swap places on the line.
    let crossed = Policy::ab_test("one", [("v2", 3), ("v3", 1)]).gate(percent(100));
    assert_eq!(
        only(&gate(100), &crossed),
        Moves::from([moved("v3", "v2", LINE / 2)])
    );
}

#[test]
fn r6_between_releases_of_other_names_the_shares_are_products() {
    let canary = |name, share| Policy::canary(name, "v2", percent(share));
    let (old, new) = (canary("first", 1), canary("second", 10));
    let (one, ten) = (points(1), points(10));
    let both = product(one, ten);
    assert_eq!(
        only(&old, &new),
        Moves::from([moved(LIVE, "v2", ten - both), moved("v2", LIVE, one - both),])
    );
    let diff = old.diff(&new).unwrap();
    assert!(diff.is_redealt);
    assert_eq!(
        diff.to_string(),
        "everybody: 9.9% move from the live version to v2, 0.9% move from v2 to the live version\n\
         the draws have other names: shares are products of independent draws"
    );
    // Two splits of other names: who had the one arm has the other by chance.
    let split = |name| Policy::ab_test(name, [("v2", 1), ("v3", 3)]);
    assert_eq!(
        only(&split("first"), &split("second")),
        Moves::from([
            moved("v2", "v3", LINE / 16 * 3),
            moved("v3", "v2", LINE / 16 * 3),
        ])
    );
    assert!(split("first").diff(&split("second")).unwrap().is_redealt);
    // A name alone is no draw: nobody is dealt anew where there is one version before or after.
    let live = |name| Policy::live_only(name);
    assert!(!live("first").diff(&live("second")).unwrap().is_redealt);
    assert!(!live("first").diff(&split("second")).unwrap().is_redealt);
    assert!(!split("first").diff(&live("second")).unwrap().is_redealt);
    // Nor is a holdout that begins; one of another salt is.
    let held = |salt| live("one").with_holdout(salt, percent(10));
    assert!(!live("one").diff(&held("group")).unwrap().is_redealt);
    assert!(held("group").diff(&held("other")).unwrap().is_redealt);
    let layered = |salt| split("one").with_layer(salt, percent(0), percent(10));
    assert!(layered("page").diff(&layered("mail")).unwrap().is_redealt);
}

#[test]
fn r6_classes_are_told_apart_by_the_rules_of_both_policies() {
    let staff = attr("tier").is("internal");
    let beta = attr("tier").is("beta");
    let old = Policy::canary("one", "v2", percent(10)).or_for(staff.clone());
    let new = Policy::canary("one", "v2", percent(30))
        .with_rule(beta, "v3")
        .or_for(staff.clone());
    let told = |old: &Policy, new: &Policy| old.diff(new).unwrap().to_string();
    assert_eq!(
        told(&old, &new),
        "tier is internal and tier is beta: 100% move from v2 to v3\n\
         tier is internal: nobody moves\n\
         tier is beta: 90% move from the live version to v3, 10% move from v2 to v3\n\
         everybody else: 20% move from the live version to v2"
    );
    let within = Policy::canary("one", "v2", percent(30)).within(staff);
    assert_eq!(
        told(&within, &Policy::live_only("one")),
        "everybody else: nobody moves\n\
         tier is internal: 30% move from v2 to the live version"
    );
}

#[test]
fn an_arm_of_the_live_version_is_no_move() {
    let old = Policy::live_only("one");
    let new = Policy::ab_test("one", [("v1", 1), ("v2", 1)]);
    let told = |diff: Diff| diff.to_string();
    assert_eq!(
        told(old.diff_while_live(&new, "v1").unwrap()),
        "everybody: 50% move from v1 to v2"
    );
    assert_eq!(
        told(old.diff(&new).unwrap()),
        "everybody: 50% move from the live version to v1, 50% move from the live version to v2"
    );
}

#[test]
fn an_arm_without_weight_is_no_move() {
    let old = Policy::live_only("one");
    let new = Policy::ab_test("one", [("v2", 1), ("v3", 0)]);
    assert_eq!(only(&old, &new), Moves::from([moved(LIVE, "v2", LINE)]));
}

#[test]
fn listed_units_are_counted_that_change_their_version() {
    let old = Policy::live_only("one")
        .with_units("v2", ["ana", "ben", "cho"])
        .with_units("v3", ["dov"]);
    let new = Policy::live_only("one")
        .with_units("v2", ["ana"])
        .with_units("v3", ["ben", "eve"]);
    let diff = old.diff(&new).unwrap();
    // Ben goes from one list to another, Cho and Dov leave theirs, Eve is new, Ana stays.
    assert_eq!(diff.listed, 4);
    assert_eq!(
        diff.to_string(),
        "everybody: nobody moves\n4 listed units change their version"
    );
    assert_eq!(old.diff(&old).unwrap().listed, 0);
}

#[test]
fn a_move_of_less_than_half_a_nano_share_is_not_told_in_words() {
    let arms = |a, b| Policy::ab_test("one", [("a", a), ("b", b)]);
    let words = |next: u32| {
        let diff = arms(u32::MAX, u32::MAX)
            .diff(&arms(next, u32::MAX))
            .unwrap();
        assert!(diff.moved().points() > 0);
        diff.to_string()
    };
    // A weight less in 2^32 is a quarter of 2^-32: 0.06 in 10^9.
    assert_eq!(words(u32::MAX - 1), "everybody: nobody moves");
    assert_eq!(
        words(u32::MAX - 10),
        "everybody: 0.0000001% move from a to b"
    );
    assert_eq!(Fraction::WHOLE.as_fraction(), 1.0);
    assert_eq!(Fraction::WHOLE.to_string(), "100%");
}

#[test]
fn too_many_pairs_of_rules_are_refused_unless_the_rules_are_the_same() {
    let rules = |count: u32, version: &str| {
        (0..count).fold(Policy::live_only("one"), |policy, number| {
            policy.with_rule(attr("number").is(number), version)
        })
    };
    // A policy of 63 rules has 64 classes: those who meet none are one more.
    assert_eq!(Policy::MAX_CLASSES, 64 * 64);
    assert!(rules(63, "v2").diff(&rules(63, "v3")).is_ok());
    let refused = rules(63, "v2").diff(&rules(64, "v3")).unwrap_err();
    let (found, limit) = (64 * 65, 4096);
    assert_eq!(
        refused,
        PolicyError::TooMany {
            field: "rules, in pairs",
            found,
            limit
        }
    );
    // With the same rules each unit meets the same one: no pairs.
    let many = rules(1000, "v2");
    let diff = many
        .diff(&many.clone().with_holdout("group", percent(10)))
        .unwrap();
    assert_eq!(diff.classes.len(), 1001);
    assert_eq!(diff.moved().points(), points(10));
}
