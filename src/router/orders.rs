//! Who has released, swapped, accepted, rejected or removed what, of late.

use std::{collections::VecDeque, sync::Arc};

use super::{
    ramp::{KnownPlace, Place},
    turn::Signed,
};
use crate::{
    deployment::{Deployments, Operation},
    fingerprint::Fingerprint,
    rollout::ByHand,
};

/// So many are remembered: a roll-out looks at them every minute or so.
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
}

/// A roll-out that has not ended, as far as the router knows.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) release: String,
    pub(super) version: String,
    /// What it last put in force.
    pub(super) fingerprint: Fingerprint,
}

#[derive(Debug)]
struct Given {
    deed: Deed,
    /// The version that it concerns; for a policy, the release.
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

    /// Returns who last did this to a version, nobody if it was a roll-out.
    ///
    /// Of a version that was rejected and then reclaimed, the rejection is meant.
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

    /// Returns who last put a policy in force, in whatever way.
    pub(super) fn last_policy(&self) -> Option<ByHand> {
        let puts = |given: &&Given| matches!(given.deed, Deed::Released | Deed::Swapped);
        Some(self.given.iter().rev().find(puts)?.by.clone())
    }

    /// Returns the place of the roll-out that has begun here and has not ended.
    pub(super) fn place(&self) -> Option<Arc<Place>> {
        self.place.upgrade().filter(|place| place.is_open())
    }

    pub(super) fn set_place(&mut self, place: KnownPlace) {
        self.place = place;
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

    pub(super) fn set_open(&mut self, open: Option<Open>) {
        self.open = open;
    }
}
