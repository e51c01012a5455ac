//! A roll-back is as fast as a swap, and what was rejected does not come back by accident.

use std::error::Error;

use switchstand::{Policy, Share, VersionState};

use crate::stand::Stand;

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let cause = "p99 doubled";
    let (answers, rolled_back) = stand.serve_during(|router| router.rollback(cause));
    let rolled_back = rolled_back?;

    let earlier = answers
        .iter()
        .filter(|answer| answer.generation < rolled_back);
    let on_v2 = earlier.clone().filter(|answer| answer.version == "v2");
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

    let again = Policy::canary("digits-2026-11", "v2", Share::percent(1)?);
    let released = stand.router.release(again);
    stand.must_be_refused("another canary of v2", released);
    Ok(())
}
