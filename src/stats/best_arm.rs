//! Several arms: which one is best, which ones beat the control, and where traffic helps most.
//!
//! | question | function |
//! |---|---|
//! | which of these versions has the largest mean? | [`best_mean`] |
//! | which challengers differ from the control? | [`against_control`] |
//! | with which shares would the best one be found soonest? | [`optimal_allocation`] |
//! | how far is each arm from the leader, in log likelihood? | [`likelihood_ratios`], no verdict |
//!
//! The first two hold at every look, whatever the looks decide. The shares must not depend on the
//! outcomes seen so far: if traffic follows the leader, plain means are biased.

mod allocation;

pub use allocation::{Allocation, LikelihoodRatios, likelihood_ratios, optimal_allocation};

use super::anytime::{AnytimeT, AnytimeValid};
use super::evidence::EValue;
use super::multiplicity::{e_benjamini_hochberg, e_holm};
use super::{Alpha, HigherMoments, Refusal};

/// The leading arm at one look.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BestMean {
    /// Index of the arm with the largest mean so far.
    pub leader: usize,
    /// The leader's lead over each arm, at alpha divided by the number of rivals; `None` for
    /// itself.
    pub leads: Vec<Option<AnytimeValid>>,
}

impl BestMean {
    /// Tells whether the leader is shown to be better than every other arm.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.leads
            .iter()
            .flatten()
            .all(AnytimeValid::is_significant)
    }

    /// Returns the arms that may still be the best one, the leader among them.
    ///
    /// The best arm is ever left out with probability at most alpha.
    pub fn remaining(&self) -> impl Iterator<Item = usize> + '_ {
        let remains = |lead: &Option<AnytimeValid>| lead.is_none_or(|lead| !lead.is_significant());
        let leads = self.leads.iter().enumerate();
        leads
            .filter(move |(_, lead)| remains(lead))
            .map(|(arm, _)| arm)
    }
}

/// Finds the arm with the largest mean, at any of many looks.
///
/// Each arm is compared with the leader by the anytime-valid t statistic at `alpha / (K - 1)`. An
/// error needs evidence for an arm against the truly best one, and only `K - 1` arms can have that
/// (Bonferroni). So the leader may change, and the probability that a wrong arm is ever found, or
/// the best one ever dropped, is at most `alpha`. If two arms share the largest mean, it never
/// ends. Holm's procedure is not valid here, because it needs a leader that was named before.
///
/// Assumptions and source: those of [`AnytimeT::means`]. If small values are better, as with
/// latencies, record the negated values.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two arms, and what [`AnytimeT::means`] refuses
/// for any pair with the leader.
///
/// ```
/// use switchstand::stats::anytime::AnytimeT;
/// use switchstand::stats::{Alpha, HigherMoments, best_arm};
/// let arm = |mean: f64| {
///     let mut moments = HigherMoments::new();
///     (0..4_000).try_for_each(|i| moments.record(mean + f64::from(i % 7)))?;
///     Ok::<_, switchstand::stats::Refusal>(moments)
/// };
/// let arms = [arm(0.0)?, arm(0.4)?, arm(0.35)?];
/// let test = AnytimeT::tuned_for(2_000.0, Alpha::FIVE_PERCENT)?;
/// let look = best_arm::best_mean(&arms, &test, Alpha::FIVE_PERCENT)?;
/// assert_eq!(look.leader, 1);
/// assert!(!look.is_found() && look.remaining().eq([1, 2]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn best_mean(
    arms: &[HigherMoments],
    test: &AnytimeT,
    alpha: Alpha,
) -> Result<BestMean, Refusal> {
    let means: Vec<f64> = arms
        .iter()
        .map(|arm| arm.mean().unwrap_or(f64::NEG_INFINITY))
        .collect();
    let (leader, best) = leading(&means, arms)?;
    let rivals = arms.len() as f64 - 1.0;
    let shared =
        Alpha::new(alpha.get() / rivals).map_err(|_| Refusal::overflow("number of arms"))?;
    let lead = |(index, arm): (usize, &HigherMoments)| {
        if index == leader {
            Ok(None)
        } else {
            test.means(arm, best, shared).map(Some)
        }
    };
    let leads: Result<Vec<_>, Refusal> = arms.iter().enumerate().map(lead).collect();
    Ok(BestMean {
        leader,
        leads: leads?,
    })
}

/// Each challenger's comparison with the control, at one look.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Challengers {
    /// Each challenger against the control, at alpha each, as if it were alone.
    pub looks: Vec<AnytimeValid>,
    /// P-values adjusted for no false alarm among all of them: reject what is at most alpha.
    pub holm: Vec<f64>,
    /// P-values adjusted for the share of false ones among the findings.
    pub false_discovery: Vec<f64>,
}

/// Compares every challenger with the same control, at any of many looks.
///
/// Each is an anytime-valid t statistic; their e-values go through
/// [`e_holm`] and [`e_benjamini_hochberg`], which need no assumption on how the comparisons
/// depend on each other through the control. Assumptions: those of [`AnytimeT::means`].
///
/// # Errors
/// [`Refusal::InsufficientData`] without a challenger, and what [`AnytimeT::means`] refuses for
/// any of them.
pub fn against_control(
    control: &HigherMoments,
    challengers: &[HigherMoments],
    test: &AnytimeT,
    alpha: Alpha,
) -> Result<Challengers, Refusal> {
    if challengers.is_empty() {
        return Err(Refusal::too_few("list of challengers", 0, 1));
    }
    let looks: Result<Vec<_>, Refusal> = challengers
        .iter()
        .map(|challenger| test.means(control, challenger, alpha))
        .collect();
    let looks = looks?;
    let e: Result<Vec<_>, Refusal> = looks
        .iter()
        .map(|look| EValue::from_ln(look.ln_e))
        .collect();
    let e = e?;
    Ok(Challengers {
        holm: e_holm(&e),
        false_discovery: e_benjamini_hochberg(&e),
        looks,
    })
}

/// Returns the first arm with the largest mean, given at least two arms.
fn leading<'a, T>(means: &[f64], arms: &'a [T]) -> Result<(usize, &'a T), Refusal> {
    let first_largest = means
        .iter()
        .enumerate()
        .rev()
        .max_by(|(_, x), (_, y)| x.total_cmp(y))
        .map_or(0, |(index, _)| index);
    match arms.get(first_largest) {
        Some(arm) if arms.len() > 1 => Ok((first_largest, arm)),
        _ => Err(Refusal::too_few("list of arms", arms.len() as u64, 2)),
    }
}
