//! Methods for one look, accumulators and their stored forms.

mod accumulators;
mod accumulators_stored;
mod beliefs_and_drift;
mod by_hand;
mod closed_forms;
mod evidence;
mod evidence_over_stages;
mod fixed_horizon_laws;
mod fixed_horizon_refusals;
mod fixed_horizon_simulated;
mod guard_steps;
mod nist_univariate;
mod off_policy;
mod planning_comparison;
mod special_functions;
mod statistics_ends;
mod statistics_from_sums;
mod stats_coverage;
mod stats_laws;
mod stats_readout;
mod stats_refusals;
mod stats_simulation;
