//! README, guide, package, and what the public types are.

mod auto_traits;
#[cfg(all(feature = "serde", feature = "stats"))]
mod errors;
mod first_lines;
#[cfg(feature = "stats")]
mod five_techniques;
mod front_page;
mod guide;
mod house;
mod laws;
mod main_types;
mod package;
mod paths;
mod public_api;
mod readme;
