//! Who gets what: decisions, draws, layers, pins, batches, propensities.

mod batches;
mod diffs;
mod draws;
mod exceptions;
mod exposures;
mod layers;
mod layout_walks;
mod long_diffs;
mod off_policy_routes;
mod pins;
mod reference;
mod reweighting;
mod routing_fallback;
mod routing_independence;
mod routing_laws;
mod routing_propensity;
mod security;
mod spec;
