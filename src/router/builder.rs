//! What a router is made with.

use core::{fmt, marker::PhantomData};
use std::{any::Any, sync::Arc};

use super::{
    Router, Shared,
    id::RouterId,
    journal::Journal,
    next_stamp,
    published::{Loaded, Published},
    recording::{AnyNote, Note},
    stamp::Stamp,
};
use crate::{
    bucket::Secret,
    deployment::{Deployments, LabelError, Origin, VersionId},
    journal::JournalCapacity,
    plan::Plan,
    record::Recorder,
    shadow::{AnyComparison, Comparison, Desk, Labels, ShadowBudget},
    sync::Mutex,
};

/// Describes a router before its first model is there.
pub struct Builder<M> {
    name: String,
    secret: Secret,
    recorder: Option<Arc<dyn Recorder>>,
    comparison: Option<Box<dyn Any + Send + Sync>>,
    budget: ShadowBudget,
    journal: Option<JournalCapacity>,
    note: Option<AnyNote>,
    model: PhantomData<fn(M)>,
}

impl<M: Send + Sync + 'static> Builder<M> {
    pub(super) fn new(name: &str) -> Builder<M> {
        Builder {
            name: name.to_owned(),
            secret: Secret::default(),
            recorder: None,
            comparison: None,
            budget: ShadowBudget::default(),
            journal: None,
            note: None,
            model: PhantomData,
        }
    }

    /// Keys all draws with a secret, so that users cannot compute their own bucket.
    ///
    /// All servers of a fleet need the same one; another secret deals all units anew.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Builder<M> {
        Builder { secret, ..self }
    }

    /// Sends records of exposures, shadows and changes to `recorder`.
    #[must_use]
    pub fn recorder(self, recorder: Arc<dyn Recorder>) -> Builder<M> {
        Builder {
            recorder: Some(recorder),
            ..self
        }
    }

    /// Bounds how many shadows may be in flight; 256 if nothing is said.
    #[must_use]
    pub fn shadow_budget(self, budget: ShadowBudget) -> Builder<M> {
        Builder { budget, ..self }
    }

    /// Compares the answers of shadows with those of the primary.
    ///
    /// `Output` and `Error` are those of the model. A comparison of anything else is never
    /// asked.
    #[must_use]
    pub fn comparison<Output: 'static, Error: 'static>(
        self,
        comparison: Arc<impl Comparison<Output, Error>>,
    ) -> Builder<M> {
        let comparison: Arc<dyn AnyComparison<Output, Error>> = comparison;
        Builder {
            comparison: Some(Box::new(comparison)),
            ..self
        }
    }

    /// Records what a newly live version answers until its swap is accepted or rolled back.
    ///
    /// Only admitted requests are recorded, by [`predict`](Router::predict) or
    /// [`admit`](Router::admit): a [`route`](Router::route) alone is no answer.
    #[must_use]
    pub fn journal(self, capacity: JournalCapacity) -> Builder<M> {
        Builder {
            journal: Some(capacity),
            ..self
        }
    }

    /// Keeps `note` of every journalled input.
    ///
    /// It is the request in the application's own encoding, or a digest by which it can be found.
    /// It is called on the request's thread after the answer, and only while a swap is open.
    /// `Input` is that of the model. A note of anything else is never asked for.
    #[must_use]
    pub fn journal_note<Input: 'static>(
        self,
        note: impl Fn(&Input) -> Vec<u8> + Send + Sync + 'static,
    ) -> Builder<M> {
        let note: Box<Note<Input>> = Box::new(note);
        Builder {
            note: Some(Arc::new(note)),
            ..self
        }
    }

    /// Starts the router with `model`, the version `live`, answering everybody.
    ///
    /// # Errors
    /// [`LabelError`] if the version's label is empty or too long.
    pub fn build(self, live: &str, model: M) -> Result<Router<M>, LabelError> {
        let deployments = Deployments::new(live)?;
        let live = (deployments.live().id(), model);
        Ok(self.start(deployments, live, Vec::new()))
    }

    /// Returns what tells this router's stored state from those of others.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            router: self.name.clone(),
            secret_check: self.secret.check_value(),
        }
    }

    /// Starts the router in any state, with a model for each version in it.
    pub(super) fn start(
        self,
        deployments: Deployments,
        live: (VersionId, M),
        others: Vec<(VersionId, M)>,
    ) -> Router<M> {
        let deployments = deployments.of_router(self.origin());
        let plan = Plan::build(
            deployments.checked_policy(),
            deployments.versions(),
            &self.secret,
        );
        let stamp = next_stamp();
        let labels = Labels::new(&deployments);
        let desk = Desk::new(labels, self.recorder, self.comparison, self.budget);
        let desk = Arc::new(desk);
        let deploy = |(id, model)| Loaded::new(id, model, Arc::clone(&desk));
        let others = others.into_iter().map(deploy).collect();
        let journal = self
            .journal
            .map(|capacity| Journal::new(capacity, self.note));
        let mut published = Published::new(stamp, plan, deploy(live), others);
        published.recording = deployments
            .standby()
            .and(journal.as_ref())
            .map(|journal| journal.begin(&deployments));
        let shared = Shared {
            stamp: Stamp::new(stamp),
            id: RouterId::take(),
            published: Mutex::new(published),
            deployments: Mutex::new(deployments),
            desk,
            name: self.name,
            secret: self.secret,
            journal,
        };
        Router {
            shared: Arc::new(shared),
        }
    }
}

impl<M> fmt::Debug for Builder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
