//! Decides inside a running inference server which model version answers a request.

mod attributes;
#[cfg(feature = "stats")]
pub mod stats;
mod unit;

pub use attributes::{Attributes, Value};
pub use unit::{Key, Unit, UnitError, UnitKey};
