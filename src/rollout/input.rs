//! What happens to a roll-out from outside.

use super::{Phase, StepSample};

/// An input of an evaluation: something that happened since the last one.
///
/// Time needs no input: an evaluation without inputs is a tick.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Input {
    /// New evidence.
    Sample(StepSample),
    /// An operator's wish.
    Command(Command),
    /// An operator's command, with a name and a reason for the trail.
    Ordered(Ordered),
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

/// A command of an operator.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Command {
    /// Pauses the roll-out. If a resumption comes in the same evaluation, the pause wins.
    Pause,
    /// Ends the pause, for all causes from before this evaluation.
    ///
    /// A breach that caused the pause stays recorded but no longer acts on this step: the operator
    /// has overruled it. The guard acts again from the next step. The command is refused while a
    /// person's policy is in force: see [`TakeOver`](Command::TakeOver).
    Resume,
    /// Rejects the candidate, in any state that is not final.
    Abort {
        /// Why.
        why: String,
    },
    /// Gives the candidate to everybody; while baking, accepts it. Refused while paused.
    Promote,
    /// Replaces the policy that a person, or another roll-out, has put in force: the roll-out's own
    /// policy comes back, at the step where it was, and time and units count from zero.
    TakeOver {
        /// Why, in the operator's words.
        why: String,
    },
    /// Goes on from this phase without waiting for evidence. Refused while paused.
    Skip {
        /// The phase to skip, so that a command that comes twice skips only one.
        phase: Phase,
    },
}

/// A command, who gives it, and why.
///
/// ```
/// use switchstand::rollout::Command;
/// let order = Command::pause("ana", "looks odd");
/// assert_eq!((&*order.who, &*order.why), ("ana", "looks odd"));
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Ordered {
    /// What is to be done.
    pub command: Command,
    /// Who says so; empty if nobody was named.
    pub who: String,
    /// Why, in their words; empty if nothing was said.
    pub why: String,
}

impl Command {
    /// Orders a pause.
    #[must_use]
    pub fn pause(who: &str, why: &str) -> Ordered {
        Command::Pause.by(who, why)
    }

    /// Orders to end the pause.
    #[must_use]
    pub fn resume(who: &str, why: &str) -> Ordered {
        Command::Resume.by(who, why)
    }

    /// Orders to reject the candidate.
    #[must_use]
    pub fn abort(who: &str, why: &str) -> Ordered {
        let command = Command::Abort {
            why: why.to_owned(),
        };
        command.by(who, why)
    }

    /// Orders to give the candidate to everybody, or to accept it.
    #[must_use]
    pub fn promote(who: &str, why: &str) -> Ordered {
        Command::Promote.by(who, why)
    }

    /// Orders to go on from this phase without waiting for evidence.
    #[must_use]
    pub fn skip(phase: Phase, who: &str, why: &str) -> Ordered {
        Command::Skip { phase }.by(who, why)
    }

    /// Orders to take the router over from a person or from another roll-out.
    #[must_use]
    pub fn take_over(who: &str, why: &str) -> Ordered {
        let command = Command::TakeOver {
            why: why.to_owned(),
        };
        command.by(who, why)
    }

    /// Says in whose name the command is given, and why.
    #[must_use]
    pub fn by(self, who: &str, why: &str) -> Ordered {
        Ordered {
            command: self,
            who: who.to_owned(),
            why: why.to_owned(),
        }
    }
}

impl From<Command> for Ordered {
    fn from(command: Command) -> Ordered {
        command.by("", "")
    }
}

impl From<Ordered> for Input {
    fn from(order: Ordered) -> Input {
        Input::Ordered(order)
    }
}

impl From<Command> for Input {
    fn from(command: Command) -> Input {
        Input::Command(command)
    }
}
