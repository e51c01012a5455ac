//! Who gets what: decisions, draws, layers, pins, batches, propensities.

mod batches;
mod calls;
mod diffs;
mod draws;
mod exceptions;
mod labels;
mod layers;
mod layout_walks;
mod log;
mod long_diffs;
mod off_policy_routes;
mod outcomes;
mod pins;
mod reference;
mod reweighting;
mod routing_fallback;
mod routing_independence;
mod routing_laws;
mod routing_propensity;
mod security;
mod spec;
