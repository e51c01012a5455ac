//! C1 to C9: whatever a roll-out is told, in whatever order, its laws hold.

use core::time::Duration;

use switchstand::rollout::{
    Action, Advance, BadEvents, Before, Cause, Check, Climb, Command, Guard, Input, Ladder,
    Measured, OnBreach, OnDeadline, OnNoData, Phase, Rollout, Schedule, ShadowStage, StateChange,
    StepSample, Tag,
};
use switchstand::stats::Worse;
use switchstand::stats::guard::{CandidateShare, RateTest, Side, StageTally};
use switchstand::{Policy, Share, Timestamp};

use super::bytes::Bytes;

const NAMES: [&str; 3] = ["errors", "memory", "clicks"];
/// In nanoseconds: a clock that leaps further is not believed at once.
const A_YEAR: u64 = 365 * 86_400 * 1_000_000_000;
const MOST_ROUNDS: usize = 48;

pub(crate) fn check(bytes: &[u8]) {
    let bytes = &mut Bytes::new(bytes);
    let Some(schedule) = schedule(bytes) else {
        return;
    };
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    let mut rollout = Rollout::new(policy, schedule).expect("a canary policy");
    let mut latest = Timestamp::default();
    let mut is_informed = false;
    for _ in 0..MOST_ROUNDS {
        if bytes.is_over() {
            break;
        }
        let now = Timestamp::from_nanos(bytes.below(A_YEAR));
        latest = latest.max(now);
        let places = 0..u64::from(bytes.byte() % 4);
        let inputs: Vec<Input> = places.map(|place| input(bytes, &rollout, place)).collect();
        let before = rollout.clone();
        is_informed |= inputs.iter().any(|input| matches!(input, Input::Sample(_)));
        let action = rollout.step(now, inputs.iter().cloned());
        check_step(&before, &rollout, &inputs, action.as_ref());
        if !is_informed && before.state().phase() != Phase::Pending {
            let asked = |input: &Input| {
                matches!(
                    input,
                    Input::Command(Command::Promote | Command::Skip { .. })
                )
            };
            let moved_on = rollout.state().phase() != before.state().phase();
            let is_back = rollout.state().phase() == Phase::RolledBack;
            assert!(
                !moved_on || is_back || inputs.iter().any(asked),
                "C5: no data led on"
            );
        }
        // C4 and C7: neither the order of the inputs nor a clock that goes back matters.
        let mut other = before.clone();
        let _ = other.step(latest, inputs.into_iter().rev());
        assert_eq!(other.state(), rollout.state(), "C4, C7");
        if bytes.bit() {
            rollout.confirm();
        }
        if rollout.state().phase() != before.state().phase() {
            is_informed = false;
        }
        check_stored(&rollout);
    }
}

fn check_step(before: &Rollout, after: &Rollout, inputs: &[Input], action: Option<&Action>) {
    let is_back = after.phase() == Phase::RolledBack;
    assert!(
        after.share() >= before.share() || is_back,
        "C1: exposure decreased"
    );
    assert!(
        !is_back || after.share() == Share::NONE,
        "C1: taken back in one step"
    );
    let moved = after.state().phase() != before.state().phase();
    assert_eq!(
        action.is_some(),
        moved,
        "C2: one action for one change of phase"
    );
    // So few rounds leave so few events that none was folded.
    let news = after.trail().events();
    let news = news
        .get(before.trail().events().len()..)
        .unwrap_or_default();
    let advances: Vec<_> = news
        .iter()
        .filter(|event| matches!(event.change, StateChange::Advanced { .. }))
        .collect();
    assert!(advances.len() <= 1, "C2: at most one step");
    let is_paused = !after.state().paused().is_empty();
    assert!(
        advances.is_empty() || !is_paused,
        "C3: advanced while paused"
    );
    if before.phase().is_final() {
        assert_eq!(after, before, "C6: final is final");
        return;
    }
    if before.state().phase() == Phase::RolledBack {
        let (is, was) = (after.state(), before.state());
        assert_eq!(
            is, was,
            "C6: a rejection stands while the router has not carried it out"
        );
        return;
    }
    let aborts = inputs
        .iter()
        .any(|input| matches!(input, Input::Command(Command::Abort { .. })));
    if aborts {
        let cause = after.state().cause();
        assert!(
            matches!(cause, Some(Cause::Aborted { .. })),
            "C4: abort comes first"
        );
    }
    let promotes = inputs.contains(&Input::Command(Command::Promote));
    for event in advances {
        if let StateChange::Advanced { because, .. } = event.change {
            assert!(because != Advance::Promoted || promotes, "promoted unasked");
        }
    }
}

/// C8 and C9: the trail gives the state, and so does what was stored.
fn check_stored(rollout: &Rollout) {
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    let trail = rollout.trail().clone();
    let replayed = Rollout::replay(policy, rollout.schedule().clone(), trail);
    let replayed = replayed.expect("C8: a trail that was left can be followed");
    assert_eq!(replayed.state(), rollout.state(), "C8");
    let text = serde_json::to_string(rollout).expect("a roll-out can be written");
    let read: Rollout = serde_json::from_str(&text).expect("C9: what was written is read");
    assert_eq!(&read, rollout, "C9");
}

fn duration(bytes: &mut Bytes<'_>) -> Duration {
    Duration::from_nanos(bytes.below(A_YEAR))
}

fn schedule(bytes: &mut Bytes<'_>) -> Option<Schedule> {
    let count = usize::from(bytes.byte()) % 4;
    let guards: Vec<Guard> = NAMES
        .iter()
        .take(count)
        .map(|name| guard(name, bytes))
        .collect();
    let mut schedule = Schedule::new(guards).ok()?;
    schedule = match bytes.byte() % 4 {
        0 => schedule.with_ladder(Ladder::at_once()),
        1 => {
            let first = Share::from_nanos(bytes.below(1_000_000_001) as u32).ok()?;
            schedule.with_ladder(Ladder::geometric(first, 3).ok()?)
        }
        _ => schedule,
    };
    schedule = match bytes.byte() % 4 {
        0 => schedule.with_climb(Climb::OnEvidence).ok()?,
        1 => {
            let climb = Climb::Dwell {
                time: duration(bytes),
                exposures: bytes.below(1000),
            };
            schedule.with_climb(climb).ok()?
        }
        _ => schedule,
    };
    schedule = schedule.with_bake(duration(bytes), bytes.below(1000));
    for before in [Before::Start, Before::EachStep, Before::Acceptance] {
        if bytes.byte().is_multiple_of(4) {
            schedule = schedule.with_gate(&format!("{before:?}"), before).ok()?;
        }
    }
    if bytes.bit() {
        let then = match bytes.bit() {
            true => OnDeadline::Pause,
            false => OnDeadline::Reject,
        };
        schedule = schedule.with_deadline(duration(bytes), then);
    }
    if bytes.byte().is_multiple_of(4) {
        let share = Share::from_nanos(bytes.below(1_000_000_001) as u32).ok()?;
        let guards = vec![guard("pairs", bytes)];
        schedule = schedule
            .with_shadow(ShadowStage {
                share,
                pairs: bytes.below(1000),
                guards,
            })
            .ok()?;
    }
    Some(schedule)
}

fn guard(name: &str, bytes: &mut Bytes<'_>) -> Guard {
    let worse = match bytes.bit() {
        true => Worse::Higher,
        false => Worse::Lower,
    };
    let check = match bytes.byte() % 3 {
        0 => Check::Rate(RateTest::default()),
        1 => Check::Effect {
            worse,
            harm: bytes.number(),
            safe: bytes.number(),
        },
        _ => Check::Limit {
            worse,
            limit: bytes.number(),
        },
    };
    let on_breach = match bytes.byte() % 3 {
        0 => OnBreach::Observe,
        1 => OnBreach::Pause,
        _ => OnBreach::Reject,
    };
    let on_no_data = match bytes.byte() % 3 {
        0 => OnNoData::Hold,
        1 => OnNoData::Pause {
            after: duration(bytes),
        },
        _ => OnNoData::Reject {
            after: duration(bytes),
        },
    };
    Guard::new(name, check)
        .on_breach(on_breach)
        .on_no_data(on_no_data)
}

fn input(bytes: &mut Bytes<'_>, rollout: &Rollout, place: u64) -> Input {
    match bytes.byte() % 12 {
        0 => Input::Command(Command::Pause),
        1 => Input::Command(Command::Resume),
        2 => Input::Command(Command::Abort {
            why: "pager".to_owned(),
        }),
        3 => Input::Command(Command::Promote),
        4 => {
            let phase = match bytes.byte() % 4 {
                0 => Phase::Shadowing,
                1 => rollout.phase(),
                step => Phase::Ramping {
                    step: usize::from(step),
                },
            };
            Input::Command(Command::Skip { phase })
        }
        5 => {
            let gates = ["Start", "EachStep", "Acceptance", "unknown"];
            let name = gates[usize::from(bytes.byte()) % 4].to_owned();
            Input::Gate {
                name,
                open: bytes.bit(),
            }
        }
        _ => sample(bytes, rollout, place),
    }
}

fn sample(bytes: &mut Bytes<'_>, rollout: &Rollout, place: u64) -> Input {
    let other = Tag {
        fingerprint: Policy::live_only("another").fingerprint(),
        phase: rollout.phase(),
    };
    let tag = match bytes.byte() % 8 {
        0 => other,
        _ => rollout.tag().unwrap_or(other),
    };
    // Of two samples with one sequence number the later one counts: these have several.
    let mut sample = StepSample::new(tag, bytes.word() & !3 | place);
    sample = sample.exposed(bytes.below(10_000), bytes.below(10_000));
    for name in NAMES.into_iter().chain(["pairs"]) {
        let bound = |bytes: &mut Bytes<'_>| bytes.bit().then(|| bytes.number());
        let measured = match bytes.byte() % 4 {
            0 => continue,
            1 => Measured::Value(bytes.number()),
            2 => Measured::Effect {
                lower: bound(bytes),
                upper: bound(bytes),
            },
            _ => Measured::BadEvents(BadEvents::from(tally(bytes))),
        };
        sample = sample.with(name, measured);
    }
    Input::Sample(sample)
}

fn tally(bytes: &mut Bytes<'_>) -> StageTally {
    let mut tally = StageTally::new();
    for _ in 0..bytes.byte() % 3 {
        if let Ok(share) = CandidateShare::new(bytes.number()) {
            let events = bytes.below(u64::MAX);
            // What overflows is not counted.
            let _ = tally.record_many(Side::Candidate, share, events);
            let _ = tally.record_many(Side::Control, share, bytes.below(u64::MAX));
        }
    }
    tally
}
