//! README, guide, package, and what the public types are.

mod auto_traits;
mod front_page;
mod guide;
mod house;
mod laws;
mod package;
mod paths;
mod public_api;
mod readme;
