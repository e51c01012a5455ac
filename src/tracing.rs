//! Turns outcomes, shadows and changes into `tracing` events.
//!
//! They use the attribute names of OpenTelemetry's semantic conventions for feature flags
//! (`feature_flag.key`, `feature_flag.result.variant`, `feature_flag.result.reason`,
//! `feature_flag.context.id`, `feature_flag.version`); other attributes begin with `switchstand.`.
//! Targets are `switchstand::outcome`, `switchstand::shadow` and `switchstand::change`, so that a
//! filter can separate them.

use ::tracing::{debug, info, warn};

use crate::{
    deployment::{Change, Operation},
    observer::Observer,
    outcome::{Ending, Outcome},
    record::{ShadowOutcome, ShadowRun},
    route::{Propensity, Reason},
    timestamp::Timestamp,
};

/// An observer that turns outcomes, shadows and changes into events.
///
/// Outcomes that were answered, refused or given up, and shadows that answered or failed, are at
/// level debug; outcomes that failed and shadows that panicked at warn; changes of deployment and
/// release (swaps and the steps of a roll-out among them) at info. Units are written in clear text:
/// filter or hash what must not be logged. Times are there if the router has a clock.
///
/// ```
/// use std::sync::Arc;
/// use switchstand::{Router, tracing::TracingObserver};
/// let router = Router::builder("ranker")
///     .observer(Arc::new(TracingObserver))
///     .build("v1", "the first model")?;
/// # let _ = router.generation();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn outcome(&self, outcome: &Outcome<'_>) {
        ended(outcome);
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        shadowed(run);
    }

    fn change(&self, change: &Change<'_>) {
        changed(change);
    }
}

macro_rules! outcome_event {
    ($level:ident, $outcome:ident) => {
        $level!(
            name: "feature_flag.evaluation",
            target: "switchstand::outcome",
            {
            feature_flag.key = $outcome.release(),
            feature_flag.result.variant = $outcome.version(),
            feature_flag.result.reason = reason($outcome.reason()),
            feature_flag.context.id = $outcome.unit().map(|unit| display(unit.to_owned())),
            feature_flag.version = %$outcome.fingerprint(),
            switchstand.arm = $outcome.arm(),
            switchstand.rule = ?$outcome.reason(),
            switchstand.propensity = $outcome.propensity().map(Propensity::as_fraction),
            switchstand.generation = $outcome.generation(),
            switchstand.ending = $outcome.ending().as_str(),
            switchstand.answered_by = $outcome.answered_by(),
            switchstand.noted = $outcome.is_noted(),
            switchstand.seconds = $outcome.took().map(|took| took.as_secs_f64()),
            switchstand.at = $outcome.at().map(Timestamp::as_nanos)
            },
            "a request ended"
        )
    };
}

fn ended(outcome: &Outcome<'_>) {
    if outcome.ending() == Ending::Failed {
        outcome_event!(warn, outcome);
    } else {
        outcome_event!(debug, outcome);
    }
}

macro_rules! shadow_event {
    ($level:ident, $run:ident, $outcome:expr) => {
        $level!(
            name: "switchstand.shadow",
            target: "switchstand::shadow",
            {
            feature_flag.key = &*$run.assignment.release,
            feature_flag.result.variant = &*$run.assignment.version,
            feature_flag.context.id = %$run.unit,
            feature_flag.version = %$run.assignment.fingerprint,
            switchstand.shadow = &*$run.shadow,
            switchstand.outcome = $outcome,
            switchstand.generation = $run.assignment.generation,
            switchstand.seconds = $run.took.map(|took| took.as_secs_f64()),
            switchstand.at = $run.at.map(Timestamp::as_nanos)
            },
            "a shadow ended"
        )
    };
}

fn shadowed(run: &ShadowRun<'_>) {
    let outcome = run.outcome.as_str();
    if run.outcome == ShadowOutcome::Panicked {
        shadow_event!(warn, run, outcome);
    } else {
        shadow_event!(debug, run, outcome);
    }
}

fn changed(change: &Change<'_>) {
    let (operation, version) = match &*change.operation {
        Operation::Deploy { version } => ("deploy", Some(version)),
        Operation::Validate { version } => ("validate", Some(version)),
        Operation::Release { .. } => ("release", None),
        Operation::Swap { version, .. } => ("swap", Some(version)),
        Operation::Accept => ("accept", None),
        Operation::Reject { version, .. } => ("reject", Some(version)),
        Operation::Shed { version, .. } => ("shed", Some(version)),
        Operation::Retire { version } => ("retire", Some(version)),
        Operation::Reclaim { version } => ("reclaim", Some(version)),
    };
    let cause = Some(&*change.cause).filter(|cause| !cause.is_empty());
    let release = match &*change.operation {
        Operation::Release { policy } => Some(policy.release()),
        Operation::Swap { policy, .. } => policy.as_ref().map(|policy| policy.release()),
        _ => None,
    };
    info!(
        name: "switchstand.change",
        target: "switchstand::change",
        {
        feature_flag.key = release,
        switchstand.operation = operation,
        switchstand.version = version.map(String::as_str),
        switchstand.cause = cause,
        switchstand.actor = &*change.actor,
        switchstand.generation = change.generation,
        switchstand.at = change.at.map(Timestamp::as_nanos)
        },
        "an operator changed the router"
    );
}

/// Returns the convention's word for a rule.
const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Live => "static",
        Reason::Killed => "disabled",
        Reason::Pinned => "cached",
        Reason::PinLapsed => "stale",
        Reason::Override | Reason::Listed | Reason::Audience => "targeting_match",
        Reason::Holdout | Reason::Layer | Reason::Gate | Reason::Split => "split",
        Reason::Saturated | Reason::Fallback => "error",
    }
}
