//! Setups of experiments plan what they planned; parts are refused, and say what to do.

use crate::{library::experiment::say, said::check};

#[test]
fn stored_experiments_mean_what_they_meant_at_first() {
    let kinds = ["Metric", "Part", "Setup"];
    check("experiment.json", say, &kinds, 47);
}
