//! When an experiment may decide, and at which level at each look.

use super::{
    Experiment, ExperimentError, Missing, Part, ReadOut, Relative, Unadjusted, Verdict,
    compare::Evidence,
};
use crate::stats::{
    Alpha, Interval, PValue, Refusal,
    group_sequential::{Fractions, GroupSequential, Spending},
    planning::Sides,
    special::normal_sf,
};

/// The times at which an experiment may decide; chosen before the first look.
///
/// ```
/// use switchstand::experiment::{Expected, Kind, Looks, Metric, Setup};
/// use switchstand::stats::Worse;
/// let spent = Metric::goal("spent", Kind::Mean, Worse::Lower, 1.0);
/// let setup = Setup::new("r", [("a", 1), ("b", 1)], [spent])?;
/// let costs = setup.units_by_looks("spent", Expected::values(1.0, 10.0), 0.8)?;
/// let [(Looks::Anytime, any), (Looks::One, one), (Looks::GroupSequential { .. }, some)] = costs
/// else {
///     panic!("one line for each");
/// };
/// assert!(one < some && some < any);
/// # Ok::<(), switchstand::experiment::ExperimentError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Looks {
    /// At any time, also after every unit.
    #[default]
    Anytime,
    /// Once, when the planned units are there.
    One,
    /// A fixed number of times at most, after equal parts of the planned units, with the error rate
    /// spent as by O'Brien and Fleming.
    GroupSequential {
        /// How many, from 2 to 20.
        looks: u32,
    },
}

/// A look that was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct TakenLook {
    pub(super) units: u64,
    pub(super) said: String,
}

/// A look that is being taken: the fractions of the planned units at it and at those before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    fractions: Vec<f64>,
    pub(super) units: u64,
    /// Units at the next look; `None` after the last.
    next: Option<u64>,
}

/// The comparison of two arms at a planned look.
pub(super) struct AtLook<'a> {
    pub(super) evidence: &'a dyn Evidence,
    pub(super) look: &'a Look,
}

impl Part {
    /// Takes the look that is due: computes the read-out with its tests and its verdict.
    ///
    /// For setups with [planned looks](super::Setup::with_looks). The look is remembered and cannot
    /// be taken again. If looks are allowed at any time, it is the same as
    /// [`read_out`](Part::read_out).
    ///
    /// # Errors
    /// [`ExperimentError::NoLookDue`] if there are not enough units yet, or all looks are taken.
    pub fn take_look(&mut self) -> Result<ReadOut, ExperimentError> {
        if self.setup.looks == Looks::Anytime {
            return self.read_out();
        }
        let units = self.read_out()?.checks.all_units() as u64;
        let due = self.due();
        let Some(_) = due.filter(|&due| units >= due) else {
            let next = due.map_or(
                "all looks are taken, and the last one stands".to_owned(),
                |due| format!("the next look is at {due}"),
            );
            return Err(ExperimentError::NoLookDue { units, next });
        };
        let planned = self.setup.planned;
        let taken = self.course.looks.iter().map(|look| look.units);
        let fraction = |units: u64| (units as f64 / planned as f64).min(1.0);
        let look = Look {
            fractions: taken.chain([units]).map(fraction).collect(),
            units,
            next: self.due_after(units),
        };
        let read = self.read(Some(&look))?;
        let said = read.verdict.to_string();
        self.course.looks.push(TakenLook { units, said });
        Ok(read)
    }

    /// Returns the units at which the next look is due; `None` if all are taken.
    fn due(&self) -> Option<u64> {
        let last = self.course.looks.last().map_or(0, |look| look.units);
        self.due_after(last)
    }

    fn due_after(&self, units: u64) -> Option<u64> {
        let planned = self.setup.planned;
        let looks = match self.setup.looks {
            Looks::GroupSequential { looks } => u64::from(looks),
            _ => 1,
        };
        let steps =
            (1..=looks).map(|look| planned.div_ceil(looks).saturating_mul(look).min(planned));
        steps.into_iter().find(|&due| due > units)
    }

    /// Says why there is no verdict between planned looks.
    pub(super) fn between_looks(&self) -> Option<Verdict> {
        if self.setup.looks == Looks::Anytime {
            return None;
        }
        let taken = self.course.looks.last().map_or(String::new(), |look| {
            let number = self.course.looks.len();
            format!(
                "look {number}, at {} units, said {:?}; ",
                look.units, look.said
            )
        });
        let next = match self.due() {
            Some(due) => format!("the next look is due at {due} units, by `take_look`"),
            None => "all looks are taken".to_owned(),
        };
        let why = format!("{taken}{next}");
        Some(Verdict::Withheld { why })
    }
}

impl Experiment {
    /// Takes the look that is due.
    ///
    /// # Errors
    /// As [`Part::take_look`].
    pub fn take_look(&self) -> Result<ReadOut, ExperimentError> {
        let mut course = self.course.write();
        let mut part = self.part_under(course.clone());
        let read = part.take_look()?;
        course.looks = part.course.looks;
        Ok(read)
    }
}

impl Look {
    /// Returns the level of a test at this look, so that all looks together have the error rate
    /// `alpha`.
    fn nominal(&self, alpha: Alpha) -> Option<Alpha> {
        if let [_] = self.fractions.as_slice()
            && self.next.is_none()
        {
            return Some(alpha);
        }
        let fractions = Fractions::new(&self.fractions).ok()?;
        let design = GroupSequential::new(&fractions, Spending::OBRIEN_FLEMING, alpha, Sides::Two);
        let design = design.ok()?;
        let boundary = design.looks().last()?.boundary;
        Alpha::new(2.0 * normal_sf(boundary)).ok()
    }

    /// Returns the least error rate over all looks at which this look would reject: the repeated
    /// p-value of Jennison and Turnbull.
    fn overall(&self, p: f64) -> PValue {
        let rejects = |ln_alpha: f64| {
            let alpha = Alpha::new(ln_alpha.exp()).ok();
            let level = alpha.and_then(|alpha| self.nominal(alpha));
            level.is_some_and(|level| level.get() >= p)
        };
        let (mut low, mut high) = (-50.0, -1e-6);
        if !rejects(high) {
            return PValue::new(1.0, 0.0);
        }
        for _ in 0..30 {
            let middle = 0.5 * (low + high);
            if rejects(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        PValue::new(high.exp(), high)
    }

    /// Returns the verdict when a planned look has not decided.
    pub(super) fn open(&self, stop: Vec<String>, per_unit: f64, per_day: Option<f64>) -> Verdict {
        let Some(next) = self.next else {
            let worse = match stop.is_empty() {
                true => String::new(),
                false => format!("; STOP {}, which is worse", stop.join(", ")),
            };
            let why = format!(
                "the last look shows neither a difference that matters nor that there is none; \
                 a larger experiment needs a release of its own{worse}"
            );
            return Verdict::Withheld { why };
        };
        let units = next.saturating_sub(self.units);
        Verdict::KeepRunning {
            stop,
            units_left: Some(units),
            requests_left: Some((units as f64 * per_unit).ceil() as u64),
            days_left: per_day.map(|day| (units as f64 / day).ceil() as u64),
        }
    }
}

impl AtLook<'_> {
    fn at<T>(&self, alpha: Alpha, of: impl FnOnce(Alpha) -> T, none: T) -> T {
        self.look.nominal(alpha).map_or(none, of)
    }

    fn levelled(interval: Interval, alpha: Alpha) -> Interval {
        Interval::new(interval.lower, interval.upper, alpha)
    }
}

impl Evidence for AtLook<'_> {
    fn is_exact(&self) -> bool {
        false
    }

    fn ready(&self) -> Result<(), Missing> {
        self.evidence.ready_once()
    }

    fn effect(&self) -> f64 {
        self.evidence.effect()
    }

    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        let all = Interval::new(f64::NEG_INFINITY, f64::INFINITY, alpha);
        let found = self.at(alpha, |level| self.evidence.interval_once(level), Ok(all));
        found.map(|found| Self::levelled(found, alpha))
    }

    fn p_against(&self, effect: f64) -> Result<PValue, Refusal> {
        let p = self.evidence.p_once(effect)?;
        Ok(self.look.overall(p))
    }

    fn relative(&self, alpha: Alpha) -> Option<Relative> {
        let found = self.at(alpha, |level| self.evidence.relative_once(level), None);
        found.map(|found| Relative {
            interval: Self::levelled(found.interval, alpha),
            ..found
        })
    }

    fn p_against_relative(&self, effect: f64) -> Result<PValue, Refusal> {
        let p = self.evidence.p_relative_once(effect)?;
        Ok(self.look.overall(p))
    }

    fn unadjusted(&self, alpha: Alpha) -> Option<Unadjusted> {
        let found = self.at(alpha, |level| self.evidence.unadjusted_once(level), None);
        found.map(|found| Unadjusted {
            interval: Self::levelled(found.interval, alpha),
            ..found
        })
    }

    fn one_sided(&self, alpha: Alpha) -> Alpha {
        Alpha::new(2.0 * alpha.get()).unwrap_or(alpha)
    }
}
