//! A rate test together with the events that it has counted.

use super::outlook::{self, Outlook, Scenario};
use super::{CandidateShare, RateTest, Reading, Recorded, SeenUnits, Side, StageTally};
use crate::stats::Refusal;

/// A guard over the bad events of a candidate and of its control.
///
/// It keeps counts per share and, unless each request is its own unit, the set of units that had a
/// bad event. Its answer depends only on that state; it has no clock and remembers no look. What a
/// look has shown stays true; [`Latch`](super::Latch) remembers it.
///
/// Mergeable: guards of several servers, with one test, add up to the guard of all their events,
/// in any order and partition, as long as units are sticky ([`SeenUnits`] tells what happens to a
/// unit known to several).
#[derive(Clone, Debug, PartialEq)]
pub struct RateGuard {
    test: RateTest,
    counted: Counted,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a guard is one of few, and a box would cost each event a step"
)]
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Counted {
    FirstEvents(SeenUnits),
    EveryEvent(StageTally),
}

impl RateGuard {
    /// Returns a guard that counts each unit's first bad event.
    #[must_use]
    pub fn by_unit(test: RateTest) -> RateGuard {
        let counted = Counted::FirstEvents(SeenUnits::new(test.margins()));
        RateGuard { test, counted }
    }

    /// Returns a guard that counts each unit's first bad event and remembers `capacity` units.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] as [`SeenUnits::with_capacity`].
    pub fn by_unit_within(test: RateTest, capacity: usize) -> Result<RateGuard, Refusal> {
        let counted = Counted::FirstEvents(SeenUnits::with_capacity(test.margins(), capacity)?);
        Ok(RateGuard { test, counted })
    }

    /// Returns a guard that counts every bad event, for units of one request each.
    ///
    /// Use it only if no unit ever makes two requests. If the same users come again, the error
    /// rates do not hold: 19 false alarms in 100 were measured at a nominal 1 in 100.
    #[must_use]
    pub fn where_each_request_is_its_own_unit(test: RateTest) -> RateGuard {
        let counted = Counted::EveryEvent(StageTally::new());
        RateGuard { test, counted }
    }

    /// Counts a bad event of `unit` on `side`, under this `share`.
    ///
    /// `share` is the candidate's at the moment of the event. `unit` is a 64-bit digest of the
    /// unit's key, as [`SeenUnits`] describes; it is ignored where each request is its own unit.
    /// Leave out units that were not drawn: pins, overrides, audience rules. If the live version
    /// answers after the candidate failed, the failure is the candidate's bad event: take the side
    /// from the route before the answer, because the route of a fallback has no side.
    ///
    /// # Errors
    /// [`Refusal::TooManyShares`] or [`Refusal::Overflow`] as [`StageTally::record`]; then
    /// nothing is counted.
    #[inline]
    pub fn record(
        &mut self,
        unit: u64,
        side: Side,
        share: CandidateShare,
    ) -> Result<Recorded, Refusal> {
        match &mut self.counted {
            Counted::FirstEvents(seen) => seen.record(unit, side, share),
            Counted::EveryEvent(tally) => {
                tally.record(side, share)?;
                Ok(Recorded::Counted)
            }
        }
    }

    /// Returns the evidence of this moment.
    #[must_use]
    pub fn reading(&self) -> Reading {
        let (tally, ln_stake) = (self.tally(), self.ln_stake());
        let (mut harm, mut safe) = match &self.counted {
            Counted::FirstEvents(seen) => (
                self.test.harm_of_units(tally),
                self.test.safe_of_units(seen.safe_tally()),
            ),
            Counted::EveryEvent(tally) => (self.test.harm(tally), self.test.safe(tally)),
        };
        harm.ln_e += ln_stake;
        safe.ln_e += ln_stake;
        Reading {
            harm,
            safe,
            candidate_events: tally.candidate_events(),
            control_events: tally.control_events(),
            kept_candidate_events: self.safe_tally().candidate_events(),
            repeated_events: self.seen_units().map_or(0, SeenUnits::repeats),
            units_sampled: self.seen_units().map_or(1.0, SeenUnits::sampled),
        }
    }

    /// Returns how long it takes from now until such harm would be noticed.
    ///
    /// # Errors
    /// [`Refusal`] that names the number of the scenario which is out of range.
    ///
    /// ```
    /// use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Scenario};
    /// let guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    /// let outlook = guard.outlook(&Scenario {
    ///     ratio: 3.0,
    ///     control_rate: 0.01,
    ///     share: CandidateShare::new(0.05)?,
    /// })?;
    /// assert!(9_000.0 < outlook.requests && outlook.requests < 10_500.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn outlook(&self, scenario: &Scenario) -> Result<Outlook, Refusal> {
        let (tally, ln_stake) = (self.tally(), self.ln_stake());
        match &self.counted {
            Counted::EveryEvent(_) => {
                outlook::of(|tally| self.test.harm(tally), tally, ln_stake, scenario)
            }
            Counted::FirstEvents(_) => {
                // With a boundary of harm below 1 the control's events are thinned.
                let kept = self.test.margins().harm().min(1.0);
                let scenario = Scenario {
                    ratio: scenario.ratio / kept,
                    control_rate: scenario.control_rate * kept,
                    ..*scenario
                };
                outlook::of(
                    |tally| self.test.harm_of_units(tally),
                    tally,
                    ln_stake,
                    &scenario,
                )
            }
        }
    }

    /// Adds what `other` has counted.
    ///
    /// # Errors
    /// [`Refusal::Mismatch`] if the two guards differ in their test or in what they count,
    /// and as [`SeenUnits::merge`] or [`StageTally::merge`]; then `self` is unchanged.
    pub fn merge(&mut self, other: &RateGuard) -> Result<(), Refusal> {
        if self.test != other.test {
            return Err(Refusal::Mismatch { what: "their test" });
        }
        match (&mut self.counted, &other.counted) {
            (Counted::FirstEvents(ours), Counted::FirstEvents(theirs)) => ours.merge(theirs),
            (Counted::EveryEvent(ours), Counted::EveryEvent(theirs)) => ours.merge(theirs),
            _ => Err(Refusal::Mismatch {
                what: "what they count",
            }),
        }
    }

    /// Returns the counts that the evidence of safety depends on, as [`SeenUnits::safe_tally`].
    #[must_use]
    pub const fn safe_tally(&self) -> &StageTally {
        match &self.counted {
            Counted::FirstEvents(seen) => seen.safe_tally(),
            Counted::EveryEvent(tally) => tally,
        }
    }

    /// Returns the counts that the evidence of harm depends on.
    #[must_use]
    pub const fn tally(&self) -> &StageTally {
        match &self.counted {
            Counted::FirstEvents(seen) => seen.tally(),
            Counted::EveryEvent(tally) => tally,
        }
    }

    /// Returns the test.
    #[must_use]
    pub const fn test(&self) -> &RateTest {
        &self.test
    }

    /// Returns the set of units; `None` if each request is its own unit.
    #[must_use]
    pub const fn seen_units(&self) -> Option<&SeenUnits> {
        match &self.counted {
            Counted::FirstEvents(seen) => Some(seen),
            Counted::EveryEvent(_) => None,
        }
    }

    fn ln_stake(&self) -> f64 {
        self.seen_units().map_or(0.0, SeenUnits::ln_stake)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Counted, RateGuard, RateTest};
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "rate guard";

    stored_form!(
        NAME,
        version 1,
        RateGuard {
            test: RateTest,
            counted: Counted,
        },
        |guard| {
            let same = match &guard.counted {
                Counted::FirstEvents(seen) => seen.margins() == guard.test.margins(),
                Counted::EveryEvent(_) => true,
            };
            let why = "the units were counted for other margins";
            StateError::require(same, NAME, why)
        },
    );
}
