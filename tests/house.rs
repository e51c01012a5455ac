//! Modules, laws and links, until `tests/documents/main.rs` mounts them.

#[path = "documents/front_page.rs"]
mod front_page;
#[path = "documents/house.rs"]
mod house;
#[path = "documents/laws.rs"]
mod laws;
