//! Who has recently released, swapped, accepted, rejected or removed what.

use std::{collections::VecDeque, sync::Arc};

use super::{
    ramp::{KnownPlace, Place},
    turn::Signed,
};
use crate::{
    deployment::{Deployment, Deployments, Operation, VersionState},
    fingerprint::Fingerprint,
    rollout::{Action, ByHand},
};

/// How many orders are remembered; a roll-out looks at them every minute or so.
const REMEMBERED: usize = 64;

/// The latest orders, and the roll-out that has put the policy in force.
#[derive(Debug, Default)]
pub(super) struct Orders {
    given: VecDeque<Given>,
    open: Option<Open>,
    /// The roll-out that has begun here, as long as somebody holds it.
    place: KnownPlace,
    /// The highest number of a release file that has begun here.
    revision: Option<u64>,
    /// The latest releases that have begun here, and their candidates.
    begun: VecDeque<(String, String)>,
}

/// A roll-out that has not ended, as far as the router knows.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) release: String,
    pub(super) version: String,
    /// What it last put in force.
    pub(super) fingerprint: Fingerprint,
    /// The version that was live then.
    pub(super) live: String,
}

impl Open {
    /// Returns the open roll-out after an action of a leader on another server was carried out.
    pub(super) fn after(action: &Action, open: Option<Open>, next: &Deployments) -> Option<Open> {
        let named = match action {
            Action::Release { policy } => {
                let canary = policy.canary.as_ref();
                canary.map(|canary| (policy.release(), &canary.version))
            }
            Action::Swap { version, .. } => Some((next.policy().release(), version)),
            Action::Accept { .. } | Action::Reject { .. } => return None,
        };
        let named = named.map(|(release, version)| (release.to_owned(), version.clone()));
        let of_swap = matches!(action, Action::Swap { .. });
        // A swap keeps the release's name, and so does the action of a server that got no message.
        let (release, version) = match (named, open) {
            (Some((_, version)), Some(open)) if of_swap => (open.release, version),
            (Some(named), _) => named,
            (None, open) => open.map(|open| (open.release, open.version))?,
        };
        Some(Open {
            release,
            version,
            fingerprint: next.policy().fingerprint(),
            live: next.live().label().to_owned(),
        })
    }

    /// Tells whether an action is of this release.
    fn is_of(&self, action: &Action) -> bool {
        match action {
            Action::Release { policy } => {
                policy.canary.is_none() || policy.release() == self.release
            }
            Action::Swap { version, .. }
            | Action::Accept { version, .. }
            | Action::Reject { version, .. } => *version == self.version,
        }
    }
}

#[derive(Debug)]
struct Given {
    deed: Deed,
    /// The version; for a policy, the release.
    whom: String,
    by: ByHand,
    is_own: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Deed {
    Released,
    Swapped,
    Accepted,
    Removed,
    Reclaimed,
}

impl Orders {
    /// Remembers an order that was carried out on the way from `before` to `next`.
    pub(super) fn note(&mut self, operation: &Operation, next: &Deployments, signed: &Signed<'_>) {
        let (deed, whom, what) = match operation {
            Operation::Release { policy } => {
                let release = policy.release();
                (
                    Deed::Released,
                    release,
                    format!("release {release:?} was put in force"),
                )
            }
            Operation::Swap { version, .. } => (
                Deed::Swapped,
                version.as_str(),
                format!("version {version:?} was swapped live"),
            ),
            Operation::Accept => {
                let live = next.live().label();
                (
                    Deed::Accepted,
                    live,
                    format!("version {live:?} was accepted"),
                )
            }
            Operation::Reject { version, .. } => (
                Deed::Removed,
                version.as_str(),
                format!("version {version:?} was rejected"),
            ),
            Operation::Retire { version } => (
                Deed::Removed,
                version.as_str(),
                format!("version {version:?} was retired"),
            ),
            Operation::Reclaim { version } => (
                Deed::Reclaimed,
                version.as_str(),
                format!("version {version:?} was reclaimed"),
            ),
            _ => return,
        };
        let why = match operation {
            Operation::Reject { cause, .. } => cause,
            _ => signed.cause,
        };
        let mut by = ByHand::unknown(what);
        (by.who, by.why, by.at) = (signed.actor.to_owned(), why.to_owned(), signed.at);
        if self.given.len() >= REMEMBERED {
            self.given.pop_front();
        }
        self.given.push_back(Given {
            deed,
            whom: whom.to_owned(),
            by,
            is_own: signed.is_rollout,
        });
    }

    /// Returns who last did this to a version; `None` if it was a roll-out.
    ///
    /// For a version that was rejected and then reclaimed, the rejection counts.
    pub(super) fn last(&self, deed: Deed, version: &str) -> Option<ByHand> {
        let is_meant = |given: &Given| match given.deed {
            Deed::Reclaimed => deed == Deed::Removed,
            other => other == deed,
        };
        let of = |given: &&Given| is_meant(given) && given.whom == version;
        let mut given = self.given.iter().rev().filter(of);
        let last = given.next()?;
        let first = match last.deed {
            Deed::Reclaimed => given.next().unwrap_or(last),
            _ => last,
        };
        (!first.is_own).then(|| first.by.clone())
    }

    /// Returns who last put a policy in force, by any operation.
    pub(super) fn last_policy(&self) -> Option<ByHand> {
        let puts = |given: &&Given| matches!(given.deed, Deed::Released | Deed::Swapped);
        Some(self.given.iter().rev().find(puts)?.by.clone())
    }

    /// Returns the place of the roll-out that has begun here and has not ended.
    pub(super) fn place(&self) -> Option<Arc<Place>> {
        self.place.upgrade().filter(|place| place.is_open())
    }

    pub(super) fn set_place(&mut self, place: &Arc<Place>) {
        self.place = Arc::downgrade(place);
        if self.begun.len() >= REMEMBERED {
            self.begun.pop_front();
        }
        let Place {
            release, version, ..
        } = &**place;
        self.begun.push_back((release.clone(), version.clone()));
    }

    /// Returns another candidate whose release of this name has begun here.
    pub(super) fn namesake(&self, release: &str, version: &str) -> Option<String> {
        let mut begun = self.begun.iter().rev();
        let is_other =
            |(name, candidate): &&(String, String)| name == release && candidate != version;
        begun.find(is_other).map(|(_, candidate)| candidate.clone())
    }

    /// Returns the number of the release file in force, if there was one.
    pub(super) const fn revision(&self) -> Option<u64> {
        self.revision
    }

    pub(super) fn set_revision(&mut self, revision: Option<u64>) {
        self.revision = revision.or(self.revision);
    }

    pub(super) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Says who has changed the router since the last action of this one's release, if anybody has.
    pub(super) fn overruled(&self, action: &Action, current: &Deployments) -> Option<String> {
        if let Some(place) = self.place() {
            return Some(format!("{place} is open on this router"));
        }
        let open = self.open.as_ref().filter(|open| open.is_of(action))?;
        let live = current.live().label();
        let candidate = current.get(&open.version).map(Deployment::state);
        let is_gone = matches!(candidate, None | Some(VersionState::Rejected));
        let is_own = open.fingerprint == current.policy().fingerprint();
        if is_own && open.live == live && !is_gone {
            return None;
        }
        let removed = self.last(Deed::Removed, &open.version).filter(|_| is_gone);
        let by = removed.or_else(|| self.last_policy());
        let release = current.policy().release();
        let what = format!("release {release:?} is in force, and version {live:?} is live");
        Some(by.unwrap_or_else(|| ByHand::unknown(what)).to_string())
    }

    pub(super) fn take_open(&mut self) -> Option<Open> {
        self.open.take()
    }

    pub(super) fn set_open(&mut self, open: Option<Open>) {
        self.open = open;
    }
}
