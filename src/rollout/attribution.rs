//! Which side of a release an outcome counts for.

use super::{Check, Ladder, Phase, Rollout, Sample};
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
    /// Both are those of the policy that decided, however many steps later the outcome is known.
    /// It is what [`RateGuard::record`](crate::stats::guard::RateGuard::record) asks for. There
    /// is none for an assignment under a policy that is not a step of this release, or of a unit
    /// that no draw has placed: fallbacks, listed units, audience rules, those who were shed. While
    /// the candidate sheds, the share is that of the units that count. Where a failing
    /// candidate is answered for by the live version, ask before the answer, with the route that
    /// was decided; otherwise the failure counts for nobody.
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
    /// let mut rollout = Rollout::new(policy, Schedule::new([])?)?;
    /// router.drive(&mut rollout, Timestamp::from_secs(0), [])?;
    ///
    /// let route = router.route("user-7");
    /// let logged = router.assignment(&route)?; // kept until the outcome is known
    /// let (side, share) = rollout.side_of(&logged).ok_or("not of this release")?;
    /// assert_eq!((side, share.get()), (Side::Control, 0.01));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn side_of(&self, assignment: &Assignment<'_>) -> Option<(Side, CandidateShare)> {
        let arm = assignment.arm.as_deref()?;
        let mut steps = self.steps.iter();
        let (_, share) = steps.find(|(fingerprint, _)| *fingerprint == assignment.fingerprint)?;
        let side = match arm == self.version {
            true => Side::Candidate,
            false => Side::Control,
        };
        Some((side, effective(*share, assignment.shed)?))
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

    /// Tells whether the units of the sample contradict the share of the step.
    ///
    /// Where the candidate has shed for a part of the step, any share between is in order.
    pub(super) fn is_contradicted(&self, sample: &Sample) -> bool {
        let mut guards = self.guards().iter();
        if !guards.any(|guard| guard.acts() && matches!(guard.check(), Check::Rate(_))) {
            return false;
        }
        let shares = self.shares_of_step();
        let shares = shares.iter().map(|share| share.get());
        let (least, most) = (shares.clone().reduce(f64::min), shares.reduce(f64::max));
        let (Some(least), Some(most)) = (least, most) else {
            return false;
        };
        let all = sample.control.saturating_add(sample.candidate);
        let found = sample.candidate as f64 / all.max(1) as f64;
        let nearest = found.clamp(least, most);
        if all == 0 || found == nearest {
            return false;
        }
        let p = || {
            let mut ratio = SampleRatioProcess::new(&[1.0 - nearest, nearest])?;
            ratio.record(0, sample.control)?;
            ratio.record(1, sample.candidate)?;
            Ok::<f64, Refusal>(ratio.p().value)
        };
        p().is_ok_and(|p| p < RATIO_ALPHA)
    }
}

/// How seldom a ratio that is right is taken for wrong, over all looks at one step.
const RATIO_ALPHA: f64 = 0.001;

/// Returns the candidate's share of the units that are counted: those who are shed are not.
///
/// None if it sheds all, so that there is nobody to compare.
fn effective(share: CandidateShare, shed: Share) -> Option<CandidateShare> {
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

/// Tells by what a policy keeps units from its candidate whatever the share.
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

/// Returns a policy that shows nobody the candidate: neither draw, list, rule nor override.
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
