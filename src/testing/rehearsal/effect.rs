//! The effect that a rehearsed candidate has on what a guard looks at.

use core::fmt;

use super::{RehearsalError, error::positive};

/// The effect of a rehearsed candidate on the number of one guard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    BadEvents {
        control_rate: f64,
        ratio: f64,
        shape: Option<f64>,
        each_request: bool,
    },
    Value {
        mean: f64,
        deviation: f64,
    },
}

impl Effect {
    /// Returns the effect on a guard of a rate, for a control with this fraction of bad requests.
    ///
    /// By default the candidate has the same rate ([`times`](Effect::times) changes it), and all
    /// units are alike ([`sticky`](Effect::sticky) changes that).
    #[must_use]
    pub const fn bad_events(control_rate: f64) -> Effect {
        let kind = Kind::BadEvents {
            control_rate,
            ratio: 1.0,
            shape: None,
            each_request: false,
        };
        Effect { kind }
    }

    /// Lets the candidate have so many times the control's bad events, for each unit.
    #[must_use]
    pub const fn times(mut self, times: f64) -> Effect {
        if let Kind::BadEvents { ratio, .. } = &mut self.kind {
            *ratio = times;
        }
        self
    }

    /// Lets the units' rates of bad events differ by a gamma law of mean 1.
    ///
    /// At 5 the units are much alike, at 0.5 a few have most of the bad events, at 0.05 nearly
    /// all of them.
    #[must_use]
    pub const fn sticky(mut self, gamma_shape: f64) -> Effect {
        if let Kind::BadEvents { shape, .. } = &mut self.kind {
            *shape = Some(gamma_shape);
        }
        self
    }

    /// Lets the guard count every bad event instead of each unit's first.
    ///
    /// It shows what a guard does that
    /// [takes each request for a unit](crate::stats::guard::RateGuard::where_each_request_is_its_own_unit).
    #[must_use]
    pub const fn counting_every_event(mut self) -> Effect {
        if let Kind::BadEvents { each_request, .. } = &mut self.kind {
            *each_request = true;
        }
        self
    }

    /// Returns the effect on a guard of a limit: the number of the candidate that it looks at.
    ///
    /// Each look finds another number, normally distributed with this mean and standard
    /// deviation, which may be 0.
    #[must_use]
    pub const fn value(mean: f64, deviation: f64) -> Effect {
        Effect {
            kind: Kind::Value { mean, deviation },
        }
    }

    pub(super) fn check(&self) -> Result<(), RehearsalError> {
        match self.kind {
            Kind::BadEvents {
                control_rate,
                ratio,
                shape,
                ..
            } => {
                positive("control's rate of bad events", control_rate)?;
                positive("ratio of the rates", ratio)?;
                positive("shape of the gamma law", shape.unwrap_or(1.0))
            }
            Kind::Value { mean, deviation } => {
                let is_fine = mean.is_finite() && deviation >= 0.0 && deviation.is_finite();
                let (value, expected) = match mean.is_finite() {
                    true => (deviation, "a finite number, not below 0"),
                    false => (mean, "a finite number"),
                };
                let what = "mean or deviation of the number";
                is_fine.then_some(()).ok_or(RehearsalError::OutOfRange {
                    what,
                    value,
                    expected,
                })
            }
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::BadEvents {
                control_rate,
                ratio,
                shape,
                each_request,
            } => {
                write!(
                    f,
                    "{control_rate} bad events a request, {ratio} times on the candidate"
                )?;
                if let Some(shape) = shape {
                    write!(f, ", rates by a gamma law of shape {shape}")?;
                }
                f.write_str(if each_request {
                    ", every event counted"
                } else {
                    ""
                })
            }
            Kind::Value { mean, deviation } => write!(f, "{mean}, standard deviation {deviation}"),
        }
    }
}
