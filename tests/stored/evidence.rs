//! Sequential tests say what they said, and go on as they would have gone on.

use crate::{library::evidence::say, said::check};

#[test]
fn stored_evidence_mean_what_they_meant_at_first() {
    let kinds = [
        "Alpha",
        "BettingCapital",
        "BoundedDifference",
        "Capital",
        "EValue",
        "EmpiricalBernstein",
        "Interval",
        "MaxWeight",
        "Monitor",
        "OffPolicy",
        "PValue",
        "RunningIntersection",
        "RunningP",
        "SafeTwoProportions",
        "SampleRatioProcess",
        "SkewnessRule",
        "Spending",
        "Statistic",
    ];
    check("evidence.json", say, &kinds, 138);
}
