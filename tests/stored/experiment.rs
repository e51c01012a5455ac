//! Setups and parts of experiments read out what they read out.

use crate::{library::experiment::say, said::check};

#[test]
fn stored_experiments_mean_what_they_meant_at_first() {
    let kinds = ["Metric", "Part", "Setup"];
    check("experiment.json", say, &kinds, 47);
}
