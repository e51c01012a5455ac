//! Accumulators have added up what they had, and add on.

use crate::{library::accumulators::say, said::check};

#[test]
fn stored_accumulators_mean_what_they_meant_at_first() {
    let kinds = [
        "ConfusionMatrix",
        "Counts",
        "CovariateMoments",
        "HigherMoments",
        "Histogram",
        "Moments",
        "PairedCounts",
        "PairedMoments",
        "PreRelease",
        "PreReleaseSums",
        "RatioCovariateMoments",
        "RatioMoments",
    ];
    check("accumulators.json", say, &kinds, 59);
}
