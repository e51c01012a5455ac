//! What goes over the wire: a report, and an order as the answer; each a line of JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use switchstand::fleet::{FleetEvidence, FleetOrder, FleetReport, Mark};
use switchstand::rollout::{Check, Climb, Guard, Rollout, Schedule};
use switchstand::stats::guard::{GuardError, RateGuard, RateTest, Side};
use switchstand::{Policy, Share};

use crate::Fault;

/// What a server counts of the release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Units that have failed.
    pub errors: RateGuard,
    /// Units exposed to control and candidate, by the policy that decided.
    pub exposed: BTreeMap<String, [BTreeSet<u64>; 2]>,
    /// All bad events, to find them in the log.
    pub events: u64,
}

impl Counted {
    /// Returns what a server has counted that has just begun.
    #[must_use]
    pub fn nothing() -> Counted {
        Counted {
            errors: RateGuard::by_unit(RateTest::default()),
            exposed: BTreeMap::new(),
            events: 0,
        }
    }

    /// Takes note of an exposed unit; what earlier policies exposed is of no use any more.
    pub fn expose(&mut self, policy: String, side: Side, unit: u64) {
        self.exposed.retain(|known, _| *known == policy);
        let [control, candidate] = self.exposed.entry(policy).or_default();
        match side {
            Side::Control => control.insert(unit),
            Side::Candidate => candidate.insert(unit),
        };
    }
}

impl FleetEvidence for Counted {
    type Refused = GuardError;

    fn add(&mut self, other: &Counted) -> Result<(), GuardError> {
        self.errors.merge(&other.errors)?;
        for (policy, units) in &other.exposed {
            let ours = self.exposed.entry(policy.clone()).or_default();
            for (ours, theirs) in ours.iter_mut().zip(units) {
                ours.extend(theirs);
            }
        }
        self.events += other.events;
        Ok(())
    }
}

/// What a server says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// What it has counted since its start.
    pub report: FleetReport<Counted>,
    /// The latest order that it has carried out.
    pub done: Mark,
}

/// The release, as everybody knows it beforehand.
///
/// # Errors
/// None: policy and schedule are sound.
pub fn rollout() -> Result<Rollout, Fault> {
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    let errors = Guard::new("errors", Check::Rate(RateTest::default()));
    let (time, exposures) = (Duration::from_secs(600), 20);
    let schedule = Schedule::new([errors])?.with_climb(Climb::Dwell { time, exposures })?;
    let schedule = schedule.with_bake(time, exposures);
    Ok(Rollout::new(policy, schedule)?)
}

/// Hands in a report, and returns the order in force if the leader has one.
///
/// # Errors
/// Whatever keeps the two apart.
pub fn hand_in(leader: &str, message: &Message) -> Result<Option<FleetOrder>, Fault> {
    let mut stream = TcpStream::connect(leader)?;
    let patience = Some(Duration::from_secs(5));
    stream.set_read_timeout(patience)?;
    stream.set_write_timeout(patience)?;
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
