//! The leader of a fleet, which numbers the orders that all servers follow.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{FleetOrder, Incarnation, Mark};
use crate::rollout::Action;

/// The orders of a leader: their numbers, the one in force, and which servers have carried it out.
///
/// It is stored with the [`Rollout`](crate::rollout::Rollout) and the [`Reports`](super::Reports),
/// before an order is sent: then a later leader knows what servers may have done. The application
/// elects the leader, by a lease with a rising term.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Leader {
    release: String,
    term: u64,
    number: u64,
    in_force: Option<FleetOrder>,
    /// By server: its latest incarnation, and what that has carried out.
    marks: BTreeMap<String, (u64, Option<Mark>)>,
}

/// The refusal of a leader whose term is not above that of the one before.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "term {found} is not above {latest}, that of the leader before: take a new one from where \
     leaders are elected"
)]
#[non_exhaustive]
pub struct TermError {
    /// The term that was given.
    pub found: u64,
    /// The latest term that is known.
    pub latest: u64,
}

impl Leader {
    /// Returns the first leader of a release.
    #[must_use]
    pub fn new(release: &str, term: u64) -> Leader {
        Leader {
            release: release.to_owned(),
            term,
            number: 0,
            in_force: None,
            marks: BTreeMap::new(),
        }
    }

    /// Continues, as the leader of a later term, from what the one before has stored.
    ///
    /// The order in force is repeated under the new term; a server that has carried it out finds
    /// that nothing changes.
    ///
    /// # Errors
    /// [`TermError`] unless the term is above the stored one.
    pub fn succeed(mut self, term: u64) -> Result<Leader, TermError> {
        if term <= self.term {
            let (found, latest) = (term, self.term);
            return Err(TermError { found, latest });
        }
        self.term = term;
        if let Some(order) = self.in_force.take() {
            self.say(order.action);
        }
        Ok(self)
    }

    /// Puts an action in force, and returns its order; the one in force keeps its number.
    ///
    /// Give it the roll-out's unconfirmed action, or else its action in force.
    pub fn order(&mut self, action: Action) -> &FleetOrder {
        if let Some(order) = self.in_force.take_if(|order| order.action == action) {
            return self.in_force.insert(order);
        }
        self.say(action)
    }

    fn say(&mut self, action: Action) -> &FleetOrder {
        self.number += 1;
        let mark = Mark {
            release: self.release.clone(),
            term: self.term,
            number: self.number,
        };
        self.in_force.insert(FleetOrder { mark, action })
    }

    /// Returns the order in force: what a late server must do, also after the release has ended.
    #[must_use]
    pub const fn in_force(&self) -> Option<&FleetOrder> {
        self.in_force.as_ref()
    }

    /// Returns the leader's term.
    #[must_use]
    pub const fn term(&self) -> u64 {
        self.term
    }

    /// Notes which order a server has [carried out](super::Follower::done).
    ///
    /// An order of another release counts as none: the server is behind.
    pub fn acknowledge(&mut self, source: &Incarnation, done: Option<&Mark>) {
        let done = done.filter(|mark| mark.release == self.release);
        let said = (source.incarnation, done.cloned());
        let known = self.marks.entry(source.server.clone()).or_default();
        if *known < said {
            *known = said;
        }
    }

    /// Returns which of these servers have not carried out the order in force.
    ///
    /// [Confirm](crate::rollout::Rollout::confirm) the roll-out's action when there are none. A
    /// restarted server is behind until it reports.
    #[must_use]
    pub fn behind<'a>(&self, servers: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let wanted = self.in_force.as_ref().map(|order| &order.mark);
        let is_behind = |server: &&str| {
            let known = self.marks.get(*server);
            wanted.is_some() && known.and_then(|(_, mark)| mark.as_ref()) < wanted
        };
        servers.into_iter().filter(is_behind).collect()
    }
}
