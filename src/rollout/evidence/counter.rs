//! What one guard counts.

use std::collections::{BTreeMap, VecDeque};

use super::{
    super::{
        BadEndings, BadEvents, Check, GuardSource,
        guard::Readings,
        values::{Compared, Values},
    },
    Ended, EvidenceError, Guard, Measured, Phase, Receipt,
};
use crate::{
    outcome::Ending,
    stats::{
        Alpha, Histogram,
        guard::{CandidateShare, RateGuard, Reading, Side},
    },
};

/// A step, a side and the share of the units that count, if the unit was drawn.
pub(super) type Placed = (usize, Side, CandidateShare);

/// What one guard counts, and from which source.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Counter {
    name: String,
    source: GuardSource,
    pub(super) counts: Counts,
    /// How the candidate's requests ended badly.
    #[cfg_attr(feature = "serde", serde(default))]
    endings: BadEndings,
    /// How many readings or bounds there were. If the number stays the same, they are no longer
    /// reported.
    #[cfg_attr(feature = "serde", serde(default))]
    reported: u64,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[expect(
    clippy::large_enum_variant,
    reason = "a roll-out has a few of them, and a box would cost each event a step"
)]
pub(super) enum Counts {
    /// Bad events of the whole release.
    Events(RateGuard),
    /// Each unit's first number, step by step.
    Values {
        compared: Compared,
        steps: BTreeMap<usize, Values>,
    },
    /// The latest numbers of the candidate.
    Readings {
        phase: Phase,
        last: VecDeque<f64>,
        /// How long requests took since the last reading, where that is what is read.
        since: Histogram,
    },
    /// Bounds that the application computes.
    Effect(Option<[Option<f64>; 2]>),
}

impl Counter {
    pub(super) fn of(guard: &Guard, alpha: Alpha, steps: usize) -> Counter {
        let counts = match guard.check() {
            Check::Rate(test) => Counts::Events(RateGuard::by_unit(test.clone())),
            Check::Effect { .. } => Counts::Effect(None),
            Check::Limit { .. } => Counts::Readings {
                phase: Phase::Pending,
                last: VecDeque::new(),
                since: Histogram::new(),
            },
            &Check::Quantile { order, harm, safe } => Counts::Values {
                compared: Compared {
                    order,
                    harm,
                    safe,
                    // Each step has a test of its own: by Bonferroni's inequality.
                    alpha: Alpha::new(alpha.get() / steps as f64).unwrap_or(alpha),
                },
                steps: BTreeMap::new(),
            },
        };
        Counter {
            name: guard.name().to_owned(),
            source: guard.source().clone(),
            counts,
            endings: BadEndings::default(),
            reported: 0,
        }
    }

    /// Returns how many readings or bounds there were; none for a guard that counts requests.
    pub(super) fn reported(&self) -> Option<(String, u64)> {
        match &self.counts {
            Counts::Readings { .. } | Counts::Effect(_) => Some((self.name.clone(), self.reported)),
            Counts::Events(_) | Counts::Values { .. } => None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn rate(&self) -> Option<Reading> {
        match &self.counts {
            Counts::Events(guard) => Some(guard.reading()),
            _ => None,
        }
    }

    /// Refuses a report to a guard that is fed by outcomes.
    pub(super) fn is_reported(&self) -> Result<(), EvidenceError> {
        match self.source.is_reported() {
            true => Ok(()),
            false => Err(EvidenceError::CountsByItself {
                guard: self.name.clone(),
                what: self.source.words(),
            }),
        }
    }

    /// Takes an outcome, and tells whether it counts; `is_first` of its unit in the phase.
    #[inline]
    pub(super) fn outcome(
        &mut self,
        ended: &Ended<'_>,
        placed: Option<Placed>,
        is_first: bool,
    ) -> bool {
        let seconds = || ended.took.map(|took| took.as_secs_f64());
        match (&mut self.counts, &self.source, placed) {
            (Counts::Events(guard), GuardSource::Endings(bad), Some((_, side, share))) => {
                if !bad.contains(&ended.ending) {
                    return false;
                }
                if side == Side::Candidate {
                    self.endings.add(ended.ending);
                }
                // There were more different shares than are kept apart; the counts so far stay.
                guard.record(ended.unit, side, share).is_ok()
            }
            (Counts::Values { compared, steps }, GuardSource::Took, Some((step, side, _))) => {
                let values = match is_first {
                    true => seconds().map(|took| (steps.entry(step).or_default(), took)),
                    false => None,
                };
                values.is_some_and(|(values, took)| {
                    values
                        .take(ended.unit, side, took, compared)
                        .unwrap_or(false)
                })
            }
            (Counts::Readings { since, .. }, GuardSource::TookAt(_), placed) => {
                let is_candidates = placed.is_none_or(|(_, side, _)| side == Side::Candidate);
                let took = seconds().filter(|_| is_candidates);
                took.is_some_and(|took| since.record(took).is_ok())
            }
            _ => false,
        }
    }

    fn other_kind<T>(&self, found: &'static str) -> Result<T, EvidenceError> {
        Err(EvidenceError::OtherKind {
            guard: self.name.clone(),
            wanted: match self.counts {
                Counts::Events(_) => "bad events",
                Counts::Values { .. } => "a number of each unit",
                Counts::Readings { .. } => "readings of a number",
                Counts::Effect(_) => "the bounds of an effect",
            },
            found,
        })
    }

    /// Takes a bad event. The outer `placed` is `None` for another release, the inner one for a
    /// unit that was not drawn.
    pub(super) fn bad(
        &mut self,
        unit: u64,
        placed: Option<Option<Placed>>,
    ) -> Result<Receipt, EvidenceError> {
        self.is_reported()?;
        let Counts::Events(guard) = &mut self.counts else {
            return self.other_kind("a bad event");
        };
        Ok(match placed {
            None => Receipt::NotOfThisRelease,
            Some(None) => Receipt::Confounded,
            Some(Some((_, side, share))) => guard.record(unit, side, share)?.into(),
        })
    }

    pub(super) fn value(
        &mut self,
        unit: u64,
        placed: Option<Option<Placed>>,
        value: f64,
    ) -> Result<Receipt, EvidenceError> {
        self.is_reported()?;
        let Counts::Values { compared, steps } = &mut self.counts else {
            return self.other_kind("a number of a unit");
        };
        if !value.is_finite() || value < 0.0 {
            return Err(EvidenceError::Number {
                guard: self.name.clone(),
                value,
                expected: "a finite number from 0",
            });
        }
        Ok(match placed {
            None => Receipt::NotOfThisRelease,
            Some(None) => Receipt::Confounded,
            Some(Some((step, side, _))) => {
                let values = steps.entry(step).or_default();
                match values.take(unit, side, value, compared)? {
                    true => Receipt::Counted,
                    false => Receipt::Repeated,
                }
            }
        })
    }

    pub(super) fn reading(&mut self, value: f64) -> Result<(), EvidenceError> {
        self.is_reported()?;
        let Counts::Readings { last, .. } = &mut self.counts else {
            return self.other_kind("a reading");
        };
        if !value.is_finite() {
            return Err(EvidenceError::Number {
                guard: self.name.clone(),
                value,
                expected: "a finite number",
            });
        }
        keep(last, value);
        self.reported = self.reported.saturating_add(1);
        Ok(())
    }

    pub(super) fn effect(
        &mut self,
        lower: Option<f64>,
        upper: Option<f64>,
    ) -> Result<(), EvidenceError> {
        self.is_reported()?;
        let Counts::Effect(bounds) = &mut self.counts else {
            return self.other_kind("the bounds of an effect");
        };
        let bound = [lower, upper].into_iter().flatten();
        if let Some(value) = bound.into_iter().find(|bound| !bound.is_finite()) {
            return Err(EvidenceError::Number {
                guard: self.name.clone(),
                value,
                expected: "a finite number, or none for no bound",
            });
        }
        *bounds = Some([lower, upper]);
        self.reported = self.reported.saturating_add(1);
        Ok(())
    }

    /// Returns what was counted, for a sample of this phase; `None` without data.
    pub(super) fn measured(&mut self, phase: Phase) -> Option<Measured> {
        match &mut self.counts {
            Counts::Events(guard) => Some(match (Measured::of(guard), &self.source) {
                (Measured::BadEvents(events), GuardSource::Endings(_)) => {
                    let endings = Some(self.endings);
                    Measured::BadEvents(BadEvents { endings, ..events })
                }
                (measured, _) => measured,
            }),
            Counts::Values { compared, steps } => {
                let Phase::Ramping { step } = phase else {
                    return None;
                };
                let found = steps.get(&step)?.compare(compared)?;
                Some(Measured::Quantiles(found))
            }
            Counts::Readings { last, since, .. } => {
                if let GuardSource::TookAt(order) = self.source
                    && since.n() >= least(order)
                    && let Ok(took) = since.quantile(order)
                {
                    keep(last, took);
                    self.reported = self.reported.saturating_add(1);
                    *since = Histogram::new();
                }
                (!last.is_empty()).then(|| Measured::Readings(last.iter().copied().collect()))
            }
            Counts::Effect(bounds) => {
                bounds.map(|[lower, upper]| Measured::Effect { lower, upper })
            }
        }
    }

    /// Begins a later phase: readings of the one before say nothing about it.
    pub(super) fn begin(&mut self, next: Phase) {
        match &mut self.counts {
            Counts::Readings { phase, last, since } if *phase != next => {
                *phase = next;
                last.clear();
                *since = Histogram::new();
            }
            Counts::Values { steps, .. } => {
                steps.retain(|step, _| Phase::Ramping { step: *step } >= next);
            }
            _ => {}
        }
    }

    /// Begins the present phase anew.
    pub(super) fn begin_again(&mut self) {
        match &mut self.counts {
            Counts::Readings { last, since, .. } => {
                last.clear();
                *since = Histogram::new();
            }
            Counts::Values { steps, .. } => steps.clear(),
            Counts::Events(_) | Counts::Effect(_) => {}
        }
    }

    pub(super) fn merge(&mut self, other: &Counter) -> Result<(), EvidenceError> {
        self.endings.merge(other.endings);
        self.reported = self.reported.saturating_add(other.reported);
        match (&mut self.counts, &other.counts) {
            (Counts::Events(ours), Counts::Events(theirs)) => Ok(ours.merge(theirs)?),
            (Counts::Values { steps, .. }, Counts::Values { steps: theirs, .. }) => {
                for (step, values) in theirs {
                    steps.entry(*step).or_default().merge(values)?;
                }
                Ok(())
            }
            (
                Counts::Readings { last, since, .. },
                Counts::Readings {
                    last: theirs,
                    since: also,
                    ..
                },
            ) => {
                since.merge(also)?;
                theirs.iter().for_each(|value| keep(last, *value));
                Ok(())
            }
            (Counts::Effect(ours), Counts::Effect(theirs)) => {
                *ours = theirs.or(*ours);
                Ok(())
            }
            _ => Err(EvidenceError::Mismatch {
                what: "what their guards count",
            }),
        }
    }
}

/// Adds a reading, and keeps as many as any guard looks at.
fn keep(last: &mut VecDeque<f64>, value: f64) {
    if last.len() >= Readings::MOST.into() {
        last.pop_front();
    }
    last.push_back(value);
}

/// Returns how many requests a reading of a quantile needs, so that some lie beyond it.
fn least(order: f64) -> u64 {
    let beyond = (1.0 - order).max(1e-6);
    (2.0 / beyond).ceil() as u64
}

/// Endings that a guard may count as bad.
pub(in crate::rollout) fn may_be_bad(ending: Ending) -> bool {
    ending != Ending::Answered
}
