//! What operators want of one evaluation.

use super::{Cause, Command, Ordered, PauseCause};

/// The commands of one evaluation, in whatever order they came.
pub(super) struct Commands(pub(super) Vec<Ordered>);

impl Commands {
    pub(super) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().map(|order| &order.command)
    }

    pub(super) fn has(&self, command: &Command) -> bool {
        self.commands().any(|known| known == command)
    }

    /// Returns the causes to wait of those who have ordered to.
    pub(super) fn pauses(&self) -> impl Iterator<Item = PauseCause> {
        let pauses = self
            .0
            .iter()
            .filter(|order| order.command == Command::Pause);
        pauses.map(|Ordered { who, why, .. }| match who.as_str() {
            "" => PauseCause::Operator,
            _ => PauseCause::Ordered {
                who: who.clone(),
                why: why.clone(),
            },
        })
    }

    pub(super) fn take_over(&self) -> Option<String> {
        self.commands().find_map(|command| match command {
            Command::TakeOver { why } => Some(why.clone()),
            _ => None,
        })
    }

    /// Returns the abort, of several the first by its words.
    pub(super) fn abort(&self) -> Option<Cause> {
        let reasons = self.0.iter().filter_map(|order| match &order.command {
            Command::Abort { why } if order.who.is_empty() => Some(why.clone()),
            Command::Abort { why } => Some(format!("{why} ({:?})", order.who)),
            _ => None,
        });
        let why = reasons.min()?;
        Some(Cause::Aborted { why })
    }
}
