//! The table of the guide.

use core::fmt::Write;

use super::{Misfit, Way, misfit, release};
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
        Way::Behind => "merged; half of the servers a policy behind, `side_of` its decision",
        Way::BehindPresentShare => "the same, under the leader's present share",
        Way::ShareTooLow => "merged; all counted under a share one step too low",
    }
}

/// Writes the table in Markdown, of so many harmless releases and so many harmful ones.
///
/// There are as many of the candidate at the boundary as harmful ones, and a tenth as many harmless
/// ones whose evidence is compared.
///
/// # Errors
/// What the simulation refuses: nothing.
pub fn table(harmless: u64, harmful: u64) -> Result<String, Fault> {
    let compared = harmless.div_ceil(10);
    let mut text = format!(
        "| how the evidence of 8 servers is put together | units missing, too many | false alarms of \
         {harmless} | 3 times: found of {harmful}, mean minute | 1.5 times: found of {harmful}, \
         called safe |\n|---|---|---|---|---|\n"
    );
    for way in Way::ALL {
        let mut beside = Misfit::default();
        for seed in 0..compared {
            let one = misfit(way, seed)?;
            beside.missing += one.missing / compared as f64;
            beside.too_many += one.too_many / compared as f64;
        }
        let mut alarms = 0;
        for seed in 0..harmless {
            alarms += u64::from(release(way, seed, 1.0, 1)?.harm.is_some());
        }
        let (mut found, mut minutes) = (0, 0);
        for seed in 0..harmful {
            if let Some(minute) = release(way, seed + 1_000_000, 3.0, 1)?.harm {
                found += 1;
                minutes += minute;
            }
        }
        let (mut noticed, mut safe) = (0, 0);
        for seed in 0..harmful {
            let found = release(way, seed + 2_000_000, 1.5, 1)?;
            noticed += u64::from(found.harm.is_some());
            safe += u64::from(found.safe.is_some());
        }
        let percent = |of: f64| format!("{:.1} %", 100.0 * of);
        writeln!(
            text,
            "| {mark}{words} | {missing}, {too_many} | {alarms} ({rate}) | {found}, {mean:.1} | \
             {noticed}, {safe} |",
            mark = if way.is_right() { "" } else { "**wrong**: " },
            words = words(way),
            missing = percent(beside.missing),
            too_many = percent(beside.too_many),
            rate = percent(alarms as f64 / harmless as f64),
            mean = minutes as f64 / f64::max(found as f64, 1.0),
        )?;
    }
    Ok(text)
}
