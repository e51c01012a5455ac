//! What is measured, and what for.

use crate::stats::Worse;

/// Names what kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Kind {
    /// Successes among trials; values are 0 or 1.
    Rate,
    /// A mean of values.
    Mean,
    /// A ratio of sums; every record has a numerator and a denominator.
    Ratio,
    /// A quantile of non-negative values, such as a latency; one value per unit.
    ///
    /// Its interval takes the values for independent. Record a unit's first value, or be told
    /// intervals that are too narrow.
    Quantile {
        /// The order, strictly between 0 and 1.
        order: f64,
    },
    /// Events per exposed unit; every record adds that many.
    Count,
    /// Use of a resource, such as memory or queue depth, as the application reads it.
    ///
    /// Successive values depend on each other, so it is shown and never tested. Values lie between
    /// -1e140 and 1e140.
    Gauge,
}

/// Says what a metric is for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Role {
    /// The hypothesis is about it.
    Goal {
        /// The direction that is not hoped for.
        worse: Worse,
        /// The smallest difference worth having.
        worth: f64,
    },
    /// It must not get worse by more than a margin.
    Guardrail {
        /// The direction that is bad.
        worse: Worse,
        /// How much worse is tolerated.
        margin: f64,
    },
    /// It is shown, and decides nothing.
    Watched,
}

/// Holds one metric.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Metric {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) role: Role,
}

impl Metric {
    /// Returns a metric that the hypothesis is about.
    #[must_use]
    pub fn goal(name: &str, kind: Kind, worse: Worse, worth: f64) -> Metric {
        Metric::new(name, kind, Role::Goal { worse, worth })
    }

    /// Returns a metric that must not get worse by more than `margin`.
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
        let name = name.to_owned();
        Metric { name, kind, role }
    }

    /// Returns the metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what kind of number it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns what it is for.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
}
