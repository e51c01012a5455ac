//! Policies as values and files: audiences, refusals, fingerprints, hostile input.

mod audience;
mod audience_operators;
mod bad_policies;
mod bad_policy_files;
mod explanations;
mod fingerprints;
mod fuzzed;
mod hostile_attributes;
mod hostile_input;
mod kept_out;
mod naive;
mod policy_files;
mod policy_reference;
mod refusals;
mod set_twice;
mod shares;
mod testing_all_units;
