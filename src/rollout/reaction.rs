//! What follows from the inputs of one evaluation.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Advance, Cause, Change, Command, Event, Input, OnBreach, OnDeadline, OnNoData, PauseCause,
    Phase, Rollout, Sample,
};

/// The commands of one evaluation, in whatever order they came.
pub(super) struct Commands(Vec<Command>);

impl Commands {
    fn has(&self, command: &Command) -> bool {
        self.0.contains(command)
    }

    /// Returns the abort, of several the first by its words.
    fn abort(&self) -> Option<Cause> {
        let reasons = self.0.iter().filter_map(|command| match command {
            Command::Abort { why } => Some(why),
            _ => None,
        });
        let why = reasons.min()?.clone();
        Some(Cause::Aborted { why })
    }
}

impl Rollout {
    /// Takes gates and samples, notes breaches, and returns the commands.
    pub(super) fn take(&mut self, inputs: impl IntoIterator<Item = Input>) -> Commands {
        let mut commands = Vec::new();
        let mut gates = BTreeMap::new();
        let mut samples = BTreeMap::new();
        let tag = self.tag();
        for input in inputs {
            match input {
                Input::Command(command) => commands.push(command),
                Input::Gate { name, open } => {
                    // Closed wins, in whatever order they come.
                    *gates.entry(name).or_insert(open) &= open;
                }
                Input::Sample(sample) if tag == Some(sample.tag) => {
                    samples.insert(sample.sequence, sample);
                }
                // Evidence of another policy or phase says nothing about this one.
                Input::Sample(_) => {}
            }
        }
        for (name, open) in gates {
            let is_known = self.schedule.gates.contains_key(&name);
            if is_known && self.state.open.contains(&name) != open {
                self.note(Change::Gate { name, open });
            }
        }
        for sample in samples.into_values() {
            self.take_sample(sample);
        }
        Commands(commands)
    }

    fn take_sample(&mut self, mut sample: Sample) {
        sample.measured.retain(|_, measured| measured.is_usable());
        let is_new = |name: &str| !self.state.breached.contains_key(name);
        let breaches: Vec<_> = self
            .guards()
            .iter()
            .filter(|guard| is_new(guard.name()))
            .filter_map(|guard| {
                let judgement = self.judge(guard, &sample)?;
                let response = guard.breach_response();
                let name = guard.name().to_owned();
                judgement
                    .is_breach
                    .then_some((name, response, judgement.found))
            })
            .collect();
        for (guard, response, found) in breaches {
            self.note(Change::Breached {
                guard: guard.clone(),
                found,
            });
            if response == OnBreach::Pause {
                self.pause(PauseCause::Breached { guard });
            }
        }
        self.evidence.take(sample, self.clock);
    }

    /// Does the most urgent thing: abort, breach, deadline, pause and resume, promotion, the
    /// ordinary step. `earlier` are the causes to wait from before this evaluation.
    pub(super) fn react(&mut self, commands: &Commands, earlier: &BTreeSet<PauseCause>) {
        let rejection = commands
            .abort()
            .or_else(|| self.breach())
            .or_else(|| self.missing_data())
            .or_else(|| self.pass_deadline());
        if let Some(cause) = rejection {
            self.note(Change::RolledBack { cause });
            return;
        }
        self.pause_or_resume(commands, earlier);
        if self.state.paused.is_empty() && self.is_confirmed {
            self.advance(commands);
        }
    }

    fn breach(&self) -> Option<Cause> {
        let mut guards = self.guards().iter();
        guards.find_map(|guard| {
            let found = self.state.breached.get(guard.name())?;
            (guard.breach_response() == OnBreach::Reject).then(|| Cause::Breached {
                guard: guard.name().to_owned(),
                found: found.clone(),
            })
        })
    }

    fn missing_data(&self) -> Option<Cause> {
        let rejects = |response| matches!(response, OnNoData::Reject { .. });
        let mut missing = self.without_data();
        let (guard, _) = missing.find(|&(_, response)| rejects(response))?;
        let guard = guard.name().to_owned();
        Some(Cause::NoData { guard })
    }

    /// Notes that the deadline has passed, and returns the cause if that rejects.
    fn pass_deadline(&mut self) -> Option<Cause> {
        let (after, then) = self.schedule.deadline?;
        let taken = self.clock.since(self.state.started?);
        if self.state.is_late || taken < after {
            return None;
        }
        self.note(Change::DeadlinePassed);
        match then {
            OnDeadline::Reject => Some(Cause::DeadlinePassed),
            OnDeadline::Pause => {
                self.pause(PauseCause::DeadlinePassed);
                None
            }
        }
    }

    fn pause_or_resume(&mut self, commands: &Commands, earlier: &BTreeSet<PauseCause>) {
        let is_resumed = commands.has(&Command::Resume);
        for cause in earlier {
            if let PauseCause::NoData { guard } = cause
                && is_resumed
            {
                // The operator has taken note: the time without data begins anew.
                self.evidence.last_data.insert(guard.clone(), self.clock);
            }
        }
        let pauses = |&(_, response): &(_, OnNoData)| matches!(response, OnNoData::Pause { .. });
        let missing: BTreeSet<PauseCause> = self
            .without_data()
            .filter(pauses)
            .map(|(guard, _)| PauseCause::NoData {
                guard: guard.name().to_owned(),
            })
            .collect();
        for cause in earlier {
            let is_over = matches!(cause, PauseCause::NoData { .. }) && !missing.contains(cause);
            if is_resumed || is_over {
                self.note(Change::Resumed {
                    cause: cause.clone(),
                });
            }
        }
        for cause in missing {
            self.pause(cause);
        }
        if commands.has(&Command::Pause) {
            self.pause(PauseCause::Operator);
        }
    }

    fn advance(&mut self, commands: &Commands) {
        let next = self.schedule.after(self.state.phase);
        let (to, because) = if commands.has(&Command::Promote) {
            let to = match self.state.phase {
                Phase::Baking => Phase::Promoted,
                _ => Phase::Baking,
            };
            (to, Advance::Promoted)
        } else if commands.0.iter().any(|command| self.is_meant(command)) {
            (next, Advance::Skipped)
        } else if self.is_due() {
            (next, Advance::Scheduled)
        } else {
            return;
        };
        self.note(Change::Advanced { to, because });
    }

    fn pause(&mut self, cause: PauseCause) {
        if !self.state.paused.contains(&cause) {
            self.note(Change::Paused { cause });
        }
    }

    /// Changes the state, which happens nowhere else, and keeps the change.
    fn note(&mut self, change: Change) {
        let event = Event {
            at: self.clock,
            change,
        };
        self.state.apply(&event);
        self.trail.push(event);
    }
}
