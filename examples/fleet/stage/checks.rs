//! What must hold when a release is over.

use std::fs;
use std::path::Path;

use switchstand::experiment::digest;
use switchstand::rollout::{Evidence, Phase, Rollout};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Reading, Side};
use switchstand::{Assignment, UnitKey};

use crate::Fault;
use crate::leader::Stored;
use crate::wire;

/// Compares the evidence with the logs, and the servers with what the release must end in.
///
/// # Errors
/// What differs.
pub fn check(folder: &Path, servers: &[String], ratio: u64) -> Result<String, Fault> {
    let stored: Stored = serde_json::from_slice(&fs::read(folder.join("stored.json"))?)?;
    let replica = wire::rollout()?;
    let mut all = Vec::new();
    let mut alone = Vec::new();
    for (source, evidence) in stored.reports.sources() {
        let file = format!("events-{}-{}", source.server, source.incarnation);
        let log = fs::read_to_string(folder.join(file))?;
        let mut guard = RateGuard::by_unit(RateTest::default());
        let found = reading(evidence)?;
        // What came after its last report died with the process, and stands in its log alone.
        let mut left = found.candidate_events + found.control_events + found.repeated_events;
        for line in log.lines() {
            let Some((unit, side, share)) = event(&replica, line)? else {
                continue;
            };
            if left == 0 {
                break;
            }
            left -= 1;
            guard.record(unit, side, share)?;
            all.push((unit, side, share));
        }
        if guard.reading() != found {
            return Err(format!("{source:?}: the evidence is not what its log says").into());
        }
        alone.push(guard);
    }
    let mut one = RateGuard::by_unit(RateTest::default());
    // By rising share, which is the order of time.
    all.sort_by(|one, other| one.2.get().total_cmp(&other.2.get()));
    for (unit, side, share) in all {
        one.record(unit, side, share)?;
    }
    let sum = stored.reports.sum()?.ok_or("nobody has reported")?;
    if reading(&sum)? != one.reading() {
        return Err("the sum is not what one server would have counted".into());
    }
    let phase = match ratio {
        1 => Phase::Promoted,
        _ => Phase::RolledBack,
    };
    if stored.rollout.phase() != phase {
        return Err(format!("the release ended {:?}", stored.rollout.phase()).into());
    }
    if !is_settled(folder, servers, ratio) {
        return Err("the candidate is not where the release ended on every server".into());
    }
    let changed = RateGuard::changed_side(&alone);
    if changed > 0 {
        return Err(format!("{changed} units changed side").into());
    }
    let term = stored.leader.term();
    Ok(format!(
        "{phase:?} on all, {} units with errors by {} processes, leader of term {term}",
        one.seen_units().map_or(0, |seen| seen.len()),
        alone.len(),
    ))
}

/// Tells whether the candidate stands on every server where the release must end.
#[must_use]
pub fn is_settled(folder: &Path, servers: &[String], ratio: u64) -> bool {
    let wanted = match ratio {
        1 => "Some(Live)",
        _ => "Some(Rejected)",
    };
    let state = |server: &String| fs::read_to_string(folder.join(format!("state-{server}")));
    servers
        .iter()
        .all(|server| state(server).is_ok_and(|found| found == wanted))
}

fn reading(evidence: &Evidence) -> Result<Reading, Fault> {
    Ok(evidence.rate_of("failures").ok_or("the guard is gone")?)
}

/// Reads an event of the log, none where the decision was under no policy of the release.
fn event(replica: &Rollout, line: &str) -> Result<Option<(u64, Side, CandidateShare)>, Fault> {
    let (user, assignment) = line.split_once(',').ok_or("an event lacks a field")?;
    let assignment: Assignment<'_> = serde_json::from_str(assignment)?;
    let unit = digest(UnitKey::from(user.parse::<u64>()?).as_key());
    let placed = replica.side_of(&assignment);
    Ok(placed.map(|(side, share)| (unit, side, share)))
}
