//! The intersection of the confidence sequences of all looks.

use crate::stats::{Interval, Refusal};

/// The result of intersecting the intervals of all looks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Running {
    /// All looks agree on these values.
    Agree(Interval),
    /// No value lies in the intervals of all looks: the estimated quantity has changed, or the
    /// method's assumptions fail. It is evidence of drift at the level of the sequence, not an
    /// estimate. `lower`, the greatest of all lower bounds, is above `upper`, the least of all
    /// upper ones.
    Drift(Interval),
}

/// The intersection of all looks' confidence sequences.
///
/// It depends on which looks were taken, so two of them cannot be merged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunningIntersection {
    seen: Option<Interval>,
}

impl RunningIntersection {
    /// Returns the state before the first look.
    #[must_use]
    pub const fn new() -> RunningIntersection {
        RunningIntersection { seen: None }
    }

    /// Intersects with the interval of one more look.
    ///
    /// Once empty it stays so.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if the interval has another level than those before;
    /// [`Refusal::NonFinite`] if a bound is NaN. The state stays as it was.
    pub fn look(&mut self, interval: Interval) -> Result<Running, Refusal> {
        for (what, value) in [
            ("lower bound", interval.lower),
            ("upper bound", interval.upper),
        ] {
            if value.is_nan() {
                return Err(Refusal::NonFinite { what, value });
            }
        }
        let so_far = self.seen.unwrap_or(interval);
        let (what, expected) = ("level of the interval", "the level of the looks before");
        Refusal::require(
            so_far.level == interval.level,
            what,
            interval.level,
            expected,
        )?;
        let together = Interval {
            lower: so_far.lower.max(interval.lower),
            upper: so_far.upper.min(interval.upper),
            ..interval
        };
        self.seen = Some(together);
        Ok(RunningIntersection::say(together))
    }

    /// Returns the result of all looks so far; `None` before the first.
    #[must_use]
    pub fn running(&self) -> Option<Running> {
        self.seen.map(RunningIntersection::say)
    }

    fn say(together: Interval) -> Running {
        if together.is_empty() {
            Running::Drift(together)
        } else {
            Running::Agree(together)
        }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::RunningIntersection;
    use crate::stats::Interval;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "running intersection";

    stored_form!(
        NAME,
        version 1,
        RunningIntersection {
            seen: Option<Interval>,
        },
        |running| {
            // 1 is what the level of the least error rates rounds to.
            let holds = |seen: Interval| seen.level > 0.0 && seen.level <= 1.0;
            let holds = running.seen.is_none_or(holds);
            StateError::require(holds, NAME, "the level is no probability")
        },
    );
}
