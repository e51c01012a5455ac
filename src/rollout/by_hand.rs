//! What a person did to a router that a roll-out acts on.

use core::fmt;

use crate::timestamp::Timestamp;

/// A change that a person made to the router: who, what, why and when.
///
/// It has what the operator said with [`named`](crate::Operator::named),
/// [`because`](crate::Operator::because) and [`at`](crate::Operator::at); fields without an answer
/// are empty.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct ByHand {
    /// Who did it; empty if nobody was named.
    pub who: String,
    /// What was done, in words.
    pub what: String,
    /// Why, in the operator's words; empty if nothing was said.
    pub why: String,
    /// When, if the operator gave the time; the trail has the time when the roll-out saw it.
    pub at: Option<Timestamp>,
}

impl ByHand {
    /// Returns what was found, if it is not known who did it.
    pub(crate) fn unknown(what: String) -> ByHand {
        ByHand {
            who: String::new(),
            what,
            why: String::new(),
            at: None,
        }
    }
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ByHand { who, what, why, at } = self;
        match who.as_str() {
            "" => write!(f, "by hand: {what}")?,
            who => write!(f, "by hand: {what} by {who:?}")?,
        }
        if let Some(at) = at {
            write!(f, " at second {}", at.as_nanos() / 1_000_000_000)?;
        }
        match why.as_str() {
            "" => Ok(()),
            why => write!(f, ": {why}"),
        }
    }
}
