//! The pair of hypotheses that a guard tests, and how.

use super::grid::RatioMixture;
use super::reading::LnEvidence;
use super::{BetaPrior, Margins, RatioGrid, StageTally};
use crate::stats::{Alpha, Refusal};

/// How a guard turns the split of bad events into evidence.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RateMethod {
    /// Averages over a few rate ratios: the default, the quickest over a range of harms.
    Grid(RatioGrid),
    /// Averages over all shares of the bad events on one side of the boundary.
    ///
    /// The share of bad events is learned separately for every share of the traffic, so on a ramp
    /// it is slower than a grid, whose parameter is the rate ratio itself.
    TruncatedBeta(BetaPrior),
    /// Wald's likelihood ratio between the two boundaries, nothing else.
    ///
    /// HARM tests the harm boundary against the safe one, SAFE the reverse. It is the quickest if
    /// the truth is one of the two, and poor between and far from them. The thresholds are
    /// Ville's, `ln(1 / alpha)`; Wald's own, lower by `ln(1 / (1 - beta))`, keep only the sum of
    /// the two error rates.
    Sprt,
}

/// The two hypotheses of a guard, the method and the error rates.
///
/// - **HARM** tests that the candidate's rate of bad events is at most `margins.harm()` times the
///   control's. It rejects a harmless candidate with probability at most `alpha_harm`, over the
///   whole release and however often it is looked at.
/// - **SAFE** tests that the rate is at least `margins.safe()` times the control's. It passes a
///   candidate as bad as that with probability at most `alpha_safe`.
///
/// # Formula
/// With share `pi` of the traffic and rate ratio `r`, the next bad event is the candidate's with
/// probability `theta(r) = pi r / (pi r + 1 - pi)`, whatever the common rate is and however it
/// drifts. HARM is the mean, over ratios `r` above the boundary `r0`, of the likelihood ratios
/// `product (theta(r) / theta(r0))^y ((1 - theta(r)) / (1 - theta(r0)))^(1 - y)`, `y = 1` for an
/// event of the candidate. Each factor's expectation is increasing in the true `theta` and 1 at
/// `theta(r0)`, so under the null hypothesis the mean is a non-negative supermartingale that
/// starts at 1, and by Ville's inequality it ever reaches `1 / alpha` with probability at most
/// `alpha`. SAFE is the mirror image. The share may change at any moment, chosen from the past.
///
/// # Assumptions
/// The labels are independent: each event is its own unit's first, or each request is its own unit.
/// The two sides run at the same time. With units that come again, the hypotheses are about their
/// requests: HARM that no unit's requests fail more than `margins.harm()` times as often as they
/// would at the control, SAFE that every unit's fail at least `margins.safe()` times as often
/// ([`SeenUnits`](super::SeenUnits) says how). A share that changes may depend on the evidence, not
/// on single units.
///
/// # When not to use it
/// For means, scores and latencies (an anytime-valid test on means), and for sides that run
/// one after the other.
///
/// Source: Lindon and Malek (2022), <https://doi.org/10.48550/arXiv.2011.03567>; Wald (1945),
/// <https://doi.org/10.1214/aoms/1177731118>.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawRateTest"))]
pub struct RateTest {
    margins: Margins,
    method: RateMethod,
    alpha_harm: Alpha,
    alpha_safe: Alpha,
    /// For events of which each is its own unit's.
    #[cfg_attr(feature = "serde", serde(skip))]
    process: Process,
    /// For first events of units, thinned where they must be.
    #[cfg_attr(feature = "serde", serde(skip))]
    of_units: Process,
}

#[derive(Clone, Debug, PartialEq)]
enum Process {
    Ratios {
        harm: RatioMixture,
        safe: RatioMixture,
    },
    TruncatedBeta(BetaPrior, Margins),
}

impl RateTest {
    /// Returns a test of `margins` by `method` at these error rates.
    ///
    /// # Errors
    /// A [`Refusal`] that names the ratio or the parameter which is out of place: a grid's
    /// ratio on the wrong side of its boundary, a prior that is not positive, boundaries of an
    /// SPRT that are not in order.
    pub fn new(
        margins: Margins,
        method: RateMethod,
        alpha_harm: Alpha,
        alpha_safe: Alpha,
    ) -> Result<RateTest, Refusal> {
        let process = match &method {
            RateMethod::Grid(grid) => Process::Ratios {
                harm: RatioMixture::above(margins.harm(), &grid.harm)?,
                safe: RatioMixture::below(margins.safe(), &grid.safe)?,
            },
            RateMethod::TruncatedBeta(prior) => {
                prior.check()?;
                Process::TruncatedBeta(*prior, margins)
            }
            RateMethod::Sprt => Process::Ratios {
                harm: RatioMixture::above(margins.harm(), &[margins.safe()])?,
                safe: RatioMixture::below(margins.safe(), &[margins.harm()])?,
            },
        };
        Ok(RateTest {
            margins,
            method,
            alpha_harm,
            alpha_safe,
            of_units: process.of_units(margins),
            process,
        })
    }

    /// Returns the same test at other error rates.
    #[must_use]
    pub fn with_alpha(self, harm: Alpha, safe: Alpha) -> RateTest {
        RateTest {
            alpha_harm: harm,
            alpha_safe: safe,
            ..self
        }
    }

    /// Returns the evidence of harm in events of which each is its own unit's.
    #[must_use]
    pub fn harm(&self, tally: &StageTally) -> LnEvidence {
        self.evidence_of_harm(self.process.ln_e_harm(tally))
    }

    /// Returns the evidence of safety in events of which each is its own unit's.
    #[must_use]
    pub fn safe(&self, tally: &StageTally) -> LnEvidence {
        self.evidence_of_safety(self.process.ln_e_safe(tally))
    }

    /// Returns the evidence of harm in units' events,
    /// [`SeenUnits::tally`](super::SeenUnits::tally).
    #[must_use]
    pub fn harm_of_units(&self, tally: &StageTally) -> LnEvidence {
        self.evidence_of_harm(self.of_units.ln_e_harm(tally))
    }

    /// Returns the evidence of safety in units' events,
    /// [`SeenUnits::safe_tally`](super::SeenUnits::safe_tally).
    #[must_use]
    pub fn safe_of_units(&self, tally: &StageTally) -> LnEvidence {
        self.evidence_of_safety(self.of_units.ln_e_safe(tally))
    }

    fn evidence_of_harm(&self, ln_e: f64) -> LnEvidence {
        LnEvidence {
            ln_e,
            threshold: -self.alpha_harm.get().ln(),
        }
    }

    fn evidence_of_safety(&self, ln_e: f64) -> LnEvidence {
        LnEvidence {
            ln_e,
            threshold: -self.alpha_safe.get().ln(),
        }
    }

    /// Returns each rate ratio that HARM averages over, with its log likelihood ratio.
    ///
    /// The greatest tells which rate ratio explains the events best. Empty for
    /// [`RateMethod::TruncatedBeta`], which averages over a continuum.
    #[must_use]
    pub fn harm_terms(&self, tally: &StageTally) -> Vec<(f64, f64)> {
        match &self.process {
            Process::Ratios { harm, .. } => harm.terms(tally),
            Process::TruncatedBeta(..) => Vec::new(),
        }
    }

    /// Returns each rate ratio that SAFE averages over, with its log likelihood ratio.
    ///
    /// Empty for [`RateMethod::TruncatedBeta`].
    #[must_use]
    pub fn safe_terms(&self, tally: &StageTally) -> Vec<(f64, f64)> {
        match &self.process {
            Process::Ratios { safe, .. } => safe.terms(tally),
            Process::TruncatedBeta(..) => Vec::new(),
        }
    }

    /// Returns the boundaries of harm and safety.
    #[must_use]
    pub const fn margins(&self) -> Margins {
        self.margins
    }

    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> &RateMethod {
        &self.method
    }

    /// Returns the probability of rejecting a harmless candidate, at most.
    #[must_use]
    pub const fn alpha_harm(&self) -> Alpha {
        self.alpha_harm
    }

    /// Returns the probability of passing a candidate at the safe boundary, at most.
    #[must_use]
    pub const fn alpha_safe(&self) -> Alpha {
        self.alpha_safe
    }
}

impl Default for RateTest {
    /// Returns the grid test of the default margins, each error rate one in a hundred.
    fn default() -> RateTest {
        let margins = Margins::default();
        let grid = RatioGrid::below(margins.safe());
        let process = Process::Ratios {
            harm: RatioMixture::of_checked(margins.harm(), &grid.harm),
            safe: RatioMixture::of_checked(margins.safe(), &grid.safe),
        };
        RateTest {
            margins,
            method: RateMethod::Grid(grid),
            alpha_harm: Alpha::ONE_PERCENT,
            alpha_safe: Alpha::ONE_PERCENT,
            of_units: process.of_units(margins),
            process,
        }
    }
}

impl Process {
    fn of_units(&self, margins: Margins) -> Process {
        match self {
            Process::Ratios { harm, safe } => {
                let thinned = |mixture: &RatioMixture, is_thinned| match is_thinned {
                    true => mixture.relative(),
                    false => mixture.clone(),
                };
                Process::Ratios {
                    harm: thinned(harm, margins.harm() < 1.0),
                    safe: thinned(safe, margins.safe() > 1.0),
                }
            }
            Process::TruncatedBeta(prior, margins) => {
                Process::TruncatedBeta(*prior, margins.of_thinned())
            }
        }
    }

    fn ln_e_harm(&self, tally: &StageTally) -> f64 {
        match self {
            Process::Ratios { harm, .. } => harm.ln_e(tally),
            Process::TruncatedBeta(prior, margins) => prior.ln_e_harm(*margins, tally),
        }
    }

    fn ln_e_safe(&self, tally: &StageTally) -> f64 {
        match self {
            Process::Ratios { safe, .. } => safe.ln_e(tally),
            Process::TruncatedBeta(prior, margins) => prior.ln_e_safe(*margins, tally),
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRateTest {
    margins: Margins,
    method: RateMethod,
    alpha_harm: Alpha,
    alpha_safe: Alpha,
}

#[cfg(feature = "serde")]
impl TryFrom<RawRateTest> for RateTest {
    type Error = Refusal;

    fn try_from(raw: RawRateTest) -> Result<RateTest, Refusal> {
        RateTest::new(raw.margins, raw.method, raw.alpha_harm, raw.alpha_safe)
    }
}
