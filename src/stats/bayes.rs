//! Bayesian answers: how probable it is that the candidate is better, and what a wrong choice
//! costs.
//!
//! | question | function |
//! |---|---|
//! | is the candidate's rate better, and what is at stake? | [`compare_rates`] |
//! | between which values does the difference of rates lie? | [`rate_difference`] |
//! | the same for an estimate with a standard error | [`posterior`] |
//! | which of several is best? | [`best_of_rates`], [`best_of_means`] |
//!
//! **Do not stop a test because a probability passes 95 %.** It is only as good as the prior. If
//! you look again and again while nothing differs, it passes 95 % sooner or later, just as a
//! p-value passes 5 %. So do not let it decide a roll-back or a promotion. For evidence at any time
//! use other modules, such as [`guard`](crate::stats::guard). Within one report, a threshold on the
//! probability agrees with a two-sided interval at `alpha` if it is `1 - alpha / 2`, not `1 -
//! alpha`.
//!
//! Assumes independent units, with one outcome per unit.
//!
//! Sources: Gelman and others (2013), Bayesian Data Analysis, 3rd ed.,
//! <https://doi.org/10.1201/b16018>; Berry and others (2010),
//! <https://doi.org/10.1201/EBK1439825488>.

mod best;
mod beta;
mod normal;
mod quadrature;
mod rates;

pub use best::{Best, MAX_ARMS, best_of_means, best_of_rates};
pub use beta::BetaLaw;
pub use normal::{EffectBelief, NormalLaw, posterior};
pub use rates::{RateBelief, compare_rates, rate_difference};
