//! Which side of a release an outcome counts for.

use super::{
    Check, Climb, Found, Guard, Ladder, OnBreach, PauseCause, Phase, Rollout, StateChange,
    StepSample,
};
use crate::{
    assignment::Assignment,
    fingerprint::Fingerprint,
    policy::Policy,
    share::Share,
    stats::{
        Refusal,
        anytime::SampleRatioProcess,
        guard::{CandidateShare, Side},
    },
};

/// The policy of one step, by its content hash, and the candidate's share under it.
pub(super) type StepShare = (Fingerprint, CandidateShare);

impl Rollout {
    /// Returns the side and the share for which an outcome of an assignment counts.
    ///
    /// Both are those of the policy that decided, however many steps later the outcome is known. It
    /// is what [`RateGuard::record`](crate::stats::guard::RateGuard::record) asks for. `None` for
    /// an assignment under a policy that is not a step of this release, and for a unit that was not
    /// drawn: fallbacks, listed units, audience rules, units that were shed. While the candidate
    /// sheds, the share is that of the units that count. If the live version may step in, use the
    /// route as it was drawn ([`Ticket::drawn`](crate::Ticket::drawn)); otherwise the failure
    /// counts on no side.
    ///
    /// ```
    /// use switchstand::{Policy, Router, Share, Timestamp};
    /// use switchstand::rollout::{Rollout, Schedule};
    /// use switchstand::stats::guard::Side;
    ///
    /// let router = Router::new("ranker", "v1", ())?;
    /// router.deploy("v2", ())?;
    /// router.validate("v2", |_| Ok::<(), String>(()))?;
    /// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    /// let ramp = router.begin(Rollout::new(policy, Schedule::new([])?)?)?;
    /// ramp.tick(Timestamp::from_secs(0))?;
    ///
    /// let route = router.route("user-7");
    /// let logged = router.assignment(&route)?; // kept until the outcome is known
    /// let (side, share) = ramp.rollout().side_of(&logged).ok_or("not of this release")?;
    /// assert_eq!((side, share.get()), (Side::Control, 0.01));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn side_of(&self, assignment: &Assignment<'_>) -> Option<(Side, CandidateShare)> {
        let arm = assignment.arm.as_deref()?;
        let earlier = self.earlier.iter().map(|(known, _)| known);
        let mut steps = self.steps.iter().chain(earlier);
        let (_, share) = steps.find(|(fingerprint, _)| *fingerprint == assignment.fingerprint)?;
        let side = match arm == self.version {
            true => Side::Candidate,
            false => Side::Control,
        };
        Some((side, effective(*share, assignment.shed)?))
    }

    /// Lists the policies of this release by content hash, and the phase that each puts in force.
    pub(super) fn known_policies(&self) -> impl Iterator<Item = (Fingerprint, Phase)> {
        let of = |phase| Some((self.fingerprint_of(phase)?, phase));
        let steps = self.steps.iter().enumerate();
        let steps = steps.map(|(step, known)| (known.0, Phase::Ramping { step }));
        let earlier = self.earlier.iter().map(|(known, phase)| (known.0, *phase));
        let others = [Phase::Shadowing, Phase::Baking];
        earlier
            .chain(steps)
            .chain(others.into_iter().filter_map(of))
    }

    /// Returns the candidate's share at a step, if the two sides can be compared there.
    pub(super) fn share_at(&self, step: usize) -> Option<CandidateShare> {
        self.steps.get(step).map(|(_, share)| *share)
    }

    /// Returns the most units of the candidate that any phase asks for.
    pub(super) fn most_asked_for(&self) -> u64 {
        let steps = 0..self.schedule.ladder.compared().len();
        let asked = steps.map(
            |step| match self.schedule.climb_at(Phase::Ramping { step }) {
                Climb::Dwell { exposures, .. } => exposures,
                Climb::OnEvidence => 1,
            },
        );
        asked.max().unwrap_or(1).max(self.schedule.bake_exposures)
    }

    /// Returns the shares under which this step's units are counted, the present one last.
    pub(super) fn shares_of_step(&self) -> Vec<CandidateShare> {
        let Phase::Ramping { step } = self.in_force else {
            return Vec::new();
        };
        let Some((_, share)) = self.steps.get(step) else {
            return Vec::new();
        };
        let sheds = self.sheds.iter();
        let mut shares: Vec<CandidateShare> = vec![*share];
        shares.extend(sheds.filter_map(|&shed| effective(*share, shed)));
        shares
    }

    /// Notes which share the candidate sheds now.
    pub(super) fn see_shed(&mut self, shed: Share) {
        let is_first = self.sheds.is_empty() && shed == Share::NONE;
        if !is_first && self.sheds.last() != Some(&shed) {
            self.sheds.retain(|known| *known != shed);
            self.sheds.push(shed);
        }
    }

    /// Notes since when the units contradict the share, and a breach if that lasts too long.
    pub(super) fn look_at_the_ratio(&mut self, sample: &StepSample) {
        if !self.is_contradicted(sample) {
            self.evidence.contradicted = None;
            return;
        }
        let since = *self.evidence.contradicted.get_or_insert(self.clock);
        let (after, then) = self.schedule.sample_ratio;
        let guard = Guard::SAMPLE_RATIO.to_owned();
        if self.clock.since(since) < after || self.state.is_known_breach(&guard) {
            return;
        }
        self.note(StateChange::Breached {
            guard: guard.clone(),
            found: Found::Ratio {
                control: sample.control,
                candidate: sample.candidate,
            },
        });
        if then == OnBreach::Pause {
            self.pause(PauseCause::Breached { guard });
        }
    }

    /// Tells whether the units of the sample contradict the share of the step.
    ///
    /// If the candidate has shed for a part of the step, any share between the two is accepted.
    pub(super) fn is_contradicted(&self, sample: &StepSample) -> bool {
        let mut guards = self.guards_of_phase().iter();
        if !guards.any(|guard| {
            guard.acts() && matches!(guard.check(), Check::Rate(_) | Check::Quantile { .. })
        }) {
            return false;
        }
        let shares = self.shares_of_step();
        let shares = shares.iter().map(|share| share.get());
        let (least, most) = (shares.clone().reduce(f64::min), shares.reduce(f64::max));
        let (Some(least), Some(most)) = (least, most) else {
            return false;
        };
        let (control, candidate, level) = match sample.thinned {
            Some(units) => (units.control, units.candidate, units.level),
            None => (sample.control, sample.candidate, 0),
        };
        let all = control.saturating_add(candidate);
        let found = candidate as f64 / all.max(1) as f64;
        let nearest = found.clamp(least, most);
        if all == 0 || found == nearest {
            return false;
        }
        let p = || {
            let mut ratio = SampleRatioProcess::new(&[1.0 - nearest, nearest])?;
            ratio.record(0, control)?;
            ratio.record(1, candidate)?;
            Ok::<f64, Refusal>(ratio.p().value)
        };
        // Each halving of the sample is another test, and has a part of the chance of error.
        let part = 0.5_f64.powi(level.min(1_000) as i32 + 1);
        p().is_ok_and(|p| p < 2.0 * RATIO_ALPHA * part)
    }
}

/// The chance that a correct ratio is taken for wrong, over all looks at one step; at most twice as
/// much once a step has more units than are counted one by one.
const RATIO_ALPHA: f64 = 0.001;

/// Returns the candidate's share of the units that are counted; shed units are not.
///
/// `None` if it sheds all, so that there are no units to compare.
pub(super) fn effective(share: CandidateShare, shed: Share) -> Option<CandidateShare> {
    if shed == Share::NONE {
        return Some(share);
    }
    let (share, shed) = (share.get(), shed.as_fraction());
    CandidateShare::new(share * (1.0 - shed) / (1.0 - share * shed)).ok()
}

/// Returns a canary policy with another share.
pub(super) fn at_share(mut policy: Policy, share: Share) -> Policy {
    if let Some(canary) = &mut policy.canary {
        canary.share = share;
    }
    policy
}

/// Names the field by which a policy keeps units from its candidate at any share.
pub(super) fn keeps_out(policy: &Policy, version: &str) -> Option<&'static str> {
    let is_within = policy
        .canary
        .as_ref()
        .is_some_and(|canary| canary.within.is_some());
    let is_other = |other: &String| other != version;
    [
        ("a holdout", policy.holdout.is_some()),
        ("a layer", policy.layer.is_some()),
        ("`within`", is_within),
        (
            "a rule for another version",
            policy.rule.iter().any(|rule| is_other(&rule.version)),
        ),
        (
            "a list of another version",
            policy.units.iter().any(|listed| is_other(&listed.version)),
        ),
    ]
    .into_iter()
    .find_map(|(what, keeps)| keeps.then_some(what))
}

/// Returns the policy for the end, when the candidate is live and answers all units that the policy
/// lets in.
///
/// `replaced` answers the units that it keeps out, unless it names another version for them.
pub(super) fn at_the_end(policy: Policy, replaced: Option<&str>) -> Policy {
    let mut policy = at_share(policy, Share::ALL);
    if policy.kept_out.is_none() {
        policy.kept_out = replaced.map(str::to_owned);
    }
    policy
}

/// Returns a policy under which nobody gets the candidate, by draw, list, rule or override.
pub(super) fn unseen(mut policy: Policy, version: &str) -> Policy {
    policy.canary = None;
    policy.overrides = None;
    policy.units.retain(|listed| listed.version != version);
    policy.rule.retain(|rule| rule.version != version);
    policy
}

/// Returns the policies of all steps at which candidate and control can be compared.
pub(super) fn steps(policy: &Policy, ladder: &Ladder) -> Vec<StepShare> {
    let step = |&share| {
        let fingerprint = at_share(policy.clone(), share).fingerprint();
        let share = CandidateShare::new(share.as_fraction()).ok()?;
        Some((fingerprint, share))
    };
    ladder.compared().iter().filter_map(step).collect()
}
