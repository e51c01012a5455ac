//! Which side of a release an outcome counts for.

use super::{Ladder, Rollout};
use crate::{
    fingerprint::Fingerprint,
    policy::Policy,
    record::Assignment,
    share::Share,
    stats::guard::{CandidateShare, Side},
};

/// The policy of one step, by its content hash, and the candidate's share under it.
pub(super) type StepShare = (Fingerprint, CandidateShare);

impl Rollout {
    /// Returns the side and the share for which an outcome of an assignment counts.
    ///
    /// Both are those of the policy that decided, however many steps later the outcome is known.
    /// It is what [`RateGuard::record`](crate::stats::guard::RateGuard::record) asks for. There
    /// is none for an assignment under a policy that is not a step of this release, or of a unit
    /// that no draw has placed: fallbacks, listed units, audience rules. Where a failing
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
        Some((side, *share))
    }
}

/// Returns a canary policy with another share.
pub(super) fn at_share(mut policy: Policy, share: Share) -> Policy {
    if let Some(canary) = &mut policy.canary {
        canary.share = share;
    }
    policy
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
