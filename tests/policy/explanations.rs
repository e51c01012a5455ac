//! What an explanation says, word for word.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use switchstand::{
    Policy, Reason, Router, Secret, Share, Unit, attr,
    bucketing::{Draw, Purpose},
    decision::Explanation,
};

type Row = (Reason, bool, String);

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn rows(explanation: &Explanation) -> Vec<Row> {
    let steps = explanation.steps.iter();
    steps
        .map(|step| (step.rule, step.decided, step.finding.clone()))
        .collect()
}

/// Where a unit lies in a draw of the release or of another salt, and the same in words.
fn place(purpose: Purpose, salt: &str, unit: &Unit<'_>) -> (u64, String) {
    let draw = Draw::new(&Secret::default(), purpose, salt, "").unwrap();
    let point = draw.point(unit.key()).get();
    // Ten-thousandths of a percent, cut off.
    let parts = u128::from(point) * 1_000_000 / (1 << 64);
    let words = format!("{}.{:04} %", parts / 10_000, parts % 10_000);
    (point, words)
}

/// The first point of a whole percentage.
fn start(percent: u128) -> u128 {
    (percent << 64).div_ceil(100)
}

fn drawn(purpose: Purpose, salt: &str, unit: &Unit<'_>, from: u128, to: u128) -> (bool, String) {
    let (point, place) = place(purpose, salt, unit);
    let inside = (start(from)..start(to)).contains(&u128::from(point));
    let side = if inside { "inside" } else { "outside" };
    let words = format!(
        "the unit lies at {place} of the line, {side} of {from}.0000 % to {}.9999 %",
        to - 1
    );
    (inside, words)
}

/// The rules of the test's policy, tried by hand in the order that is promised.
fn by_hand(unit: &Unit<'_>, tier: Option<&str>, is_listed: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut tell = |rule, decided, finding: String| {
        if rows.last().is_none_or(|(_, decided, _)| !decided) {
            rows.push((rule, decided, finding));
        }
    };
    let (held, words) = drawn(Purpose::Holdout, "group", unit, 0, 10);
    tell(Reason::Holdout, held, words);
    if let Some(wanted) = unit.wanted() {
        let allowed = wanted == "v2";
        let verb = if allowed { "allows" } else { "does not allow" };
        let words = format!("the request asks for {wanted}, which the policy {verb}");
        tell(Reason::Override, allowed, words);
    }
    let not = if is_listed { "" } else { "not " };
    tell(
        Reason::Listed,
        is_listed,
        format!("the unit is {not}listed"),
    );
    let internal = tier == Some("internal");
    tell(Reason::Audience, internal, "tier is internal".into());
    let outside = tier != Some("paying");
    tell(
        Reason::Audience,
        outside,
        "only within tier is paying".into(),
    );
    let (inside, words) = drawn(Purpose::Layer, "page", unit, 20, 60);
    tell(Reason::Layer, !inside, words);
    let (inside, words) = drawn(Purpose::Canary, "release", unit, 0, 50);
    tell(Reason::Gate, !inside, words);
    let (_, place) = place(Purpose::Split, "release", unit);
    tell(
        Reason::Split,
        true,
        format!("the unit lies at {place} of the line"),
    );
    rows
}

#[test]
fn r1_each_rule_is_told_with_what_it_found() {
    let policy = Policy::ab_test("release", [("v1", 1), ("v2", 1)])
        .gate(percent(50))
        .within(attr("tier").is("paying"))
        .with_holdout("group", percent(10))
        .with_layer("page", percent(20), percent(60))
        .with_rule(attr("tier").is("internal"), "v3")
        .with_units("v3", [7u64, 8, 9])
        .with_overrides(["v2"]);
    let plan = policy.compile("v1", ["v2", "v3"]).unwrap();
    let tiers = [None, Some("paying"), Some("internal")];
    let mut decided = Vec::new();
    for number in 0..120u64 {
        for tier in tiers {
            for wanted in [None, Some("v2"), Some("v3")] {
                let known = tier.map(|tier| [("tier", tier)]);
                let mut unit = Unit::from(number);
                if let Some(known) = &known {
                    unit = unit.with(known);
                }
                if let Some(wanted) = wanted {
                    unit = unit.asking_for(wanted);
                }
                let explanation = plan.explain(unit);
                let expected = by_hand(&unit, tier, (7..10).contains(&number));
                assert_eq!(rows(&explanation), expected);
                let (rule, ..) = expected.last().unwrap();
                assert_eq!(explanation.route.reason(), *rule);
                if !decided.contains(rule) {
                    decided.push(*rule);
                }
            }
        }
    }
    assert_eq!(decided.len(), 7, "each rule decided once: {decided:?}");
}

#[test]
fn a_share_of_nothing_is_told_as_such() {
    let policy = Policy::canary("release", "v2", Share::NONE);
    let plan = policy.compile("v1", ["v2"]).unwrap();
    let (_, place) = place(Purpose::Canary, "release", &Unit::from("ana"));
    assert_eq!(
        plan.explain("ana").to_string(),
        format!(
            "gate decides: the unit lies at {place} of the line, outside of an empty share\n\
             so v1 answers"
        )
    );
    let live = Policy::live_only("release").with_shadow("v2", Share::ALL);
    assert_eq!(
        live.compile("v1", ["v2"])
            .unwrap()
            .explain("ana")
            .to_string(),
        "live decides: the policy asks for no other\nso v1 answers, v2 runs unseen"
    );
}

#[test]
fn a_version_that_may_not_answer_is_told_last_and_decides_alone() {
    let router = Router::new("r", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), ()>(())).unwrap();
    let policy = Policy::canary("release", "v2", Share::ALL).with_units("v2", ["ana"]);
    router.release(policy).unwrap();
    let told = |reason, finding: &str| {
        for unit in ["ana", "ben"] {
            let explanation = router.current().explain(unit);
            let rows = rows(&explanation);
            let (last, before) = rows.split_last().unwrap();
            assert_eq!(*last, (reason, true, finding.to_owned()));
            assert!(before.iter().all(|(_, decided, _)| !decided), "{rows:?}");
            assert_eq!(explanation.route.reason(), reason);
            assert_eq!(explanation.version, "v1");
        }
    };
    router.shed("v2", Share::ALL).unwrap();
    let saturated = "the version that this names takes no more";
    told(Reason::Saturated, saturated);
    router.reject("v2", "wrong").unwrap();
    told(Reason::Killed, "the version that this names was rejected");
}
