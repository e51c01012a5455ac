//! A planned trial: the effect to find, and the traffic.

use super::{Design, Sides, check_positive};
use crate::stats::guard::CandidateShare;
use crate::stats::{Alpha, Refusal};

/// A planned trial: the effect to find, and the traffic.
///
/// [`compare`](Trial::compare) says how many requests each method needs.
///
/// ```
/// use switchstand::stats::Alpha;
/// use switchstand::stats::guard::CandidateShare;
/// use switchstand::stats::planning::{Counting, TrialMethod, Quantity, Trial};
/// let errors = Quantity::Rate { control: 0.01, candidate: 0.03 };
/// let trial = Trial::new(errors, CandidateShare::new(0.05)?, Alpha::ONE_PERCENT, 0.8)?
///     .with_requests_per_day(100_000.0)?;
/// let comparison = trial.compare()?;
/// assert_eq!(comparison.recommended().method, TrialMethod::RateGuard);
/// println!("{comparison}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    pub(super) quantity: Quantity,
    pub(super) share: CandidateShare,
    pub(super) design: Design,
    pub(super) counting: Counting,
    pub(super) looks: usize,
    pub(super) requests_per_day: Option<f64>,
}

/// The planned values of the control and the candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Quantity {
    /// The probability that a request has the event, strictly between 0 and 1.
    Rate {
        /// The control's.
        control: f64,
        /// The candidate's.
        candidate: f64,
    },
    /// A mean of values, one per counted unit.
    Mean {
        /// Candidate minus control.
        difference: f64,
        /// Standard deviation of a value, in either arm.
        deviation: f64,
    },
}

/// The rule for what counts as one observation.
///
/// Requests of one unit depend on each other, so only a unit's first event, or its one value,
/// counts. This costs power: a unit that fails often counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Counting {
    /// Each request, because no unit makes two.
    #[default]
    EachRequest,
    /// Each unit once: its first event, or its one value.
    EachUnit {
        /// Requests that a unit makes during the trial, on average; at least 1.
        requests: f64,
        /// How alike units are: the shape of the gamma distribution of their event rates. 0.05 if a
        /// few units have nearly all events, 5 if units hardly differ; not used for means.
        shape: f64,
    },
}

impl Trial {
    /// Returns a two-sided trial with these arms, whose sequential tests look five times.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] that names the number at fault: a rate that is not strictly
    /// between 0 and 1, equal rates, a difference of 0, a deviation that is not positive, a
    /// power outside of alpha to 1.
    pub fn new(
        quantity: Quantity,
        share: CandidateShare,
        alpha: Alpha,
        power: f64,
    ) -> Result<Trial, Refusal> {
        match quantity {
            Quantity::Rate { control, candidate } => {
                rate("control's rate", control)?;
                rate("candidate's rate", candidate)?;
                let expected = "another rate than the control's";
                let differ = control != candidate;
                Refusal::require(differ, "candidate's rate", candidate, expected)?;
            }
            Quantity::Mean {
                difference,
                deviation,
            } => {
                check_positive("size of the difference", difference.abs())?;
                check_positive("standard deviation", deviation)?;
            }
        }
        Refusal::require(power > alpha.get(), "power", power, "more than alpha")?;
        let ratio = share.get() / (1.0 - share.get());
        Ok(Trial {
            quantity,
            share,
            design: Design::new(alpha, power)?.with_ratio(ratio)?,
            counting: Counting::EachRequest,
            looks: 5,
            requests_per_day: None,
        })
    }

    /// Returns the trial with tests of this number of sides.
    #[must_use]
    pub const fn with_sides(self, sides: Sides) -> Trial {
        let design = self.design.with_sides(sides);
        Trial { design, ..self }
    }

    /// Returns the trial with another rule of what counts.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for fewer than one request per unit, or a shape that is not
    /// positive and finite.
    pub fn with_counting(self, counting: Counting) -> Result<Trial, Refusal> {
        if let Counting::EachUnit { requests, shape } = counting {
            check_positive("shape of the law of units", shape)?;
            check_positive("requests per unit", requests)?;
            Refusal::require(requests >= 1.0, "requests per unit", requests, "at least 1")?;
        }
        Ok(Trial { counting, ..self })
    }

    /// Returns the trial with so many equally spaced looks of the group sequential test.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless there are 2 to 20.
    pub fn with_looks(self, looks: usize) -> Result<Trial, Refusal> {
        let holds = (2..=20).contains(&looks);
        Refusal::require(holds, "number of looks", looks as f64, "from 2 to 20")?;
        Ok(Trial { looks, ..self })
    }

    /// Returns the trial in a traffic of so many requests per day.
    ///
    /// They go to both arms together, and turn requests into days.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless the number is positive and finite.
    pub fn with_requests_per_day(self, requests: f64) -> Result<Trial, Refusal> {
        check_positive("requests per day", requests)?;
        Ok(Trial {
            requests_per_day: Some(requests),
            ..self
        })
    }

    /// Returns the requests per observation that counts.
    pub(super) const fn requests_per_observation(&self) -> f64 {
        match self.counting {
            Counting::EachRequest => 1.0,
            Counting::EachUnit { requests, .. } => requests,
        }
    }

    /// Returns the probability that an observation has the event, from that of a request.
    ///
    /// A unit whose rate follows a gamma law of shape `k` and mean `p` has an event among `m`
    /// requests with probability `1 - (1 + m p / k)^-k`.
    pub(super) fn rate_of_observation(&self, p: f64) -> f64 {
        match self.counting {
            Counting::EachRequest => p,
            Counting::EachUnit { requests, shape } => {
                -(-shape * (requests * p / shape).ln_1p()).exp_m1()
            }
        }
    }
}

fn rate(what: &'static str, value: f64) -> Result<(), Refusal> {
    let expected = "a number strictly between 0 and 1";
    Refusal::require(value > 0.0 && value < 1.0, what, value, expected)
}
