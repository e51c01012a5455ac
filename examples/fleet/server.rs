//! A server: it serves, counts, hands in what it has counted, and does what it is told.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use switchstand::fleet::{FleetOrder, Follower, Incarnation, OnSilence, Outbox, Word};
use switchstand::rollout::Rollout;
use switchstand::stats::guard::Side;
use switchstand::{Policy, Router, Timestamp, UnitKey};

use crate::Fault;
use crate::stage::Luck;
use crate::wire::{self, Counted, Message};

/// Without word for so long a server serves the live version alone.
const PATIENCE: Duration = Duration::from_secs(3);

/// One process of a server.
#[derive(Debug)]
pub struct Server {
    router: Router<()>,
    follower: Follower,
    outbox: Outbox<Counted>,
    counted: Counted,
    /// A replica for `side_of` alone: it tells by which share a decision was drawn.
    attribution: Rollout,
    log: File,
}

impl Server {
    /// Starts a process that knows nothing of the release but its name.
    ///
    /// # Errors
    /// What the router or the file refuses.
    pub fn start(folder: &Path, name: &str, incarnation: u64) -> Result<Server, Fault> {
        let router = Router::new("ranker", "v1", ())?;
        router
            .deploy("v2", ())
            .map_err(|refused| refused.to_string())?;
        router.validate("v2", |_| Ok::<(), String>(()))?;
        let log = folder.join(format!("events-{name}-{incarnation}"));
        Ok(Server {
            router,
            follower: Follower::new(PATIENCE, OnSilence::LiveOnly),
            outbox: Outbox::new(Incarnation::new(name, incarnation)),
            counted: Counted::nothing(),
            attribution: wire::rollout()?,
            log: OpenOptions::new().create(true).append(true).open(log)?,
        })
    }

    /// Answers one request.
    ///
    /// # Errors
    /// What guard or file refuse.
    pub fn serve(&mut self, user: u64, fails: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let route = self.router.route(user);
        let assignment = self.router.assignment(&route)?;
        let Some((side, share)) = self.attribution.side_of(&assignment) else {
            return Ok(());
        };
        self.counted
            .expose(assignment.fingerprint.to_string(), side, user);
        if fails(&assignment.version) {
            // The log first: what was counted is in it.
            let is_candidate = u8::from(side == Side::Candidate);
            writeln!(self.log, "{user},{is_candidate},{}", share.get())?;
            self.counted.errors.record(digest(user), side, share)?;
            self.counted.events += 1;
        }
        Ok(())
    }

    /// Returns what this process says to the leader.
    pub fn message(&mut self) -> Message {
        Message {
            report: self.outbox.whole(self.counted.clone()),
            done: self.follower.done(),
        }
    }

    /// Does what an order asks for, unless it is older, known or refused.
    ///
    /// # Errors
    /// What the router refuses; the order comes again.
    pub fn obey(
        &mut self,
        now: Timestamp,
        order: &FleetOrder,
        luck: &mut Luck,
    ) -> Result<(), Fault> {
        if self.follower.receive(now, order) == Word::CarryOut {
            for action in order.actions() {
                self.router.carry_out(&action)?;
            }
            luck.may_die("between acting and reporting");
            self.follower.carried_out(order);
        }
        Ok(())
    }

    /// Does what was chosen for silence.
    ///
    /// # Errors
    /// What the router refuses.
    pub fn mind(&mut self, now: Timestamp) -> Result<(), Fault> {
        if self.follower.at(now) == Some(OnSilence::LiveOnly) {
            self.router.release(Policy::live_only("nobody leads"))?;
        }
        Ok(())
    }

    /// Tells where the candidate stands here.
    #[must_use]
    pub fn state(&self) -> String {
        format!("{:?}", self.router.state("v2"))
    }
}

/// Returns the digest under which a unit is counted, the same on every server.
#[must_use]
pub fn digest(user: u64) -> u64 {
    switchstand::experiment::digest(UnitKey::from(user).as_key())
}
