//! Stored forms as they were first written mean the same for ever.
//!
//! The files in `first/` were written once, by the first edition of the crate, and are never
//! written again. A form that is no longer read must be refused by its version: parts of experiments
//! are. What of a meaning has changed on purpose is left out in `library`, with the reason.
//!
//! Without a case are: what is written and never read back (read-outs, test results, estimates,
//! forecasts), of which an experiment's read-out stands as text beside its parts; a part whose
//! units were thinned, which takes a million of them; a table of labels beyond its limit of cells;
//! tallies of answers that are no bytes; a trail folded while a guard was breached or a gate open;
//! TOML of anything but policies.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]

mod accumulators;
mod choices;
mod comparison;
mod evidence;
mod experiment;
mod guards;
mod library;
mod records;
mod rollout;
mod routes;
mod said;
mod units;
