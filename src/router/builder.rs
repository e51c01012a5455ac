//! What a router is made with.

use core::{fmt, marker::PhantomData};
use std::{
    any::Any,
    sync::{Arc, atomic::AtomicU64},
};

use parking_lot::Mutex;

use super::{
    Padded, Router, Shared,
    cache::SLOTS,
    next_stamp,
    published::{Deployment, Published},
};
use crate::{
    bucket::Secret,
    environment::{Environments, LabelError},
    plan::Plan,
    record::Recorder,
    shadow::{AnyComparison, Comparison, Desk, ShadowBudget},
};

/// Describes a router before its first model is there.
pub struct Builder<M> {
    name: String,
    secret: Secret,
    recorder: Option<Arc<dyn Recorder>>,
    comparison: Option<Box<dyn Any + Send + Sync>>,
    budget: ShadowBudget,
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

    /// Starts the router with `model`, the version `live`, answering everybody.
    ///
    /// # Errors
    /// [`LabelError`] if the version's label is empty or too long.
    pub fn build(self, live: &str, model: M) -> Result<Router<M>, LabelError> {
        let environments = Environments::new(live)?;
        let id = environments.live().id();
        let plan = Plan::live_only(&environments);
        let stamp = next_stamp();
        let desk = Arc::new(Desk::new(self.recorder, self.comparison, self.budget));
        desk.labels.set(id, live);
        let deployment = Deployment::new(id, model, Arc::clone(&desk));
        let shared = Shared {
            stamp: Padded(AtomicU64::new(stamp)),
            slot: (stamp % SLOTS as u64) as usize,
            published: Mutex::new(Published::new(stamp, plan, deployment)),
            environments: Mutex::new(environments),
            desk,
            name: self.name,
            secret: self.secret,
        };
        Ok(Router {
            shared: Arc::new(shared),
        })
    }
}

impl<M> fmt::Debug for Builder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
