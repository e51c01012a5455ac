//! Why a schedule or a roll-out cannot be.

use thiserror::Error;

/// Tells why a schedule cannot be kept.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Two guards, or two gates, have the same name.
    #[error("two {what} have the name {name:?}")]
    NameTaken {
        /// Guards or gates.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A guard's bound is not finite.
    #[error("the {what} of guard {guard:?} is not a finite number")]
    NonFinite {
        /// The bound.
        what: &'static str,
        /// The guard's name.
        guard: String,
    },
    /// A guard would call effects between its bounds neither harmful nor safe.
    #[error(
        "guard {guard:?} has its safe bound below its harm bound: an effect between is neither"
    )]
    SafeBelowHarm {
        /// The guard's name.
        guard: String,
    },
    /// Evidence shall lead on, but no guard that acts compares candidate and control.
    #[error("the ladder climbs on evidence, but no guard that acts compares the two sides")]
    NothingToClimbOn,
    /// A guard of the shadow stage compares two groups of units, where there is one.
    #[error("guard {guard:?} counts to which group bad events go; a shadow has no group")]
    NotPaired {
        /// The guard's name.
        guard: String,
    },
}

/// Tells why there is no roll-out of this policy.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RolloutError {
    /// The policy is not a canary, so there is no share to raise.
    #[error("the policy of release {release:?} is not a canary, so it has no share to raise")]
    NotACanary {
        /// The release's name.
        release: String,
    },
    /// The policy keeps units out, and the schedule does not say that they get the candidate.
    #[error(
        "the policy of release {release:?} keeps units out by {what}, and the swap at the          schedule's end gives them the candidate too: say so with `End::Everybody`, or raise the \
         share by hand"
    )]
    KeepsOut {
        /// The release's name.
        release: String,
        /// What keeps them out.
        what: &'static str,
    },
    /// The state before the trail's first event is none of this schedule.
    #[error("the trail's first event follows on {what} that is none of this schedule")]
    ImpossibleStart {
        /// What is wrong with the state.
        what: &'static str,
    },
    /// An event of the trail does not follow from the ones before it.
    #[error("event {place} of the trail cannot follow the ones before it")]
    ImpossibleEvent {
        /// The event's place among those that are kept, from 0.
        place: usize,
    },
}
