//! The settings of a router.

use core::{fmt, marker::PhantomData};
use std::{any::Any, sync::Arc};

use super::{
    Router, Shared,
    id::RouterId,
    journal::Journal,
    memory::Memory,
    next_stamp,
    published::{Loaded, Published},
    stamp::Stamp,
};
use crate::{
    bucket::Secret,
    deployment::{Deployments, LabelError, Origin, VersionId},
    journal::JournalCapacity,
    model::Answers,
    observer::{Observer, Seated},
    plan::Plan,
    shadow::{AnyComparison, Clock, Comparison, Desk, Excerpt, Excerpts, Labels, ShadowBudget},
    share::Share,
    sync::Mutex,
    timestamp::Timestamp,
};

/// The settings of a router before its first model is there.
pub struct Builder<M> {
    name: String,
    secret: Secret,
    observers: Vec<Seated>,
    clock: Option<Box<Clock>>,
    excerpts: Excerpts,
    comparison: Option<Box<dyn Any + Send + Sync>>,
    budget: ShadowBudget,
    journal: Option<JournalCapacity>,
    memory: Option<Memory<M>>,
    model: PhantomData<fn(M)>,
}

impl<M: Send + Sync + 'static> Builder<M> {
    pub(super) fn new(name: &str) -> Builder<M> {
        Builder {
            name: name.to_owned(),
            secret: Secret::default(),
            observers: Vec::new(),
            clock: None,
            excerpts: Excerpts::default(),
            comparison: None,
            budget: ShadowBudget::default(),
            journal: None,
            memory: None,
            model: PhantomData,
        }
    }

    /// Keys all draws with a secret, so that users cannot compute their own bucket.
    ///
    /// All servers of a fleet need the same secret; another secret draws all units again.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Builder<M> {
        Builder { secret, ..self }
    }

    /// Attaches an observer, beside those before it, for as long as the router lives.
    ///
    /// [`Router::attach`] does so while the router runs.
    #[must_use]
    pub fn observer(mut self, observer: Arc<impl Observer + 'static>) -> Builder<M> {
        let (seated, seat) = Seated::new(observer);
        seat.keep();
        self.observers.push(seated);
        self
    }

    /// Gives the router the application's clock, by which outcomes, shadows and changes are timed.
    ///
    /// The library reads no clock itself. It calls this one only if an observer or a comparison is
    /// told the time: twice for a request that is observed or has a shadow.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Builder<M> {
        Builder {
            clock: Some(Box::new(clock)),
            ..self
        }
    }

    /// Keeps an excerpt of inputs and answers, as `excerpt` makes it, for observers and the
    /// journal: the request in the application's own encoding, a digest, a score.
    ///
    /// One hook serves requests, shadows and the journal. It is called on the thread that has the
    /// answer, and only if an observer or the journal gets it. If it panics there is no excerpt,
    /// and the request is not affected. Excerpts of all units are kept, unless
    /// [`excerpt_share`](Builder::excerpt_share) says less.
    ///
    /// The types are those of the model. For calls of other methods there are
    /// [`excerpt_of_calls`](Builder::excerpt_of_calls) and
    /// [`Ticket::excerpt`](crate::Ticket::excerpt).
    #[must_use]
    pub fn excerpt<Kind>(
        self,
        excerpt: impl Fn(&M::Input, &Result<M::Output, M::Error>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Builder<M>
    where
        M: Answers<Kind>,
        M::Input: 'static,
        M::Output: 'static,
        M::Error: 'static,
    {
        self.excerpt_of_calls(excerpt)
    }

    /// Keeps an excerpt of the inputs and answers of [`call_with`](crate::Ticket::call_with),
    /// whose types are the call's own.
    #[must_use]
    pub fn excerpt_of_calls<Input: 'static, Output: 'static, Error: 'static>(
        mut self,
        excerpt: impl Fn(&Input, &Result<Output, Error>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Builder<M> {
        let excerpt: Arc<Excerpt<Input, Output, Error>> = Arc::new(excerpt);
        self.excerpts = self.excerpts.made_by(excerpt);
        self
    }

    /// Keeps excerpts of a share of the units, the same ones on every server.
    ///
    /// The choice of units is independent of which version they get. Journalled requests are all
    /// kept.
    #[must_use]
    pub fn excerpt_share(mut self, share: Share) -> Builder<M> {
        self.excerpts = self.excerpts.of_share(share);
        self
    }

    /// Limits how many shadows may be in flight; 256 by default.
    #[must_use]
    pub fn shadow_budget(self, budget: ShadowBudget) -> Builder<M> {
        Builder { budget, ..self }
    }

    /// Compares the answers of shadows with those of the primary.
    ///
    /// A comparison of other answers than the model's does not compile:
    ///
    /// ```compile_fail,E0271
    /// # use std::sync::Arc;
    /// # use switchstand::{comparison::PairedComparison, testing::ScriptedModel, Router};
    /// let of_texts = PairedComparison::new(|it: &String| it.clone(), |_: &String| String::new());
    /// let model = ScriptedModel::answering(|input: &f64| 2.0 * input);
    /// let router = Router::builder("ranker").comparison(Arc::new(of_texts)).build("v1", model)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn comparison<Kind>(
        self,
        comparison: Arc<impl Comparison<M::Output, M::Error>>,
    ) -> Builder<M>
    where
        M: Answers<Kind>,
        M::Output: 'static,
        M::Error: 'static,
    {
        self.comparison_of_calls(comparison)
    }

    /// Compares the answers of shadows with those of calls, whose types are the call's own.
    ///
    /// For [`Ticket::call`](crate::Ticket::call) around any method. Answers of other types are
    /// counted as not comparable: [`Router::wiring`] names them.
    #[must_use]
    pub fn comparison_of_calls<Output: 'static, Error: 'static>(
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

    /// Refuses to deploy a model that would take the memory of all deployed ones above `bytes`.
    ///
    /// `size` says how many bytes a model takes. All models are asked at each deployment, so a
    /// model that frees memory, or loads on first use, may answer another number than before. The
    /// models that the router begins with are counted and not refused.
    /// [`memory_left`](Router::memory_left) says beforehand how much is left.
    ///
    /// ```
    /// use switchstand::{deployment::OperationError, Router};
    /// let weights = |megabytes: usize| vec![0_u8; megabytes << 20];
    /// let router = Router::builder("ranker")
    ///     .memory_budget(5 << 20, |model: &Vec<u8>| model.len() as u64)
    ///     .build("v1", weights(2))?;
    /// assert_eq!(router.memory_left(), Some(3 << 20));
    /// let refused = router.deploy("v2", weights(4)).unwrap_err();
    /// assert!(matches!(refused.source, OperationError::OverMemory { .. }));
    /// router.deploy("v2", weights(3))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn memory_budget(
        self,
        bytes: u64,
        size: impl Fn(&M) -> u64 + Send + Sync + 'static,
    ) -> Builder<M> {
        let memory = Some(Memory {
            budget: bytes,
            size: Box::new(size),
        });
        Builder { memory, ..self }
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

    /// Returns what distinguishes the stored state of this router from that of others.
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
        let desk = Desk::new(
            labels,
            self.clock,
            self.excerpts,
            self.comparison,
            self.budget,
        );
        let desk = Arc::new(desk);
        let deploy = |(id, model)| Loaded::new(id, model, Arc::clone(&desk));
        let others = others.into_iter().map(deploy).collect();
        let journal = self.journal.map(Journal::new);
        let mut published = Published::new(stamp, plan, deploy(live), others, self.observers);
        published.recording = deployments
            .standby()
            .and(journal.as_ref())
            .map(|journal| journal.begin(&deployments));
        let shared = Shared {
            stamp: Stamp::new(stamp),
            id: RouterId::take(),
            published: Mutex::new(published),
            deployments: Mutex::new(deployments),
            #[cfg(feature = "stats")]
            orders: Mutex::default(),
            desk,
            name: self.name,
            secret: self.secret,
            journal,
            memory: self.memory,
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
