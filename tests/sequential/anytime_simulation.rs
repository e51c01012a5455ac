//! Error rates, power and stopping times of anytime-valid methods, by simulation.
//!
//! The short forms run in seconds; the long ones (`--release -- --ignored --nocapture`) print the
//! figures.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    reason = "a test may panic and print, and shares its draws with others"
)]

mod coverage;
mod heavy_tails;
mod means;
mod proportions;
mod shadow;
mod sticky;

use switchstand::stats::Alpha;

const ALPHA: Alpha = Alpha::FIVE_PERCENT;
const PAIRS: usize = 10_000;
/// Found with probability 0.8 by a test with a fixed sample of 10,000 pairs.
const EFFECT: f64 = 0.0396;
