//! A memory of what a guard has shown.

use super::{GuardVerdict, Reading};

/// A memory of what the looks at a guard have shown: harm, safety, or both.
///
/// The error rates of a guard hold for all looks together, so what one look has shown stays true,
/// also if later events are evidence against it. Look at the guard through a latch after every
/// merge or event, and act on its verdict.
///
/// It is stored like any state, but never merged. Each part of a merged guard has an error rate of
/// its own, so if the alarm of any part counted, ten servers would raise ten times as many false
/// alarms. Merge the guards, and keep one latch for the sum. A [roll-out](crate::rollout) does this
/// itself.
///
/// ```
/// use switchstand::stats::guard::{CandidateShare, Latch, RateGuard, RateTest, Side, GuardVerdict};
/// let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
/// let (mut latch, share) = (Latch::new(), CandidateShare::new(0.05)?);
/// for request in 0..100 {
///     let side = if request < 10 { Side::Candidate } else { Side::Control };
///     guard.record(request, side, share)?;
///     latch.look(guard.reading());
/// }
/// // Ten bad events of the candidate and then ninety of the control.
/// assert_eq!(guard.reading().verdict(), GuardVerdict::Undecided);
/// assert_eq!(latch.verdict(), GuardVerdict::Harm);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Latch {
    harm: Option<Reading>,
    safe: Option<Reading>,
}

impl Latch {
    /// Returns a latch that has seen nothing.
    #[must_use]
    pub const fn new() -> Latch {
        let (harm, safe) = (None, None);
        Latch { harm, safe }
    }

    /// Takes a look and returns the verdict of all looks so far.
    pub fn look(&mut self, reading: Reading) -> GuardVerdict {
        if reading.harm.is_significant() {
            self.harm.get_or_insert(reading);
        }
        if reading.safe.is_significant() {
            self.safe.get_or_insert(reading);
        }
        self.verdict()
    }

    /// Returns the verdict of all looks so far.
    #[must_use]
    pub const fn verdict(&self) -> GuardVerdict {
        GuardVerdict::of(self.harm.is_some(), self.safe.is_some())
    }

    /// Returns the first reading that showed harm.
    #[must_use]
    pub const fn harm(&self) -> Option<&Reading> {
        self.harm.as_ref()
    }

    /// Returns the first reading that showed safety.
    #[must_use]
    pub const fn safe(&self) -> Option<&Reading> {
        self.safe.as_ref()
    }
}
