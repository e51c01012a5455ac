//! The stages of the life of a model, in their order.

mod ab_test;
mod canary;
mod deploy;
mod holdout;
mod records;
mod rollback;
mod rollout;
mod shadow;
mod swap;
mod worse_rollout;

use std::error::Error;

use crate::stand::Stand;

/// What happens in one stage.
pub(crate) type Stage = fn(&mut Stand) -> Result<(), Box<dyn Error>>;

/// All stages with their titles. A stage finds the router as the one before left it.
pub(crate) const ALL: &[(&str, Stage)] = &[
    ("Deploy: v2 is loaded, nobody reaches it", deploy::stage),
    ("Shadow: v2 runs unseen on 25 % of the users", shadow::stage),
    ("Canary: colleagues, then 1 %, 10 %, 50 %", canary::stage),
    ("Holdout: 5 % of users get no release", holdout::stage),
    ("A/B test: is v2 better?", ab_test::stage),
    ("Swap: everybody to v2, amid requests", swap::stage),
    ("Roll-back: everybody to v1, amid requests", rollback::stage),
    (
        "Roll-out of v3, which got worse: its guard takes it back",
        worse_rollout::stage,
    ),
    (
        "Roll-out of v2 once more: up by itself, and accepted",
        rollout::stage,
    ),
    ("The record of it all", records::stage),
];
