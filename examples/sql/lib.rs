//! A log with each case that some engine once read wrongly, and what the library makes of it.

pub mod fixture;
pub mod replay;
pub mod sqlite;

/// What may go wrong here, said in words.
pub type Fault = Box<dyn std::error::Error>;
