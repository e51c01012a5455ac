//! The serialised form of an audience.

mod operand;
mod read;
mod write;
