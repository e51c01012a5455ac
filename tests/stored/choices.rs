//! Names of methods and verdicts choose what they chose.

use crate::{library::choices::say, said::check};

#[test]
fn stored_choices_mean_what_they_meant_at_first() {
    let kinds = [
        "Alternative",
        "Counting",
        "Measure",
        "OrderLaw",
        "QuantileType",
        "Quantity",
        "Sides",
        "Weights",
        "Zeros",
        "compare::Verdict",
        "forecast::Method",
        "group_sequential::Verdict",
    ];
    check("choices.json", say, &kinds, 48);
}
