//! The serialised form of an audience.

mod operand;
mod read;
mod table;
mod write;

pub(crate) use write::{reference, segments};
