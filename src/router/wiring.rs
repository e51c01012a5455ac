//! What an application has put together in a way that cannot work.

use core::fmt;

/// A wiring fault, and how often requests have met it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Wiring {
    /// What is wrong.
    pub fault: WiringFault,
    /// How many requests have met it.
    pub times: u64,
}

/// A fault in how the application put its parts together, which no type could exclude.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum WiringFault {
    /// A shadow was sampled beside a call whose answer the router's comparison does not know.
    NotComparable,
    /// An excerpt was wanted of an input or an answer that the router's hook does not know.
    ExcerptOfOtherTypes,
    /// The hook for excerpts panicked.
    ExcerptPanicked,
    /// An observer panicked.
    ObserverPanicked,
    /// A request failed that the live version could not answer: there was no copy of it.
    NotCopied,
    /// A ticket was given a deadline, and the router has no clock.
    DeadlineWithoutClock,
}

impl WiringFault {
    /// Returns what is wrong, and the cure.
    const fn sentence(self) -> &'static str {
        match self {
            WiringFault::NotComparable => {
                "a shadow ran beside an answer of other types than the comparison's: build the \
                 router with `comparison_of_calls` for the types of the call"
            }
            WiringFault::ExcerptOfOtherTypes => {
                "an excerpt was wanted of an input or an answer of other types than the hook's: \
                 take it by `Ticket::excerpt`"
            }
            WiringFault::ExcerptPanicked => "the hook for excerpts panicked: mend it",
            WiringFault::ObserverPanicked => "an observer panicked: mend it",
            WiringFault::NotCopied => {
                "the policy lets the live version step in, and there was no copy of the request: \
                 say by `RoutedService::copying` how it is copied"
            }
            WiringFault::DeadlineWithoutClock => {
                "a ticket has a deadline and the router no clock: build it with `clock`"
            }
        }
    }
}

impl WiringFault {
    /// Returns the fault's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            WiringFault::NotComparable => "not_comparable",
            WiringFault::ExcerptOfOtherTypes => "excerpt_of_other_types",
            WiringFault::ExcerptPanicked => "excerpt_panicked",
            WiringFault::ObserverPanicked => "observer_panicked",
            WiringFault::NotCopied => "not_copied",
            WiringFault::DeadlineWithoutClock => "deadline_without_clock",
        }
    }
}

impl fmt::Display for WiringFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} times)", self.fault.sentence(), self.times)
    }
}
