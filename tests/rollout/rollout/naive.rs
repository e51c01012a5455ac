//! The dumber machine, and what can happen to both.

use switchstand::rollout::OnDeadline;

pub(crate) const DWELL: i64 = 10;
pub(crate) const BAKE: i64 = 20;
pub(crate) const PATIENCE: i64 = 30;
pub(crate) const DEADLINE: i64 = 200;
pub(crate) const UNITS: u64 = 5;

/// What happens, before it is known which phase it meets.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    StepSample {
        sequence: u64,
        /// 0: of this phase; 1: of another phase; 2: of another release.
        origin: u8,
        units: u64,
        errors: Option<f64>,
        memory: Option<f64>,
    },
    Gate(bool),
    OpenForGood,
    Pause,
    Resume,
    Abort,
    Promote,
    Skip(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// How far the clock moves, perhaps backwards.
    pub(crate) moves: i64,
    pub(crate) happenings: Vec<Happening>,
}

/// The dumber machine: phases are numbers, 0 pending, 1 and 2 the steps, 3 baking, 4 promoted,
/// 5 rolled back; every rule is written out where it applies.
#[derive(Debug, Default)]
pub(crate) struct Naive {
    pub(crate) phase: usize,
    pub(crate) now: i64,
    since: i64,
    start: Option<i64>,
    by_operator: bool,
    by_memory: bool,
    by_silence: bool,
    by_deadline: bool,
    memory_is_spent: bool,
    deadline_is_spent: bool,
    gate: bool,
    gate_stays: bool,
    latest: Option<(u64, u64, Option<f64>, Option<f64>)>,
    heard: i64,
}

impl Naive {
    pub(crate) fn waits(&self) -> [bool; 4] {
        [
            self.by_operator,
            self.by_memory,
            self.by_silence,
            self.by_deadline,
        ]
    }

    fn enter(&mut self, phase: usize) {
        if self.phase == 1 || self.phase == 2 {
            self.gate &= self.gate_stays;
        }
        self.memory_is_spent = false;
        self.phase = phase;
        self.since = self.now;
        self.heard = self.now;
        self.latest = None;
        self.by_silence = false;
        self.start.get_or_insert(self.now);
    }

    pub(crate) fn round(&mut self, now: i64, happenings: &[Happening], deadline: OnDeadline) {
        if self.phase >= 4 {
            return;
        }
        if now > self.now {
            self.now = now;
        }
        let waited = self.waits();
        let has = |wanted: fn(&Happening) -> bool| happenings.iter().any(wanted);
        let opens = has(|it| matches!(it, Happening::Gate(true) | Happening::OpenForGood));
        let shuts = has(|it| matches!(it, Happening::Gate(false)));
        self.gate = !shuts && (self.gate || opens);
        self.gate_stays =
            self.gate && (self.gate_stays || has(|it| matches!(it, Happening::OpenForGood)));
        let mut samples = Vec::new();
        for (place, it) in happenings.iter().enumerate() {
            if let Happening::StepSample {
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
