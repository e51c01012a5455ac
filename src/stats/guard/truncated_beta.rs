//! Evidence that averages over all shares of bad events on one side of a boundary.

use super::{CandidateShare, Margins, Stage, StageTally};
use crate::stats::Refusal;
use crate::stats::special::{ln_beta, ln_beta_cdf, ln_beta_sf};

/// The Beta prior of the candidate's share of the bad events.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum BetaPrior {
    /// `Beta(k * share, k * (1 - share))`: centred on equal rates at every share of the traffic,
    /// narrower for larger `k`. 100 is customary.
    Concentration(f64),
    /// `Beta(a, b)`, the same at every share of the traffic.
    Parameters {
        /// Weight of the candidate's side.
        a: f64,
        /// Weight of the control's side.
        b: f64,
    },
}

impl BetaPrior {
    pub(crate) fn check(self) -> Result<(), Refusal> {
        let parameters = match self {
            BetaPrior::Concentration(k) => [k, k],
            BetaPrior::Parameters { a, b } => [a, b],
        };
        for value in parameters {
            let what = "a parameter of the Beta prior";
            Refusal::require_finite(what, value)?;
            let holds = (1e-6..=1e9).contains(&value);
            Refusal::require(holds, what, value, "a number from 1e-6 to 1e9")?;
        }
        Ok(())
    }

    fn parameters(self, share: CandidateShare) -> (f64, f64) {
        match self {
            BetaPrior::Concentration(k) => (k * share.get(), k * (1.0 - share.get())),
            BetaPrior::Parameters { a, b } => (a, b),
        }
    }

    pub(crate) fn ln_e_harm(self, margins: Margins, tally: &StageTally) -> f64 {
        self.sum(margins.harm(), tally, ln_beta_sf)
    }

    pub(crate) fn ln_e_safe(self, margins: Margins, tally: &StageTally) -> f64 {
        self.sum(margins.safe(), tally, ln_beta_cdf)
    }

    fn sum(self, boundary: f64, tally: &StageTally, ln_kept: fn(f64, f64, f64) -> f64) -> f64 {
        let of_stage = |stage: &Stage| {
            let (a, b) = self.parameters(stage.share);
            let boundary = stage.share.theta(boundary);
            ln_mixture(stage.candidate, stage.control, (a, b), boundary, ln_kept)
        };
        tally.stages().iter().map(of_stage).sum()
    }
}

/// Returns the logarithm of the mean of `(theta / t)^s ((1 - theta) / (1 - t))^f` over a Beta prior
/// that is truncated to one side of `t`.
///
/// `ln_kept` is the log probability of that side: `ln_beta_sf` for `theta > t`, `ln_beta_cdf` for
/// `theta < t`.
pub(crate) fn ln_mixture(
    s: u64,
    f: u64,
    (a, b): (f64, f64),
    t: f64,
    ln_kept: fn(f64, f64, f64) -> f64,
) -> f64 {
    if s == 0 && f == 0 {
        return 0.0;
    }
    let (s, f) = (s as f64, f as f64);
    let posterior = ln_beta(a + s, b + f) + ln_kept(t, a + s, b + f);
    let prior = ln_beta(a, b) + ln_kept(t, a, b);
    posterior - prior - s * t.ln() - f * (-t).ln_1p()
}
