//! Inputs that a roll-out cannot use, and why it does not obey them.

use thiserror::Error;

use super::{
    Advance, Command, Input, Ordered, Phase, Rollout, StateChange, Tag, commands::Commands,
};
use crate::timestamp::Timestamp;

/// An input of an evaluation that was not used, and why.
///
/// A refused input changes nothing; all other inputs of the evaluation count.
#[derive(Clone, Debug, Error, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Refused {
    /// A sample has a number for a guard that the schedule does not have.
    #[error("the schedule has no guard {guard:?}, it has {known}: take the name from there")]
    UnknownGuard {
        /// The name that was given.
        guard: String,
        /// The names that there are.
        known: String,
    },
    /// A sample has a number of another kind than the guard looks at.
    #[error("guard {guard:?} looks at {wanted}, and was given {found}: give it what it looks at")]
    WrongKind {
        /// The guard's name.
        guard: String,
        /// What it looks at.
        wanted: String,
        /// What it was given.
        found: String,
    },
    /// A sample has events that were counted for a test with other margins.
    #[error(
        "guard {guard:?} was given events counted for other margins: count them with its own test"
    )]
    OtherTest {
        /// The guard's name.
        guard: String,
    },
    /// A sample belongs to another policy or to an earlier phase.
    #[error(
        "the sample is of phase {} under policy {}, now it is {now}: take a new one, by \
         `Rollout::sample`",
        .tag.phase, .tag.fingerprint
    )]
    Outdated {
        /// The sample's mark.
        tag: Tag,
        /// The phase that samples must be of.
        now: Phase,
    },
    /// A sample's number is not above that of the one before, which it does not replace; a breach
    /// that it shows counts.
    #[error("sample {found} came after sample {latest}: number them on, or take `Rollout::sample`")]
    OutOfOrder {
        /// The number of the sample that came.
        found: u64,
        /// The highest number that came before.
        latest: u64,
    },
    /// A gate's name is not in the schedule.
    #[error("the schedule has no gate {gate:?}, it has {known}: take the name from there")]
    UnknownGate {
        /// The name that was given.
        gate: String,
        /// The names that there are.
        known: String,
    },
    /// A command cannot be obeyed now.
    #[error("command {command:?} is not obeyed: {why}")]
    NotNow {
        /// The command.
        command: Command,
        /// What stands against it.
        why: String,
    },
    /// The release has ended.
    #[error("the release has ended as {phase}, and {what} comes too late: begin a new one")]
    Ended {
        /// How it has ended.
        phase: Phase,
        /// What came.
        what: String,
    },
    /// A reading of the clock is too far ahead of the one before.
    #[error(
        "the clock says second {} after second {}: it is believed if the next reading agrees",
        .found.as_nanos() / 1_000_000_000, .latest.as_nanos() / 1_000_000_000
    )]
    Clock {
        /// The reading.
        found: Timestamp,
        /// The latest that was accepted.
        latest: Timestamp,
    },
    /// Another roll-out has its policy in force on this router.
    #[error(
        "the roll-out of {version:?} in release {release:?} is open on this router: end it, or \
         take over with `Command::TakeOver`"
    )]
    AnotherIsOpen {
        /// The other's release.
        release: String,
        /// The other's candidate.
        version: String,
    },
}

impl Rollout {
    /// Notes which commands were not obeyed.
    pub(super) fn refuse_unheard(&mut self, commands: &Commands, before: Phase) {
        let moved = self.state.phase != before;
        for command in commands.commands() {
            let why = match command {
                Command::Promote | Command::Skip { .. } if self.has_obeyed(command, before) => {
                    continue;
                }
                Command::Promote | Command::Skip { .. } => {
                    if let Command::Skip { phase } = command
                        && !moved
                        && *phase != self.in_force
                    {
                        format!("the release is {}", self.in_force)
                    } else if let Some(cause) = self.state.paused.first() {
                        format!("the release waits: {cause}; resume it first")
                    } else if moved {
                        "something more urgent came first".to_owned()
                    } else if !self.is_confirmed() {
                        "the last action is not carried out yet".to_owned()
                    } else if self.is_stopped() {
                        "another roll-out is open on this router".to_owned()
                    } else {
                        format!("there is nothing to go on from while {}", self.in_force)
                    }
                }
                Command::Resume if self.sight.is_foreign => {
                    "another policy is in force: bring the roll-out's own back, or take over"
                        .to_owned()
                }
                Command::Abort { .. } if self.state.phase != Phase::RolledBack => {
                    "the candidate was accepted".to_owned()
                }
                _ => continue,
            };
            let command = command.clone();
            self.refuse(Refused::NotNow { command, why });
        }
    }

    /// Tells whether the step of this evaluation is what the command asked for.
    fn has_obeyed(&self, command: &Command, before: Phase) -> bool {
        if self.state.phase == before {
            return false;
        }
        let last = self.trail.events().iter().rev().find_map(|event| {
            let StateChange::Advanced { because, .. } = event.change else {
                return None;
            };
            Some(because)
        });
        match command {
            Command::Promote => last == Some(Advance::Promoted),
            Command::Skip { phase } => last == Some(Advance::Skipped) && *phase == before,
            _ => false,
        }
    }

    /// Refuses all inputs, because the release has ended.
    pub(super) fn refuse_all(&mut self, inputs: Vec<Input>, earlier: Option<Tag>) {
        let phase = self.state.phase;
        let is_in_time = |input: &Input| match input {
            Input::Sample(sample) => earlier == Some(sample.tag),
            _ => false,
        };
        let inputs = inputs.into_iter().filter(|input| !is_in_time(input));
        let said = |input| match input {
            Input::Command(command) | Input::Ordered(Ordered { command, .. }) => {
                format!("{command:?}")
            }
            Input::Gate { name, .. } | Input::OpenForGood { name } => format!("gate {name:?}"),
            Input::Sample(_) => "a sample".to_owned(),
        };
        let ended = |input| Refused::Ended {
            phase,
            what: said(input),
        };
        self.sight.refused.extend(inputs.map(ended));
    }

    /// Refuses a command or a gate, for the caller and for the trail.
    pub(super) fn refuse(&mut self, refusal: Refused) {
        self.sight.refused.push(refusal.clone());
        self.note(StateChange::Refused { refusal });
    }
}

/// Lists names for a message.
pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}
