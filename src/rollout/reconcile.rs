//! Whether the router is still as the roll-out left it, and what follows if it is not.

use super::{ByHand, PauseCause, Phase, Rollout, Seen, StateChange, latest::Latest};
use crate::{deployment::VersionState, policy::Policy};

impl Rollout {
    /// Compares the router with what the roll-out last did to it, and follows the router.
    ///
    /// It is called under the router's lock, which is held until the action is carried out.
    pub(super) fn reconcile(&mut self, seen: &Seen<'_>) {
        let is_first = self.sight.live.is_none();
        self.sight.is_foreign = false;
        let is_beside = self.in_force == Phase::Pending && !self.has_taken_over;
        self.sight.another = seen.another.clone().filter(|_| is_beside);
        if self.sight.another.is_some() {
            return;
        }
        if self.keeps_out() && seen.live != self.version {
            self.replaced = Some(seen.live.to_owned());
        }
        match seen.candidate {
            None => self.miss(seen),
            Some((id, ..)) if self.sight.candidate.is_some_and(|known| known != id) => {
                self.miss(seen);
            }
            Some((id, state, shed)) => {
                self.see_shed(shed);
                let begins = self.in_force == Phase::Pending && is_first;
                match state {
                    VersionState::Rejected if begins => return,
                    VersionState::Retiring if begins => return,
                    VersionState::Rejected => self.end(Phase::RolledBack, seen),
                    VersionState::Retiring if self.in_force != Phase::Baking => {
                        self.end(Phase::RolledBack, seen);
                    }
                    // It was live and is not any more: it was accepted, and another version took
                    // its place.
                    VersionState::Retiring | VersionState::Standby => {
                        self.end(Phase::Promoted, seen);
                    }
                    VersionState::Live if !seen.has_standby && !begins => {
                        self.end(Phase::Promoted, seen);
                    }
                    VersionState::Live if seen.has_standby => self.meet_swap(seen, is_first),
                    _ => self.meet_policy(seen, is_first),
                }
                self.sight.candidate = Some(id);
            }
        }
        self.sight.live = Some(seen.live.to_owned());
    }

    /// Follows the candidate's absence. If it was never deployed, the router's own refusal says so.
    fn miss(&mut self, seen: &Seen<'_>) {
        if self.sight.candidate.is_none() {
            // A new router: the policy that was in force on another one is not in force here.
            return self.lose();
        }
        let was_kept = self.in_force == Phase::Baking && seen.accepted_by.is_some();
        self.end(
            match was_kept {
                true => Phase::Promoted,
                false => Phase::RolledBack,
            },
            seen,
        );
    }

    /// Ends the release as a person has ended it, unless the roll-out had decided the same.
    fn end(&mut self, to: Phase, seen: &Seen<'_>) {
        let by = match to {
            Phase::Promoted => &seen.accepted_by,
            _ => &seen.removed_by,
        };
        // The roll-out had decided the same, so its own cause stays.
        if self.state.phase == to && (to == Phase::RolledBack || by.is_none()) {
            return self.confirm();
        }
        let what = match to {
            Phase::Promoted => format!("version {:?} was accepted", self.version),
            _ => format!("version {:?} was taken away", self.version),
        };
        let by = by.clone().unwrap_or_else(|| ByHand::unknown(what));
        self.follow(to, by);
    }

    /// Follows a router whose live version is the candidate, with a way back.
    fn meet_swap(&mut self, seen: &Seen<'_>, is_first: bool) {
        if self.in_force == Phase::Baking {
            return self.meet_policy(seen, is_first);
        }
        if self.state.phase == Phase::RolledBack {
            return;
        }
        let is_own = self.fingerprint_of(Phase::Baking) == Some(seen.fingerprint);
        match &seen.swapped_by {
            None if self.state.phase == Phase::Baking && is_own => self.confirm(),
            None => {}
            Some(by) => {
                self.follow(Phase::Baking, by.clone());
                self.pause(PauseCause::Overruled { by: by.clone() });
            }
        }
    }

    /// Follows a router whose policy may be the roll-out's own or anybody's.
    fn meet_policy(&mut self, seen: &Seen<'_>, is_first: bool) {
        if self.in_force == Phase::Pending {
            return self.meet_before_the_first(seen, is_first);
        }
        let is_own = self.fingerprint_of(self.in_force) == Some(seen.fingerprint)
            || self.amended == Some(seen.fingerprint);
        let live = self.sight.live.as_deref();
        let is_at_home = live.is_none_or(|live| live == seen.live);
        let is_baking_here = self.in_force != Phase::Baking || seen.live == self.version;
        if is_own && is_at_home && is_baking_here {
            return;
        }
        if self.fingerprint_of(self.state.phase) == Some(seen.fingerprint)
            && !self.is_confirmed()
            && self.state.phase != Phase::Baking
        {
            return self.confirm();
        }
        let is_untouched = seen.fingerprint == Policy::live_only("initial").fingerprint();
        let is_before = self.found == Some(seen.fingerprint);
        let of_step = |(fingerprint, _): &(_, _)| *fingerprint == seen.fingerprint;
        let is_earlier = self.steps.iter().any(of_step);
        if is_first && (is_untouched || is_before || is_earlier) {
            return self.lose();
        }
        self.stop(seen);
    }

    fn meet_before_the_first(&mut self, seen: &Seen<'_>, is_first: bool) {
        let wanted = self.fingerprint_of(self.state.phase);
        if wanted == Some(seen.fingerprint) && self.state.phase != Phase::Baking {
            return self.confirm();
        }
        if is_first || self.found.is_none() {
            self.found = Some(seen.fingerprint);
        } else if self.found != Some(seen.fingerprint) {
            self.stop(seen);
        }
    }

    /// Waits, because the policy in force is somebody else's.
    fn stop(&mut self, seen: &Seen<'_>) {
        self.sight.is_foreign = true;
        let what = format!("release {:?} is in force", seen.release);
        let by = seen.policy_by.clone();
        let by = by.unwrap_or_else(|| ByHand::unknown(what));
        self.pause(PauseCause::Overruled { by });
    }

    /// Notes that nothing of the release is in force here; its last action is due again.
    pub(super) fn lose(&mut self) {
        self.sight.goes_on = self.has_restarted && self.is_confirmed();
        self.in_force = Phase::Pending;
        self.evidence = Latest::default();
        self.found = None;
        self.sight.is_lost = true;
    }

    /// Notes that the router has carried the action out, and which version is live since.
    pub(crate) fn carried_out(&mut self, live: &str) {
        self.confirm();
        self.sight.live = Some(live.to_owned());
    }

    fn follow(&mut self, to: Phase, by: ByHand) {
        self.note(StateChange::Followed { to, by });
        self.in_force = to;
        self.sight.is_lost = false;
        self.evidence = Latest::default();
    }
}
