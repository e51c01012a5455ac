//! Right and wrong answers of two models to the same requests.

use super::state::MAX_COUNT;
use super::{Counts, Refusal};

/// The numbers of requests by which of two models answered rightly.
///
/// Both models saw the same request, as under a shadow, so the two answers form a pair. Only
/// the discordant pairs, where one is right and the other wrong, tell the models apart.
///
/// ```
/// use switchstand::stats::PairedCounts;
/// let mut pairs = PairedCounts::new(794, 86, 150, 570)?;
/// pairs.record(true, false);
/// assert_eq!((pairs.only_control(), pairs.only_candidate()), (87, 150));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PairedCounts {
    both: u64,
    only_control: u64,
    only_candidate: u64,
    neither: u64,
}

impl PairedCounts {
    /// Returns the counts of the four kinds of pair.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if there are more than 2^53 pairs.
    pub fn new(
        both: u64,
        only_control: u64,
        only_candidate: u64,
        neither: u64,
    ) -> Result<PairedCounts, Refusal> {
        let total = [only_control, only_candidate, neither]
            .iter()
            .fold(both, |sum, &count| sum.saturating_add(count));
        if total > MAX_COUNT {
            return Err(Refusal::overflow("number of pairs"));
        }
        Ok(PairedCounts {
            both,
            only_control,
            only_candidate,
            neither,
        })
    }

    /// Counts one request by whether each model answered rightly.
    pub fn record(&mut self, control: bool, candidate: bool) {
        match (control, candidate) {
            (true, true) => self.both += 1,
            (true, false) => self.only_control += 1,
            (false, true) => self.only_candidate += 1,
            (false, false) => self.neither += 1,
        }
    }

    /// Adds the pairs of `other`.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] above 2^53 pairs; nothing is added then.
    pub fn merge(&mut self, other: &PairedCounts) -> Result<(), Refusal> {
        *self = PairedCounts::new(
            self.both.saturating_add(other.both),
            self.only_control.saturating_add(other.only_control),
            self.only_candidate.saturating_add(other.only_candidate),
            self.neither.saturating_add(other.neither),
        )?;
        Ok(())
    }

    /// Returns the number of requests that both models answered rightly.
    #[must_use]
    pub const fn both(&self) -> u64 {
        self.both
    }

    /// Returns the number of requests that only the control answered rightly: regressions.
    #[must_use]
    pub const fn only_control(&self) -> u64 {
        self.only_control
    }

    /// Returns the number of requests that only the candidate answered rightly: improvements.
    #[must_use]
    pub const fn only_candidate(&self) -> u64 {
        self.only_candidate
    }

    /// Returns the number of requests that neither model answered rightly.
    #[must_use]
    pub const fn neither(&self) -> u64 {
        self.neither
    }

    /// Returns the number of pairs in which exactly one model is right.
    #[must_use]
    pub const fn discordant(&self) -> u64 {
        self.only_control + self.only_candidate
    }

    /// Returns the number of pairs.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.both + self.only_control + self.only_candidate + self.neither
    }

    /// Returns the control's own counts, which forget the pairing.
    #[must_use]
    pub const fn control(&self) -> Counts {
        Counts::of_pairs(self.both + self.only_control, self.n())
    }

    /// Returns the candidate's own counts, which forget the pairing.
    #[must_use]
    pub const fn candidate(&self) -> Counts {
        Counts::of_pairs(self.both + self.only_candidate, self.n())
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::PairedCounts;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "paired counts";

    stored_form!(
        NAME,
        version 1,
        PairedCounts {
            both: u64,
            only_control: u64,
            only_candidate: u64,
            neither: u64,
        },
        |pairs| {
            let &PairedCounts { both, only_control, only_candidate, neither } = pairs;
            let fits = PairedCounts::new(both, only_control, only_candidate, neither).is_ok();
            StateError::require(fits, NAME, "more than 2^53 pairs")
        },
    );
}
