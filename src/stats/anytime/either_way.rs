//! The evidence of two opposite claims.

use crate::stats::Alpha;
use crate::stats::guard::LnEvidence;

/// The evidence of one set of observations for the candidate and against it, at one moment.
///
/// "Better" and "worse" are meant beside what was asked: no effect, a margin, or an objective.
/// Each side is an e-process of its own, and may be looked at on every request.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EitherWay {
    /// Evidence that the candidate is better than what was asked.
    pub better: LnEvidence,
    /// Evidence that the candidate is worse than what was asked.
    pub worse: LnEvidence,
}

impl EitherWay {
    /// Takes the logarithms of both e-values; each side is conclusive at `alpha`.
    pub(super) fn new(ln_better: f64, ln_worse: f64, alpha: Alpha) -> EitherWay {
        let threshold = -alpha.get().ln();
        let [better, worse] = [ln_better, ln_worse].map(|ln_e| LnEvidence { ln_e, threshold });
        EitherWay { better, worse }
    }
}
