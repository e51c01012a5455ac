//! Bayesian answers: how probable it is that the candidate is better, and what a choice costs.
//!
//! | question | function |
//! |---|---|
//! | is the candidate's rate better, and what is at stake? | [`compare_rates`] |
//! | between which values does the difference of rates lie? | [`rate_difference`] |
//! | the same for an estimate with a standard error | [`posterior`] |
//! | which of several is best? | [`best_of_rates`], [`best_of_means`] |
//!
//! **A probability of 95 % is no safe reason to stop.** It means what it says only if the prior
//! does. Looked at again and again while nothing differs, it passes 95 % sooner or later, just
//! as a p-value passes 5 %: do not let it drive a roll-back or a promotion. Evidence that may be
//! looked at any time has modules of its own, such as [`guard`](crate::stats::guard). Within one
//! report, a threshold on the probability agrees with a two-sided interval at `alpha` if it is
//! `1 - alpha / 2`, not `1 - alpha`.
//!
//! Units are independent here too, one outcome per unit.

mod best;
mod beta;
mod normal;
mod quadrature;
mod rates;

pub use best::{Best, MAX_ARMS, best_of_means, best_of_rates};
pub use beta::BetaLaw;
pub use normal::{EffectBelief, NormalLaw, posterior};
pub use rates::{RateBelief, compare_rates, rate_difference};
