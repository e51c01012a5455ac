//! Shadows: costs, endings, comparison; answers that are sent in pieces; services that are routed.

mod bodies;
mod calls;
mod comparison_stored;
mod error_classes;
mod pieces;
mod shadow;
#[cfg(feature = "stats")]
mod shadow_comparison;
mod shadow_costs;
mod streams;
mod tower_service;
