//! Versions that run unseen beside the one that answers.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    model::Model,
    record::{Record, Recorder, ShadowOutcome, ShadowRun},
    router::Lease,
};

/// Compares what a shadow answers with what the primary answered to the same request.
///
/// The application reduces an answer to a projection, such as a label or a score, so that
/// nothing large is kept. A comparison is given to the router once, before the first request:
/// nothing of one request's is in its reach, so no shadow's answer finds a way into a response.
pub trait Comparison<M: Model>: Send + Sync + 'static {
    /// What of an answer is compared.
    type Projection: Send + 'static;

    /// Reduces an answer to what is compared.
    fn project(&self, answer: &Result<M::Output, M::Error>) -> Self::Projection;

    /// Takes the two projections of one request.
    fn compare(&self, shadow_version: &str, primary: &Self::Projection, shadow: &Self::Projection);
}

/// A comparison whose projection's type is forgotten.
pub(crate) trait AnyComparison<M: Model>: Send + Sync {
    fn project(&self, answer: &Result<M::Output, M::Error>) -> Box<dyn Any + Send>;
    fn compare(&self, version: &str, primary: &dyn Any, shadow: &Result<M::Output, M::Error>);
}

impl<M: Model, C: Comparison<M>> AnyComparison<M> for C {
    fn project(&self, answer: &Result<M::Output, M::Error>) -> Box<dyn Any + Send> {
        Box::new(Comparison::project(self, answer))
    }

    fn compare(&self, version: &str, primary: &dyn Any, shadow: &Result<M::Output, M::Error>) {
        if let Some(primary) = primary.downcast_ref() {
            Comparison::compare(self, version, primary, &Comparison::project(self, shadow));
        }
    }
}

/// What of the primary's answer a shadow is compared with.
pub(crate) struct Primary<M: Model> {
    pub(crate) comparison: Arc<dyn AnyComparison<M>>,
    pub(crate) projection: Box<dyn Any + Send>,
}

/// Holds one run of a version whose answer nobody gets.
///
/// It owns all that it needs, so that it can run on any thread and at any later time. It has no
/// output: its answer goes to the router's comparison and is dropped.
pub struct ShadowTask<M: Model> {
    pub(crate) input: M::Input,
    pub(crate) lease: Arc<Lease<M>>,
    pub(crate) version: Box<str>,
    pub(crate) primary: Option<Primary<M>>,
    pub(crate) log: Option<(Arc<dyn Recorder>, ShadowRun<'static>)>,
}

impl<M: Model> ShadowTask<M> {
    /// Returns the label of the version that runs.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs the version and compares its answer with the primary's.
    ///
    /// A panic of the model, or of the comparison, ends here and is recorded. It cannot be
    /// contained in a program that is built to abort on panic.
    pub fn run(self) {
        let ShadowTask {
            input,
            lease,
            version,
            primary,
            log,
        } = self;
        let run = AssertUnwindSafe(|| {
            let answer = lease.model().predict(&input);
            if let Some(primary) = &primary {
                primary
                    .comparison
                    .compare(&version, &*primary.projection, &answer);
            }
            answer.is_ok()
        });
        let outcome = match catch_unwind(run) {
            Ok(true) => ShadowOutcome::Answered,
            Ok(false) => ShadowOutcome::Failed,
            Err(panic) => {
                // A payload's destructor may panic in its turn.
                core::mem::forget(panic);
                ShadowOutcome::Panicked
            }
        };
        drop(lease);
        if let Some((recorder, run)) = log {
            recorder.record(Record::Shadow(ShadowRun {
                at: recorder.now(),
                outcome,
                ..run
            }));
        }
    }
}

impl<M: Model> core::fmt::Debug for ShadowTask<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ShadowTask")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
