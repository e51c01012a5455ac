//! What follows from the inputs of one evaluation.

use std::collections::BTreeSet;

use super::{
    Advance, Before, Cause, Command, Event, Guard, Input, OnBreach, OnDeadline, OnNoData,
    PauseCause, Phase, Refused, Rollout, StateChange, StepSample, Tag, commands::Commands,
    refused::names,
};
use crate::sorting::sort_by;

impl Rollout {
    /// Takes gates and samples, notes breaches, and returns the commands.
    ///
    /// `earlier` is the mark of samples before this evaluation. If a person has moved the candidate
    /// meanwhile, such samples belong to the phase that has ended and are not refused.
    pub(super) fn take(&mut self, inputs: Vec<Input>, earlier: Option<Tag>) -> Commands {
        let mut commands = Vec::new();
        let (mut gates, mut closed, mut for_good) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut samples = Vec::new();
        let tag = self.tag();
        for input in inputs {
            match input {
                Input::Command(command) => commands.push(command.into()),
                Input::Ordered(order) => commands.push(order),
                Input::Gate { name, open } => {
                    if !open {
                        closed.insert(name.clone());
                    }
                    gates.insert(name);
                }
                Input::OpenForGood { name } => {
                    for_good.insert(name.clone());
                    gates.insert(name);
                }
                Input::Sample(sample) if tag == Some(sample.tag) => samples.push(sample),
                Input::Sample(sample) if earlier == Some(sample.tag) => {}
                // Evidence of another policy or phase says nothing about this one.
                Input::Sample(sample) => self.sight.refused.push(Refused::Outdated {
                    tag: sample.tag,
                    now: self.in_force,
                }),
            }
        }
        for name in gates {
            // Closing a gate wins over opening it, and opening it for good over opening it for one
            // step, in whatever order they come.
            let open = !closed.contains(&name);
            let for_good = open && for_good.contains(&name);
            self.take_gate(name, open, for_good);
        }
        // Of two samples of one number the one that came last counts.
        samples.reverse();
        sort_by(&mut samples, |left, right| {
            left.sequence.cmp(&right.sequence)
        });
        samples.dedup_by_key(|sample| sample.sequence);
        for sample in samples {
            self.take_sample(sample);
        }
        sort_by(&mut commands, Ord::cmp);
        commands.dedup();
        for order in commands.iter().filter(|order| !order.who.is_empty()) {
            let order = order.clone();
            self.note(StateChange::Ordered { order });
        }
        Commands(commands)
    }

    fn take_gate(&mut self, name: String, open: bool, for_good: bool) {
        if !self.schedule.gates.contains_key(&name) {
            let known = names(self.schedule.gates.keys().map(String::as_str));
            self.refuse(Refused::UnknownGate { gate: name, known });
        } else if for_good {
            if !self.state.open_for_good.contains(&name) {
                self.note(StateChange::OpenForGood { name });
            }
        } else if self.state.open.contains(&name) != open {
            self.note(StateChange::Gate { name, open });
        }
    }

    fn take_sample(&mut self, mut sample: StepSample) {
        let latest = self.evidence.sample.as_ref();
        if let Some(latest) = latest.filter(|latest| latest.sequence >= sample.sequence)
            && *latest != sample
        {
            let (found, latest) = (sample.sequence, latest.sequence);
            self.sight
                .refused
                .push(Refused::OutOfOrder { found, latest });
        }
        sample.measured.retain(|_, measured| measured.is_usable());
        let mut refused = Vec::new();
        sample.measured.retain(|name, measured| {
            let misfit = self.schedule.misfit(name, measured);
            let fits = misfit.is_none();
            refused.extend(misfit);
            fits
        });
        self.sight.refused.extend(refused);
        let is_new = |guard: &Guard| match guard.acts() {
            true => !self.state.is_known_breach(guard.name()),
            false => !self.state.breached.contains_key(guard.name()),
        };
        let breaches: Vec<_> = self
            .guards()
            .filter(|guard| is_new(guard))
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
            self.note(StateChange::Breached {
                guard: guard.clone(),
                found,
            });
            if response == OnBreach::Pause {
                self.pause(PauseCause::Breached { guard });
            }
        }
        self.look_at_the_ratio(&sample);
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
            self.note(StateChange::RolledBack { cause });
            return;
        }
        self.pause_or_resume(commands, earlier);
        self.take_over(commands);
        if self.state.paused.is_empty() && self.is_confirmed() && !self.is_stopped() {
            self.advance(commands);
        }
    }

    /// Takes the router over from a person or from another roll-out, if an operator says so.
    fn take_over(&mut self, commands: &Commands) {
        let Some(why) = commands.take_over() else {
            return;
        };
        if !self.is_stopped() {
            let command = Command::TakeOver { why };
            let why = "nothing is in the way".to_owned();
            self.refuse(Refused::NotNow { command, why });
            return;
        }
        self.has_taken_over |= self.sight.another.is_some();
        self.note(StateChange::TookOver { why });
        let paused = self.state.paused.iter();
        let overruled = |cause: &&PauseCause| matches!(cause, PauseCause::Overruled { .. });
        let overruled: Vec<_> = paused.filter(overruled).cloned().collect();
        for cause in overruled {
            self.note(StateChange::Resumed { cause });
        }
        if self.sight.is_foreign {
            // The router is brought to the roll-out's step; the phase begins when that is done.
            self.lose();
        }
        self.sight.is_foreign = false;
        self.sight.live = None;
        self.sight.another = None;
    }

    /// Tells whether somebody else's policy is in force.
    pub(super) fn is_stopped(&self) -> bool {
        let overruled = |cause: &PauseCause| matches!(cause, PauseCause::Overruled { .. });
        let is_beside = self.sight.another.is_some() && !self.has_taken_over;
        is_beside || self.state.paused.iter().any(overruled)
    }

    fn breach(&self) -> Option<Cause> {
        let ratio = self.state.breached.get(Guard::SAMPLE_RATIO);
        if let Some(found) = ratio
            && self.schedule.sample_ratio.1 == OnBreach::Reject
        {
            return Some(Cause::Breached {
                guard: Guard::SAMPLE_RATIO.to_owned(),
                found: found.clone(),
            });
        }
        let mut guards = self.guards();
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
        let taken = match self.schedule.deadline_without_pauses {
            true => taken.saturating_sub(self.state.idle_until(self.clock)),
            false => taken,
        };
        if self.state.is_late || taken < after {
            return None;
        }
        self.note(StateChange::DeadlinePassed);
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
                // The operator knows about it: the time without data begins again.
                self.evidence.last_data.insert(guard.clone(), self.clock);
            }
        }
        let pauses = |&(_, response): &(_, OnNoData)| matches!(response, OnNoData::Pause { .. });
        let mut missing: Vec<PauseCause> = self
            .without_data()
            .filter(pauses)
            .map(|(guard, _)| PauseCause::NoData {
                guard: guard.name().to_owned(),
            })
            .collect();
        sort_by(&mut missing, Ord::cmp);
        for cause in earlier {
            let is_over = matches!(cause, PauseCause::NoData { .. }) && !missing.contains(cause);
            let is_kept = matches!(cause, PauseCause::Overruled { .. }) && self.sight.is_foreign;
            if self.state.paused.contains(cause) && (is_resumed && !is_kept || is_over) {
                self.note(StateChange::Resumed {
                    cause: cause.clone(),
                });
            }
        }
        for cause in missing {
            self.pause(cause);
        }
        for cause in commands.pauses() {
            self.pause(cause);
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
        } else if commands.commands().any(|command| self.is_meant(command)) {
            (next, Advance::Skipped)
        } else if self.is_due() {
            (next, Advance::Scheduled)
        } else {
            return;
        };
        let from = self.in_force;
        self.note(StateChange::Advanced { to, because });
        if !matches!(from, Phase::Ramping { .. } | Phase::Shadowing) {
            return;
        }
        // A gate that was opened for this step is closed for the next.
        let gates = self.schedule.gates.iter();
        let open = |(name, before): &(&String, &Before)| {
            let is_for_good = self.state.open_for_good.contains(*name);
            **before == Before::EachStep && self.state.open.contains(*name) && !is_for_good
        };
        let spent: Vec<String> = gates.filter(open).map(|(name, _)| name.clone()).collect();
        for name in spent {
            self.note(StateChange::Gate { name, open: false });
        }
    }

    pub(super) fn pause(&mut self, cause: PauseCause) {
        if !self.state.paused.contains(&cause) {
            self.note(StateChange::Paused { cause });
        }
    }

    /// Changes the state and keeps the change in the trail. The state is changed nowhere else.
    pub(super) fn note(&mut self, change: StateChange) {
        let event = Event {
            at: self.clock,
            change,
        };
        self.sight.begins_anew |= matches!(
            &event.change,
            StateChange::Resumed {
                cause: PauseCause::Overruled { .. }
            }
        );
        self.state.apply(&event);
        self.trail.push(event);
    }
}
