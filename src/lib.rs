//! Decides inside a running inference server which model version answers a request.

mod attributes;
mod audience;
#[cfg(feature = "stats")]
pub mod stats;
mod unit;

pub use attributes::{AsValue, Attributes, Number, Value};
pub use audience::{Attribute, Audience, AudienceError, attr};
pub use unit::{Key, Unit, UnitError, UnitKey};
