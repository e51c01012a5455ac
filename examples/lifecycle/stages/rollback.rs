//! A roll-back is as fast as a swap, and what was rejected does not come back by accident.

use std::{error::Error, thread, time::Instant};

use switchstand::{
    Policy, Share, VersionState,
    journal::JournalCounts,
    operator::{Drain, Recording},
};

use crate::{report::count, stand::Stand};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let cause = "p99 doubled";
    let recording = stand.recording.take().ok_or("the swap was not recorded")?;
    let (answers, outcome) = stand.serve_during(|router| {
        let rolled_back = router.rollback(cause);
        let at_once = recording.counts();
        // Nobody is admitted to v2 any more; those who were need as long as they need.
        let started = Instant::now();
        while !matches!(router.drain("v2"), Ok(Drain::Quiesced) | Err(_)) {
            thread::yield_now();
        }
        (rolled_back, at_once, started.elapsed())
    });
    let (rolled_back, at_once, drained) = outcome;
    let rolled_back = rolled_back?;

    let earlier = answers
        .iter()
        .filter(|answer| answer.generation < rolled_back);
    let on_v2 = earlier.clone().filter(|answer| answer.version == "v2");
    stand.green += on_v2.clone().count();
    stand.must_be_all("decided before: on v2", on_v2.count(), earlier.count());

    let after = answers.iter().filter(|answer| answer.after);
    let on_v1 = after.clone().filter(|answer| answer.version == "v1");
    stand.must_be_all(
        "sent after rollback() returned: on v1",
        on_v1.count(),
        after.count(),
    );

    let good = answers.iter().filter(|answer| answer.digit.is_some());
    stand.must_be_all(
        "requests with an answer",
        good.count(),
        2 * stand.users.len(),
    );
    stand.must_be("v1", VersionState::Live);
    stand.must_be("v2", VersionState::Rejected);

    stand.says("v2 drained after", format!("{drained:.1?}"));
    journal(stand, &recording, at_once)?;

    let again = Policy::canary("digits-2026-11", "v2", Share::percent(1)?);
    let released = stand.router.release(again);
    stand.must_be_refused("another canary of v2", released);
    Ok(())
}

/// What v2 answered since its swap is in the journal, for the application to replay.
fn journal(
    stand: &mut Stand,
    recording: &Recording,
    at_once: JournalCounts,
) -> Result<(), Box<dyn Error>> {
    let sum = |counts: JournalCounts| {
        let [entries, overflow, pending] = [counts.entries, counts.overflow, counts.pending]
            .map(|number| count(usize::try_from(number).unwrap_or(usize::MAX)));
        format!("{entries} in the journal + {overflow} overflow + {pending} pending")
    };
    stand.says("when rollback() returned", sum(at_once));
    let counts = recording.counts();
    let value = format!("{} = {}", count(stand.green), sum(counts));
    let agrees = counts.requests() == u64::try_from(stand.green)?;
    stand.must("answered by v2", value, agrees && recording.is_final());

    let handed_over = stand.router.take_recordings();
    let entries: usize = handed_over.iter().map(|it| it.take().len()).sum();
    let all = u64::try_from(entries)? == recording.counts().entries;
    let value = format!("{} requests", count(entries));
    stand.must("handed over for replay", value, all && entries > 0);
    Ok(())
}
