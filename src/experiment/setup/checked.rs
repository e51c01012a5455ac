//! What a setup must satisfy, and where two may differ.

use super::{ARMS, CAPACITIES, ExperimentError, Looks, Metric, SEGMENTS, Setup};
use crate::sorting::sort_by;

impl Setup {
    /// Names the first thing in which two setups differ, so that their parts do not add up.
    pub(in crate::experiment) fn difference(
        &self,
        other: &Setup,
    ) -> Option<(&'static str, String, String)> {
        let said = |value: &dyn core::fmt::Debug| format!("{value:?}");
        let pairs: [(_, &dyn core::fmt::Debug, &dyn core::fmt::Debug, bool); 9] = [
            (
                "releases",
                &self.release,
                &other.release,
                self.release == other.release,
            ),
            ("arms", &self.arms, &other.arms, self.arms == other.arms),
            (
                "metrics",
                &self.metrics,
                &other.metrics,
                self.metrics == other.metrics,
            ),
            (
                "error rates",
                &self.alpha,
                &other.alpha,
                self.alpha == other.alpha,
            ),
            (
                "planned units",
                &self.planned,
                &other.planned,
                self.planned == other.planned,
            ),
            (
                "units per day",
                &self.units_per_day,
                &other.units_per_day,
                self.units_per_day == other.units_per_day,
            ),
            (
                "capacities",
                &self.capacity,
                &other.capacity,
                self.capacity == other.capacity,
            ),
            (
                "looks",
                &self.looks,
                &other.looks,
                self.looks == other.looks,
            ),
            (
                "segments",
                &self.divisions,
                &other.divisions,
                self.divisions == other.divisions,
            ),
        ];
        let differs = pairs.into_iter().find(|(.., same)| !same);
        differs.map(|(what, left, right, _)| (what, said(left), said(right)))
    }

    pub(super) fn checked(mut self) -> Result<Setup, ExperimentError> {
        if !ARMS.contains(&self.arms.len()) {
            return Err(ExperimentError::Arms {
                release: self.release,
                found: self.arms.len(),
            });
        }
        if let Some((_, candidates)) = self.arms.split_first_mut() {
            sort_by(candidates, |left, right| left.label.cmp(&right.label));
        }
        if let Some(arm) = self.arms.iter().find(|arm| arm.weight == 0) {
            let name = arm.label.clone();
            return Err(ExperimentError::NoWeight { name });
        }
        taken("arms", self.arms.iter().map(|arm| &arm.label))?;
        taken("metrics", self.metrics.iter().map(|metric| &metric.name))?;
        self.metrics.iter().try_for_each(Metric::check)?;
        let planned = self.planned as f64;
        ExperimentError::require(planned >= 2.0, "planned units", planned, "at least 2")?;
        let capacity = self.capacity as f64;
        let holds = CAPACITIES.contains(&self.capacity);
        let expected = "a number from 64 to 2^26";
        ExperimentError::require(holds, "units remembered", capacity, expected)?;
        taken(
            "divisions",
            self.divisions.iter().map(|division| &division.name),
        )?;
        if let Looks::GroupSequential { looks } = self.looks {
            let holds = (2..=20).contains(&looks);
            ExperimentError::require(holds, "looks", f64::from(looks), "from 2 to 20")?;
        }
        for division in &self.divisions {
            taken("segments", division.segments.iter())?;
        }
        let segments = self
            .divisions
            .iter()
            .map(|division| division.segments.len());
        let segments: usize = segments.sum();
        let expected = "at most 100";
        ExperimentError::require(segments <= SEGMENTS, "segments", segments as f64, expected)?;
        if let Some(units) = self.units_per_day {
            let holds = units > 0.0 && units.is_finite();
            let expected = "a positive finite number";
            ExperimentError::require(holds, "units per day", units, expected)?;
        }
        Ok(self)
    }
}

fn taken<'a>(
    what: &'static str,
    names: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), ExperimentError> {
    for (place, name) in names.clone().enumerate() {
        if names.clone().take(place).any(|other| other == name) {
            let name = name.clone();
            return Err(ExperimentError::NameTaken { what, name });
        }
    }
    Ok(())
}
