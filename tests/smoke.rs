//! The crate builds.

#[test]
fn builds() {}
