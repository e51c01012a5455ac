//! A planned number of looks, at most: stop early where the evidence suffices by then.
//!
//! Between one look and looking at any time stands the group sequential test: a maximum is
//! planned, a few looks are taken on the way, and each may end the trial. The error rate is
//! spent over the looks by a [`Spending`] function, so their number and timing need not be known
//! beforehand, only the function and the maximum. With O'Brien and Fleming's function the
//! maximum is 2 to 5 % more than that of a test without looks, and the expected length about a
//! fifth less if the planned effect is there.
//!
//! | question | item |
//! |---|---|
//! | what would the boundaries, the power and the expected length be? | [`GroupSequential`] |
//! | may we stop, at this look? | [`Monitor`], whose [`Interim`] holds a [`TrialVerdict`] |
//! | what is the effect, now that we have stopped? | [`Monitor::conclusion`] |
//!
//! When not to use it: if looks come with every request, or nobody can name a maximum. Then
//! take an [anytime-valid](super::anytime) method, which costs more observations and asks for
//! nothing beforehand. An estimate with its ordinary interval, taken when such a trial stopped
//! early, is too far from zero; the [`Conclusion`] corrects for that.

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
