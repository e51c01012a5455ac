//! What a guard looks at, and what it finds.

use core::fmt;

use super::{BadEndings, BadEvents, Measured, Quantiles, guard::Readings};
use crate::stats::{
    Alpha, Worse,
    guard::{CandidateShare, RateTest, Reading, Side, StageTally},
    measure::significant,
};

/// What a guard looks at.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Check {
    /// A test which side the bad events are on, valid at every look over the whole release.
    ///
    /// Needs [`Measured::BadEvents`] of a guard with the same margins: events that were counted for
    /// other margins never show safety. The roll-out's own error rate replaces the test's
    /// `alpha_harm`.
    Rate(RateTest),
    /// A confidence sequence of an effect, which the application computes.
    ///
    /// Needs [`Measured::Effect`]. Breached when the whole interval is worse than `harm`, safe when
    /// the whole interval is better than `safe`. The rate of false alarms is that of the interval:
    /// use one that is valid at any time, at [`Schedule::alpha_each`](super::Schedule::alpha_each),
    /// over the whole release.
    Effect {
        /// The direction in which the effect is bad.
        worse: Worse,
        /// How much worse, in the effect's unit, is harm.
        harm: f64,
        /// How much worse, in the effect's unit, is still safe; at least `harm`.
        safe: f64,
    },
    /// A number of the candidate against a limit: load, memory, a latency objective.
    ///
    /// Needs [`Measured::Value`]. It has no error rate: the present number is compared, so use it
    /// for numbers that hardly vary by chance.
    Limit {
        /// The direction in which the number is bad.
        worse: Worse,
        /// The last number that is accepted.
        limit: f64,
    },
    /// A quantile of a number that each unit of a step has once, candidate against control.
    ///
    /// Needs [`Measured::Quantiles`], which [`Evidence`](super::Evidence) makes.
    Quantile {
        /// The quantile's order, between 0 and 1.
        order: f64,
        /// The fraction above the control's quantile that is harm: 0.1 is 10 %.
        harm: f64,
        /// The fraction above the control's quantile that is still safe; at least `harm`.
        safe: f64,
    },
}

impl Check {
    /// Tells whether candidate and control are compared, so that the result depends on chance.
    pub(super) const fn compares(&self) -> bool {
        !matches!(self, Check::Limit { .. })
    }

    /// Says which kind of measurement the check looks at.
    pub(super) const fn wants(&self) -> &'static str {
        match self {
            Check::Rate(_) => "bad events",
            Check::Effect { .. } => "the bounds of an effect",
            Check::Limit { .. } => "a number",
            Check::Quantile { .. } => "quantiles of both sides",
        }
    }

    /// Returns what the measurement says, nothing if it is not of this check's kind.
    pub(super) fn judge(
        &self,
        measured: &Measured,
        shares: &[CandidateShare],
        alpha: Alpha,
        readings: Readings,
    ) -> Option<Judgement> {
        match (self, measured) {
            (Check::Rate(test), Measured::BadEvents(events)) => {
                Some(judge_rate(test, events, shares, alpha))
            }
            (&Check::Effect { worse, harm, safe }, &Measured::Effect { lower, upper }) => {
                let (least, greatest) = match worse {
                    Worse::Higher => (lower, upper),
                    Worse::Lower => (upper.map(|bound| -bound), lower.map(|bound| -bound)),
                };
                Some(Judgement {
                    is_breach: least.is_some_and(|least| least > harm),
                    is_safe: greatest.is_some_and(|greatest| greatest < safe),
                    holds: false,
                    found: Found::Effect { lower, upper },
                })
            }
            (&Check::Limit { worse, limit }, &Measured::Value(value)) => {
                let is_breach = match worse {
                    Worse::Higher => value > limit,
                    Worse::Lower => value < limit,
                };
                Some(Judgement {
                    is_breach,
                    is_safe: !is_breach,
                    holds: false,
                    found: Found::Value { value, limit },
                })
            }
            (&Check::Limit { worse, limit }, Measured::Readings(values)) => {
                judge_readings(worse, limit, values, readings)
            }
            (Check::Quantile { .. }, Measured::Quantiles(found)) => Some(Judgement {
                is_breach: found.above_harm > 0.0,
                is_safe: found.above_safe < 0.0,
                holds: false,
                found: Found::Quantiles(found.clone()),
            }),
            _ => None,
        }
    }
}

/// Judges harm by the events of the whole release, so that its error rate holds over all of it, and
/// safety by those of this step alone.
fn judge_rate(
    test: &RateTest,
    events: &BadEvents,
    shares: &[CandidateShare],
    alpha: Alpha,
) -> Judgement {
    let tally = &events.tally;
    let of_step = |tally| stages_of(tally, shares);
    let (mut harm, mut safe, kept) = match &events.thinned {
        None => (test.harm(tally), test.safe(&of_step(tally)), tally),
        Some(thinned) => {
            // Events that were counted for other margins say nothing about these.
            let fits = thinned.margins == test.margins();
            let kept = if fits {
                of_step(&thinned.tally)
            } else {
                StageTally::new()
            };
            let (harm, safe) = (test.harm_of_units(tally), test.safe_of_units(&kept));
            (harm, safe, &thinned.tally)
        }
    };
    harm.ln_e += events.ln_stake;
    harm.threshold = -alpha.get().ln();
    safe.ln_e += events.ln_stake;
    let is_breach = harm.is_significant();
    let found = |reading| match events.endings {
        Some(candidate) => Found::Endings { reading, candidate },
        None => Found::Rate(reading),
    };
    Judgement {
        is_breach,
        is_safe: safe.is_significant() && !is_breach,
        holds: false,
        found: found(Reading {
            harm,
            safe,
            candidate_events: tally.candidate_events(),
            control_events: tally.control_events(),
            kept_candidate_events: kept.candidate_events(),
            repeated_events: events.repeated_events,
            units_sampled: events.units_sampled,
        }),
    }
}

/// Finds a breach when so many of the last readings pass the limit, and safety when there are
/// enough that do not.
fn judge_readings(
    worse: Worse,
    limit: f64,
    values: &[f64],
    Readings { bad, of }: Readings,
) -> Option<Judgement> {
    let is_bad = |value: &&f64| match worse {
        Worse::Higher => **value > limit,
        Worse::Lower => **value < limit,
    };
    let last = values.iter().rev().take(of.into());
    let (had, passed) = (last.clone().count(), last.filter(is_bad).count());
    let value = *values.last()?;
    let is_breach = passed >= bad.into();
    Some(Judgement {
        is_breach,
        is_safe: had >= of.into() && !is_breach,
        holds: had < of.into(),
        found: Found::Readings {
            value,
            limit,
            bad: passed as u64,
            had: had as u64,
            of: of.into(),
            ahead: None,
        },
    })
}

/// What a check says about one measurement.
pub(super) struct Judgement {
    pub(super) is_breach: bool,
    pub(super) is_safe: bool,
    /// Whether it keeps the release from going on, although it is not a breach.
    pub(super) holds: bool,
    pub(super) found: Found,
}

impl Judgement {
    /// Takes the number as it would be at a share so many times the present one.
    pub(super) fn look_ahead(&mut self, worse: Worse, times: f64) {
        if let Found::Readings {
            value,
            limit,
            ahead,
            ..
        } = &mut self.found
        {
            let then = *value * times;
            *ahead = Some(then);
            self.holds |= match worse {
                Worse::Higher => then > *limit,
                Worse::Lower => then < *limit,
            };
        }
    }
}

/// Returns the events under these shares alone: the evidence of one step.
fn stages_of(tally: &StageTally, shares: &[CandidateShare]) -> StageTally {
    let mut step = StageTally::new();
    let stages = tally.stages().iter();
    for stage in stages.filter(|stage| shares.contains(&stage.share)) {
        // There are no more shares, and no higher counts, than in the whole.
        let _ = step.record_many(Side::Candidate, stage.share, stage.candidate);
        let _ = step.record_many(Side::Control, stage.share, stage.control);
    }
    step
}

/// The evidence by which a guard was judged.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Found {
    /// Evidence of harm in the bad events of the whole release, of safety in those of the step.
    Rate(Reading),
    /// The same, of requests by how they ended.
    Endings {
        /// The evidence.
        reading: Reading,
        /// How the candidate's requests ended badly; it includes repeated ones of a unit.
        candidate: BadEndings,
    },
    /// A confidence sequence of the effect; `None` for a side without a bound.
    Effect {
        /// Its lower bound.
        lower: Option<f64>,
        /// Its upper bound.
        upper: Option<f64>,
    },
    /// A number and its limit.
    Value {
        /// The number.
        value: f64,
        /// The limit.
        limit: f64,
    },
    /// Readings of a number against its limit.
    Readings {
        /// The last one.
        value: f64,
        /// The limit.
        limit: f64,
        /// How many of the last ones are beyond it.
        bad: u64,
        /// How many readings of this step there are.
        had: u64,
        /// How many of the last readings the guard looks at.
        of: u64,
        /// The number expected at the next step, if the guard is projected.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        ahead: Option<f64>,
    },
    /// A quantile of both sides.
    Quantiles(Quantiles),
    /// Units of both sides that contradict the share of the step.
    Ratio {
        /// Units of the control.
        control: u64,
        /// Units of the candidate.
        candidate: u64,
    },
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: &Option<f64>| {
            bound.map_or("unbounded".to_owned(), |bound| {
                significant(bound).to_string()
            })
        };
        match self {
            Found::Rate(reading) => write!(f, "{reading}"),
            Found::Endings { reading, candidate } => {
                write!(f, "{reading}; requests of the candidate: {candidate}")
            }
            Found::Effect { lower, upper } => {
                write!(f, "effect from {} to {}", bound(lower), bound(upper))
            }
            Found::Value { value, limit } => write!(f, "{value} against a limit of {limit}"),
            Found::Readings {
                value,
                limit,
                bad,
                had,
                of,
                ahead,
            } => {
                write!(
                    f,
                    "{value} against a limit of {limit}; {bad} of {had} readings pass it, of {of}"
                )?;
                match ahead {
                    Some(ahead) => write!(f, "; at the next step it would be {ahead}"),
                    None => Ok(()),
                }
            }
            Found::Quantiles(found) => write!(f, "{found}"),
            Found::Ratio { control, candidate } => write!(
                f,
                "{control} units of the control and {candidate} of the candidate do not fit the \
                 share of the step"
            ),
        }
    }
}
