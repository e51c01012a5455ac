//! Roll-outs that are wired wrong, or meet a person.

use switchstand::rollout::{
    Climb, Command, Guard, Ladder, Phase, Rollout, Schedule, StepSample, Tag,
};
use switchstand::{Ending, OnError, Policy, Share, Timestamp, Unit, attr};

use super::{ab, at, rollout, router, says};

#[test]
fn a_releases_name_that_was_another_candidates_is_refused() {
    let router = router();
    router.deploy("v3", 3).unwrap();
    router.validate("v3", |_| Ok::<(), String>(())).unwrap();
    let ramp = router.begin(rollout("ranker-2026-11", "v2")).unwrap();
    ramp.order(Command::abort("ana", "p99")).unwrap();
    drop(ramp);
    let parts = [
        "\"ranker-2026-11\"",
        "\"v2\"",
        "\"v3\"",
        "same users",
        "a name of its own",
    ];
    let refused = router.begin(rollout("ranker-2026-11", "v3")).unwrap_err();
    says("begin", refused, &parts);
    assert!(router.begin(rollout("ranker-2026-12", "v3")).is_ok());
    let meant = router.begin_over(rollout("ranker-2026-11", "v3"), "the same users, mended");
    assert!(meant.is_ok());
}

#[test]
fn another_policy_or_version_in_mid_ramp_stands_and_the_rollout_says_who_it_was() {
    for by_swap in [false, true] {
        let router = router();
        router.deploy("v3", 3).unwrap();
        router.validate("v3", |_| Ok::<(), String>(())).unwrap();
        let ramp = router.begin(rollout("r", "v2")).unwrap();
        ramp.tick(at(0)).unwrap();
        let ana = router.operator().named("ana").because("incident 7");
        match by_swap {
            true => ana.swap("v3").unwrap(),
            false => ana.release(Policy::live_only("hotfix")).unwrap(),
        };
        ramp.tick(at(60)).unwrap();
        let waits = ramp.waiting_for().join("; ");
        says("waiting", waits, &["by hand", "\"ana\"", "incident 7"]);
        let refused = ramp.order(Command::resume("ben", "")).unwrap_err();
        says(
            "resume",
            refused,
            &["another policy is in force", "take over"],
        );
    }
    let router = router();
    let _first = router.begin(rollout("r", "v2")).unwrap();
    let second = router.begin(rollout("r", "v2")).unwrap_err();
    says(
        "two timers",
        second,
        &["\"v2\"", "\"r\"", "is open", "begin_over"],
    );
}

#[test]
fn a_candidate_whose_failures_the_live_version_answers_is_taken_back_and_the_ending_named() {
    let router = router();
    let policy = Policy::canary("r", "v2", Share::NONE).on_error(OnError::Live);
    let schedule = Schedule::new([Guard::failures()])
        .unwrap()
        .with_ladder(Ladder::custom([Share::percent(50).unwrap(), Share::ALL]).unwrap());
    let ramp = router
        .begin(Rollout::new(policy, schedule).unwrap())
        .unwrap();
    ramp.tick(at(0)).unwrap();
    for user in 0..200_u64 {
        let answer = router.admit(user).call(|version| match version {
            2 => Err("broken"),
            _ => Ok(()),
        });
        // Nobody notices: the live version has answered.
        assert_eq!(answer, Ok(()));
    }
    ramp.tick(at(60)).unwrap();
    assert_eq!(ramp.phase(), Phase::RolledBack);
    let state = ramp.state();
    says(
        "always fails",
        state.cause().unwrap(),
        &["\"failures\"", "failed"],
    );
}

#[test]
fn evidence_that_belongs_to_nothing_says_what_there_is() {
    let router = router();
    let schedule = Schedule::new([Guard::failures(), Guard::rate("wrong answers")]).unwrap();
    let policy = Policy::canary("r", "v2", Share::NONE);
    let ramp = router
        .begin(Rollout::new(policy, schedule).unwrap())
        .unwrap();
    ramp.tick(at(0)).unwrap();
    let parts = [
        "\"worng answers\"",
        "\"failures\", \"wrong answers\"",
        "take the name",
    ];
    says("guard", ramp.evidence("worng answers").unwrap_err(), &parts);
    let parts = ["\"failures\"", "by itself", "report nothing to it"];
    says("own", ramp.evidence("failures").unwrap_err(), &parts);
    let wrong = ramp.evidence("wrong answers").unwrap();
    let parts = ["\"wrong answers\"", "bad events", "a reading"];
    says("kind", wrong.reading(0.5).unwrap_err(), &parts);
    says(
        "gate",
        ramp.open("aproved").unwrap_err(),
        &["\"aproved\"", "no gate"],
    );
    let promoted = {
        ramp.order(Command::pause("ana", "looks odd")).unwrap();
        ramp.order(Command::promote("ben", "")).unwrap_err()
    };
    says(
        "promote",
        promoted,
        &["not obeyed", "looks odd", "resume it first"],
    );
    let late = Timestamp::from_nanos(u64::MAX);
    says(
        "clock",
        ramp.tick(late).unwrap_err(),
        &["the clock says", "next reading"],
    );
    let tag = ramp.rollout().tag().unwrap();
    let outdated = StepSample::new(
        Tag {
            phase: Phase::Baking,
            ..tag
        },
        9,
    );
    let refused = ramp.tick_with(at(1), [outdated.into()]).unwrap_err();
    says("sample", refused, &["the sample is of phase", "now it is"]);
    let stranger = Policy::live_only("x").compile("v1", ["v2"]).unwrap();
    let receipt = wrong.bad("ana", &stranger.assignment("ana")).unwrap();
    assert_eq!(format!("{receipt:?}"), "NotOfThisRelease");
}

#[test]
fn a_schedule_that_cannot_lead_on_is_refused() {
    let refused = Schedule::new([])
        .unwrap()
        .with_climb(Climb::OnEvidence)
        .unwrap_err();
    says(
        "no guard",
        refused,
        &["climbs on evidence", "`Guard::failures`"],
    );
    let twice = Schedule::new([Guard::failures(), Guard::failures()]).unwrap_err();
    says("twice", twice, &["two guards", "\"failures\""]);
    let policy = || Policy::canary("r", "v2", Share::NONE);
    let of = |guard: Guard| {
        let schedule = Schedule::new([guard]).unwrap();
        Rollout::new(policy(), schedule).unwrap_err()
    };
    let percent = |percent| Share::percent(percent).unwrap();
    let nowhere = of(Guard::failures().at_shares(percent(30), percent(40)));
    says(
        "no step",
        nowhere,
        &["\"failures\"", "30%", "40%", "1%, 5%, 25%, 50%, 100%"],
    );
    let own = Ladder::default().dwelling(percent(30), core::time::Duration::ZERO, 1);
    says(
        "own time",
        own.unwrap_err(),
        &["30%", "1%, 5%, 25%, 50%", "take one of them"],
    );
    let arms = Rollout::new(ab(), Schedule::new([]).unwrap()).unwrap_err();
    says("no canary", arms, &["\"ab\"", "not a canary"]);
    let misplaced = ab().or_for(attr("tier").is("internal"));
    let refused = misplaced.compile("v1", ["v2"]).unwrap_err();
    says("or_for", refused, &["or_for", "canar", "\"ab\""]);
}

#[test]
fn no_traffic_is_told_from_requests_whose_end_nobody_noted() {
    let router = router();
    let ramp = router.begin(rollout("r", "v2")).unwrap();
    ramp.tick(at(0)).unwrap();
    let silent = ramp.waiting_for().join("; ");
    says("routed only", silent, &["no outcome has come", "`note`"]);
    let open = router.admit("ana");
    says(
        "not ended",
        ramp.waiting_for().join("; "),
        &["the end of 1 requests"],
    );
    open.end(Ending::Answered);
    let empty = Unit::try_from_input("").unwrap_err();
    says("no key", empty, &["key is empty", "one bucket"]);
}
