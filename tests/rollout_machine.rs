//! Roll-outs against a second, dumber machine, under inputs of all kinds and a clock that jumps.

#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;

use proptest::prelude::*;
use switchstand::rollout::{
    Action, Before, Check, Climb, Command, Guard, Input, Ladder, Measured, OnBreach, OnDeadline,
    OnNoData, PauseCause, Phase, Rollout, Sample, Schedule, Tag, Worse,
};
use switchstand::{Policy, Share, Timestamp};

const DWELL: i64 = 10;
const BAKE: i64 = 20;
const PATIENCE: i64 = 30;
const DEADLINE: i64 = 200;
const UNITS: u64 = 5;

/// What happens, before it is known which phase it meets.
#[derive(Clone, Debug)]
enum Happening {
    Sample {
        sequence: u64,
        /// 0: of this phase; 1: of another phase; 2: of another release.
        origin: u8,
        units: u64,
        errors: Option<f64>,
        memory: Option<f64>,
    },
    Gate(bool),
    Pause,
    Resume,
    Abort,
    Promote,
    Skip(usize),
}

#[derive(Clone, Debug)]
struct Round {
    /// How far the clock moves, perhaps backwards.
    moves: i64,
    happenings: Vec<Happening>,
}

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
            |((sequence, origin, units), errors, memory)| Happening::Sample {
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

/// The dumber machine: phases are numbers, 0 pending, 1 and 2 the steps, 3 baking, 4 promoted,
/// 5 rolled back; every rule is written out where it applies.
#[derive(Debug, Default)]
struct Naive {
    phase: usize,
    now: i64,
    since: i64,
    start: Option<i64>,
    by_operator: bool,
    by_memory: bool,
    by_silence: bool,
    by_deadline: bool,
    memory_is_spent: bool,
    deadline_is_spent: bool,
    gate: bool,
    latest: Option<(u64, u64, Option<f64>, Option<f64>)>,
    heard: i64,
}

impl Naive {
    fn waits(&self) -> [bool; 4] {
        [
            self.by_operator,
            self.by_memory,
            self.by_silence,
            self.by_deadline,
        ]
    }

    fn enter(&mut self, phase: usize) {
        self.phase = phase;
        self.since = self.now;
        self.heard = self.now;
        self.latest = None;
        self.by_silence = false;
        self.start.get_or_insert(self.now);
    }

    fn round(&mut self, now: i64, happenings: &[Happening], deadline: OnDeadline) {
        if self.phase >= 4 {
            return;
        }
        if now > self.now {
            self.now = now;
        }
        let waited = self.waits();
        let has = |wanted: fn(&Happening) -> bool| happenings.iter().any(wanted);
        if has(|it| matches!(it, Happening::Gate(_))) {
            self.gate = !has(|it| matches!(it, Happening::Gate(false)));
        }
        let mut samples = Vec::new();
        for (place, it) in happenings.iter().enumerate() {
            if let Happening::Sample {
                sequence,
                origin: 0,
                units,
                errors,
                memory,
            } = it
                && (1..=3).contains(&self.phase)
            {
                samples.push((sequence * 8 + place as u64, *units, *errors, *memory));
            }
        }
        samples.sort_by_key(|sample| sample.0);
        let mut errors_are_too_many = false;
        for sample in samples {
            errors_are_too_many |= sample.2.is_some_and(|errors| errors > 10.0);
            if sample.3.is_some_and(|memory| memory > 0.8) && !self.memory_is_spent {
                self.memory_is_spent = true;
                self.by_memory = true;
            }
            if self.latest.is_none_or(|latest| latest.0 < sample.0) {
                if sample.3.is_some() {
                    self.heard = self.now;
                }
                self.latest = Some(sample);
            }
        }
        if has(|it| matches!(it, Happening::Abort)) || errors_are_too_many {
            return self.enter(5);
        }
        if let Some(start) = self.start
            && self.now - start >= DEADLINE
            && !self.deadline_is_spent
        {
            self.deadline_is_spent = true;
            if deadline == OnDeadline::Reject {
                return self.enter(5);
            }
            self.by_deadline = true;
        }
        if has(|it| matches!(it, Happening::Resume)) {
            self.by_operator &= !waited[0];
            self.by_memory &= !waited[1];
            if waited[2] {
                self.heard = self.now;
            }
            self.by_deadline &= !waited[3];
        }
        self.by_silence = (1..=3).contains(&self.phase) && self.now - self.heard >= PATIENCE;
        self.by_operator |= has(|it| matches!(it, Happening::Pause));
        if self.waits().contains(&true) {
            return;
        }
        if has(|it| matches!(it, Happening::Promote)) {
            return self.enter(if self.phase == 3 { 4 } else { 3 });
        }
        let skipped = happenings
            .iter()
            .any(|it| matches!(it, Happening::Skip(phase) if phase + 1 == self.phase));
        if self.phase == 0 || skipped && self.phase < 3 {
            return self.enter(self.phase + 1);
        }
        let Some((_, units, errors, memory)) = self.latest else {
            return;
        };
        let is_fed = units >= UNITS && errors.is_some();
        let is_fed = is_fed && (memory.is_some() || self.memory_is_spent);
        let time = if self.phase == 3 { BAKE } else { DWELL };
        let is_open = self.phase == 3 || self.gate;
        if is_fed && is_open && self.now - self.since >= time {
            self.enter(self.phase + 1);
        }
    }
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
        Happening::Sample {
            sequence,
            origin,
            units,
            errors,
            memory,
        } => {
            let mut sample = Sample::new(tag(origin), sequence * 8 + place as u64);
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
            let resumed = round.happenings.iter().any(|it| matches!(it, Happening::Resume | Happening::Sample { .. }));
            prop_assert!(!moved_on || !is_paused && (!was_paused || resumed));
            // C4, C7 and C9: neither order nor a clock that goes back nor a restart matters.
            step(&mut other, latest, reversed);
            let stored = serde_json::to_string(&other).unwrap();
            other = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(other.state(), rollout.state());
            // C6: final is final.
            prop_assert!(!before.is_final() || rollout == quiet);
            // C8: the trail gives the state.
            let trail = rollout.trail().to_vec();
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
