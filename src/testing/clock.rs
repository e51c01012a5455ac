//! A clock that stands still until it is told.

use core::time::Duration;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::Timestamp;

/// A clock that moves only when a test says so.
///
/// Clones show the same time, on every thread.
///
/// ```
/// use core::time::Duration;
/// use switchstand::{Timestamp, testing::ManualClock};
/// let clock = ManualClock::at(Timestamp::from_secs(100));
/// let shown = clock.clone();
/// clock.advance(Duration::from_secs(20));
/// assert_eq!(shown.now(), Timestamp::from_secs(120));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Returns a clock that shows this time.
    #[must_use]
    pub fn at(now: Timestamp) -> ManualClock {
        ManualClock(Arc::new(AtomicU64::new(now.as_nanos())))
    }

    /// Returns the time that the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }

    /// Sets the clock on, and returns the time that it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let later = |nanos| Some(Timestamp::from_nanos(nanos).after(by).as_nanos());
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
        self.now()
    }

    /// Sets the clock to any time, an earlier one too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_nanos(), Ordering::SeqCst);
    }
}
