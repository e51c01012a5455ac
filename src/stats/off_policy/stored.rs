//! The stored form of an estimate: its sums and its sequences.

use super::{MaxWeight, OffPolicy, Sums};
use crate::stats::Alpha;
use crate::stats::anytime::EmpiricalBernstein;
use crate::stats::state::{StateError, stored_form};

const NAME: &str = "estimate of a target policy";

/// What rounding may add to a sum, relative to it.
const SLACK: f64 = 1.0 + 1e-9;

stored_form!(
    NAME,
    version 1,
    OffPolicy {
        max_weight: MaxWeight,
        alpha: Alpha,
        sums: Sums,
        weights: EmpiricalBernstein,
        earned: EmpiricalBernstein,
        missed: EmpiricalBernstein,
        gained: EmpiricalBernstein,
        lost: EmpiricalBernstein,
    },
    check,
);

fn check(target: &OffPolicy) -> Result<(), StateError> {
    let require = |holds, why| StateError::require(holds, NAME, why);
    let parts = [target.earned, target.missed, target.gained, target.lost];
    require(
        parts.iter().all(|part| part.n() == target.n()),
        "its sequences have seen different numbers of decisions",
    )?;
    require(
        target.weights.alpha() == OffPolicy::ALPHA_OF_WEIGHTS
            && parts.iter().all(|part| part.alpha() == target.alpha),
        "a sequence has another error rate",
    )?;
    let (n, greatest) = (target.n() as f64, target.max_weight.get());
    let &Sums {
        reward,
        weight,
        weight_squared,
        weighted,
        greatest_weight,
    } = &target.sums;
    let up_to = |number: f64, most: f64| (0.0..=most * SLACK).contains(&number);
    require(
        up_to(greatest_weight, greatest)
            && up_to(reward, n)
            && up_to(weighted, weight.min(reward * greatest_weight))
            && up_to(weight_squared, weight * greatest_weight)
            && up_to(weight * weight, n * weight_squared),
        "no decisions lead to its sums",
    )
}
