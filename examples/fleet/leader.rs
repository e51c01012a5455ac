//! The leader: it adds up reports, steps the roll-out, and says what all must do.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use switchstand::Timestamp;
use switchstand::fleet::{FleetEvidence, FleetOrder, Leader, Reports};
use switchstand::rollout::{Evidence, Input, Rollout};

use crate::Fault;
use crate::stage::Luck;
use crate::wire::{self, Message};

/// All that a successor needs; nothing is said to anybody before it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The release.
    pub rollout: Rollout,
    /// The orders.
    pub leader: Leader,
    /// What all processes have counted, those that have ended too.
    pub reports: Reports<Evidence>,
    /// Nothing but the phase: what all have counted is added to it.
    pub evidence: Evidence,
}

impl Stored {
    /// Reads what the leader before has stored, or begins.
    ///
    /// # Errors
    /// A file that is none, or a term that is not above the last.
    pub fn take_over(folder: &Path, term: u64) -> Result<Stored, Fault> {
        let Ok(stored) = fs::read(folder.join("stored.json")) else {
            let rollout = wire::rollout()?;
            return Ok(Stored {
                evidence: Evidence::of(&rollout),
                rollout,
                leader: Leader::new(wire::RELEASE, term),
                reports: Reports::new(wire::RELEASE),
            });
        };
        let stored: Stored = serde_json::from_slice(&stored)?;
        let leader = stored.leader.succeed(term)?;
        Ok(Stored { leader, ..stored })
    }

    fn store(&self, folder: &Path) -> Result<(), Fault> {
        fs::write(folder.join("stored.new"), serde_json::to_vec(self)?)?;
        Ok(fs::rename(
            folder.join("stored.new"),
            folder.join("stored.json"),
        )?)
    }

    /// Steps the release by the sum of all reports, and stores what was decided.
    ///
    /// # Errors
    /// Evidence that does not add up, and a file that cannot be written.
    pub fn tick(
        &mut self,
        now: Timestamp,
        servers: &[String],
        folder: &Path,
        luck: &mut Luck,
    ) -> Result<(), Fault> {
        let all_have_followed = self
            .leader
            .behind(servers.iter().map(String::as_str))
            .is_empty();
        if self.rollout.unconfirmed().is_some() && all_have_followed {
            luck.may_die("between deciding and confirming");
            self.rollout.confirm();
        }
        let _ = self.evidence.sample(&self.rollout);
        let mut sum = self.evidence.clone();
        if let Some(reports) = self.reports.sum()? {
            sum.add(&reports)?;
        }
        let sample = sum.sample(&self.rollout).map(Input::Sample);
        let _ = self.rollout.step(now, sample);
        let due = self.rollout.unconfirmed();
        if let Some(action) = due.or_else(|| self.rollout.action_in_force()) {
            self.leader.order(action);
        }
        self.store(folder)
    }

    /// Tells whether the release has ended, and every server knows it.
    #[must_use]
    pub fn is_over(&self, servers: &[String]) -> bool {
        let behind = self.leader.behind(servers.iter().map(String::as_str));
        self.rollout.phase().is_final() && behind.is_empty()
    }

    /// Takes a report, and answers it with the order in force.
    ///
    /// # Errors
    /// Whatever the server has sent that is no report.
    pub fn answer(&mut self, stream: &TcpStream, said: Option<&FleetOrder>) -> Result<(), Fault> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        let message: Message = serde_json::from_str(&line)?;
        self.reports.take(&message.report)?;
        self.leader
            .acknowledge(&message.report.source, message.done.as_ref());
        let mut stream = stream;
        writeln!(stream, "{}", serde_json::to_string(&said)?)?;
        Ok(())
    }
}
