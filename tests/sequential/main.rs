//! Methods for every look: anytime, group sequential, guards; by simulation.
#![cfg(feature = "stats")]

mod anytime;
mod anytime_boundaries;
mod anytime_simulation;
mod best_arm;
mod closed_forms;
mod draws;
mod group_sequential;
mod group_sequential_refusals;
mod group_sequential_simulation;
mod group_sequential_stored;
mod guard_simulation;
mod guard_sticky;
mod looks;
mod quantile_sequences;
mod releases;
