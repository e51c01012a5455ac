//! Routing among tower services.
#![cfg(feature = "tower")]

#[cfg(test)]
mod routing;
