//! What an application reports to the evidence.

use super::{Attributed, Counter, Evidence, EvidenceError, Phase, Receipt, counter::Placed};
use crate::{assignment::Assignment, rollout::refused::names, unit::Key};

impl Evidence {
    /// Counts a bad event that the application reports, such as a late label.
    ///
    /// # Errors
    /// [`EvidenceError`] for a name that is none of the schedule's guards, or a guard of another
    /// kind.
    pub fn bad<'a>(
        &mut self,
        guard: &str,
        unit: impl Into<crate::Unit<'a>>,
        assignment: &Assignment<'_>,
    ) -> Result<Receipt, EvidenceError> {
        let place = self.place_of(guard)?;
        self.bad_at(place, unit.into().key(), assignment)
    }

    pub(crate) fn bad_at(
        &mut self,
        place: usize,
        unit: Key<'_>,
        assignment: &Assignment<'_>,
    ) -> Result<Receipt, EvidenceError> {
        let attributed = self.attribution_of(assignment);
        self.counter(place)?.bad(unit.hashed(), attributed)
    }

    /// Takes a number of a unit, not below 0; the first one of a unit on a step counts.
    ///
    /// # Errors
    /// As [`bad`](Evidence::bad), and for a number that is not finite, or below 0.
    pub fn value<'a>(
        &mut self,
        guard: &str,
        unit: impl Into<crate::Unit<'a>>,
        assignment: &Assignment<'_>,
        value: f64,
    ) -> Result<Receipt, EvidenceError> {
        let place = self.place_of(guard)?;
        self.value_at(place, unit.into().key(), assignment, value)
    }

    pub(crate) fn value_at(
        &mut self,
        place: usize,
        unit: Key<'_>,
        assignment: &Assignment<'_>,
        value: f64,
    ) -> Result<Receipt, EvidenceError> {
        let attributed = self.attribution_of(assignment);
        let attributed = attributed.map(|placed| {
            let of_step = |(step, ..): &(usize, _, _)| Phase::Ramping { step: *step } >= self.phase;
            placed.filter(of_step)
        });
        self.counter(place)?.value(unit.hashed(), attributed, value)
    }

    /// Takes a reading of a number of the candidate, such as its memory or a queue's length.
    ///
    /// # Errors
    /// As [`bad`](Evidence::bad), and for a number that is not finite.
    pub fn reading(&mut self, guard: &str, value: f64) -> Result<(), EvidenceError> {
        let place = self.place_of(guard)?;
        self.reading_at(place, value)
    }

    pub(crate) fn reading_at(&mut self, place: usize, value: f64) -> Result<(), EvidenceError> {
        self.counter(place)?.reading(value)
    }

    /// Takes the bounds of an effect that the application has computed.
    ///
    /// # Errors
    /// As [`reading`](Evidence::reading).
    pub fn effect(
        &mut self,
        guard: &str,
        lower: Option<f64>,
        upper: Option<f64>,
    ) -> Result<(), EvidenceError> {
        let place = self.place_of(guard)?;
        self.effect_at(place, lower, upper)
    }

    pub(crate) fn effect_at(
        &mut self,
        place: usize,
        lower: Option<f64>,
        upper: Option<f64>,
    ) -> Result<(), EvidenceError> {
        self.counter(place)?.effect(lower, upper)
    }

    /// Returns the place of a guard that the application reports to.
    pub(crate) fn place_of(&self, guard: &str) -> Result<usize, EvidenceError> {
        let mut counters = self.counters.iter();
        let place = counters.position(|counter| counter.name() == guard);
        let place = place.ok_or_else(|| EvidenceError::UnknownGuard {
            guard: guard.to_owned(),
            known: names(self.counters.iter().map(Counter::name)),
        })?;
        match self.counters.get(place) {
            Some(counter) => counter.is_reported().map(|()| place),
            None => Ok(place),
        }
    }

    fn counter(&mut self, place: usize) -> Result<&mut Counter, EvidenceError> {
        let counter = self.counters.get_mut(place);
        counter.ok_or_else(|| EvidenceError::UnknownGuard {
            guard: format!("number {place}"),
            known: "another schedule".to_owned(),
        })
    }

    /// Returns where a label belongs; nothing if it is of another release.
    fn attribution_of(&self, assignment: &Assignment<'_>) -> Option<Option<Placed>> {
        let arm = assignment.arm.as_deref();
        let (version, shed) = (&assignment.version, assignment.shed);
        let attributed = self.attribute(assignment.fingerprint, arm, version, shed)?;
        Some(match attributed {
            Attributed::Drawn { step, side, share } => Some((step, side, share)),
            Attributed::Baking | Attributed::Confounded => None,
        })
    }
}
