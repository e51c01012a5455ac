//! The stored form of a running trial: what it was told. Its boundaries are computed again.

use super::{Futility, Monitor};
use crate::stats::group_sequential::{Interim, Spending, TrialVerdict};
use crate::stats::state::StateError;
use crate::stats::{Alpha, Alternative};

const NAME: &str = "group sequential trial";
const VERSION: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    spending: Spending,
    alpha: Alpha,
    alternative: Alternative,
    maximum: f64,
    futility: Option<StoredFutility>,
    looks: Vec<Look>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFutility {
    spending: Spending,
    rate: Alpha,
    drift: f64,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    fraction: f64,
    effect: f64,
    standard_error: f64,
    is_last: bool,
}

impl From<Monitor> for State {
    fn from(trial: Monitor) -> State {
        let look = |look: &Interim| Look {
            fraction: look.fraction,
            effect: look.effect,
            standard_error: look.standard_error,
            is_last: match look.verdict {
                TrialVerdict::NoEffectShown => true,
                // A last look and one that happens to spend all have the same boundary.
                TrialVerdict::EffectShown => look.spent_so_far >= look.alpha.get(),
                TrialVerdict::Continue | TrialVerdict::Futile => false,
            },
        };
        let futility = trial.futility.and_then(|futility| {
            Some(StoredFutility {
                spending: futility.spending,
                rate: Alpha::new(futility.rate).ok()?,
                drift: futility.drift,
            })
        });
        State {
            version: VERSION,
            spending: trial.spending,
            alpha: trial.alpha,
            alternative: trial.alternative,
            maximum: trial.maximum,
            futility,
            looks: trial.looks.iter().map(look).collect(),
        }
    }
}

impl TryFrom<State> for Monitor {
    type Error = StateError;

    fn try_from(state: State) -> Result<Monitor, StateError> {
        StateError::check_version(NAME, state.version, VERSION)?;
        let inconsistent = |why| StateError::Inconsistent { what: NAME, why };
        let start = Monitor::new(
            state.spending,
            state.alpha,
            state.alternative,
            state.maximum,
        );
        let mut trial =
            start.map_err(|_| inconsistent("the maximum is not positive and finite"))?;
        if let Some(futility) = state.futility {
            let one_sided = state.alternative != Alternative::TwoSided;
            StateError::require(one_sided, NAME, "a two-sided trial has a futility boundary")?;
            let drift = futility.drift;
            let holds = drift > 0.0 && drift.is_finite();
            StateError::require(holds, NAME, "the planned drift is not positive and finite")?;
            trial.futility = Some(Futility {
                spending: futility.spending,
                rate: futility.rate.get(),
                drift,
            });
        }
        for look in state.looks {
            let is_last = look.is_last || look.fraction >= 1.0;
            trial
                .take(look.fraction, look.effect, look.standard_error, is_last)
                .map_err(|_| inconsistent("a look would have been refused"))?;
        }
        Ok(trial)
    }
}
