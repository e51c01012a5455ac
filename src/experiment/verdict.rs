//! What the evidence allows to decide.

use core::fmt;

use super::{Finding, Role, Test};
use crate::stats::Worse;

/// States what to do.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The evidence does not suffice yet.
    KeepRunning {
        /// Further units until it is expected to, if that can be told.
        units_left: Option<u64>,
        /// The requests that they are expected to make.
        requests_left: Option<u64>,
        /// The days that takes, where the traffic was given.
        days_left: Option<u64>,
    },
    /// The candidate is better, and no guardrail stands against it.
    ShipB,
    /// The candidate is worse, in a goal or beyond a guardrail's margin.
    KeepA {
        /// The metric that decided.
        metric: String,
    },
    /// Any difference is smaller than what is worth having.
    NoDifferenceWorthHaving,
    /// The experiment is broken, and no number of it can be trusted.
    Invalid {
        /// What is wrong.
        why: String,
    },
}

impl Verdict {
    /// Decides by the goals and guardrails, given that the sample ratio is right.
    pub(super) fn of(findings: &[Finding], left: impl Fn() -> Verdict) -> Verdict {
        let tests = || {
            let tested = |finding: &'_ Finding| finding.test.as_ref().ok().cloned();
            findings
                .iter()
                .map(move |finding| (finding, tested(finding)))
        };
        let worse = tests().find(|(finding, test)| {
            test.as_ref().is_some_and(|test| match finding.role {
                Role::Goal { worse, .. } => test.is_significant() && is_worse(test, worse),
                Role::Guardrail { worse, margin } => least(test, worse) > margin,
                Role::Watched => false,
            })
        });
        if let Some((finding, _)) = worse {
            let metric = finding.metric.clone();
            return Verdict::KeepA { metric };
        }
        let guardrails_hold = tests().all(|(finding, test)| match (finding.role, test) {
            (Role::Guardrail { worse, margin }, Some(test)) => greatest(&test, worse) <= margin,
            (Role::Guardrail { .. }, None) => false,
            _ => true,
        });
        let better = tests().any(|(finding, test)| match (finding.role, test) {
            (Role::Goal { worse, .. }, Some(test)) => {
                test.is_significant() && !is_worse(&test, worse)
            }
            _ => false,
        });
        if better && guardrails_hold {
            return Verdict::ShipB;
        }
        let mut goals = tests()
            .filter(|(finding, _)| matches!(finding.role, Role::Goal { .. }))
            .peekable();
        let is_settled = goals.peek().is_some()
            && goals.all(|(finding, test)| match (finding.role, test) {
                (Role::Goal { worth, .. }, Some(test)) => {
                    test.interval.lower >= -worth && test.interval.upper <= worth
                }
                _ => false,
            });
        if is_settled && !better {
            return Verdict::NoDifferenceWorthHaving;
        }
        left()
    }
}

fn is_worse(test: &Test, worse: Worse) -> bool {
    match worse {
        Worse::Higher => test.effect > 0.0,
        Worse::Lower => test.effect < 0.0,
    }
}

/// Returns how much worse the candidate is at least.
fn least(test: &Test, worse: Worse) -> f64 {
    match worse {
        Worse::Higher => test.interval.lower,
        Worse::Lower => -test.interval.upper,
    }
}

/// Returns how much worse the candidate is at most.
fn greatest(test: &Test, worse: Worse) -> f64 {
    match worse {
        Worse::Higher => test.interval.upper,
        Worse::Lower => -test.interval.lower,
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::KeepRunning {
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
                Ok(())
            }
            Verdict::ShipB => f.write_str("SHIP B: it is better, and every guardrail holds"),
            Verdict::KeepA { metric } => write!(f, "KEEP A: B is worse in {metric:?}"),
            Verdict::NoDifferenceWorthHaving => {
                f.write_str("NO DIFFERENCE WORTH HAVING: it is smaller than what would matter")
            }
            Verdict::Invalid { why } => write!(f, "INVALID: {why}"),
        }
    }
}
