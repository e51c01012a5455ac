//! How a server answers to orders, and to silence.

use core::time::Duration;
use std::collections::BTreeSet;

use super::{FleetOrder, Mark};
use crate::{rollout::Action, timestamp::Timestamp};

/// What a server does when it has had no word for too long.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OnSilence {
    /// It goes on as it was told last, even with a candidate that the others have rejected.
    Hold,
    /// It serves the live version alone, and does what it was told once there is word again.
    #[default]
    LiveOnly,
}

/// What a server should do about an order.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Word {
    /// Carry out its [`actions`](FleetOrder::actions), then say [`carried_out`](Follower::carried_out).
    CarryOut,
    /// It is in force here already.
    Holds,
    /// It is older than one that has come, and is left undone.
    Older {
        /// The latest one that has come.
        latest: Mark,
    },
    /// It is of another release than this follower's, and is left undone.
    OtherRelease,
    /// It lets in a version that was rejected here, and is left undone.
    Rejected,
    /// It is older than the acceptance of the version that it rejects, and is left undone.
    Accepted,
}

/// A server's judgement of its leaders' orders in one release.
///
/// For the next release it takes a new one: another release's orders, which may come late, are left
/// undone, also where they speak of a version of the same label.
///
/// Orders may come late, twice, out of order and from leaders that have been replaced. The latest
/// counts, but a rejection is obeyed whatever its term, unless the version was accepted meanwhile.
/// A process that has started anew knows no order: unless this was stored, it takes the first that
/// comes, so let it serve the live version alone until then.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Follower {
    release: String,
    patience: Duration,
    on_silence: OnSilence,
    /// When there was word, by this server's clock.
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
    /// Returns a server that has had no order of a release, and how long it waits for word.
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
            // An order of an older leader is no sign of life: the present leader may be gone.
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
    /// Not before it was: a process that dies in between is told again.
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

    /// Says what to do about silence, once when it has become too long.
    ///
    /// [`OnSilence::LiveOnly`] is carried out as a release of
    /// [`Policy::live_only`](crate::Policy::live_only) by
    /// [`Router::carry_out`](crate::Router::carry_out): what the server does by itself is no person's
    /// order. With the next word the order in force is to be carried out again.
    #[must_use = "silence asks for what was chosen"]
    pub fn at(&mut self, now: Timestamp) -> Option<OnSilence> {
        let heard = *self.heard.get_or_insert(now);
        if self.is_alone || now.since(heard) < self.patience {
            return None;
        }
        self.is_alone = true;
        Some(self.on_silence)
    }

    /// Returns the latest order that was carried out, which this server says to the leader.
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
