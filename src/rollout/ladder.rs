//! The shares that a canary climbs through.

#[cfg(feature = "serde")]
mod stored;

use core::time::Duration;
use std::collections::BTreeMap;

use thiserror::Error;

use crate::share::Share;

/// The shares of a roll-out, strictly rising up to 100 %.
///
/// ```
/// use switchstand::{Share, rollout::Ladder};
/// let default: Vec<_> = Ladder::default().shares().iter().map(Share::to_string).collect();
/// assert_eq!(default, ["1%", "5%", "25%", "50%", "100%"]);
/// let doubling = Ladder::geometric("12.5%".parse()?, 2)?;
/// assert_eq!(doubling.shares().len(), 4);
/// assert!(Ladder::custom(["50%".parse()?, "10%".parse()?]).is_err());
///
/// // A day on 50 %, and the time of the schedule on all other steps.
/// let day = core::time::Duration::from_secs(86_400);
/// let careful = Ladder::default().dwelling("50%".parse()?, day, 10_000)?;
/// assert!(careful.dwelling("40%".parse()?, day, 10_000).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Vec<stored::RawStep>", into = "Vec<stored::RawStep>")
)]
pub struct Ladder {
    shares: Vec<Share>,
    /// Time and units on the steps that have their own.
    own: BTreeMap<Share, (Duration, u64)>,
}

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
            let own = BTreeMap::new();
            Ok(Ladder { shares, own })
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
        Ladder {
            shares: vec![Share::ALL],
            own: BTreeMap::new(),
        }
    }

    /// Returns the ladder with a time and a number of the candidate's units for the step of this
    /// share; they replace the schedule's rule there.
    ///
    /// # Errors
    /// [`LadderError::NoSuchStep`] for a share that is no step below 100 %.
    pub fn dwelling(
        mut self,
        share: Share,
        time: Duration,
        exposures: u64,
    ) -> Result<Ladder, LadderError> {
        if !self.compared().contains(&share) {
            let steps: Vec<String> = self.compared().iter().map(Share::to_string).collect();
            let steps = match steps.is_empty() {
                true => "none".to_owned(),
                false => steps.join(", "),
            };
            return Err(LadderError::NoSuchStep { share, steps });
        }
        self.own.insert(share, (time, exposures));
        Ok(self)
    }

    /// Returns the time and the units of the step of this share, if it has its own.
    pub(super) fn own(&self, share: Share) -> Option<(Duration, u64)> {
        self.own.get(&share).copied()
    }

    /// Returns all shares, the last of them 100 %.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// Returns the shares below 100 %, at which candidate and control can be compared.
    #[must_use]
    pub fn compared(&self) -> &[Share] {
        self.shares.split_last().map_or(&[], |(_, rest)| rest)
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
        Ladder {
            shares: [1, 5, 25, 50, 100].map(percent).to_vec(),
            own: BTreeMap::new(),
        }
    }
}

/// Why shares are not a ladder.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LadderError {
    /// A share is not above the one before it.
    #[error("share {share} is not above {below}, the one before it: write them from low to high")]
    NotRising {
        /// The share before it, 0 % before the first.
        below: Share,
        /// The share that does not rise.
        share: Share,
    },
    /// The last share is not everybody.
    #[error("the last share is {last}, expected 100%: end with it")]
    NotWhole {
        /// The last share.
        last: Share,
    },
    /// There are too many steps.
    #[error("the ladder has more than {limit} steps: leave some out")]
    TooManySteps {
        /// How many there may be.
        limit: usize,
    },
    /// A step that was given a time of its own is not on the ladder.
    #[error(
        "{share} is no step below 100% of this ladder, which has {steps}: take one of them; the \
         time at 100% is the schedule's bake"
    )]
    NoSuchStep {
        /// The share.
        share: Share,
        /// The steps that there are.
        steps: String,
    },
}
