//! Who gets the candidate at the end, and who was kept from it until then.

use switchstand::rollout::{End, Phase, Rollout, RolloutError};
use switchstand::{Policy, Share, attr};

use crate::rollout::persons::{quick, router, tick};

fn canary() -> Policy {
    Policy::canary("release of v2", "v2", Share::NONE)
}

#[test]
fn c13_a_policy_that_keeps_units_out_is_refused_unless_the_end_is_said_in_words() {
    let paying = || attr("tier").is("paying");
    let percent = |percent| Share::percent(percent).unwrap();
    for (policy, what) in [
        (canary().within(paying().not()), "`within`"),
        (canary().with_holdout("2026", percent(10)), "a holdout"),
        (
            canary().with_layer("search", percent(0), percent(50)),
            "a layer",
        ),
        (
            canary().with_rule(paying(), "v1"),
            "a rule for another version",
        ),
        (
            canary().with_units("v3", ["ana"]),
            "a list of another version",
        ),
    ] {
        let refused = Rollout::new(policy.clone(), quick()).unwrap_err();
        let release = "release of v2".to_owned();
        assert_eq!(refused, RolloutError::KeepsOut { release, what });
        assert!(Rollout::new(policy, quick().with_end(End::Everybody)).is_ok());
    }
    for policy in [
        canary().or_for(paying()),
        canary().with_rule(paying(), "v2"),
        canary().with_units("v2", ["ana"]),
    ] {
        assert!(Rollout::new(policy, quick()).is_ok());
    }
}

#[test]
fn c13_the_end_is_kept_with_the_schedule_and_reached() {
    let router = router();
    let policy = canary().within(attr("tier").is_not("paying"));
    let schedule = quick().with_end(End::Everybody);
    let stored = serde_json::to_string(&Rollout::new(policy, schedule).unwrap()).unwrap();
    let mut rollout: Rollout = serde_json::from_str(&stored).unwrap();
    for minute in 0..10 {
        if !rollout.phase().is_final() {
            tick(&router, &mut rollout, minute);
        }
    }
    assert_eq!(rollout.phase(), Phase::Promoted);
}
