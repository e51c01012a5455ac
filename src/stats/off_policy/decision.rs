//! A logged decision, and the greatest weight.

use super::OffPolicyError;

/// A logged decision: its weight for the target, and its reward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoggedDecision {
    weight: f64,
    reward: f64,
}

impl LoggedDecision {
    /// Returns a decision from its two probabilities and its reward.
    ///
    /// The policy that ran chose the action with probability `propensity`; the target would choose
    /// it with probability `target`. Map a reward in `[low, high]` by `(x - low) / (high - low)`.
    ///
    /// # Errors
    /// [`OffPolicyError::NotCovered`] for a propensity of 0 where the target's is positive;
    /// [`OffPolicyError::OutOfRange`] for a propensity of 0 otherwise, because what was done was
    /// possible, for a probability that is none, a weight above 10^12, and a reward outside of 0
    /// to 1.
    pub fn new(
        propensity: f64,
        target: f64,
        reward: f64,
    ) -> Result<LoggedDecision, OffPolicyError> {
        let weight = weight(propensity, target)?.ok_or(OffPolicyError::OutOfRange {
            what: "propensity",
            value: propensity,
            expected: "a number above 0 for what was done",
        })?;
        from_zero_to_one("reward", reward)?;
        Ok(LoggedDecision { weight, reward })
    }

    /// Returns the weight, `target / propensity`.
    #[must_use]
    pub const fn weight(&self) -> f64 {
        self.weight
    }

    /// Returns the reward, from 0 to 1.
    #[must_use]
    pub const fn reward(&self) -> f64 {
        self.reward
    }
}

/// The greatest weight that a decision can have under two policies; at least 1.
///
/// It exists only where the policy that ran covers the target.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub struct MaxWeight(f64);

impl MaxWeight {
    /// The greatest weight of a policy against itself.
    pub const ONE: MaxWeight = MaxWeight(1.0);

    /// Returns the greatest weight over all actions that units can meet.
    ///
    /// Each is given by its propensity and by the target's probability of it; list the actions of
    /// every kind of unit.
    ///
    /// # Errors
    /// [`OffPolicyError::NotCovered`] if the target takes an action whose propensity is 0,
    /// [`OffPolicyError::OutOfRange`] for a number that is not a probability, or a weight
    /// above 10^12.
    ///
    /// ```
    /// use switchstand::stats::off_policy::{MaxWeight, OffPolicyError};
    /// assert_eq!(MaxWeight::over([(0.8, 0.5), (0.2, 0.5)])?.get(), 2.5);
    /// // A release at 100 % says nothing about the version that nobody got.
    /// let refused = MaxWeight::over([(1.0, 0.5), (0.0, 0.5)]);
    /// assert_eq!(refused, Err(OffPolicyError::NotCovered { target: 0.5 }));
    /// # Ok::<(), OffPolicyError>(())
    /// ```
    pub fn over(
        actions: impl IntoIterator<Item = (f64, f64)>,
    ) -> Result<MaxWeight, OffPolicyError> {
        actions
            .into_iter()
            .try_fold(MaxWeight::ONE, |greatest, (propensity, target)| {
                let weight = weight(propensity, target)?.unwrap_or(0.0);
                Ok(MaxWeight(greatest.0.max(weight)))
            })
    }

    /// Returns the greater of two.
    #[must_use]
    pub fn or(self, other: MaxWeight) -> MaxWeight {
        MaxWeight(self.0.max(other.0))
    }

    /// Returns the weight as a number, at least 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

#[cfg(feature = "serde")]
impl TryFrom<f64> for MaxWeight {
    type Error = OffPolicyError;

    /// Takes back a weight that was stored.
    fn try_from(weight: f64) -> Result<MaxWeight, OffPolicyError> {
        if (1.0..=HEAVIEST).contains(&weight) {
            return Ok(MaxWeight(weight));
        }
        Err(OffPolicyError::OutOfRange {
            what: "greatest weight",
            value: weight,
            expected: "a number from 1 to 10^12",
        })
    }
}

#[cfg(feature = "serde")]
impl From<MaxWeight> for f64 {
    fn from(weight: MaxWeight) -> f64 {
        weight.0
    }
}

/// Sums of this many times its square stay far from overflow, and no log could outweigh it.
const HEAVIEST: f64 = 1e12;

/// Returns the weight of an action, none if neither policy takes it.
fn weight(propensity: f64, target: f64) -> Result<Option<f64>, OffPolicyError> {
    from_zero_to_one("propensity", propensity)?;
    from_zero_to_one("the target's probability", target)?;
    if propensity == 0.0 {
        return match target == 0.0 {
            true => Ok(None),
            false => Err(OffPolicyError::NotCovered { target }),
        };
    }
    let weight = target / propensity;
    if weight <= HEAVIEST {
        return Ok(Some(weight));
    }
    Err(OffPolicyError::OutOfRange {
        what: "propensity",
        value: propensity,
        expected: "at least a 10^12th of the target's probability",
    })
}

fn from_zero_to_one(what: &'static str, value: f64) -> Result<(), OffPolicyError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(OffPolicyError::OutOfRange {
        what,
        value,
        expected: "a number from 0 to 1",
    })
}
