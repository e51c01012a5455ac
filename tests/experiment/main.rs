//! Experiments: exposures, outcomes, parts, read-outs.

mod experiment;
mod log;
