//! Hands records on as events of the `tracing` ecosystem.
//!
//! Exposures bear the attribute names of OpenTelemetry's semantic conventions for feature flags
//! (`feature_flag.key`, `feature_flag.result.variant`, `feature_flag.result.reason`,
//! `feature_flag.context.id`, `feature_flag.version`); what these have no name for begins with
//! `switchstand.`. Targets are `switchstand::exposure`, `switchstand::shadow` and
//! `switchstand::change`, so that a filter can tell them apart.

use core::fmt;

use ::tracing::{debug, info, warn};

use crate::{
    deployment::{Change, Operation},
    record::{Assignment, DropReason, Exposure, Record, Recorder, ShadowOutcome, ShadowRun},
    route::{Propensity, Reason},
    timestamp::Timestamp,
};

/// Records exposures, shadows and changes as events.
///
/// Exposures and shadows that answered or failed are at level debug, shadows that panicked at
/// warn, changes of deployment and release (swaps and the steps of a roll-out among them) at
/// info. Units are written as they are: filter or hash what must not be logged.
///
/// ```
/// use std::sync::Arc;
/// use switchstand::{Router, Timestamp, tracing::TracingRecorder};
/// let clock = || Timestamp::from_secs(1_700_000_000);
/// let router = Router::builder("ranker")
///     .recorder(Arc::new(TracingRecorder::new(clock)))
///     .build("v1", "the first model")?;
/// # let _ = router.generation();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TracingRecorder<C> {
    clock: C,
}

impl<C: Fn() -> Timestamp + Send + Sync> TracingRecorder<C> {
    /// Returns a recorder that asks `clock` for the time of a record.
    #[must_use]
    pub const fn new(clock: C) -> TracingRecorder<C> {
        TracingRecorder { clock }
    }
}

impl<C: Fn() -> Timestamp + Send + Sync> Recorder for TracingRecorder<C> {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn record(&self, record: Record<'_>) {
        match record {
            Record::Exposure(exposure) => exposed(&exposure),
            Record::Shadow(run) => shadowed(&run),
            Record::Change(change) => changed(&change),
        }
    }
}

fn exposed(exposure: &Exposure<'_>) {
    let Exposure {
        at,
        unit,
        assignment,
        failed,
    } = exposure;
    debug!(
        name: "feature_flag.evaluation",
        target: "switchstand::exposure",
        {
        feature_flag.key = &*assignment.release,
        feature_flag.result.variant = &*assignment.version,
        feature_flag.result.reason = reason(assignment.reason),
        feature_flag.context.id = %unit,
        feature_flag.version = %assignment.fingerprint,
        switchstand.arm = arm(assignment),
        switchstand.rule = ?assignment.reason,
        switchstand.propensity = assignment.propensity.map(Propensity::as_fraction),
        switchstand.generation = assignment.generation,
        switchstand.failed = *failed,
        switchstand.at = at.as_nanos()
        },
        "a unit got an answer"
    );
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
            switchstand.at = $run.at.as_nanos()
            },
            "a shadow ended"
        )
    };
}

fn shadowed(run: &ShadowRun<'_>) {
    let outcome = outcome(run.outcome);
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
        switchstand.at = change.at.as_nanos()
        },
        "an operator changed the router"
    );
}

fn arm<'a>(assignment: &'a Assignment<'_>) -> Option<&'a str> {
    assignment.arm.as_deref()
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

const fn outcome(outcome: ShadowOutcome) -> &'static str {
    match outcome {
        ShadowOutcome::Answered => "answered",
        ShadowOutcome::Failed => "failed",
        ShadowOutcome::Panicked => "panicked",
        ShadowOutcome::Dropped(reason) => match reason {
            DropReason::NoPermit => "dropped: no permit",
            DropReason::Deadline => "dropped: deadline",
            DropReason::QueueFull => "dropped: queue full",
            DropReason::NotReady => "dropped: not ready",
            DropReason::Unrun => "dropped: unrun",
            DropReason::Cancelled => "dropped: cancelled",
        },
    }
}

impl<C> fmt::Debug for TracingRecorder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingRecorder").finish_non_exhaustive()
    }
}
