//! One guard of a file.

use core::time::Duration;

use thiserror::Error;

use super::super::{Check, Guard, OnBreach, OnNoData, span::Span};
use crate::{
    share::Share,
    stats::{
        Alpha, Refusal, Worse,
        guard::{Margins, RateMethod, RateTest, RatioGrid},
    },
};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGuard {
    watches: Watches,
    name: Option<String>,
    quantile: Option<f64>,
    above: Option<Share>,
    limit: Option<Bound>,
    worse: Option<Worse>,
    harm: Option<f64>,
    safe: Option<f64>,
    readings: Option<[u8; 2]>,
    projected: Option<bool>,
    shares: Option<[Share; 2]>,
    #[serde(default)]
    on_breach: OnBreach,
    #[serde(default)]
    on_no_data: OnNoData,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Watches {
    Failures,
    Failed,
    Refused,
    GivenUp,
    Rate,
    Latency,
    LatencyLimit,
    Value,
    Limit,
    Effect,
}

impl Watches {
    const fn word(self) -> &'static str {
        match self {
            Watches::Failures => "failures",
            Watches::Failed => "failed",
            Watches::Refused => "refused",
            Watches::GivenUp => "given_up",
            Watches::Rate => "rate",
            Watches::Latency => "latency",
            Watches::LatencyLimit => "latency_limit",
            Watches::Value => "value",
            Watches::Limit => "limit",
            Watches::Effect => "effect",
        }
    }
}

/// A limit: a number, or a duration as text.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Bound {
    Number(f64),
    Span(Span),
}

/// What is wrong with a guard of a file.
#[derive(Debug, Error)]
pub(super) enum GuardFault {
    #[error("{field} is missing: one that watches {watches:?} needs it")]
    Missing {
        field: &'static str,
        watches: &'static str,
    },
    #[error("{field} is not for one that watches {watches:?}: leave it out")]
    Misplaced {
        field: &'static str,
        watches: &'static str,
    },
    #[error("limit is {found}, expected {expected}")]
    Limit {
        found: &'static str,
        expected: &'static str,
    },
    #[error(transparent)]
    Rate(#[from] Refusal),
}

impl RawGuard {
    pub(super) fn into_guard(self) -> Result<Guard, GuardFault> {
        use Watches::{
            Effect, Failed, Failures, GivenUp, Latency, LatencyLimit, Limit, Rate, Refused, Value,
        };
        let watches = self.watches;
        let is_rate = matches!(watches, Failures | Failed | Refused | GivenUp | Rate);
        let is_limit = matches!(watches, Limit | LatencyLimit);
        for (field, is_given, fits) in [
            (
                "quantile",
                self.quantile.is_some(),
                matches!(watches, Latency | LatencyLimit | Value),
            ),
            (
                "above",
                self.above.is_some(),
                matches!(watches, Latency | Value),
            ),
            ("limit", self.limit.is_some(), is_limit),
            (
                "worse",
                self.worse.is_some(),
                matches!(watches, Limit | Effect),
            ),
            ("harm", self.harm.is_some(), is_rate || watches == Effect),
            ("safe", self.safe.is_some(), is_rate || watches == Effect),
            ("readings", self.readings.is_some(), is_limit),
            ("projected", self.projected.is_some(), watches == Limit),
        ] {
            if is_given && !fits {
                let watches = watches.word();
                return Err(GuardFault::Misplaced { field, watches });
            }
        }
        let missing = |field| GuardFault::Missing {
            field,
            watches: watches.word(),
        };
        let name = || self.name.as_deref().ok_or(missing("name"));
        let quantile = || self.quantile.ok_or(missing("quantile"));
        let above = || {
            let above = self.above.ok_or(missing("above"))?;
            Ok::<f64, GuardFault>(above.as_fraction())
        };
        let worse = self.worse.unwrap_or(Worse::Higher);
        let mut guard = match watches {
            Failures => Guard::failures(),
            Failed => Guard::failed(),
            Refused => Guard::refused(),
            GivenUp => Guard::given_up(),
            Rate => Guard::rate(name()?),
            Latency => Guard::latency(quantile()?, above()?),
            Value => Guard::value(name()?, quantile()?, above()?),
            LatencyLimit => {
                let limit = self.limit.as_ref().ok_or(missing("limit"))?;
                Guard::latency_limit(quantile()?, limit.span()?)
            }
            Limit => {
                let limit = self.limit.as_ref().ok_or(missing("limit"))?;
                Guard::limit(name()?, worse, limit.number()?)
            }
            Effect => {
                let harm = self.harm.ok_or(missing("harm"))?;
                let safe = self.safe.ok_or(missing("safe"))?;
                Guard::new(name()?, Check::Effect { worse, harm, safe })
            }
        };
        if is_rate && (self.harm.is_some() || self.safe.is_some()) {
            let usual = RateTest::default().margins();
            let harm = self.harm.unwrap_or(usual.harm());
            let safe = self.safe.unwrap_or(usual.safe());
            guard = guard.with_test(test_of(harm, safe)?);
        }
        if let Some(name) = &self.name {
            guard = guard.named(name);
        }
        if let Some([bad, of]) = self.readings {
            guard = guard.on_readings(bad, of);
        }
        if let Some([from, to]) = self.shares {
            guard = guard.at_shares(from, to);
        }
        if self.projected == Some(true) {
            guard = guard.projected();
        }
        Ok(guard.on_breach(self.on_breach).on_no_data(self.on_no_data))
    }
}

fn test_of(harm: f64, safe: f64) -> Result<RateTest, Refusal> {
    let margins = Margins::new(harm, safe)?;
    let usual = RatioGrid::below(safe);
    let above = usual.harm.iter().map(|ratio| ratio * harm.max(1e-9));
    let grid = RatioGrid::new(&above.collect::<Vec<_>>(), &usual.safe);
    let alpha = Alpha::ONE_PERCENT;
    RateTest::new(margins, RateMethod::Grid(grid), alpha, alpha)
}

impl Bound {
    fn span(&self) -> Result<Duration, GuardFault> {
        match self {
            Bound::Span(span) => Ok(span.0),
            Bound::Number(_) => Err(GuardFault::Limit {
                found: "a number",
                expected: "a duration as text, such as \"200ms\"",
            }),
        }
    }

    fn number(&self) -> Result<f64, GuardFault> {
        match self {
            Bound::Number(number) => Ok(*number),
            Bound::Span(_) => Err(GuardFault::Limit {
                found: "a duration",
                expected: "a number",
            }),
        }
    }
}
