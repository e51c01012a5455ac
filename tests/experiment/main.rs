//! Experiments: exposures, outcomes, parts, read-outs.

mod experiment;
mod experiment_pending;
