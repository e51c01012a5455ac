//! Counts of trials, and of those that succeeded.

use super::Refusal;
use super::state::MAX_COUNT;

/// The number of successes among trials, one trial per unit.
///
/// Counts merge by addition, exactly and in any order.
///
/// ```
/// use switchstand::stats::Counts;
/// let mut clicks = Counts::new(48, 1_000)?;
/// clicks.record(true);
/// clicks.merge(&Counts::new(3, 99)?)?;
/// assert_eq!((clicks.successes(), clicks.trials()), (52, 1_100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Counts {
    successes: u64,
    trials: u64,
}

impl Counts {
    /// Returns `successes` among `trials`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if there are more successes than trials, [`Refusal::Overflow`]
    /// above 2^53 trials, where an `f64` no longer tells neighbours apart.
    pub fn new(successes: u64, trials: u64) -> Result<Counts, Refusal> {
        if trials > MAX_COUNT {
            return Err(Refusal::overflow("number of trials"));
        }
        let (what, expected) = ("number of successes", "at most the number of trials");
        Refusal::require(successes <= trials, what, successes as f64, expected)?;
        Ok(Counts { successes, trials })
    }

    /// Counts one trial.
    pub fn record(&mut self, success: bool) {
        self.trials += 1;
        self.successes += u64::from(success);
    }

    /// Counts one trial per element.
    pub fn extend_from_slice(&mut self, outcomes: &[bool]) {
        let successes: u64 = outcomes.iter().map(|&success| u64::from(success)).sum();
        self.successes += successes;
        self.trials += outcomes.len() as u64;
    }

    /// Adds the trials of `other`.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] above 2^53 trials; nothing is added then.
    pub fn merge(&mut self, other: &Counts) -> Result<(), Refusal> {
        let successes = self.successes.saturating_add(other.successes);
        let trials = self.trials.saturating_add(other.trials);
        *self = Counts::new(successes, trials)?;
        Ok(())
    }

    /// Returns the number of successes.
    #[must_use]
    pub const fn successes(&self) -> u64 {
        self.successes
    }

    /// Returns the number of trials that failed.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.trials - self.successes
    }

    /// Returns the number of trials.
    #[must_use]
    pub const fn trials(&self) -> u64 {
        self.trials
    }

    /// Returns the share of successes, between 0 and 1; `None` before the first trial.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// Returns counts that are known to be consistent.
    pub(super) const fn of_pairs(successes: u64, trials: u64) -> Counts {
        Counts { successes, trials }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::Counts;
    use crate::stats::state::{MAX_COUNT, StateError, stored_form};

    const NAME: &str = "counts";

    stored_form!(
        NAME,
        version 1,
        Counts {
            successes: u64,
            trials: u64,
        },
        |counts| {
            StateError::require(counts.trials <= MAX_COUNT, NAME, "more than 2^53 trials")?;
            let fits = counts.successes <= counts.trials;
            StateError::require(fits, NAME, "more successes than trials")
        },
    );
}
