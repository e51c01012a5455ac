//! Records, journals, pins and keys say what they said.

use crate::{library::records::say, said::check};

#[test]
fn stored_records_mean_what_they_meant_at_first() {
    let kinds = [
        "Assignment",
        "Change",
        "Exposure",
        "Fingerprint",
        "JournalCapacity",
        "JournalCounts",
        "JournalEntry",
        "JournalSeal",
        "Operation",
        "Pin",
        "Policy",
        "Propensity",
        "Reason",
        "Record",
        "Scheme",
        "ShadowBudget",
        "ShadowOutcome",
        "ShadowRun",
        "Share",
        "TaggedPin",
        "Timestamp",
        "UnitKey",
        "VersionId",
        "VersionState",
    ];
    check("records.json", say, &kinds, 182);
}
