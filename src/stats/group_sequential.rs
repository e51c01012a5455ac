//! A planned maximum of looks, with the right to stop early.
//!
//! A group sequential test is between one look and looks at any time: a maximum size is planned, a
//! few looks are taken before it, and each may end the trial. The error rate is spent over the
//! looks by a [`Spending`] function, so their number and timing need not be known beforehand, only
//! the function and the maximum. With O'Brien and Fleming's function the maximum is 2 to 5 % more
//! than that of a test without looks, and the expected length about a fifth less if the planned
//! effect is there.
//!
//! | question | item |
//! |---|---|
//! | what would the boundaries, the power and the expected length be? | [`GroupSequential`] |
//! | may we stop, at this look? | [`Monitor`], whose [`Interim`] holds a [`TrialVerdict`] |
//! | what is the effect, now that we have stopped? | [`Monitor::conclusion`] |
//!
//! Do not use it if you look at every request, or if there is no maximum size. Then take an
//! [anytime-valid](super::anytime) method, which needs more observations and no plan. An estimate
//! with its ordinary interval, taken when such a trial stopped early, is too far from zero; the
//! [`Conclusion`] corrects for that.

mod conclusion;
mod design;
mod fractions;
mod futility;
mod interim;
mod monitor;
mod planned;
mod recursion;
mod spending;
mod stated;

pub use conclusion::Conclusion;
pub use design::GroupSequential;
pub use fractions::Fractions;
pub use interim::{Interim, TrialVerdict};
pub use monitor::Monitor;
pub use planned::{Exit, Inflation, PlannedLook};
pub use spending::Spending;
