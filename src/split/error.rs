//! Why arms do not make a split.

use thiserror::Error;

/// Why arms do not make a split.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SplitError {
    /// There is nothing to choose: no arm has a weight above zero.
    #[error("none of {arms} arms has a weight above 0: give one a weight")]
    NoWeight {
        /// How many arms there are.
        arms: usize,
    },
    /// Two arms have the same label.
    #[error("arm {label:?} stands twice: give each arm a label of its own")]
    DuplicateArm {
        /// The label that stands twice.
        label: String,
    },
    /// An arm has no label.
    #[error("the arm of version {version:?} has an empty label: give it one")]
    EmptyLabel {
        /// The arm's version.
        version: String,
    },
    /// There are more arms than a split may have.
    #[error("{found} arms, at most {limit} are allowed: leave some out")]
    TooManyArms {
        /// How many arms there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// No arm has the label.
    #[error("there is no arm {label:?}: add it by `with_arm`, or correct the label")]
    UnknownArm {
        /// The label that was given.
        label: String,
    },
    /// The stretches of a layout do not cover the line in order.
    #[error(
        "the layout is broken at {from:016x}: stretches begin at 0 and ascend; leave the layout \
         out to have one made"
    )]
    BrokenLayout {
        /// Where the stretch begins that does not fit.
        from: u64,
    },
    /// A layout gives an arm another share than its weight does.
    #[error(
        "the layout gives arm {label:?} another share than its weight: leave the layout out to \
         have one made"
    )]
    ShareMismatch {
        /// The arm's label.
        label: String,
    },
    /// A layout has more stretches than allowed; a new layout has one for each arm.
    #[error(
        "the layout has {found} stretches, at most {limit} are allowed: `compact` lays it out afresh"
    )]
    TooManyStretches {
        /// How many stretches it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
}
