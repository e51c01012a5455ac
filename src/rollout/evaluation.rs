//! Whether the evidence allows the next step.

use super::{
    Check, Climb, Command, Guard, OnNoData, Phase, Rollout, ShadowStage, StepSample,
    check::Judgement,
};
use crate::{stats::guard::CandidateShare, timestamp::Timestamp};

impl Rollout {
    /// Returns the guards that look at the present phase.
    ///
    /// At 100 % there is no control left. Guards that compare still act on late labels of earlier
    /// steps, but missing data no longer holds the roll-out.
    pub(super) fn guards(&self) -> impl Iterator<Item = &Guard> {
        let share = self.share_of(self.in_force);
        let guards = self.guards_of_phase().iter();
        guards.filter(move |guard| guard.looks_at(share))
    }

    /// Returns the guards of the present phase, whatever the shares that they look at.
    pub(super) fn guards_of_phase(&self) -> &[Guard] {
        match (self.in_force, &self.schedule.shadow) {
            (Phase::Shadowing, Some(stage)) => &stage.guards,
            (Phase::Ramping { .. } | Phase::Baking, _) => &self.schedule.guards,
            _ => &[],
        }
    }

    /// Returns the rule for leaving the present phase.
    pub(super) fn climb(&self) -> Climb {
        self.schedule.climb_at(self.in_force)
    }

    /// Returns the deadline; `None` if it depends on the end of a pause.
    fn deadline(&self) -> Option<Timestamp> {
        let (after, _) = self.schedule.deadline?;
        let started = self.state.started?;
        match (self.schedule.deadline_without_pauses, self.state.idle_since) {
            (false, _) => Some(started.after(after)),
            (true, None) => Some(started.after(after.saturating_add(self.state.idle))),
            (true, Some(_)) => None,
        }
    }

    pub(super) fn is_awaited(&self, guard: &Guard) -> bool {
        guard.acts() && !(self.in_force == Phase::Baking && guard.check().compares())
    }

    /// Returns what the sample says about a guard; `None` if it has no data of it.
    pub(super) fn judge(&self, guard: &Guard, sample: &StepSample) -> Option<Judgement> {
        let measured = sample.measured.get(guard.name())?;
        let shares = self.shares_of_step();
        // At 100 % no control is left. Before that, a comparison needs units of both sides.
        let is_one_sided =
            sample.candidate == 0 || (sample.control == 0 && self.in_force != Phase::Baking);
        if guard.check().compares() && is_one_sided {
            return None;
        }
        let alpha = match guard.acts() {
            true => self.schedule.alpha_each(),
            false => self.schedule.alpha,
        };
        let mut judgement = guard
            .check()
            .judge(measured, &shares, alpha, guard.readings())?;
        if let (true, &Check::Limit { worse, .. }) = (guard.is_projected(), guard.check())
            && let Some(times) = self.growth()
        {
            judgement.look_ahead(worse, times);
        }
        // Harm is still harm, but nothing counts as safe while units are missing on one side.
        judgement.is_safe &= !self.is_contradicted(sample);
        Some(judgement)
    }

    /// Returns the next share divided by the present one; `None` if no step follows.
    fn growth(&self) -> Option<f64> {
        if !matches!(self.in_force, Phase::Ramping { .. }) {
            return None;
        }
        let next = self.share_of(self.schedule.after(self.in_force));
        Some(next.as_fraction() / self.share().as_fraction())
    }

    /// Returns the candidate's share of the units that are compared now.
    ///
    /// It is what [`RateGuard::record`](crate::stats::guard::RateGuard::record) asks for; `None`
    /// while nothing is compared. While the candidate sheds, it is the share of the units that
    /// count, as of the last look at the router.
    #[must_use]
    pub fn candidate_share(&self) -> Option<CandidateShare> {
        self.shares_of_step().last().copied()
    }

    /// Tells whether all conditions of the next step hold.
    pub(super) fn is_due(&self) -> bool {
        let sample = self.evidence.sample.as_ref();
        if sample.is_some_and(|sample| self.is_contradicted(sample)) {
            return false;
        }
        let elapsed = self.clock.since(self.state.since);
        let enough = |exposures: u64| self.evidence.candidate() >= exposures.max(1);
        self.gates_are_open()
            && match (self.in_force, self.climb(), &self.schedule.shadow) {
                (Phase::Pending, ..) => true,
                (Phase::Shadowing, _, Some(ShadowStage { pairs, .. })) => {
                    enough(*pairs)
                        && self.all_guards(|judgement| judgement.is_safe && !judgement.holds)
                }
                (Phase::Ramping { .. }, Climb::Dwell { time, exposures }, _) => {
                    elapsed >= time
                        && enough(exposures)
                        && self.all_guards(|judgement| !judgement.is_breach && !judgement.holds)
                }
                (Phase::Ramping { .. }, Climb::OnEvidence, _) => {
                    enough(1) && self.all_guards(|judgement| judgement.is_safe && !judgement.holds)
                }
                (Phase::Baking, ..) => {
                    elapsed >= self.schedule.bake
                        && enough(self.schedule.bake_exposures)
                        && self.all_guards(|judgement| !judgement.is_breach && !judgement.holds)
                }
                (Phase::Shadowing | Phase::Promoted | Phase::RolledBack, ..) => false,
            }
    }

    /// Tells whether every guard that must have data has it, and the data satisfy `holds`.
    ///
    /// A guard that was breached on this step and overruled is not asked again.
    fn all_guards(&self, holds: impl Fn(&Judgement) -> bool) -> bool {
        let Some(sample) = &self.evidence.sample else {
            return false;
        };
        let mut awaited = self.guards().filter(|guard| self.is_awaited(guard));
        awaited.all(|guard| {
            self.state.is_known_breach(guard.name())
                || self.judge(guard, sample).is_some_and(|found| holds(&found))
        })
    }

    fn gates_are_open(&self) -> bool {
        self.closed_gates().next().is_none()
    }

    /// Iterates over the guards that have been without data for too long, and what each does.
    pub(super) fn without_data(&self) -> impl Iterator<Item = (&Guard, OnNoData)> {
        let guards = self.guards().filter(|guard| self.is_awaited(guard));
        guards.filter_map(|guard| {
            let response = guard.no_data_response();
            let since = self.evidence.data_of(guard, self.state.since);
            let is_over = self.clock.since(since) >= response.after()?;
            is_over.then_some((guard, response))
        })
    }

    /// Returns the next time at which an evaluation without inputs may change something.
    ///
    /// `None` if only an input can. Evaluations at other times do no harm.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.in_force.is_final() {
            return None;
        }
        let since = self.state.since;
        let dwell = match (self.in_force, self.climb()) {
            _ if !self.state.paused.is_empty() || !self.is_confirmed() => None,
            (Phase::Pending, _) => Some(self.clock),
            (Phase::Ramping { .. }, Climb::Dwell { time, .. }) => Some(since.after(time)),
            (Phase::Baking, _) => Some(since.after(self.schedule.bake)),
            _ => None,
        };
        let release = self.deadline().filter(|_| !self.state.is_late);
        let no_data = self.guards().filter(|guard| self.is_awaited(guard));
        let no_data = no_data.filter_map(|guard| {
            let after = guard.no_data_response().after()?;
            Some(self.evidence.data_of(guard, since).after(after))
        });
        let ahead = no_data
            .chain(dwell)
            .chain(release)
            .filter(|at| *at > self.clock);
        let start = (self.in_force == Phase::Pending).then_some(self.clock);
        ahead
            .chain(start.filter(|_| self.gates_are_open() && dwell.is_some()))
            .min()
    }

    /// Tells whether a command is for the present phase.
    pub(super) fn is_meant(&self, command: &Command) -> bool {
        let may_be_skipped = matches!(self.in_force, Phase::Shadowing | Phase::Ramping { .. });
        may_be_skipped && matches!(command, Command::Skip { phase } if *phase == self.in_force)
    }
}
