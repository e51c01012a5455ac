//! A swap moves everybody at once, between two requests.

use std::error::Error;

use switchstand::VersionState;

use crate::stand::Stand;

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let (answers, swapped) = stand.serve_during(|router| router.swap("v2"));
    let swapped = swapped?;

    let later = answers.iter().filter(|answer| answer.generation >= swapped);
    let on_v2 = later.clone().filter(|answer| answer.version == "v2");
    let green = on_v2.count();
    stand.must_be_all("decided after the swap: on v2", green, later.count());
    // Until the swap is accepted or rolled back, the journal keeps what v2 answers.
    stand.recording = stand.router.recording();
    stand.green = green;

    let after = answers.iter().filter(|answer| answer.after);
    let on_v2 = after.clone().filter(|answer| answer.version == "v2");
    stand.must_be_all(
        "sent after swap() returned: on v2",
        on_v2.count(),
        after.count(),
    );

    let good = answers.iter().filter(|answer| answer.digit.is_some());
    stand.must_be_all(
        "requests with an answer",
        good.count(),
        2 * stand.users.len(),
    );
    stand.must_be("v1", VersionState::Standby);
    stand.must_be("v2", VersionState::Live);
    Ok(())
}
