//! Routing among tower services.
#![cfg(feature = "tower")]

#[cfg(test)]
#[path = "tower_service/routing.rs"]
mod routing;
