//! How a request can end.

use core::fmt;

/// The ways in which a request can end for the version that was drawn for it.
///
/// Every admitted request ends in exactly one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Ending {
    /// The version gave an answer.
    Answered,
    /// The version gave an error, or panicked.
    Failed,
    /// The version refused the request for the request's own fault.
    ///
    /// It is not a failure, and the request is not run again on the live version. But a version
    /// that refuses more often than another is as harmful as one that fails.
    Refused,
    /// Nobody waited for the end: a time-out, a client that hung up, a ticket that was dropped.
    #[cfg_attr(feature = "serde", serde(alias = "unknown"))]
    GivenUp,
}

impl Ending {
    /// All ways in which a request can end.
    pub const ALL: [Ending; 4] = [
        Ending::Answered,
        Ending::Failed,
        Ending::Refused,
        Ending::GivenUp,
    ];

    /// Returns the ending's name in logs and metrics.
    ///
    /// ```
    /// use switchstand::Ending;
    /// assert_eq!(Ending::GivenUp.as_str(), "given_up");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Ending::Answered => "answered",
            Ending::Failed => "failed",
            Ending::Refused => "refused",
            Ending::GivenUp => "given_up",
        }
    }

    /// Returns the ending of a request that is answered with `answer`, if every error is a failure.
    #[must_use]
    pub const fn of<T, E>(answer: &Result<T, E>) -> Ending {
        match answer {
            Ok(_) => Ending::Answered,
            Err(_) => Ending::Failed,
        }
    }

    /// Returns the place in [`ALL`](Ending::ALL).
    #[inline]
    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// Returns the worse of two endings, because of several calls of one request the worst counts.
    pub(crate) fn worse(self, other: Ending) -> Ending {
        let rank = |ending| match ending {
            Ending::Answered => 0,
            Ending::Refused => 1,
            Ending::GivenUp => 2,
            Ending::Failed => 3,
        };
        if rank(self) < rank(other) {
            other
        } else {
            self
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
