//! A roll-out acts only on its own: what persons do to the router meanwhile stands.

use core::time::Duration;

use switchstand::ramp::{BeginError, Ramp};
use switchstand::rollout::{
    Cause, Climb, Command, Input, Ladder, PauseCause, Phase, Refusal, Rollout, Schedule,
};
use switchstand::{Policy, Router, Share, VersionState};

use crate::rollout::releases::{abort, at, ramping};

pub(crate) fn router() -> Router<()> {
    let router = Router::new("ranker", "v1", ()).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<(), String>(())).unwrap();
    }
    router
}

/// A minute on each step, and a minute at 100 %.
pub(crate) fn quick() -> Schedule {
    let time = Duration::from_secs(60);
    let climb = Climb::Dwell {
        time,
        exposures: 10,
    };
    let schedule = Schedule::new([]).unwrap().with_climb(climb).unwrap();
    schedule.with_bake(time, 10)
}

pub(crate) fn release(router: &Router<()>, version: &str, schedule: Schedule) -> Ramp<()> {
    router.begin(rollout_of(version, schedule)).unwrap()
}

fn rollout_of(version: &str, schedule: Schedule) -> Rollout {
    let policy = Policy::canary(&format!("release of {version}"), version, Share::NONE);
    Rollout::new(policy, schedule).unwrap()
}

/// Lets the timer tick once, at this minute, with good evidence.
pub(crate) fn tick(rollout: &Ramp<()>, minute: u64) {
    let sample = rollout
        .rollout()
        .sample()
        .map(|sample| sample.exposed(100, 100));
    let sample = sample.map(Input::Sample);
    rollout.tick_with(at(60 * minute), sample).unwrap();
}

/// Ticks every minute until the phase is reached, and returns the next minute.
fn tick_to(rollout: &Ramp<()>, phase: Phase) -> u64 {
    for minute in 0.. {
        if rollout.phase() == phase {
            return minute;
        }
        assert!(minute < 60, "{} instead of {phase}", rollout.phase());
        tick(rollout, minute);
    }
    0
}

fn at_once() -> Schedule {
    quick().with_ladder(Ladder::at_once())
}

fn on(router: &Router<()>, version: &str) -> usize {
    let is_on = |&user: &u64| router.label(router.route(user).version()) == Some(version);
    (0..1_000).filter(is_on).count()
}

fn overruled(rollout: &Ramp<()>) -> Vec<String> {
    let state = rollout.state();
    let paused = state.paused().iter();
    paused
        .filter(|cause| matches!(cause, PauseCause::Overruled { .. }))
        .map(ToString::to_string)
        .collect()
}

#[test]
fn c12_a_hotfix_in_mid_ramp_stands_and_stops_the_rollout_with_its_author() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    let ana = router.operator().named("ana").because("incident 7");
    ana.at(at(77)).release(Policy::live_only("hotfix")).unwrap();
    for minute in minute..minute + 30 {
        tick(&rollout, minute);
        assert_eq!(
            (router.current().release(), on(&router, "v2")),
            ("hotfix", 0)
        );
    }
    assert_eq!(rollout.phase(), ramping(1));
    let cause = "by hand: release \"hotfix\" was put in force by \"ana\" at second 77: incident 7";
    assert_eq!(overruled(&rollout), [cause]);
    assert_eq!(rollout.waiting_for()[0], cause);

    // It does not go on by being told to go on: the policy in force is ana's.
    let now = at(60 * 60);
    let resumed = rollout.tick_with(now, [Input::Command(Command::Resume)]);
    let refused = resumed.unwrap_err().refused;
    assert!(matches!(
        refused[..],
        [Refusal::NotNow {
            command: Command::Resume,
            ..
        }]
    ));
    // It does in words, and the step begins anew.
    let why = "the incident is over".to_owned();
    let take_over = Input::Command(Command::TakeOver { why });
    let done = rollout.tick_with(now, [take_over]).unwrap();
    assert!(done.is_some() && overruled(&rollout).is_empty());
    assert_eq!(router.current().release(), "release of v2");
    assert_eq!(
        (rollout.phase(), rollout.state().since()),
        (ramping(1), now)
    );
    tick(&rollout, 60);
    assert_eq!(rollout.phase(), ramping(1));
    tick(&rollout, 61);
    assert_eq!(rollout.phase(), ramping(2));
}

#[test]
fn c12_a_rollout_resumes_where_its_own_policy_is_back() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    let own = router.deployments().policy().clone();
    router.release(Policy::live_only("freeze")).unwrap();
    tick(&rollout, minute + 5);
    router.release(own).unwrap();
    tick(&rollout, minute + 6);
    assert_eq!(overruled(&rollout).len(), 1);
    let now = at(60 * (minute + 7));
    rollout
        .tick_with(now, [Input::Command(Command::Resume)])
        .unwrap();
    // The time while another policy was in force does not count.
    assert_eq!(
        (rollout.phase(), rollout.state().since()),
        (ramping(1), now)
    );
    assert!(overruled(&rollout).is_empty());
}

#[test]
fn c12_an_abort_takes_the_candidate_back_from_under_a_persons_policy_too() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    router
        .release(Policy::canary("by hand", "v2", Share::percent(30).unwrap()))
        .unwrap();
    tick(&rollout, minute);
    assert_eq!(overruled(&rollout).len(), 1);
    rollout.tick_with(at(60 * minute), [abort()]).unwrap();
    assert_eq!(rollout.phase(), Phase::RolledBack);
    assert_eq!(
        (router.current().release(), on(&router, "v2")),
        ("by hand", 0)
    );
}

#[test]
fn c12_a_rollback_by_hand_while_baking_ends_as_rolled_back_by_that_person() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, Phase::Baking);
    router.operator().named("ana").rollback("p99").unwrap();
    tick(&rollout, minute);
    assert_eq!(rollout.phase(), Phase::RolledBack);
    let state = rollout.state();
    let Some(Cause::ByHand { by }) = state.cause() else {
        panic!("{:?}", state.cause());
    };
    assert_eq!((&*by.who, &*by.why), ("ana", "p99"));
    assert_eq!(by.what, "version \"v2\" was rejected");
    assert_eq!(router.state("v2"), Some(VersionState::Rejected));
}

#[test]
fn c12_a_reject_by_hand_ends_the_rollout_also_when_the_model_is_given_back() {
    for (is_reclaimed, comes_back) in [(false, false), (true, false), (true, true)] {
        let router = router();
        let rollout = release(&router, "v2", quick());
        let minute = tick_to(&rollout, ramping(1));
        router.operator().named("ana").reject("v2", "p99").unwrap();
        if is_reclaimed {
            router.reclaim("v2").unwrap();
        }
        if comes_back {
            router.deploy("v2", ()).unwrap();
            router.validate("v2", |()| Ok::<(), String>(())).unwrap();
        }
        let before = router.generation();
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), Phase::RolledBack);
        let cause = rollout.state().cause().unwrap().to_string();
        assert_eq!(
            cause,
            "by hand: version \"v2\" was rejected by \"ana\": p99"
        );
        assert_eq!(router.generation(), before);
    }
}

#[test]
fn c12_what_is_accepted_by_hand_is_promoted_and_nobody_elses_swap_is_closed() {
    let router = router();
    let rollout = release(&router, "v2", at_once());
    let minute = tick_to(&rollout, Phase::Baking);
    router.operator().named("ana").accept().unwrap();
    router.swap("v3").unwrap();
    for minute in minute..minute + 5 {
        let done = rollout.tick_with(at(60 * minute), []);
        assert_eq!(done, Ok(None));
    }
    assert_eq!(rollout.phase(), Phase::Promoted);
    assert_eq!(rollout.state().by_hand().unwrap().who, "ana");
    // The way back from v3 is still there.
    router.rollback("v3 is bad").unwrap();
    assert_eq!(router.state("v2"), Some(VersionState::Live));
}

#[test]
fn c12_a_promotion_of_what_was_rolled_back_by_hand_accepts_nothing() {
    let router = router();
    let rollout = release(&router, "v2", at_once());
    let minute = tick_to(&rollout, Phase::Baking);
    router.rollback("p99").unwrap();
    router.swap("v3").unwrap();
    let promote = Input::Command(Command::Promote);
    let refused = rollout.tick_with(at(60 * minute), [promote]).unwrap_err();
    assert_eq!((refused.done, refused.operation), (None, None));
    assert_eq!(rollout.phase(), Phase::RolledBack);
    router.rollback("v3 is bad").unwrap();
    assert_eq!(router.state("v1"), Some(VersionState::Live));
}

#[test]
fn c12_an_abort_after_an_acceptance_by_hand_is_refused_and_the_release_promoted() {
    let router = router();
    let rollout = release(&router, "v2", at_once());
    let minute = tick_to(&rollout, Phase::Baking);
    router.accept().unwrap();
    let refused = rollout.tick_with(at(60 * minute), [abort()]).unwrap_err();
    assert!(matches!(refused.refused[..], [Refusal::Ended { .. }]));
    assert_eq!(rollout.phase(), Phase::Promoted);
    assert_eq!(router.state("v2"), Some(VersionState::Live));
}

#[test]
fn c12_a_swap_by_hand_is_followed_and_its_acceptance_waits_for_a_person() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    router.operator().named("ana").swap("v2").unwrap();
    for minute in minute..minute + 10 {
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), Phase::Baking);
        assert_eq!(router.state("v1"), Some(VersionState::Standby));
    }
    let by = "by hand: version \"v2\" was swapped live by \"ana\"";
    assert_eq!(overruled(&rollout), [by]);
    let now = at(60 * (minute + 10));
    rollout
        .tick_with(now, [Input::Command(Command::Resume)])
        .unwrap();
    tick(&rollout, minute + 11);
    tick(&rollout, minute + 12);
    assert_eq!(rollout.phase(), Phase::Promoted);
}

#[test]
fn c12_another_version_that_is_swapped_live_by_hand_stops_the_rollout() {
    let router = router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    router.operator().named("bob").swap("v3").unwrap();
    for minute in minute..minute + 5 {
        tick(&rollout, minute);
    }
    assert_eq!((rollout.phase(), on(&router, "v3")), (ramping(1), 1_000));
    assert!(overruled(&rollout)[0].contains("\"bob\""));
    // Also where the policy of the step is kept for the new live version.
    let router = self::router();
    let rollout = release(&router, "v2", quick());
    let minute = tick_to(&rollout, ramping(1));
    let own = router.deployments().policy().clone();
    router.swap_with("v3", own).unwrap();
    tick(&rollout, minute);
    assert_eq!(overruled(&rollout).len(), 1);
}

#[test]
fn c12_a_second_rollout_is_refused_while_the_first_is_open_unless_it_takes_over() {
    let router = router();
    let first = release(&router, "v2", quick());
    let minute = tick_to(&first, ramping(1));
    let (release_of, version) = ("release of v2".to_owned(), "v2".to_owned());
    let open = BeginError::AnotherIsOpen {
        release: release_of,
        version,
    };
    let refused = router.begin(rollout_of("v3", quick()));
    assert_eq!(refused.unwrap_err(), open);
    assert_eq!(on(&router, "v3"), 0);
    tick(&first, minute);
    assert_eq!(first.phase(), ramping(2));
    let second = router
        .begin_over(rollout_of("v3", quick()), "a fix")
        .unwrap();
    tick(&second, minute);
    assert_eq!(second.phase(), ramping(0));
    for minute in minute + 1..minute + 9 {
        tick(&first, minute);
        tick(&second, minute);
        assert_eq!(on(&router, "v2"), 0);
    }
    assert_eq!(
        (first.phase(), second.phase()),
        (ramping(2), Phase::Promoted)
    );
    assert!(overruled(&first)[0].contains("\"roll-out\""));

    // When the first has ended, or nobody holds it any more, nothing needs to be taken over.
    let router = self::router();
    let first = release(&router, "v2", quick());
    let minute = tick_to(&first, ramping(1));
    first.order(Command::abort("ana", "p99")).unwrap();
    let second = release(&router, "v3", quick());
    tick(&second, minute);
    assert_eq!(second.phase(), ramping(0));
    let clone = second.clone();
    drop(second);
    assert!(router.begin(rollout_of("v3", quick())).is_err());
    drop(clone);
    // Its policy stays in force until a person says otherwise.
    assert_eq!(router.current().release(), "release of v3");
    router.release(Policy::live_only("freeze")).unwrap();
    let third = release(&router, "v3", quick());
    tick(&third, minute);
    assert_eq!(third.phase(), ramping(0));
}
