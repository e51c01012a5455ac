//! The verdict of a read-out.

use core::fmt;

use super::{Finding, Role, Test, compare::badness};

/// The standing of one candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Standing {
    /// It is better in a goal, worse in none, and every guardrail holds.
    Better,
    /// It is worse, in a goal or beyond a guardrail's margin: stop it.
    Worse {
        /// The metric that decided.
        metric: String,
    },
    /// Any difference in the goals is smaller than what is worth having.
    NoDifference,
    /// The evidence does not suffice yet.
    Open,
    /// It was dropped during the experiment.
    Dropped,
}

/// The decision of a read-out: what to do.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Verdict {
    /// A candidate is better than the control, and all its guardrails hold; of several, the one
    /// with the greatest effect in the first goal.
    Ship {
        /// The candidate.
        arm: String,
    },
    /// Every candidate is worse than the control.
    Keep {
        /// The control.
        arm: String,
        /// The metrics that decided, one for each candidate.
        metrics: Vec<String>,
    },
    /// No candidate is better, and any difference is smaller than what is worth having.
    NoDifferenceWorthHaving,
    /// The evidence does not suffice yet.
    KeepRunning {
        /// Candidates that are worse: stop them.
        stop: Vec<String>,
        /// Further units until a decision is expected, if that can be estimated.
        units_left: Option<u64>,
        /// The requests that they are expected to make.
        requests_left: Option<u64>,
        /// The days until then, if the traffic was given.
        days_left: Option<u64>,
    },
    /// The experiment is broken or has no data yet, so its numbers cannot be trusted.
    Withheld {
        /// What is wrong.
        why: String,
    },
}

/// Returns the standing of the candidate at this place among the comparisons.
pub(super) fn standing(findings: &[Finding], place: usize) -> Standing {
    let lines = || {
        findings.iter().filter_map(move |finding| {
            let test = &finding.comparisons.get(place)?.test;
            Some((finding, test.as_ref().ok()))
        })
    };
    let is_worse = |(finding, test): &(&Finding, Option<&Test>)| {
        test.is_some_and(|test| match finding.role {
            Role::Goal { worse, .. } => test.is_significant() && badness(test.effect, worse) > 0.0,
            Role::Guardrail { .. } => test.is_significant(),
            Role::Watched => false,
        })
    };
    if let Some((finding, _)) = lines().find(is_worse) {
        let metric = finding.metric.clone();
        return Standing::Worse { metric };
    }
    let guardrails_hold = lines().all(|(finding, test)| match finding.role {
        Role::Guardrail { .. } => test.is_some_and(|test| test.within_margin),
        _ => true,
    });
    let is_goal = |finding: &Finding| matches!(finding.role, Role::Goal { .. });
    let mut goals = lines().filter(|(finding, _)| is_goal(finding)).peekable();
    let is_better =
        lines().any(|(finding, test)| is_goal(finding) && test.is_some_and(Test::is_significant));
    if is_better {
        return match guardrails_hold {
            true => Standing::Better,
            false => Standing::Open,
        };
    }
    let is_settled =
        goals.peek().is_some() && goals.all(|(_, test)| test.is_some_and(|test| test.within_worth));
    match is_settled {
        true => Standing::NoDifference,
        false => Standing::Open,
    }
}

/// Returns how much better the candidate at this place is, by the first goal.
pub(super) fn gain(findings: &[Finding], place: usize) -> f64 {
    let gain = findings.iter().find_map(|finding| {
        let Role::Goal { worse, .. } = finding.role else {
            return None;
        };
        let test = finding.comparisons.get(place)?.test.as_ref().ok()?;
        Some(-badness(test.effect, worse))
    });
    gain.unwrap_or(f64::NEG_INFINITY)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::KeepRunning {
                stop,
                units_left,
                requests_left,
                days_left,
            } => {
                f.write_str("KEEP RUNNING: the evidence does not suffice yet")?;
                if let Some(units) = units_left {
                    write!(f, "; about {units} more units")?;
                }
                if let Some(requests) = requests_left {
                    write!(f, ", {requests} requests")?;
                }
                if let Some(days) = days_left {
                    write!(f, ", {days} days")?;
                }
                if !stop.is_empty() {
                    write!(f, "; STOP {}, which is worse", stop.join(", "))?;
                }
                Ok(())
            }
            Verdict::Ship { arm } => {
                write!(f, "SHIP {arm}: it is better, and every guardrail holds")
            }
            Verdict::Keep { arm, metrics } => {
                write!(
                    f,
                    "KEEP {arm}: the other is worse in {}",
                    metrics.join(", ")
                )
            }
            Verdict::NoDifferenceWorthHaving => {
                f.write_str("NO DIFFERENCE WORTH HAVING: it is smaller than what would matter")
            }
            Verdict::Withheld { why } => write!(f, "NO VERDICT: {why}"),
        }
    }
}
