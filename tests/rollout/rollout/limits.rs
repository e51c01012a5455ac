//! What a schedule may ask for, and where each check draws its line.

use switchstand::Share;
use switchstand::rollout::{
    Cause, Check, Climb, Found, Guard, Input, Ladder, LadderError, Measured, OnBreach, PauseCause,
    Phase, Rollout, Schedule, ScheduleError, StepSample,
};
use switchstand::stats::Worse;

use crate::rollout::releases::{DWELL, abort, at, policy, ramping, rollout, started, step};

fn shares(percentages: &[&str]) -> Vec<Share> {
    let read = |text: &&str| text.parse().unwrap();
    percentages.iter().map(read).collect()
}

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

#[test]
fn c1_a_ladder_rises_to_everybody_or_is_refused() {
    let thousand = |last: u32| {
        (1..1000)
            .map(|n| Share::from_nanos(n).unwrap())
            .chain([percent(last)])
    };
    let most = Ladder::custom(thousand(100)).unwrap();
    assert_eq!(most.shares().len(), Ladder::MAX_STEPS);
    let limit = Ladder::MAX_STEPS;
    let one_more = [Share::from_nanos(1000).unwrap(), percent(100)];
    assert_eq!(
        Ladder::custom(
            (1..1000)
                .map(|n| Share::from_nanos(n).unwrap())
                .chain(one_more)
        ),
        Err(LadderError::TooManySteps { limit })
    );
    for (refused, below, share) in [
        (&["0%", "100%"][..], "0%", "0%"),
        (&["5%", "5%", "100%"], "5%", "5%"),
        (&["5%", "4%", "100%"], "5%", "4%"),
    ] {
        let (below, share) = (below.parse().unwrap(), share.parse().unwrap());
        let refusal = LadderError::NotRising { below, share };
        assert_eq!(Ladder::custom(shares(refused)), Err(refusal));
    }
    for (refused, last) in [(&[][..], "0%"), (&["5%", "99.9999999%"], "99.9999999%")] {
        let last = last.parse().unwrap();
        assert_eq!(
            Ladder::custom(shares(refused)),
            Err(LadderError::NotWhole { last })
        );
    }
}

#[test]
fn ladders_grow_by_steps_or_by_factors() {
    let ladder = |ladder: Result<Ladder, LadderError>| ladder.unwrap().shares().to_vec();
    let linear = shares(&["30%", "60%", "90%", "100%"]);
    assert_eq!(ladder(Ladder::linear(percent(30))), linear);
    assert_eq!(
        ladder(Ladder::linear(percent(50))),
        shares(&["50%", "100%"])
    );
    let geometric = shares(&["10%", "30%", "90%", "100%"]);
    assert_eq!(ladder(Ladder::geometric(percent(10), 3)), geometric);
    assert_eq!(
        ladder(Ladder::geometric(percent(20), u32::MAX)),
        shares(&["20%", "100%"])
    );
    assert!(Ladder::geometric(percent(20), 1).is_err());
    assert!(Ladder::linear(Share::NONE).is_err());
    assert_eq!(Ladder::at_once().shares(), [Share::ALL]);
    let compared = [1, 5, 25, 50].map(percent);
    assert_eq!(Ladder::default().compared(), compared);
}

fn effect(harm: f64, safe: f64) -> Guard {
    let worse = Worse::Higher;
    Guard::new("clicks", Check::Effect { worse, harm, safe })
}

#[test]
fn bounds_of_guards_are_finite_and_in_order() {
    let limit = |limit| {
        let worse = Worse::Higher;
        Guard::new("clicks", Check::Limit { worse, limit })
    };
    let guard = || "clicks".to_owned();
    for (bad, what) in [
        (limit(f64::NAN), "limit"),
        (limit(f64::INFINITY), "limit"),
        (effect(f64::NAN, 1.0), "harm bound"),
        (effect(0.0, f64::INFINITY), "safe bound"),
    ] {
        let refusal = ScheduleError::NonFinite {
            what,
            guard: guard(),
        };
        assert_eq!(Schedule::new([bad]).unwrap_err(), refusal);
    }
    let refusal = ScheduleError::SafeBelowHarm { guard: guard() };
    assert_eq!(Schedule::new([effect(0.1, 0.09)]).unwrap_err(), refusal);
    for good in [effect(0.1, 0.1), effect(0.1, 0.2), limit(-1.0)] {
        let schedule = Schedule::new([good.clone()]).unwrap();
        assert_eq!(schedule.guards(), [good]);
    }
}

/// Where a release at its first step is after a sample with this measurement.
fn after(guard: Guard, climb: Option<Climb>, measured: Measured) -> Rollout {
    let schedule = Schedule::new([guard.clone()]).unwrap();
    let schedule = match climb {
        Some(climb) => schedule.with_climb(climb).unwrap(),
        None => schedule,
    };
    let mut rollout = started(schedule);
    let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(9_900, 100);
    let sample = Input::Sample(sample.with(guard.name(), measured));
    let _ = step(&mut rollout, DWELL, [sample]);
    rollout
}

#[test]
fn the_last_number_that_a_limit_accepts_is_the_limit() {
    for (worse, value, expected) in [
        (Worse::Higher, 0.5, ramping(1)),
        (Worse::Higher, 0.500_001, Phase::RolledBack),
        (Worse::Higher, 0.4, ramping(1)),
        (Worse::Lower, 0.5, ramping(1)),
        (Worse::Lower, 0.499_999, Phase::RolledBack),
        (Worse::Lower, 0.6, ramping(1)),
    ] {
        let guard = Guard::new("load", Check::Limit { worse, limit: 0.5 });
        let rollout = after(guard, None, Measured::Value(value));
        assert_eq!(rollout.phase(), expected, "{worse:?} {value}");
    }
}

#[test]
fn an_effect_is_harm_or_safe_only_beyond_its_bounds() {
    let guard = |worse| {
        let (harm, safe) = (0.1, 0.2);
        Guard::new("clicks", Check::Effect { worse, harm, safe })
    };
    let interval = |lower: f64, upper: f64| Measured::Effect {
        lower: (lower.is_finite()).then_some(lower),
        upper: (upper.is_finite()).then_some(upper),
    };
    const NONE: f64 = f64::INFINITY;
    let on_evidence = Some(Climb::OnEvidence);
    for (worse, lower, upper, expected) in [
        (Worse::Higher, -0.5, 0.19, ramping(1)),
        (Worse::Higher, -0.5, 0.2, ramping(0)),
        (Worse::Higher, 0.1, 0.3, ramping(0)),
        (Worse::Higher, 0.11, 0.3, Phase::RolledBack),
        (Worse::Higher, NONE, 0.1, ramping(1)),
        (Worse::Higher, 0.2, NONE, Phase::RolledBack),
        (Worse::Lower, -0.19, 0.5, ramping(1)),
        (Worse::Lower, -0.2, 0.5, ramping(0)),
        (Worse::Lower, -0.3, -0.1, ramping(0)),
        (Worse::Lower, -0.3, -0.11, Phase::RolledBack),
    ] {
        let rollout = after(guard(worse), on_evidence, interval(lower, upper));
        assert_eq!(rollout.phase(), expected, "{worse:?} {lower} {upper}");
    }
    // A bound that is no number makes the whole measurement no data.
    for (lower, upper) in [(Some(f64::NAN), Some(0.0)), (Some(-0.5), Some(f64::NAN))] {
        let rollout = after(
            guard(Worse::Higher),
            on_evidence,
            Measured::Effect { lower, upper },
        );
        assert_eq!(rollout.phase(), ramping(0));
    }
}

#[test]
fn an_observing_guard_is_not_waited_for() {
    let observing = effect(0.1, 0.2).on_breach(OnBreach::Observe);
    let limit = Check::Limit {
        worse: Worse::Higher,
        limit: 0.5,
    };
    let mut rollout = started(Schedule::new([Guard::new("load", limit), observing]).unwrap());
    let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(9_900, 100);
    let sample = Input::Sample(sample.with("load", Measured::Value(0.1)));
    let _ = step(&mut rollout, DWELL, [sample]);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn a_number_within_its_limit_is_safe_to_climb_on() {
    let limit = Check::Limit {
        worse: Worse::Higher,
        limit: 0.5,
    };
    let guards = [Guard::new("load", limit), effect(0.1, 0.2)];
    let schedule = Schedule::new(guards).unwrap();
    let mut rollout = started(schedule.with_climb(Climb::OnEvidence).unwrap());
    let sample = StepSample::new(rollout.tag().unwrap(), 1)
        .exposed(9_900, 100)
        .with("load", Measured::Value(0.4))
        .with(
            "clicks",
            Measured::Effect {
                lower: None,
                upper: Some(0.1),
            },
        );
    let _ = step(&mut rollout, 1, [Input::Sample(sample)]);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c8_a_replayed_release_knows_its_clock_and_waits_for_its_confirmation() {
    let schedule = || Schedule::new([effect(0.1, 0.2)]).unwrap();
    let mut release = rollout(schedule());
    assert_eq!(release.version(), "v2");
    let _ = release.step(at(50), []);
    let trail = release.trail().clone();
    let mut again = Rollout::replay(policy(), schedule(), trail).unwrap();
    assert!(again.unconfirmed().is_some());
    // Nothing is due before the last action is known to be carried out.
    assert_eq!(again.next_deadline(), None);
    again.confirm();
    assert_eq!(again.next_deadline(), Some(at(50 + DWELL)));
    // A time before the last event of the trail counts as that one.
    let _ = again.step(at(10), [abort()]);
    assert_eq!(again.trail().events().last().unwrap().at, at(50));
    let fresh = Rollout::replay(policy(), schedule(), Vec::new()).unwrap();
    assert_eq!(fresh.unconfirmed(), None);
}

#[test]
fn phases_causes_and_findings_read_as_sentences() {
    let guard = || "load".to_owned();
    let found = Found::Value {
        value: 0.9,
        limit: 0.8,
    };
    let effect = |lower, upper| Found::Effect { lower, upper }.to_string();
    for (words, expected) in [
        (Phase::Pending.to_string(), "pending"),
        (Phase::Shadowing.to_string(), "shadowing"),
        (ramping(3).to_string(), "ramping, step 3"),
        (Phase::Baking.to_string(), "baking"),
        (Phase::Promoted.to_string(), "promoted"),
        (Phase::RolledBack.to_string(), "rolled back"),
        (
            Cause::Aborted {
                why: "pager".into(),
            }
            .to_string(),
            "aborted: pager",
        ),
        (
            Cause::Breached {
                guard: guard(),
                found,
            }
            .to_string(),
            "guard \"load\" breached: 0.9 against a limit of 0.8",
        ),
        (
            Cause::NoData { guard: guard() }.to_string(),
            "guard \"load\" has no data",
        ),
        (Cause::DeadlinePassed.to_string(), "the deadline has passed"),
        (PauseCause::Operator.to_string(), "paused by an operator"),
        (
            PauseCause::Breached { guard: guard() }.to_string(),
            "guard \"load\" was breached",
        ),
        (
            PauseCause::NoData { guard: guard() }.to_string(),
            "guard \"load\" has no data",
        ),
        (
            PauseCause::DeadlinePassed.to_string(),
            "the deadline has passed",
        ),
        (
            effect(None, Some(0.1234)),
            "effect from unbounded to 0.1234",
        ),
        (
            effect(Some(-0.5678), None),
            "effect from -0.5678 to unbounded",
        ),
    ] {
        assert_eq!(words, expected);
    }
}
