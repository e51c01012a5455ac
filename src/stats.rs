//! Answers statistical questions about a release, and knows nothing of routing.
//!
//! Control is always named `a`, candidate `b`, and an effect is `b - a`.

mod alpha;
mod interval;
mod p_value;
mod refusal;
pub(crate) mod special;

pub use alpha::{Alpha, AlphaError};
pub use interval::Interval;
pub use p_value::{Alternative, PValue};
pub use refusal::Refusal;
