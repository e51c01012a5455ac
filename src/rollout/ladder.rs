//! The shares that a canary climbs through.

use thiserror::Error;

use crate::share::Share;

/// The shares of a roll-out, strictly rising, the last of them everybody.
///
/// ```
/// use switchstand::{Share, rollout::Ladder};
/// let default: Vec<_> = Ladder::default().shares().iter().map(Share::to_string).collect();
/// assert_eq!(default, ["1%", "5%", "25%", "50%", "100%"]);
/// let doubling = Ladder::geometric("12.5%".parse()?, 2)?;
/// assert_eq!(doubling.shares().len(), 4);
/// assert!(Ladder::custom(["50%".parse()?, "10%".parse()?]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<Share>", into = "Vec<Share>"))]
pub struct Ladder(Vec<Share>);

impl Ladder {
    /// The maximum number of steps.
    pub const MAX_STEPS: usize = 1000;

    /// Returns the ladder of these shares.
    ///
    /// # Errors
    /// [`LadderError`] unless they rise strictly from above 0 % to 100 %, in at most
    /// [`MAX_STEPS`](Ladder::MAX_STEPS) steps.
    pub fn custom(shares: impl IntoIterator<Item = Share>) -> Result<Ladder, LadderError> {
        let limit = Ladder::MAX_STEPS;
        let shares: Vec<Share> = shares.into_iter().take(limit + 1).collect();
        if shares.len() > limit {
            return Err(LadderError::TooManySteps { limit });
        }
        let mut below = Share::NONE;
        for &share in &shares {
            if share <= below {
                return Err(LadderError::NotRising { below, share });
            }
            below = share;
        }
        if below == Share::ALL {
            Ok(Ladder(shares))
        } else {
            Err(LadderError::NotWhole { last: below })
        }
    }

    /// Returns the ladder of equal steps: `step`, twice `step` and so on, then everybody.
    ///
    /// # Errors
    /// [`LadderError`] for a step of 0 %, or so small that there would be too many.
    pub fn linear(step: Share) -> Result<Ladder, LadderError> {
        Ladder::grown(step, |share| {
            share.nanos().checked_add(step.nanos()).map(u64::from)
        })
    }

    /// Returns the ladder from `first` up, each share `factor` times the one before.
    ///
    /// # Errors
    /// [`LadderError`] for a first share of 0 %, a factor below 2, or too many steps.
    pub fn geometric(first: Share, factor: u32) -> Result<Ladder, LadderError> {
        Ladder::grown(first, |share| {
            u64::from(share.nanos()).checked_mul(u64::from(factor))
        })
    }

    /// Returns the ladder of one step: everybody at once.
    #[must_use]
    pub fn at_once() -> Ladder {
        Ladder(vec![Share::ALL])
    }

    /// Returns all shares, the last of them 100 %.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.0
    }

    /// Returns the shares below 100 %, at which candidate and control can be compared.
    #[must_use]
    pub fn compared(&self) -> &[Share] {
        self.0.split_last().map_or(&[], |(_, rest)| rest)
    }

    fn grown(first: Share, next: impl Fn(Share) -> Option<u64>) -> Result<Ladder, LadderError> {
        let after = |share: &Share| {
            if *share == Share::ALL {
                return None;
            }
            let nanos = next(*share).and_then(|nanos| u32::try_from(nanos).ok());
            let grown = nanos.map_or(Ok(Share::ALL), Share::from_nanos);
            Some(grown.unwrap_or(Share::ALL))
        };
        Ladder::custom(core::iter::successors(Some(first), after))
    }
}

impl Default for Ladder {
    /// Returns 1, 5, 25, 50 and 100 %.
    fn default() -> Ladder {
        let percent = |percent| Share::percent(percent).unwrap_or(Share::ALL);
        Ladder([1, 5, 25, 50, 100].map(percent).to_vec())
    }
}

impl From<Ladder> for Vec<Share> {
    fn from(ladder: Ladder) -> Vec<Share> {
        ladder.0
    }
}

impl TryFrom<Vec<Share>> for Ladder {
    type Error = LadderError;

    fn try_from(shares: Vec<Share>) -> Result<Ladder, LadderError> {
        Ladder::custom(shares)
    }
}

/// Why shares are not a ladder.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LadderError {
    /// A share is not above the one before it.
    #[error("share {share} is not above {below}, the one before it")]
    NotRising {
        /// The share before it, 0 % before the first.
        below: Share,
        /// The share that does not rise.
        share: Share,
    },
    /// The last share is not everybody.
    #[error("the last share is {last}, expected 100%")]
    NotWhole {
        /// The last share.
        last: Share,
    },
    /// There are too many steps.
    #[error("the ladder has more than {limit} steps")]
    TooManySteps {
        /// How many there may be.
        limit: usize,
    },
}
