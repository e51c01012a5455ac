//! What goes over the wire: a report, and an order as the answer; each a line of JSON.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use switchstand::fleet::{FleetOrder, FleetReport, Mark};
use switchstand::rollout::{Climb, Evidence, Guard, Rollout, Schedule};
use switchstand::{Policy, Share};

use crate::Fault;

/// The release that is led.
pub const RELEASE: &str = "ranker-2026-11";

/// What a server says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// What it has counted since its start.
    pub report: FleetReport<Evidence>,
    /// The latest order that it has carried out.
    pub done: Option<Mark>,
}

/// The release, as everybody knows it beforehand.
///
/// # Errors
/// None: policy and schedule are sound.
pub fn rollout() -> Result<Rollout, Fault> {
    let policy = Policy::canary(RELEASE, "v2", Share::NONE);
    let (time, exposures) = (Duration::from_secs(600), 20);
    let schedule =
        Schedule::new([Guard::failures()])?.with_climb(Climb::Dwell { time, exposures })?;
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
