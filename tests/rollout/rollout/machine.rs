//! Roll-outs against a second, dumber machine, under inputs of all kinds and a clock that jumps.

use core::time::Duration;

use proptest::prelude::*;
use switchstand::rollout::{
    Action, Before, Check, Climb, Command, Guard, Input, Ladder, Measured, OnBreach, OnDeadline,
    OnNoData, PauseCause, Phase, Rollout, Schedule, StepSample, Tag,
};
use switchstand::stats::Worse;
use switchstand::{Policy, Share, Timestamp};

use crate::rollout::naive::{BAKE, DEADLINE, DWELL, Happening, Naive, PATIENCE, Round, UNITS};

fn happening() -> impl Strategy<Value = Happening> {
    let errors = prop::option::weighted(0.9, prop_oneof![19 => 0.0..10.0, 1 => 10.0..20.0_f64]);
    let memory = prop::option::weighted(0.9, prop_oneof![9 => 0.0..0.8, 1 => 0.8..1.0_f64]);
    let sample = (
        0..400_u64,
        prop_oneof![8 => Just(0), 1 => Just(1), 1 => Just(2)],
        0..20_u64,
    )
        .prop_flat_map(move |head| (Just(head), errors.clone(), memory.clone()))
        .prop_map(
            |((sequence, origin, units), errors, memory)| Happening::StepSample {
                sequence,
                origin,
                units,
                errors,
                memory,
            },
        );
    prop_oneof![
        30 => sample,
        5 => any::<bool>().prop_map(Happening::Gate),
        1 => Just(Happening::OpenForGood),
        2 => Just(Happening::Pause),
        4 => Just(Happening::Resume),
        1 => prop::bool::weighted(0.2).prop_map(|aborts| match aborts {
            true => Happening::Abort,
            false => Happening::Gate(true),
        }),
        1 => Just(Happening::Promote),
        2 => (0..3_usize).prop_map(Happening::Skip),
    ]
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let moves = prop_oneof![6 => 0..15_i64, 1 => -60..0_i64, 1 => 15..120_i64];
    let round = (moves, prop::collection::vec(happening(), 0..5))
        .prop_map(|(moves, happenings)| Round { moves, happenings });
    prop::collection::vec(round, 1..60)
}

fn schedule(deadline: OnDeadline) -> Schedule {
    let seconds = |secs: i64| Duration::from_secs(secs.unsigned_abs());
    let limit = |limit| Check::Limit {
        worse: Worse::Higher,
        limit,
    };
    let after = seconds(PATIENCE);
    let errors = Guard::new("errors", limit(10.0));
    let memory = Guard::new("memory", limit(0.8))
        .on_breach(OnBreach::Pause)
        .on_no_data(OnNoData::Pause { after });
    let climb = Climb::Dwell {
        time: seconds(DWELL),
        exposures: UNITS,
    };
    let shares = ["10%", "50%", "100%"].map(|share| share.parse().unwrap());
    Schedule::new([errors, memory])
        .unwrap()
        .with_ladder(Ladder::custom(shares).unwrap())
        .with_climb(climb)
        .unwrap()
        .with_bake(seconds(BAKE), UNITS)
        .with_gate("hours", Before::EachStep)
        .unwrap()
        .with_deadline(seconds(DEADLINE), deadline)
}

fn number(phase: Phase) -> usize {
    match phase {
        Phase::Pending => 0,
        Phase::Ramping { step } => step + 1,
        Phase::Baking => 3,
        Phase::Promoted => 4,
        Phase::RolledBack => 5,
        Phase::Shadowing => panic!("there is no shadow stage"),
    }
}

fn waits(rollout: &Rollout) -> [bool; 4] {
    let memory = || "memory".to_owned();
    let paused = rollout.state().paused();
    [
        PauseCause::Operator,
        PauseCause::Breached { guard: memory() },
        PauseCause::NoData { guard: memory() },
        PauseCause::DeadlinePassed,
    ]
    .map(|cause| paused.contains(&cause))
}

fn policy(release: &str) -> Policy {
    Policy::canary(release, "v2", Share::NONE)
}

/// Says what happens in the words of the library.
fn inputs(rollout: &Rollout, happenings: &[Happening]) -> Vec<Input> {
    let here = rollout.tag();
    let tag = |origin| match (here, origin) {
        (Some(tag), 0) => tag,
        (tag, 1) => Tag {
            fingerprint: tag.map_or(policy("x").fingerprint(), |tag| tag.fingerprint),
            phase: Phase::Ramping {
                step: if rollout.phase() == (Phase::Ramping { step: 0 }) {
                    1
                } else {
                    0
                },
            },
        },
        (_, _) => Tag {
            fingerprint: policy("another").fingerprint(),
            phase: rollout.phase(),
        },
    };
    let translate = |(place, it): (usize, &Happening)| match *it {
        Happening::StepSample {
            sequence,
            origin,
            units,
            errors,
            memory,
        } => {
            let mut sample = StepSample::new(tag(origin), sequence * 8 + place as u64);
            sample = sample.exposed(100, units);
            if let Some(errors) = errors {
                sample = sample.with("errors", Measured::Value(errors));
            }
            if let Some(memory) = memory {
                sample = sample.with("memory", Measured::Value(memory));
            }
            Input::Sample(sample)
        }
        Happening::Gate(open) => Input::Gate {
            name: "hours".to_owned(),
            open,
        },
        Happening::OpenForGood => Input::OpenForGood {
            name: "hours".to_owned(),
        },
        Happening::Pause => Input::Command(Command::Pause),
        Happening::Resume => Input::Command(Command::Resume),
        Happening::Abort => Input::Command(Command::Abort {
            why: "pager".to_owned(),
        }),
        Happening::Promote => Input::Command(Command::Promote),
        Happening::Skip(step) => Input::Command(Command::Skip {
            phase: Phase::Ramping { step },
        }),
    };
    happenings.iter().enumerate().map(translate).collect()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs.unsigned_abs())
}

fn step(rollout: &mut Rollout, now: i64, inputs: Vec<Input>) -> Option<Action> {
    let action = rollout.step(at(now), inputs);
    rollout.confirm();
    action
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_controller_does_what_a_naive_machine_does(rounds in rounds(), rejects: bool) {
        let deadline = if rejects { OnDeadline::Reject } else { OnDeadline::Pause };
        let mut rollout = Rollout::new(policy("ranker-2026-11"), schedule(deadline)).unwrap();
        // The same story with its inputs reversed, on a clock that never goes back, stored and
        // read again after every round.
        let mut other = rollout.clone();
        let mut naive = Naive::default();
        let (mut clock, mut latest) = (1_000_i64, 0_i64);
        naive.now = 0;
        for round in rounds {
            clock = (clock + round.moves).max(0);
            latest = latest.max(clock);
            let before = rollout.phase();
            let share = rollout.share();
            let inputs = inputs(&rollout, &round.happenings);
            let reversed = inputs.iter().rev().cloned().collect();
            let was_paused = !rollout.state().paused().is_empty();
            let quiet = rollout.clone();

            let action = step(&mut rollout, clock, inputs);
            naive.round(clock, &round.happenings, deadline);
            prop_assert_eq!(number(rollout.phase()), naive.phase);
            if !rollout.phase().is_final() {
                prop_assert_eq!(waits(&rollout), naive.waits());
            }

            // C1: exposure never decreases until it is none.
            let is_less = rollout.share() < share;
            prop_assert!(!is_less || rollout.phase() == Phase::RolledBack);
            prop_assert!(rollout.phase() != Phase::RolledBack || rollout.share() == Share::NONE);
            // C2: every change of phase is one action, and one event.
            prop_assert_eq!(action.is_some(), rollout.phase() != before);
            // C3: nothing advances while paused.
            let is_paused = !rollout.state().paused().is_empty();
            let moved_on = rollout.phase() != before && rollout.phase() != Phase::RolledBack;
            let resumed = round.happenings.iter().any(|it| matches!(it, Happening::Resume | Happening::StepSample { .. }));
            prop_assert!(!moved_on || !is_paused && (!was_paused || resumed));
            // C4, C7 and C9: neither order nor a clock that goes back nor a restart matters.
            step(&mut other, latest, reversed);
            let stored = serde_json::to_string(&other).unwrap();
            other = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(other.state(), rollout.state());
            // C6: final is final.
            prop_assert!(!before.is_final() || rollout == quiet);
            // C8: the trail gives the state.
            let trail = rollout.trail().clone();
            let replayed = Rollout::replay(policy("ranker-2026-11"), schedule(deadline), trail);
            let replayed = replayed.unwrap();
            prop_assert_eq!(replayed.state(), rollout.state());
            // A tick before the next deadline changes nothing.
            if let Some(next) = rollout.next_deadline()
                && rollout.phase() != Phase::Pending
            {
                let early = Timestamp::from_nanos(next.as_nanos() - 1);
                let mut ticked = rollout.clone();
                prop_assert_eq!(ticked.step(early, []), None);
                prop_assert_eq!(ticked.state(), rollout.state());
            }
        }
    }
}
