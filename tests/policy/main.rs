//! Policies as values and files: audiences, refusals, fingerprints, hostile input.

mod audience;
mod audience_operators;
mod bad_policies;
mod bad_policy_files;
mod broken_files;
mod check_policy;
mod explanations;
mod fingerprints;
mod fuzzed;
mod hostile_attributes;
mod hostile_input;
mod kept_out;
mod naive;
mod operators;
mod policy_files;
mod policy_reference;
mod policy_with_segments;
mod refusals;
mod set_twice;
mod shares;
mod testing_all_units;
