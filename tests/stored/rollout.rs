//! Releases stand where they stood, and go on as they would have gone on.

use crate::{library::rollout::say, said::check};

#[test]
fn stored_rollouts_mean_what_they_meant_at_first() {
    let kinds = ["Action", "Input", "Rollout", "Schedule"];
    check("rollout.json", say, &kinds, 106);
}
