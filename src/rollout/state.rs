//! Where a roll-out stands, as its trail says.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    ByHand, Cause, Event, Found, Guard, PauseCause, Phase, RolloutError, Schedule, StateChange,
    Trail,
};
use crate::timestamp::Timestamp;

/// The point at which a roll-out stands. It follows from the audit trail alone.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct State {
    pub(super) phase: Phase,
    pub(super) since: Timestamp,
    pub(super) started: Option<Timestamp>,
    pub(super) paused: BTreeSet<PauseCause>,
    pub(super) breached: BTreeMap<String, Found>,
    pub(super) open: BTreeSet<String>,
    pub(super) is_late: bool,
    pub(super) cause: Option<Cause>,
    /// Gates that stay open from step to step.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeSet::is_empty")
    )]
    pub(super) open_for_good: BTreeSet<String>,
    /// Guards that were breached on an earlier step, overruled, and are watched again.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeSet::is_empty")
    )]
    pub(super) watched_again: BTreeSet<String>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(super) by_hand: Option<ByHand>,
    /// How long it was paused since it started, in pauses that have ended.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Duration::is_zero",
            with = "super::span"
        )
    )]
    pub(super) idle: Duration,
    /// When the present pause began.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(super) idle_since: Option<Timestamp>,
}

impl State {
    pub(super) const fn new() -> State {
        State {
            phase: Phase::Pending,
            since: Timestamp::from_nanos(0),
            started: None,
            paused: BTreeSet::new(),
            breached: BTreeMap::new(),
            open: BTreeSet::new(),
            is_late: false,
            cause: None,
            open_for_good: BTreeSet::new(),
            watched_again: BTreeSet::new(),
            by_hand: None,
            idle: Duration::ZERO,
            idle_since: None,
        }
    }

    /// Returns the phase that was decided, by the trail.
    ///
    /// While the action is not carried out yet, [`Rollout::phase`](super::Rollout::phase) is still
    /// the phase before.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns when the phase began: when its policy came into force.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// Returns the causes of the pause; empty if it is not paused.
    #[must_use]
    pub const fn paused(&self) -> &BTreeSet<PauseCause> {
        &self.paused
    }

    /// Returns the guards that were breached, with the evidence of that moment.
    #[must_use]
    pub const fn breached(&self) -> &BTreeMap<String, Found> {
        &self.breached
    }

    /// Returns why the candidate was rejected, if it was.
    #[must_use]
    pub const fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// Returns who began the phase by hand, if a person did.
    #[must_use]
    pub const fn by_hand(&self) -> Option<&ByHand> {
        self.by_hand.as_ref()
    }

    /// Tells whether a breach of the guard is already known.
    pub(super) fn is_known_breach(&self, guard: &str) -> bool {
        self.breached.contains_key(guard) && !self.watched_again.contains(guard)
    }

    /// Returns how long it was paused since it started, the present pause included.
    pub(super) fn idle_until(&self, now: Timestamp) -> Duration {
        let present = self.idle_since.map(|since| now.since(since));
        self.idle.saturating_add(present.unwrap_or_default())
    }

    /// Follows one event.
    pub(super) fn apply(&mut self, event: &Event) {
        let had_started = self.started.is_some();
        self.follow(event);
        if self.started.is_some() != had_started {
            // A pause before the start has delayed nothing.
            (self.idle, self.idle_since) = (Duration::ZERO, None);
        }
        match (self.idle_since, self.paused.is_empty()) {
            (None, false) => self.idle_since = Some(event.at),
            (Some(_), true) => {
                self.idle = self.idle_until(event.at);
                self.idle_since = None;
            }
            _ => {}
        }
    }

    fn follow(&mut self, event: &Event) {
        match &event.change {
            StateChange::Gate { name, open: true } => {
                self.open.insert(name.clone());
            }
            StateChange::Gate { name, open: false } => {
                self.open.remove(name);
                self.open_for_good.remove(name);
            }
            StateChange::OpenForGood { name } => {
                self.open.insert(name.clone());
                self.open_for_good.insert(name.clone());
            }
            StateChange::Breached { guard, found } => {
                self.breached.insert(guard.clone(), found.clone());
                self.watched_again.remove(guard);
            }
            StateChange::DeadlinePassed => self.is_late = true,
            StateChange::Paused { cause } => {
                self.paused.insert(cause.clone());
            }
            StateChange::Resumed { cause } => {
                self.paused.remove(cause);
                if matches!(cause, PauseCause::Overruled { .. }) {
                    self.since = event.at;
                }
            }
            StateChange::Advanced { to, .. } => {
                self.enter(*to, event.at);
                self.started.get_or_insert(event.at);
                self.watched_again.clear();
                self.watched_again.extend(self.breached.keys().cloned());
            }
            StateChange::RolledBack { cause } => {
                self.enter(Phase::RolledBack, event.at);
                self.cause = Some(cause.clone());
            }
            StateChange::InForce => self.since = event.at,
            StateChange::Interrupted { from } => {
                self.since = self.since.after(event.at.since(*from));
            }
            StateChange::Followed { to, by } => {
                self.enter(*to, event.at);
                self.started.get_or_insert(event.at);
                self.by_hand = Some(by.clone());
                let by = by.clone();
                self.cause = (*to == Phase::RolledBack).then_some(Cause::ByHand { by });
            }
            StateChange::TookOver { .. }
            | StateChange::Refused { .. }
            | StateChange::Amended { .. }
            | StateChange::Ordered { .. } => {}
        }
    }

    fn enter(&mut self, phase: Phase, at: Timestamp) {
        self.phase = phase;
        self.since = at;
        // Data were missing in the phase that has ended; the new one begins without that cause.
        self.paused
            .retain(|cause| !matches!(cause, PauseCause::NoData { .. }));
    }

    /// Follows a whole trail, if it is one that this schedule could have left.
    ///
    /// Returns the state, and the phase before the last.
    pub(super) fn replay(
        schedule: &Schedule,
        trail: &Trail,
    ) -> Result<(State, Phase), RolloutError> {
        let mut state = trail.start().clone();
        state.check_start(schedule, trail.folded() > 0)?;
        let mut last = state.since;
        let mut before = Phase::Pending;
        for (place, event) in trail.events().iter().enumerate() {
            if event.at < last || !state.allows(schedule, &event.change) {
                return Err(RolloutError::ImpossibleEvent { place });
            }
            let phase = state.phase;
            state.apply(event);
            if state.phase != phase {
                before = phase;
            }
            last = event.at;
        }
        Ok((state, before))
    }

    /// Checks a state that folded events have led to; without any it is the first of all.
    fn check_start(&self, schedule: &Schedule, is_folded: bool) -> Result<(), RolloutError> {
        let require = |holds, what| match holds {
            true => Ok(()),
            false => Err(RolloutError::ImpossibleStart { what }),
        };
        require(is_folded || *self == State::new(), "a state of no event")?;
        let is_known = match self.phase {
            Phase::Shadowing => schedule.shadow.is_some(),
            Phase::Ramping { step } => step < schedule.ladder.compared().len(),
            phase => !phase.is_final(),
        };
        require(is_known && self.cause.is_none(), "a phase")?;
        let has_started = self.phase != Phase::Pending;
        let is_in_time = self.started.is_none_or(|started| started <= self.since);
        require(
            self.started.is_some() == has_started && is_in_time,
            "a time",
        )?;
        let mut gates = self.open.iter();
        require(
            gates.all(|name| schedule.gates.contains_key(name)),
            "a gate",
        )?;
        let is_guard = |name: &str| {
            let mut guards = schedule.all_guards();
            name == Guard::SAMPLE_RATIO || guards.any(|guard| guard.name() == name)
        };
        let mut breached = self.breached.keys();
        require(breached.all(|name| is_guard(name)), "a guard")?;
        let mut paused = self.paused.iter();
        let is_cause = |cause: &PauseCause| match cause {
            PauseCause::Operator
            | PauseCause::Ordered { .. }
            | PauseCause::DeadlinePassed
            | PauseCause::Overruled { .. } => true,
            PauseCause::Breached { guard } | PauseCause::NoData { guard } => is_guard(guard),
        };
        require(paused.all(is_cause), "a cause to wait")
    }

    fn allows(&self, schedule: &Schedule, change: &StateChange) -> bool {
        // An acceptance that is not carried out yet may still be overtaken; a rejection only by a
        // person's acceptance.
        match (self.phase, change) {
            (Phase::RolledBack, change) => {
                return matches!(
                    change,
                    StateChange::Followed { .. }
                        | StateChange::Refused { .. }
                        | StateChange::Ordered { .. }
                );
            }
            (Phase::Promoted, StateChange::Advanced { .. }) => return false,
            _ => {}
        }
        match change {
            StateChange::Gate { name, open } => {
                schedule.gates.contains_key(name) && self.open.contains(name) != *open
            }
            StateChange::Breached { guard, .. } => !self.is_known_breach(guard),
            StateChange::DeadlinePassed => !self.is_late && self.started.is_some(),
            StateChange::Paused { cause } => !self.paused.contains(cause),
            StateChange::Resumed { cause } => self.paused.contains(cause),
            StateChange::Advanced { to, .. } => {
                let is_next = schedule.after(self.phase) == *to;
                let is_promotion = *to == Phase::Baking && self.phase != Phase::Baking;
                self.paused.is_empty() && (is_next || is_promotion)
            }
            StateChange::OpenForGood { name } => schedule.gates.contains_key(name),
            StateChange::Interrupted { from } => self.since <= *from,
            StateChange::Followed { to, .. } => {
                matches!(to, Phase::Baking | Phase::Promoted | Phase::RolledBack)
            }
            StateChange::RolledBack { .. }
            | StateChange::InForce
            | StateChange::TookOver { .. }
            | StateChange::Amended { .. }
            | StateChange::Ordered { .. }
            | StateChange::Refused { .. } => true,
        }
    }
}

impl Schedule {
    /// Returns the phase that follows.
    pub(super) fn after(&self, phase: Phase) -> Phase {
        let step = match phase {
            Phase::Pending if self.shadow.is_some() => return Phase::Shadowing,
            Phase::Pending | Phase::Shadowing => 0,
            Phase::Ramping { step } => step.saturating_add(1),
            Phase::Baking => return Phase::Promoted,
            phase @ (Phase::Promoted | Phase::RolledBack) => return phase,
        };
        match self.ladder.compared().get(step) {
            Some(_) => Phase::Ramping { step },
            None => Phase::Baking,
        }
    }
}
