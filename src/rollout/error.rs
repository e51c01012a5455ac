//! Why a schedule or a roll-out is refused.

use thiserror::Error;

use super::Phase;
use crate::{policy::PolicyError, share::Share};

/// Why a schedule is refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Two guards, or two gates, have the same name.
    #[error("two {what} have the name {name:?}: give one another name")]
    NameTaken {
        /// Guards or gates.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A guard's bound is not finite.
    #[error("the {what} of guard {guard:?} is not a finite number: write one")]
    NonFinite {
        /// The bound.
        what: &'static str,
        /// The guard's name.
        guard: String,
    },
    /// A guard would call effects between its bounds neither harmful nor safe.
    #[error(
        "guard {guard:?} has its safe bound below its harm bound: an effect between would be \
         neither; raise the safe bound"
    )]
    SafeBelowHarm {
        /// The guard's name.
        guard: String,
    },
    /// The ladder climbs on evidence, but no guard that acts compares candidate and control.
    #[error(
        "the ladder climbs on evidence, but no guard that acts compares the two sides on each of \
         its steps: add one, such as `Guard::failures`"
    )]
    NothingToClimbOn,
    /// A guard of the shadow stage compares two groups of units, and a shadow has only one.
    #[error(
        "guard {guard:?} counts to which group bad events go; a shadow has no group: \
             let it guard the steps instead"
    )]
    NotPaired {
        /// The guard's name.
        guard: String,
    },
    /// A guard applies to shares at which there is no step.
    #[error(
        "guard {guard:?} looks at steps from {from} to {to}, and the ladder has {steps}: let it \
         look at one of them"
    )]
    NoStep {
        /// The guard's name.
        guard: String,
        /// The least share that it looks at.
        from: Share,
        /// The largest share that it looks at.
        to: Share,
        /// The steps that there are.
        steps: String,
    },
    /// A quantile's order is not between 0 and 1.
    #[error("guard {guard:?} looks at the quantile of order {order}, expected one between 0 and 1")]
    Order {
        /// The guard's name.
        guard: String,
        /// The order.
        order: f64,
    },
    /// A margin above the control is out of range.
    #[error("guard {guard:?} has the margins {harm} and {safe}, expected -0.99 to 99")]
    Margin {
        /// The guard's name.
        guard: String,
        /// The margin of harm.
        harm: f64,
        /// The margin of safety.
        safe: f64,
    },
    /// The source of a guard's numbers does not give the kind that it looks at.
    #[error(
        "guard {guard:?} looks at {wanted}, which {from} does not give: report it, or take a check \
         that fits"
    )]
    OtherSource {
        /// The guard's name.
        guard: String,
        /// Where the numbers come from.
        from: &'static str,
        /// What the guard looks at.
        wanted: &'static str,
    },
    /// A guard wants an impossible number of readings.
    #[error("guard {guard:?} wants {bad} of {of} readings, expected at least 1 and at most 16")]
    Readings {
        /// The guard's name.
        guard: String,
        /// How many must be bad.
        bad: u8,
        /// Of how many.
        of: u8,
    },
}

/// Why a roll-out is refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum RolloutError {
    /// The policy is not a canary, so there is no share to raise.
    #[error(
        "the policy of release {release:?} is not a canary, so it has no share to raise: \
             make one by `Policy::canary`"
    )]
    NotACanary {
        /// The release's name.
        release: String,
    },
    /// The policy is wrong whatever is deployed.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Guards and ladder of the schedule do not fit.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The policy lets the candidate answer the units that it keeps out.
    #[error(
        "the policy of release {release:?} keeps units out and lets {version:?} answer them, \
         which is the candidate: name another version as `kept_out`"
    )]
    KeptOutGetTheCandidate {
        /// The release's name.
        release: String,
        /// The candidate's label.
        version: String,
    },
    /// The policy that is to replace the roll-out's own is that of another release.
    #[error(
        "the roll-out is of {version:?} of release {release:?}, the policy of {found}: give it a canary \
         of that version and release"
    )]
    OtherRelease {
        /// The roll-out's release.
        release: String,
        /// The roll-out's candidate.
        version: String,
        /// The policy's candidate and release.
        found: String,
    },
    /// The release has ended.
    #[error("the release has ended: it is {phase}; begin a new one")]
    Ended {
        /// How it has ended.
        phase: Phase,
    },
    /// The state before the trail's first event is not possible under this schedule.
    #[error(
        "the trail's first event follows on {what} that is none of this schedule: \
             replay it under its own"
    )]
    ImpossibleStart {
        /// What is wrong with the state.
        what: &'static str,
    },
    /// An event of the trail does not follow from the ones before it.
    #[error(
        "event {place} of the trail cannot follow the ones before it: replay the whole trail, in its \
         order"
    )]
    ImpossibleEvent {
        /// The event's place among those that are kept, from 0.
        place: usize,
    },
}
