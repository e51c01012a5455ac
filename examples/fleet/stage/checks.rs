//! What must hold when a release is over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use switchstand::rollout::Phase;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};

use crate::Fault;
use crate::leader::Stored;
use crate::server::digest;

/// Compares the evidence with the logs, and the servers with what the release must end in.
///
/// # Errors
/// What differs.
pub fn check(folder: &Path, servers: &[String], ratio: u64) -> Result<String, Fault> {
    let stored: Stored = serde_json::from_slice(&fs::read(folder.join("stored.json"))?)?;
    let mut all: BTreeMap<u64, Vec<(u64, Side, CandidateShare)>> = BTreeMap::new();
    let mut processes = 0;
    for (source, counted) in stored.reports.sources() {
        processes += 1;
        let file = format!("events-{}-{}", source.server, source.incarnation);
        let log = fs::read_to_string(folder.join(file))?;
        let mut alone = RateGuard::by_unit(RateTest::default());
        // What came after its last report died with the process, and stands in its log alone.
        for line in log.lines().take(usize::try_from(counted.events)?) {
            let (unit, side, share) = event(line)?;
            alone.record(unit, side, share)?;
            all.entry(share.get().to_bits())
                .or_default()
                .push((unit, side, share));
        }
        if alone != counted.errors {
            return Err(format!("{source:?}: the evidence is not what its log says").into());
        }
    }
    let mut one = RateGuard::by_unit(RateTest::default());
    // By rising share, which is the order of time.
    for (unit, side, share) in all.into_values().flatten() {
        one.record(unit, side, share)?;
    }
    let sum = stored.reports.sum()?.ok_or("nobody has reported")?;
    if sum.errors != one {
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
    let changed =
        RateGuard::changed_side(stored.reports.sources().map(|(_, counted)| &counted.errors));
    if changed > 0 {
        return Err(format!("{changed} units changed side").into());
    }
    let term = stored.leader.term();
    Ok(format!(
        "{phase:?} on all, {} units with errors by {processes} processes, leader of term {term}",
        one.seen_units().map_or(0, |seen| seen.len())
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

fn event(line: &str) -> Result<(u64, Side, CandidateShare), Fault> {
    let mut fields = line.split(',');
    let mut field = || fields.next().ok_or("an event lacks a field");
    let unit = digest(field()?.parse()?);
    let side = match field()? {
        "1" => Side::Candidate,
        _ => Side::Control,
    };
    Ok((unit, side, CandidateShare::new(field()?.parse()?)?))
}
