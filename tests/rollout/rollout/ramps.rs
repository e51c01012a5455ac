//! The one handle: its evidence comes by itself, its policy can change, its orders have names.

use switchstand::ramp::StoredRamp;
use switchstand::rollout::{
    Cause, Command, EvidenceError, Guard, Phase, Receipt, Refused, Rollout, Schedule, StateChange,
};
use switchstand::{Ending, OnError, Policy, Router, Share};

use crate::rollout::outcomes::{lot, policy, schedule};
use crate::rollout::persons::router;
use crate::rollout::releases::{at, ramping};

fn on(router: &Router<()>, user: u64) -> String {
    let route = router.route(user);
    router.label(route.version()).unwrap().to_owned()
}

/// Lets users be routed, and notes how their requests end.
fn note(router: &Router<()>, users: core::ops::Range<u64>, ending: impl Fn(u64, &str) -> Ending) {
    for user in users {
        let route = router.route(user);
        let version = router.label(route.version()).unwrap();
        router.note(user, &route, ending(user, version)).unwrap();
    }
}

#[test]
fn o5_a_candidate_that_always_fails_is_found_also_where_the_live_version_steps_in() {
    let router = Router::new("ranker", "v1", true).unwrap();
    router.deploy("v2", false).unwrap();
    router.validate("v2", |_| Ok::<_, String>(())).unwrap();
    let policy = policy().on_error(OnError::Live);
    let rollout = Rollout::new(policy, schedule([Guard::failures()])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    for minute in 0..60 {
        ramp.tick(at(60 * minute)).unwrap();
        if ramp.phase().is_final() {
            break;
        }
        for user in minute * 100..(minute + 1) * 100 {
            let answer = router.admit(user).call(|model| match model {
                true => Ok(()),
                false => Err("no memory"),
            });
            assert_eq!(answer, Ok(()), "the live version has stepped in");
        }
    }
    let state = ramp.state();
    let Some(Cause::Breached { guard, found }) = state.cause() else {
        panic!("{:?}", ramp.waiting_for());
    };
    assert_eq!(guard, "failures");
    assert!(
        found.to_string().contains("requests of the candidate: "),
        "{found}"
    );
    assert!(found.to_string().ends_with(" failed"), "{found}");
}

#[test]
fn o3_no_traffic_is_told_from_requests_that_never_end() {
    let router = router();
    let rollout = Rollout::new(policy(), schedule([Guard::failures()])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    ramp.tick(at(0)).unwrap();
    let last = |ramp: &switchstand::ramp::Ramp<()>| ramp.waiting_for().pop().unwrap();
    assert_eq!(
        last(&ramp),
        "traffic: no outcome has come in this phase; requests that are only routed are told of \
         with `note`"
    );
    let held: Vec<_> = (0..3_u64).map(|user| router.admit(user)).collect();
    assert_eq!(
        last(&ramp),
        "the end of 3 requests: none has ended in this phase"
    );
    drop(held);
    assert_ne!(
        last(&ramp),
        "the end of 3 requests: none has ended in this phase"
    );
    // What is still to come is said with the time that it will take.
    note(&router, 0..200, |_, _| Ending::Answered);
    ramp.tick(at(300)).unwrap();
    let waits = ramp.waiting_for().join("; ");
    assert!(waits.starts_with("5m on this step, of 10m; "), "{waits}");
    assert!(
        waits.contains("at the present pace") && waits.contains(" more"),
        "{waits}"
    );
}

#[test]
fn c12_a_policy_that_is_amended_does_not_stop_the_rollout_and_keeps_its_share_and_evidence() {
    let router = router();
    let rollout = Rollout::new(policy(), schedule([Guard::failures()])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    ramp.tick(at(0)).unwrap();
    note(&router, 0..1_500, |_, _| Ending::Answered);
    ramp.tick(at(60)).unwrap();
    let before = ramp.units();
    let candidates: Vec<_> = (0..2_000)
        .filter(|&user| on(&router, user) == "v2")
        .collect();
    let mut left_out = (0..2_000).filter(|&user| on(&router, user) == "v1");
    let ana = left_out.next().unwrap();
    // The share that it names is not what counts.
    let amended = Policy::canary("ranker-2026-11", "v2", Share::ALL)
        .with_units("v2", [ana])
        .with_shadow("v3", Share::ALL);
    ramp.amend(amended).unwrap();
    assert_eq!(on(&router, ana), "v2");
    let after: Vec<_> = (0..2_000)
        .filter(|&user| user != ana && on(&router, user) == "v2")
        .collect();
    assert_eq!(after, candidates);
    assert_eq!(ramp.units(), before);
    assert_eq!((ramp.phase(), ramp.state().since()), (ramping(0), at(0)));
    // Units under both policies are units of one step, and it is left when it is due.
    note(&router, 0..2_000, |_, _| Ending::Answered);
    let [control, candidate] = ramp.units();
    let is_ana = u64::from(!candidates.contains(&ana));
    assert_eq!(control + candidate, 2_000 - is_ana + u64::from(ana < 1_500));
    ramp.tick(at(600)).unwrap();
    assert_eq!(ramp.phase(), ramping(1));
    assert_eq!(on(&router, ana), "v2");

    let refused = ramp.amend(Policy::canary("ranker-2026-11", "v3", Share::NONE));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the roll-out is of \"v2\" of release \"ranker-2026-11\", the policy of \"v3\" of \
         \"ranker-2026-11\": give it a canary of that version and release"
    );
    let unknown = policy().with_shadow("v9", Share::ALL);
    assert!(
        ramp.amend(unknown)
            .unwrap_err()
            .to_string()
            .contains("\"v9\"")
    );
    assert_eq!(ramp.phase(), ramping(1));
}

#[test]
fn c12_a_rollout_goes_on_with_a_persons_policy_for_its_candidate_when_it_is_told_to() {
    let router = router();
    let rollout = Rollout::new(policy(), schedule([Guard::failures()])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    ramp.tick(at(0)).unwrap();
    note(&router, 0..200, |user, _| match user < 10 {
        true => Ending::Failed,
        false => Ending::Answered,
    });
    let half = Share::percent(50).unwrap();
    let anas = Policy::canary("ranker-2026-11", "v2", half).with_units("v2", ["ana"]);
    let ana = router
        .operator()
        .named("ana")
        .because("for a demonstration");
    ana.release(anas.clone()).unwrap();
    ramp.tick(at(60)).unwrap();
    assert!(ramp.waiting_for()[0].contains("by \"ana\""));
    assert_eq!(router.deployments().policy(), &anas);
    ramp.amend(anas).unwrap();
    // It is the roll-out's now, at the roll-out's share, and what was counted is kept.
    assert_eq!(ramp.share(), Share::percent(10).unwrap());
    let listed = router.route("ana");
    assert_eq!(router.label(listed.version()), Some("v2"));
    let drawn = (0..1_000).filter(|&user| on(&router, user) == "v2").count();
    assert!((60..140).contains(&drawn), "{drawn}");
    let reading = ramp.rate_of("failures").unwrap();
    assert_eq!(reading.candidate_events + reading.control_events, 10);
    assert!(ramp.state().paused().is_empty());
}

#[test]
fn c12_orders_stand_in_the_trail_with_who_gave_them_and_an_abort_acts_at_once() {
    let router = router();
    let rollout = Rollout::new(policy(), schedule([Guard::failures()])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    ramp.tick(at(0)).unwrap();
    ramp.order(Command::pause("ana", "looks odd")).unwrap();
    assert_eq!(ramp.waiting_for()[0], "paused by \"ana\": looks odd");
    // What cannot be obeyed is a value, and in the trail.
    let promote = ramp
        .order(Command::promote("ben", "in a hurry"))
        .unwrap_err();
    assert!(matches!(promote.refused[..], [Refused::NotNow { .. }]));
    ramp.order(Command::resume("ana", "it was the dashboard"))
        .unwrap();
    assert!(ramp.state().paused().is_empty());
    ramp.order(Command::abort("ana", "p99 doubled")).unwrap();
    assert_eq!(ramp.phase(), Phase::RolledBack);
    assert_eq!(
        ramp.state().cause().unwrap().to_string(),
        "aborted: p99 doubled (\"ana\")"
    );
    assert!((0..1_000).all(|user| on(&router, user) == "v1"));
    let rollout = ramp.rollout();
    let orders = rollout.trail().events().iter();
    let orders: Vec<_> = orders
        .filter_map(|event| match &event.change {
            StateChange::Ordered { order } => Some((order.who.as_str(), order.why.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        orders,
        [
            ("ana", "looks odd"),
            ("ben", "in a hurry"),
            ("ana", "it was the dashboard"),
            ("ana", "p99 doubled")
        ]
    );
    let late = ramp.order(Command::pause("ben", "")).unwrap_err();
    assert!(matches!(late.refused[..], [Refused::Ended { .. }]));
    let stored = serde_json::to_string(&rollout).unwrap();
    assert_eq!(serde_json::from_str::<Rollout>(&stored).unwrap(), rollout);
}

#[test]
fn c16_a_ramp_is_stored_with_its_evidence_and_goes_on_with_it() {
    let first = router();
    let guards = || [Guard::failures(), Guard::rate("wrong")];
    let rollout = Rollout::new(policy(), schedule(guards())).unwrap();
    let ramp = first.begin(rollout).unwrap();
    ramp.tick(at(0)).unwrap();
    let ends = |user, _: &str| match lot(user, 1) < 0.05 {
        true => Ending::Failed,
        false => Ending::Answered,
    };
    note(&first, 0..3_000, ends);
    let assignment = first.assignment(&first.route(1_u64)).unwrap().into_owned();
    ramp.tick(at(300)).unwrap();
    let stored = serde_json::to_string(&ramp.store()).unwrap();

    let second = router();
    let stored: StoredRamp = serde_json::from_str(&stored).unwrap();
    let resumed = second.resume(stored).unwrap();
    assert_eq!(resumed.units(), ramp.units());
    assert_eq!(resumed.rate_of("failures"), ramp.rate_of("failures"));
    assert_eq!(
        second.current().fingerprint(),
        first.current().fingerprint()
    );
    // Numbers of samples are nobody's concern, and a label from before the restart counts.
    let wrong = resumed.evidence("wrong").unwrap();
    assert_eq!(wrong.bad(1_u64, &assignment), Ok(Receipt::Counted));
    for minute in 20..31 {
        resumed.tick(at(60 * minute)).unwrap();
    }
    assert_eq!(resumed.phase(), ramping(1));
    // A second copy of it on the same router is refused, as is any other roll-out.
    let copy = ramp.store();
    assert!(second.resume(copy).is_err());
}

#[test]
fn c14_a_name_that_the_schedule_lacks_is_an_error_where_the_handle_is_made() {
    let router = router();
    let rollout = Rollout::new(policy(), schedule([Guard::rate("wrong")])).unwrap();
    let ramp = router.begin(rollout).unwrap();
    let unknown = ramp.evidence("worng").unwrap_err();
    assert!(matches!(unknown, EvidenceError::UnknownGuard { .. }));
    let begun = Rollout::new(policy(), Schedule::new([]).unwrap()).unwrap();
    let refused = router.begin(begun.clone()).unwrap_err();
    assert!(refused.to_string().contains("is open on this router"));
    drop(ramp);
    let ramp = router.begin(begun).unwrap();
    ramp.tick(at(0)).unwrap();
    let mid = ramp.rollout();
    drop(ramp);
    let refused = router.begin(mid).unwrap_err().to_string();
    assert!(refused.contains("`resume` takes it up"), "{refused}");
}
