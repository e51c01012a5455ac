//! A server: it serves, counts, hands in what it has counted, and does what it is told.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use switchstand::fleet::{FleetOrder, Follower, Incarnation, OnSilence, Outbox, Word};
use switchstand::rollout::{Action, Evidence};
use switchstand::{Ending, Policy, Router, Timestamp};

use crate::Fault;
use crate::stage::Luck;
use crate::wire::{self, Message};

/// Without word for so long a server serves the live version alone.
const PATIENCE: Duration = Duration::from_secs(3);

/// One process of a server.
#[derive(Debug)]
pub struct Server {
    router: Router<()>,
    follower: Follower,
    outbox: Outbox<Evidence>,
    evidence: Evidence,
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
            follower: Follower::new(wire::RELEASE, PATIENCE, OnSilence::LiveOnly),
            outbox: Outbox::new(wire::RELEASE, Incarnation::new(name, incarnation)),
            evidence: Evidence::of(&wire::rollout()?),
            log: OpenOptions::new().create(true).append(true).open(log)?,
        })
    }

    /// Answers one request.
    ///
    /// # Errors
    /// What the file refuses.
    pub fn serve(&mut self, user: u64, fails: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let route = self.router.route(user);
        let assignment = self.router.assignment(&route)?;
        let ending = match fails(&assignment.version) {
            true => Ending::Failed,
            false => Ending::Answered,
        };
        if ending == Ending::Failed {
            // The log first: what was counted is in it.
            writeln!(self.log, "{user},{}", serde_json::to_string(&assignment)?)?;
        }
        // Of decisions under no policy of the release nothing counts.
        let _ = self.evidence.record(user, &assignment, ending, None);
        Ok(())
    }

    /// Returns what this process says to the leader.
    pub fn message(&mut self) -> Message {
        Message {
            report: self.outbox.whole(self.evidence.clone()),
            done: self.follower.done().cloned(),
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
            let _ = self.evidence.enter(self.router.current().fingerprint());
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
            let policy = Policy::live_only("nobody leads").into();
            self.router.carry_out(&Action::Release { policy })?;
        }
        Ok(())
    }

    /// Tells where the candidate stands here.
    #[must_use]
    pub fn state(&self) -> String {
        format!("{:?}", self.router.state("v2"))
    }
}
