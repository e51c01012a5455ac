//! A metric: what is measured, and for which purpose.

use core::time::Duration;

use super::{ExperimentError, Kind};
use crate::stats::Worse;

/// The purpose of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Role {
    /// The hypothesis is about this metric.
    Goal {
        /// The direction that is worse.
        worse: Worse,
        /// The smallest difference worth having.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        worth: f64,
    },
    /// It must not get worse by more than a margin.
    Guardrail {
        /// The direction that is bad.
        worse: Worse,
        /// How much worse is tolerated.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        margin: f64,
    },
    /// It is shown and decides nothing.
    Watched,
}

/// The place where a metric's values come from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Source {
    /// The application records them.
    #[default]
    Application,
    /// A request that failed, was refused or was given up is an event, as for a roll-out's guard of
    /// failures; an answered request is none. Stored as `bad_endings`.
    #[cfg_attr(feature = "serde", serde(rename = "bad_endings"))]
    Failures,
    /// A request that failed is an event, an answered one is none; others are ignored. Stored as
    /// `failures`, which had this meaning in the first edition.
    #[cfg_attr(feature = "serde", serde(rename = "failures"))]
    Failed,
    /// The seconds that a request took.
    Latency,
}

/// The value up to which a unit counts.
///
/// It limits the unit's mean, its sum of counts, or its ratio. A larger value counts as the cap
/// (winsorising), equally in all arms.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Cap {
    /// This value, fixed beforehand.
    At(#[cfg_attr(feature = "serde", serde(with = "super::exact"))] f64),
    /// The quantile of this order, at least one half, of the control's units at each look.
    ControlQuantile(#[cfg_attr(feature = "serde", serde(with = "super::exact"))] f64),
}

/// A metric of an experiment: its name, its kind and its purpose.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Metric {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) role: Role,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) source: Source,
    /// Whether the metric is adjusted by a number of each unit from before its exposure.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) adjusted: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) cap: Option<Cap>,
    /// Whether worth and margin are fractions of the control's value.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) relative: bool,
    /// For how long after a unit's first exposure outcomes count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) window: Option<Duration>,
    /// Whether outcomes have an id, and count once each.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) once: bool,
}

impl Metric {
    /// Returns a goal: a metric that should get better; `worth` is the smallest absolute difference
    /// worth having.
    #[must_use]
    pub fn goal(name: &str, kind: Kind, worse: Worse, worth: f64) -> Metric {
        Metric::new(name, kind, Role::Goal { worse, worth })
    }

    /// Returns a metric that must not get worse by more than `margin`, an absolute difference.
    #[must_use]
    pub fn guardrail(name: &str, kind: Kind, worse: Worse, margin: f64) -> Metric {
        Metric::new(name, kind, Role::Guardrail { worse, margin })
    }

    /// Returns a metric that is shown and decides nothing.
    #[must_use]
    pub fn watched(name: &str, kind: Kind) -> Metric {
        Metric::new(name, kind, Role::Watched)
    }

    fn new(name: &str, kind: Kind, role: Role) -> Metric {
        Metric {
            name: name.to_owned(),
            kind,
            role,
            source: Source::Application,
            adjusted: false,
            cap: None,
            relative: false,
            window: None,
            once: false,
        }
    }

    /// Returns the metric with its worth or margin as a fraction of the control's absolute value:
    /// 0.02 is two per cent of the control.
    ///
    /// For all kinds but quantiles and gauges.
    #[must_use]
    pub fn relative(self) -> Metric {
        Metric {
            relative: true,
            ..self
        }
    }

    /// Returns the metric with a cap on the value of one unit.
    ///
    /// Then a few units with very large values no longer make a mean too uneven to be tested. The
    /// capped means are compared. For means, counts and ratios.
    #[must_use]
    pub fn capped(self, cap: Cap) -> Metric {
        let cap = Some(cap);
        Metric { cap, ..self }
    }

    /// Returns the metric adjusted by what each unit was like before its exposure (CUPED).
    ///
    /// Record the number by [`record_before`](super::Experiment::record_before). The adjustment
    /// removes `rho^2` of the variance, where `rho` is the number's correlation with the metric.
    /// Units without a number get the mean of the others. For means, counts, ratios and common
    /// rates.
    #[must_use]
    pub fn adjusted(self) -> Metric {
        Metric {
            adjusted: true,
            ..self
        }
    }

    /// Returns the metric with a window: outcomes count from a unit's first exposure until so long
    /// after it.
    ///
    /// Exposures and outcomes then need a time: by [`expose_at`](super::Experiment::expose_at) and
    /// [`record_event`](super::Experiment::record_event), or from a router that has a clock. Each
    /// outcome within the window is kept separately, about 60 bytes, because another server may
    /// know an earlier exposure.
    #[must_use]
    pub fn within(self, window: Duration) -> Metric {
        let window = Some(window);
        Metric { window, ..self }
    }

    /// Returns the metric with outcomes that have an id, so that an outcome that is delivered twice
    /// counts once.
    ///
    /// Record them by [`record_event`](super::Experiment::record_event); each is kept separately,
    /// about 60 bytes.
    #[must_use]
    pub fn once(self) -> Metric {
        Metric { once: true, ..self }
    }

    /// Returns the metric with values from requests that the experiment observes.
    #[must_use]
    pub fn from_requests(self, source: Source) -> Metric {
        Metric { source, ..self }
    }

    /// Returns the metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the metric's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the metric's purpose.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns where its values come from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Returns how long after a unit's first exposure outcomes count, if there is a window.
    #[must_use]
    pub const fn window(&self) -> Option<Duration> {
        self.window
    }

    /// Tells whether its outcomes have an id, and count once each.
    #[must_use]
    pub const fn is_once(&self) -> bool {
        self.once
    }

    /// Tells whether its outcomes are kept one by one.
    pub(super) const fn is_itemised(&self) -> bool {
        self.window.is_some() || self.once
    }

    /// Tells whether its values are kept by unit and bucket.
    pub(super) const fn is_bucketed(&self) -> bool {
        matches!(self.kind, Kind::RequestQuantile { .. }) && !self.is_itemised()
    }

    /// Returns how many slots of a unit's row hold its values, and how many it has in all.
    pub(super) fn slots(&self) -> (usize, usize) {
        let values = match self.kind {
            Kind::Gauge => 0,
            Kind::Ratio => 2,
            _ => 1,
        };
        (values, values + usize::from(self.adjusted))
    }

    /// Tells whether it takes part in the verdict.
    pub(super) fn decides(&self) -> bool {
        self.role != Role::Watched && self.kind != Kind::Gauge
    }

    pub(super) fn check(&self) -> Result<(), ExperimentError> {
        if let Kind::Quantile { order } | Kind::RequestQuantile { order } = self.kind {
            let holds = order > 0.0 && order < 1.0;
            let expected = "a number strictly between 0 and 1";
            ExperimentError::require(holds, "order of the quantile", order, expected)?;
        }
        if let Role::Goal { worth: size, .. } | Role::Guardrail { margin: size, .. } = self.role {
            let holds = size >= 0.0 && size.is_finite();
            let expected = "a finite number, not below 0";
            ExperimentError::require(holds, "difference that matters", size, expected)?;
        }
        let is_quantile = matches!(
            self.kind,
            Kind::Quantile { .. } | Kind::RequestQuantile { .. }
        );
        if self.adjusted && (is_quantile || matches!(self.kind, Kind::Rate | Kind::Gauge)) {
            return Err(ExperimentError::WrongKind {
                name: self.name.clone(),
                expected: "no past: only means, counts, ratios and common rates are adjusted",
            });
        }
        if self.relative && (is_quantile || self.kind == Kind::Gauge) {
            return Err(ExperimentError::WrongKind {
                name: self.name.clone(),
                expected: "an absolute worth or margin: a quantile's relative effect is not tested",
            });
        }
        if let Some(cap) = self.cap {
            let require = ExperimentError::require;
            match cap {
                Cap::At(cap) => require(cap.is_finite(), "cap", cap, "a finite number")?,
                Cap::ControlQuantile(order) => {
                    let holds = (0.5..1.0).contains(&order);
                    let expected = "a number from 0.5 to below 1";
                    require(holds, "order of the cap", order, expected)?;
                }
            }
            if !matches!(self.kind, Kind::Mean | Kind::Count | Kind::Ratio) {
                return Err(ExperimentError::WrongKind {
                    name: self.name.clone(),
                    expected: "no cap: only means, counts and ratios are capped",
                });
            }
        }
        if self.is_itemised() && self.kind == Kind::Gauge {
            return Err(ExperimentError::WrongKind {
                name: self.name.clone(),
                expected: "neither a window nor ids: a gauge is of no unit",
            });
        }
        if self.once && self.source != Source::Application {
            return Err(ExperimentError::WrongKind {
                name: self.name.clone(),
                expected: "no ids: a request has one outcome",
            });
        }
        let expected = match (self.source, self.kind) {
            (Source::Application, _)
            | (Source::Failures | Source::Failed, Kind::Rate | Kind::CommonRate)
            | (
                Source::Latency,
                Kind::Mean | Kind::Quantile { .. } | Kind::RequestQuantile { .. },
            ) => return Ok(()),
            (Source::Failures | Source::Failed, _) => {
                "failures of requests only as a rate or a common rate"
            }
            (Source::Latency, _) => "latencies of requests only as a mean or a quantile",
        };
        Err(ExperimentError::WrongKind {
            name: self.name.clone(),
            expected,
        })
    }
}
