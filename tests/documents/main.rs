//! README, guide, package, and what the public types are.

mod auto_traits;
mod guide;
mod package;
mod readme;
