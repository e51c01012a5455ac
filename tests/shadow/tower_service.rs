//! Routing among tower services.
#![cfg(feature = "tower")]

mod fixed;
mod routing;
mod shadows;
