//! The table of the guide.

use core::fmt::Write;

use super::{Way, stopped};
use crate::Fault;

const fn words(way: Way) -> &'static str {
    match way {
        Way::Merged => "latest guard of each server, merged",
        Way::AddedFirstEvents => "each server counts its first events, numbers added",
        Way::EveryEvent => "every event counts, as in a metrics counter",
        Way::EachItsOwn => "each server its own roll-out, any abort aborts all",
        Way::OneGuard => "the leader keeps the set of units, first arrival counts",
        Way::CutOff => "merged; servers cut off for 12 minutes, back with old evidence",
        Way::ReSent => "merged; every report comes twice",
        Way::RestartedByName => "merged; restarts, the latest of each server's name kept",
        Way::Restarted => "merged; restarts, by server and incarnation",
        Way::Behind => "merged; one server a policy behind, `side_of` its decision",
        Way::BehindPresentShare => "the same, under the leader's present share",
        Way::ShareTooLow => "merged; all counted under a share one step too low",
    }
}

/// Writes the table in Markdown, of so many harmless releases and so many harmful ones.
///
/// # Errors
/// What the simulation refuses: nothing.
pub fn table(harmless: u64, harmful: u64) -> Result<String, Fault> {
    let mut text = format!(
        "| how the evidence of 8 servers is put together | false alarms of {harmless} | found of \
         {harmful}, mean minute |\n|---|---|---|\n"
    );
    for way in Way::ALL {
        let mut alarms = 0;
        for seed in 0..harmless {
            alarms += u64::from(stopped(way, seed, 1, 1)?.is_some());
        }
        let (mut found, mut minutes) = (0, 0);
        for seed in 0..harmful {
            if let Some(minute) = stopped(way, seed + 1_000_000, 3, 1)? {
                found += 1;
                minutes += minute;
            }
        }
        let rate = 100.0 * alarms as f64 / harmless as f64;
        let mean = minutes as f64 / f64::max(found as f64, 1.0);
        let mark = if way.is_right() { "" } else { "**wrong**: " };
        writeln!(
            text,
            "| {mark}{} | {alarms} ({rate:.1} %) | {found}, {mean:.1} |",
            words(way)
        )?;
    }
    Ok(text)
}
