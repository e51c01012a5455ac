//! The code of the front page, and of the guide where it awaits, in edition 2021.
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "this package has no documentation, only its tests"
)]

#[doc = include_str!("../../README.md")]
pub mod front_page {}

#[doc = include_str!("../../src/guide/in_a_server.md")]
pub mod in_a_server {}
