//! The order of the modules, until `tests/documents/main.rs` mounts it.

#[path = "documents/house.rs"]
mod house;
