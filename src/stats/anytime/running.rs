//! What all looks so far say together.

use super::result::p_of;
use crate::stats::{Interval, PValue, Refusal};

/// Keeps the smallest p-value of all looks, which is a valid p-value.
///
/// It depends on which looks were taken, so two of them cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "stored::P", into = "stored::P"))]
pub struct RunningP {
    greatest_ln_e: f64,
}

impl RunningP {
    /// Returns the state before the first look: p is 1.
    #[must_use]
    pub const fn new() -> RunningP {
        RunningP { greatest_ln_e: 0.0 }
    }

    /// Takes a look at evidence `ln_e` and returns the smallest p-value so far.
    ///
    /// NaN is no evidence and changes nothing.
    pub fn look(&mut self, ln_e: f64) -> PValue {
        self.greatest_ln_e = self.greatest_ln_e.max(ln_e);
        self.p()
    }

    /// Returns the smallest p-value so far.
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.greatest_ln_e)
    }
}

impl Default for RunningP {
    fn default() -> RunningP {
        RunningP::new()
    }
}

/// Tells what the intersection of all looks' confidence sequences says.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Running {
    /// All looks agree on these values.
    Agree(Interval),
    /// No value lies in all looks' intervals: what is estimated has moved, or the method's
    /// assumptions fail. It is evidence of drift at the level of the sequence, not an estimate.
    Drift,
}

/// Keeps the intersection of all looks' confidence sequences.
///
/// It depends on which looks were taken, so two of them cannot be merged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::Looks", into = "stored::Looks")
)]
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
        if so_far.level != interval.level {
            return Err(Refusal::OutOfRange {
                what: "level of the interval",
                value: interval.level,
                expected: "the level of the looks before",
            });
        }
        let together = Interval {
            lower: so_far.lower.max(interval.lower),
            upper: so_far.upper.min(interval.upper),
            ..interval
        };
        self.seen = Some(together);
        Ok(RunningIntersection::say(together))
    }

    /// Returns what all looks so far say together, none before the first.
    #[must_use]
    pub fn running(&self) -> Option<Running> {
        self.seen.map(RunningIntersection::say)
    }

    fn say(together: Interval) -> Running {
        if together.is_empty() {
            Running::Drift
        } else {
            Running::Agree(together)
        }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{RunningIntersection, RunningP};
    use crate::stats::Interval;
    use crate::stats::state::StateError;

    const VERSION: u32 = 1;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct P {
        version: u32,
        greatest_ln_e: f64,
    }

    impl From<RunningP> for P {
        fn from(running: RunningP) -> P {
            P {
                version: VERSION,
                greatest_ln_e: running.greatest_ln_e,
            }
        }
    }

    impl TryFrom<P> for RunningP {
        type Error = StateError;

        fn try_from(state: P) -> Result<RunningP, StateError> {
            let what = "running p-value";
            StateError::check_version(what, state.version, VERSION)?;
            let greatest_ln_e = state.greatest_ln_e;
            StateError::require(
                greatest_ln_e >= 0.0,
                what,
                "the greatest evidence is below 0",
            )?;
            Ok(RunningP { greatest_ln_e })
        }
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Looks {
        version: u32,
        seen: Option<Interval>,
    }

    impl From<RunningIntersection> for Looks {
        fn from(running: RunningIntersection) -> Looks {
            Looks {
                version: VERSION,
                seen: running.seen,
            }
        }
    }

    impl TryFrom<Looks> for RunningIntersection {
        type Error = StateError;

        fn try_from(state: Looks) -> Result<RunningIntersection, StateError> {
            let what = "running intersection";
            StateError::check_version(what, state.version, VERSION)?;
            let seen = state.seen;
            let numbers = seen.is_none_or(|i| !i.lower.is_nan() && !i.upper.is_nan());
            StateError::require(numbers, what, "a bound is not a number")?;
            Ok(RunningIntersection { seen })
        }
    }
}
