//! Points in time, which the application gives.

use core::time::Duration;

/// A point in time as nanoseconds since an origin that the application chooses.
///
/// The library reads no clock. The Unix epoch is the usual origin; tests may count from zero.
///
/// ```
/// use core::time::Duration;
/// use switchstand::Timestamp;
/// let start = Timestamp::from_secs(1_700_000_000);
/// assert_eq!(start.after(Duration::from_secs(2)).since(start), Duration::from_secs(2));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Timestamp(u64);

impl Timestamp {
    /// Returns the point `nanos` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Timestamp {
        Timestamp(nanos)
    }

    /// Returns the point `secs` seconds after the origin, or the last that can be held.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Timestamp {
        Timestamp(secs.saturating_mul(1_000_000_000))
    }

    /// Returns the nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the point that is `duration` later, or the last that can be held.
    #[must_use]
    pub fn after(self, duration: Duration) -> Timestamp {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_add(nanos))
    }

    /// Returns the time that has passed since `earlier`; zero if that lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
