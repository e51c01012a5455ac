//! Why a unit gets its version, rule by rule.

use core::fmt;

use super::{Plan, Range};
use crate::{
    route::{Reason, Route},
    unit::Unit,
};

/// An account, rule by rule, of how a route came about.
///
/// ```
/// use switchstand::{Policy, Share};
/// let plan = Policy::canary("ranker-2026-11", "v2", Share::ALL)
///     .with_holdout("2026-q4", Share::NONE)
///     .compile("v1", ["v2"])?;
/// let explanation = plan.explain("user-42");
/// assert_eq!(explanation.route, plan.route("user-42"));
/// assert!(explanation.to_string().ends_with("so v2 answers"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The rules in the order in which they were tried; the last one decided.
    pub steps: Vec<Step>,
    /// The route, the same that [`Plan::route`] gives.
    pub route: Route,
    /// The label of the version that answers.
    pub version: String,
    /// The labels of the versions that run unseen beside it.
    pub shadows: Vec<String>,
}

/// The result of one rule for the unit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The rule.
    pub rule: Reason,
    /// Whether the rule decided.
    pub decided: bool,
    /// What was found, in words.
    pub finding: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        write!(f, "so {} answers", self.version)?;
        for shadow in &self.shadows {
            write!(f, ", {shadow} runs unseen")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.decided { "decides" } else { "passes" };
        write!(f, "{} {verdict}: {}", self.rule, self.finding)
    }
}

impl Plan {
    /// Tells rule by rule why a unit gets its route.
    ///
    /// It evaluates the rules again and allocates; it costs routing nothing.
    #[must_use]
    pub fn explain<'a>(&self, unit: impl Into<Unit<'a>>) -> Explanation {
        let unit = unit.into();
        let route = self.route(unit);
        let mut steps = Steps::default();
        self.tell(&unit, &mut steps);
        let mut steps = steps.0;
        let instead = match route.reason() {
            Reason::Killed => Some("the version that this names was rejected"),
            Reason::Saturated => Some("the version that this names takes no more"),
            _ => None,
        };
        if let Some(finding) = instead {
            steps.iter_mut().for_each(|step| step.decided = false);
            let finding = finding.to_owned();
            steps.push(Step {
                rule: route.reason(),
                decided: true,
                finding,
            });
        }
        Explanation {
            steps,
            route,
            version: self.version_of(&route).unwrap_or_default().to_owned(),
            shadows: self.shadows_of(&route).map(str::to_owned).collect(),
        }
    }

    /// Walks the rules in their order and stops at the one that decides.
    fn tell(&self, unit: &Unit<'_>, steps: &mut Steps) {
        if let Some(holdout) = &self.holdout {
            let held = holdout.contains(unit);
            if steps.tell(Reason::Holdout, held, holdout.finding(unit)) {
                return;
            }
        }
        if let Some(wanted) = unit.wanted() {
            let allowed = self.permit(unit, wanted).is_some();
            let allows = if allowed { "allows" } else { "does not allow" };
            let finding = format!("the request asks for {wanted}, which the policy {allows}");
            if steps.tell(Reason::Override, allowed, finding) {
                return;
            }
        }
        if !self.listed.is_empty() {
            let listed = self.listed(unit).is_some();
            let finding = if listed {
                "the unit is listed"
            } else {
                "the unit is not listed"
            };
            if steps.tell(Reason::Listed, listed, finding.to_owned()) {
                return;
            }
        }
        for rule in &*self.rules {
            let matches = rule.matches(unit);
            if steps.tell(Reason::Audience, matches, rule.to_string()) {
                return;
            }
        }
        if let Some(within) = &self.within {
            let outside = !within.matches(unit);
            if steps.tell(Reason::Audience, outside, format!("only within {within}")) {
                return;
            }
        }
        if let Some(layer) = &self.layer {
            let outside = !layer.contains(unit);
            if steps.tell(Reason::Layer, outside, layer.finding(unit)) {
                return;
            }
        }
        if let Some(gate) = &self.gate {
            let decides = !gate.contains(unit) || self.is_canary;
            if steps.tell(Reason::Gate, decides, gate.finding(unit)) {
                return;
            }
        }
        match &self.split {
            Some(split) => {
                let place = Percent(split.draw.point(unit.key()).get());
                steps.tell(
                    Reason::Split,
                    true,
                    format!("the unit lies at {place} of the line"),
                )
            }
            None => steps.tell(
                Reason::Live,
                true,
                "the policy asks for no other".to_owned(),
            ),
        };
    }
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn tell(&mut self, rule: Reason, decided: bool, finding: String) -> bool {
        self.0.push(Step {
            rule,
            decided,
            finding,
        });
        decided
    }
}

impl Range {
    fn finding(&self, unit: &Unit<'_>) -> String {
        let place = Percent(self.draw.point(unit.key()).get());
        let inside = if self.contains(unit) {
            "inside"
        } else {
            "outside"
        };
        if self.first > self.last {
            return format!("the unit lies at {place} of the line, outside of an empty share");
        }
        let (first, last) = (Percent(self.first), Percent(self.last));
        format!("the unit lies at {place} of the line, {inside} of {first} to {last}")
    }
}

/// A place on the line as a percentage, cut off after four decimals.
struct Percent(u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = (u128::from(self.0) * 1_000_000) >> 64;
        write!(f, "{}.{:04} %", parts / 10_000, parts % 10_000)
    }
}
