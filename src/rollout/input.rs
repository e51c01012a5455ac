//! What happens to a roll-out from outside.

use super::{Phase, Sample};

/// Holds one thing that happened since the last evaluation.
///
/// The passing of time needs none: an evaluation without inputs is a tick.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Input {
    /// New evidence.
    Sample(Sample),
    /// An operator's wish.
    Command(Command),
    /// A named gate opened or closed. Gates are closed until they are opened; if one opens and
    /// closes in the same evaluation, it is closed. A gate before each step lets one step pass
    /// and is closed again.
    Gate {
        /// The gate's name.
        name: String,
        /// Whether it is open now.
        open: bool,
    },
    /// A named gate opened and stays open, for every step to come, until an input closes it.
    OpenForGood {
        /// The gate's name.
        name: String,
    },
}

/// Names what an operator may ask for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Command {
    /// Waits. With a resumption in the same evaluation, the pause wins.
    Pause,
    /// Ends the pause, whatever its causes were before this evaluation.
    ///
    /// A breach that had paused stays recorded and no longer acts on this step: the operator has
    /// overruled it, and the guard is watched again from the next step. Where a person has put
    /// another policy in force it is refused: see [`TakeOver`](Command::TakeOver).
    Resume,
    /// Rejects the candidate, in any state that is not final.
    Abort {
        /// Why.
        why: String,
    },
    /// Gives the candidate to everybody; while baking, accepts it. Refused while paused.
    Promote,
    /// Goes on where a person, or another roll-out, has put a policy in force: the roll-out's
    /// own policy comes back, at the step where it was, and time and exposures count anew.
    TakeOver {
        /// Why, in the operator's words.
        why: String,
    },
    /// Goes on from this phase without waiting for evidence. Refused while paused.
    Skip {
        /// The phase that is meant, so that a command that comes twice skips one step.
        phase: Phase,
    },
}
