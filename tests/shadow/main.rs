//! Shadows: costs, endings, comparison; and services that are routed.

mod calls;
mod comparison_stored;
mod error_classes;
mod shadow;
#[cfg(feature = "stats")]
mod shadow_comparison;
mod shadow_costs;
mod tower_service;
