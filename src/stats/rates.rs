//! Rates of events per exposure: errors per hour, retries per thousand requests.
//!
//! | question | function |
//! |---|---|
//! | is the candidate's rate higher? | [`exact_mid_p`]; never erring more often: [`exact`] |
//! | the same for many events | [`score`], [`variance_stabilised`] |
//! | by which factor? | the interval of [`exact`], [`log_ratio`] |
//!
//! Events must come one by one and independently: Poisson counts. If a few users or incidents have
//! many events each, the variance exceeds the mean and all of these err too often. Count events per
//! unit or per time window then, and compare means with [`means`](crate::stats::means). All of it
//! is for one look at exposures fixed beforehand.

mod approximate;
mod conditional;

pub use approximate::{log_ratio, score, variance_stabilised};
pub use conditional::{RateRatio, exact, exact_mid_p};

use super::Refusal;

/// How many events occurred in how much exposure.
///
/// ```
/// use switchstand::stats::rates::Events;
/// let errors = Events::new(42, 28.5)?;
/// assert!((errors.rate() - 1.4737).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Events {
    count: u64,
    exposure: f64,
}

impl Events {
    /// Returns `count` events in `exposure`, in the same unit for both arms.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for an exposure that is not positive and finite,
    /// [`Refusal::Overflow`] for a count above 2^53.
    pub fn new(count: u64, exposure: f64) -> Result<Events, Refusal> {
        let holds = exposure > 0.0 && exposure.is_finite();
        Refusal::require(holds, "exposure", exposure, "a positive finite number")?;
        if count > super::state::MAX_COUNT {
            return Err(Refusal::overflow("number of events"));
        }
        Ok(Events { count, exposure })
    }

    /// Returns the number of events.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns the exposure.
    #[must_use]
    pub const fn exposure(&self) -> f64 {
        self.exposure
    }

    /// Returns the events per exposure.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.exposure
    }
}
