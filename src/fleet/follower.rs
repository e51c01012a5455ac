//! How a server reacts to orders, and to silence.

use core::time::Duration;
use std::collections::BTreeSet;

use super::{FleetOrder, Mark};
use crate::{rollout::Action, timestamp::Timestamp};

/// The action of a server that has had no message for too long.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OnSilence {
    /// It keeps the last order, even if the other servers have rejected the candidate.
    Hold,
    /// It serves the live version alone, until there is a message again.
    #[default]
    LiveOnly,
}

/// What a server should do with an order.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Word {
    /// Carry out its [`actions`](FleetOrder::actions), then say
    /// [`carried_out`](Follower::carried_out).
    CarryOut,
    /// It is already in force here.
    Holds,
    /// It is older than one that has already come; ignore it.
    Older {
        /// The latest one that has come.
        latest: Mark,
    },
    /// It is of another release than this follower's; ignore it.
    OtherRelease,
    /// It lets in a version that was rejected here; ignore it.
    Rejected,
    /// It rejects a version that was accepted later; ignore it.
    Accepted,
}

/// A server's judgement of its leaders' orders in one release.
///
/// Make a new one for the next release: late orders of another release are ignored, also if they
/// name a version with the same label.
///
/// Orders may come late, twice, out of order, and from leaders that have been replaced. The latest
/// order counts; but a rejection is obeyed with any term, unless the version was accepted
/// meanwhile. A restarted process knows no order: unless the follower was stored, it takes the
/// first one that comes, so let it serve the live version alone until then.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Follower {
    release: String,
    patience: Duration,
    on_silence: OnSilence,
    /// When the last message came, by this server's clock.
    heard: Option<Timestamp>,
    /// The latest order that has come.
    latest: Option<Mark>,
    /// The latest that was carried out, and what it asked for.
    done: Option<(Mark, Action)>,
    rejected: BTreeSet<String>,
    accepted: BTreeSet<String>,
    is_alone: bool,
}

impl Follower {
    /// Returns a follower that has had no order of a release yet, with the time that it waits for a
    /// message.
    #[must_use]
    pub fn new(release: &str, patience: Duration, on_silence: OnSilence) -> Follower {
        Follower {
            release: release.to_owned(),
            patience,
            on_silence,
            heard: None,
            latest: None,
            done: None,
            rejected: BTreeSet::new(),
            accepted: BTreeSet::new(),
            is_alone: false,
        }
    }

    /// Judges an order that has come; `now` is by this server's clock alone.
    #[must_use = "an order that is new must be carried out"]
    pub fn receive(&mut self, now: Timestamp, order: &FleetOrder) -> Word {
        if order.mark.release != self.release {
            return Word::OtherRelease;
        }
        let newer = self.latest.clone().filter(|latest| order.mark < *latest);
        if let Some(version) = order.rejects() {
            if newer.is_some() && self.accepted.contains(version) {
                return Word::Accepted;
            }
            // An order of an older leader does not end the silence: the present leader may be gone.
            if newer.is_none() {
                self.hear(now, &order.mark);
            }
            return match self.rejected.contains(version) {
                true => self.holds(order),
                false => Word::CarryOut,
            };
        }
        if let Some(latest) = newer {
            return Word::Older { latest };
        }
        self.hear(now, &order.mark);
        if order
            .lets_in()
            .is_some_and(|version| self.rejected.contains(version))
        {
            return Word::Rejected;
        }
        let is_done = |(_, action): &(Mark, Action)| *action == order.action;
        match !self.is_alone && self.done.as_ref().is_some_and(is_done) {
            true => self.holds(order),
            false => Word::CarryOut,
        }
    }

    /// Notes that an order was carried out here.
    ///
    /// Call it only after the order was carried out: then a process that dies in between gets it
    /// again.
    pub fn carried_out(&mut self, order: &FleetOrder) {
        match &order.action {
            Action::Reject { version, .. } => {
                self.rejected.insert(version.clone());
                self.accepted.remove(version);
            }
            Action::Accept { version, .. } => {
                self.accepted.insert(version.clone());
            }
            Action::Release { .. } | Action::Swap { .. } => {}
        }
        let _ = self.holds(order);
        self.is_alone = false;
    }

    /// Returns the action for a silence that has become too long, once for each silence.
    ///
    /// [`OnSilence::LiveOnly`] is carried out as a release of
    /// [`Policy::live_only`](crate::Policy::live_only) by
    /// [`Router::carry_out`](crate::Router::carry_out): this is not the order of a person. With the
    /// next message the order in force must be carried out again.
    #[must_use = "silence asks for what was chosen"]
    pub fn at(&mut self, now: Timestamp) -> Option<OnSilence> {
        let heard = *self.heard.get_or_insert(now);
        if self.is_alone || now.since(heard) < self.patience {
            return None;
        }
        self.is_alone = true;
        Some(self.on_silence)
    }

    /// Returns the latest order that was carried out; this server reports it to the leader.
    #[must_use]
    pub fn done(&self) -> Option<&Mark> {
        self.done.as_ref().map(|(mark, _)| mark)
    }

    fn hear(&mut self, now: Timestamp, mark: &Mark) {
        self.heard = Some(self.heard.map_or(now, |heard| heard.max(now)));
        self.latest = self.latest.take().max(Some(mark.clone()));
        if self.on_silence == OnSilence::Hold {
            self.is_alone = false;
        }
    }

    fn holds(&mut self, order: &FleetOrder) -> Word {
        if self.done() <= Some(&order.mark) {
            self.done = Some((order.mark.clone(), order.action.clone()));
        }
        Word::Holds
    }
}
