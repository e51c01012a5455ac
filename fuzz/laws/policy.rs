//! Whatever bytes a policy file holds, the laws of routing hold or it is refused.

use switchstand::{Policy, Unit};

/// Reads bytes as a policy and checks the laws on a few units.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(policy) = serde_json::from_slice::<Policy>(bytes) else {
        return;
    };
    let Ok(plan) = policy.compile("v1", ["v2", "v3"]) else {
        return;
    };
    let again: Policy = {
        let text = serde_json::to_string(&policy).expect("an accepted policy can be written");
        serde_json::from_str(&text).expect("a policy that was written can be read")
    };
    assert_eq!(
        again.fingerprint(),
        policy.fingerprint(),
        "R1: the content names a policy"
    );
    let twin = again
        .compile("v1", ["v2", "v3"])
        .expect("a policy compiles twice");
    let attributes = [("tier", "internal"), ("country", "es")];
    for number in 0..16u64 {
        for unit in [Unit::from(number), Unit::from(number).with(&attributes)] {
            let route = plan.route(unit);
            assert_eq!(route, twin.route(unit), "R1: one unit, one route");
            let label = plan
                .version_of(&route)
                .expect("R5: exactly one version answers");
            assert!(["v1", "v2", "v3"].contains(&label));
            assert!(
                plan.shadows_of(&route).all(|shadow| shadow != label),
                "R5: no shadow of itself"
            );
            if let Some(propensity) = route.propensity() {
                assert!(
                    (0.0..=1.0).contains(&propensity.as_fraction()),
                    "R7: a probability"
                );
            }
            let explanation = plan.explain(unit);
            assert_eq!(
                explanation.route, route,
                "an explanation ends where the route does"
            );
        }
    }
    let diff = policy
        .diff(&again)
        .expect("a policy can be compared with itself");
    assert_eq!(
        diff.moved().points(),
        0,
        "R6: what stays the same moves nobody"
    );
}
