//! Guards of event rates say what they said, and count on as they did.

use crate::{library::guards::say, said::check};

#[test]
fn stored_guards_mean_what_they_meant_at_first() {
    let kinds = [
        "CandidateShare",
        "Evidence",
        "Latch",
        "Margins",
        "Method",
        "RateGuard",
        "RateTest",
        "Reading",
        "Scenario",
        "SeenUnits",
        "Side",
        "Tally",
        "Verdict",
    ];
    check("guards.json", say, &kinds, 90);
}
