//! Tallies of a version beside another count what they counted.

use crate::{library::comparison::say, said::check};

#[test]
fn stored_comparisons_mean_what_they_meant_at_first() {
    let kinds = [
        "Agreement",
        "Confusion",
        "Difference",
        "Disagreement",
        "PairedOutcomes",
        "Tally",
        "Worst",
    ];
    check("comparison.json", say, &kinds, 50);
}
