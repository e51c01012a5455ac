//! The one place with shared state: publishes plans and hands out leases on models.

mod admission;
mod assigned;
mod batch;
mod builder;
mod cache;
mod calls;
mod close;
mod drain;
mod extras;
mod id;
#[cfg(all(test, loom))]
mod interleavings;
mod journal;
mod memory;
mod observing;
mod operations;
mod operator;
#[cfg(feature = "stats")]
mod orders;
mod pinned;
mod plans;
mod published;
#[cfg(feature = "stats")]
mod ramp;
mod reader;
mod recording;
mod restore;
#[cfg(feature = "stats")]
mod rollout;
mod serve;
mod snapshot;
mod stamp;
mod ticket;
mod turn;
mod wiring;

use core::fmt;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    bucket::Secret,
    deployment::{Deployments, LabelError, VersionId, VersionState},
    plan::Plan,
    policy::{Policy, PolicyError},
    route::Route,
    shadow::{Desk, ShadowCounts},
    sync::Mutex,
    unit::Unit,
};
use admission::{Keeper, OfThread};
use id::RouterId;
use journal::Journal;
use memory::Memory;
use published::Published;
use stamp::Stamp;

pub use batch::Batch;
pub use builder::Builder;
pub use calls::Lent;
#[cfg(feature = "tower")]
pub(crate) use calls::poll_noting;
pub use close::{CloseError, Closing};
pub use drain::Drain;
pub use operator::{DeployError, Operator, ReclaimError, ValidateError};
pub use pinned::UnknownRoute;
#[cfg(feature = "stats")]
pub use ramp::{BeginError, Ramp, Report, StoredRamp};
pub use reader::Reader;
pub use recording::Recording;
pub use restore::{RestoreError, RestoreFault};
#[cfg(feature = "stats")]
pub use rollout::TickError;
pub use serve::Served;
#[cfg(feature = "futures-core")]
pub use ticket::LeasedStream;
pub use ticket::Ticket;
#[cfg(feature = "http-body")]
pub use ticket::{LeasedBody, by_grpc_status};
pub use wiring::{Wiring, WiringFault};

/// A router: it decides in a running server which of several deployed models answers a request.
///
/// All methods take `&self`: one router is shared by all threads. A request reads one published
/// snapshot and takes no lock; operators act one after the other. `M` can be any type that answers:
/// a model, a boxed model, a service, a pipeline that is released as a whole.
///
/// ```
/// use switchstand::{Policy, Router};
/// let router = Router::new("ranker", "v1", "the first model")?;
/// router.deploy("v2", "the second model")?;
/// router.validate("v2", |model| if model.is_empty() { Err("no model") } else { Ok(()) })?;
/// router.release(Policy::canary("ranker-2026-11", "v2", "10%".parse()?))?;
/// let route = router.route("user-42");
/// assert!(["v1", "v2"].contains(&router.label(route.version()).unwrap()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | make one | [`new`](Router::new), [`builder`](Router::builder) |
/// | deploy | [`deploy`](Router::deploy), [`memory_left`](Router::memory_left), [`validate`](Router::validate), [`validate_fut`](Router::validate_fut), [`retire`](Router::retire), [`reclaim`](Router::reclaim) |
/// | release | [`check`](Router::check), [`release`](Router::release), [`swap`](Router::swap), [`swap_with`](Router::swap_with), [`swap_and_shadow`](Router::swap_and_shadow), [`accept`](Router::accept), [`reject`](Router::reject), [`rollback`](Router::rollback), [`shed`](Router::shed) |
/// | answer | [`predict`](Router::predict), [`admit`](Router::admit), [`route`](Router::route), [`partition`](Router::partition), [`reader`](Router::reader) |
/// | keep a session on its version | [`pin`](Router::pin), [`route_pinned`](Router::route_pinned), [`admit_pinned`](Router::admit_pinned), [`tag_pin`](Router::tag_pin), [`check_pin`](Router::check_pin) |
/// | climb by itself | [`begin`](Router::begin), [`begin_over`](Router::begin_over), [`resume`](Router::resume) |
/// | follow a roll-out that is led elsewhere | [`carry_out`](Router::carry_out), [`carry_out_over`](Router::carry_out_over) |
/// | see what happens | [`attach`](Router::attach), [`sweep`](Router::sweep), [`outcomes`](Router::outcomes), [`note`](Router::note), [`wiring`](Router::wiring), [`shadow_counts`](Router::shadow_counts), [`all_shadow_counts`](Router::all_shadow_counts), [`shadows_in_flight`](Router::shadows_in_flight), [`recording`](Router::recording), [`take_recordings`](Router::take_recordings) |
/// | ask | [`name`](Router::name), [`current`](Router::current), [`label`](Router::label), [`state`](Router::state), [`deployments`](Router::deployments), [`generation`](Router::generation), [`in_flight`](Router::in_flight), [`assignment`](Router::assignment) |
/// | act in a name | [`operator`](Router::operator) |
/// | end | [`drain`](Router::drain), [`close`](Router::close) |
pub struct Router<M> {
    shared: Arc<Shared<M>>,
}

/// The state that a router, its readers and its tickets share.
struct Shared<M> {
    /// The stamp of the published snapshot, which no other router or generation ever has.
    stamp: Stamp,
    id: RouterId,
    published: Mutex<Published<M>>,
    /// Held by one operator at a time, and never while a request waits for it.
    deployments: Mutex<Deployments>,
    /// Who has done what; locked after `deployments` only.
    #[cfg(feature = "stats")]
    orders: Mutex<orders::Orders>,
    desk: Arc<Desk>,
    name: String,
    secret: Secret,
    journal: Option<Journal>,
    memory: Option<Memory<M>>,
}

fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Starts a router that answers everybody with `model`, the version `live`.
    ///
    /// The name is the router's own, for logs; releases have their own names.
    ///
    /// # Errors
    /// [`LabelError`] if the version's label is empty or too long.
    pub fn new(name: &str, live: &str, model: M) -> Result<Router<M>, LabelError> {
        Router::builder(name).build(live, model)
    }

    /// Starts the description of a router with a secret, an observer or a comparison.
    #[must_use]
    pub fn builder(name: &str) -> Builder<M> {
        Builder::new(name)
    }

    /// Returns the router's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Decides which version answers for a unit.
    ///
    /// It only decides and holds no lease: the model may be gone later. To call the model, use
    /// [`predict`](Router::predict) or [`admit`](Router::admit).
    #[inline(always)]
    pub fn route<'a>(&self, unit: impl Into<Unit<'a>>) -> Route {
        let unit = unit.into();
        let stamp = self.shared.stamp.seen();
        cache::route_by_head(self.shared.id.number(), stamp, &unit, || {
            self.shared.route_by_plan(|plan| plan.decide(&unit))
        })
    }

    /// Admits a request: decides, and holds a lease on the model that will answer.
    #[inline]
    pub fn admit<'a>(&self, unit: impl Into<Unit<'a>>) -> Ticket<M> {
        let unit = unit.into();
        let mut ticket = Ticket::admit(&self.shared, &unit);
        ticket.remember(&unit);
        ticket
    }

    /// Returns the plan in force.
    #[must_use]
    pub fn current(&self) -> Arc<Plan> {
        Arc::clone(self.shared.published.lock().plans.current())
    }

    /// Returns the number of operations that have succeeded.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.current().generation()
    }

    /// Returns a version's label, also when the version is gone.
    ///
    /// About 300 bytes are kept for each version that was ever deployed in this router. A restored
    /// router knows only the versions in its stored state.
    #[must_use]
    pub fn label(&self, version: VersionId) -> Option<&str> {
        self.shared.desk.labels.get(version)
    }

    /// Returns the state of a deployed version.
    #[must_use]
    pub fn state(&self, version: &str) -> Option<VersionState> {
        self.shared
            .deployments
            .lock()
            .get(version)
            .map(|deployment| deployment.state())
    }

    /// Returns a copy of all deployed versions and their states.
    #[must_use]
    pub fn deployments(&self) -> Deployments {
        self.shared.deployments.lock().clone()
    }

    /// Checks a policy without publishing it.
    ///
    /// # Errors
    /// [`PolicyError`] names the field and the value.
    pub fn check(&self, policy: &Policy) -> Result<(), PolicyError> {
        self.shared.deployments.lock().check(policy)
    }

    /// Counts the requests that hold a lease on a version, exactly.
    #[must_use]
    pub fn in_flight(&self, version: &str) -> Option<usize> {
        let id = self.shared.deployments.lock().get(version)?.id();
        self.shared
            .published
            .lock()
            .get(id)
            .map(published::Loaded::in_flight)
    }

    /// Counts how a deployed version's sampled shadows ended, as of one instant.
    ///
    /// Shadows of an earlier deployment under the same label are not counted.
    #[must_use]
    pub fn shadow_counts(&self, version: &str) -> Option<ShadowCounts> {
        let id = self.shared.deployments.lock().get(version)?.id();
        Some(self.shared.desk.shadow_counts(id))
    }

    /// Counts how the sampled shadows of all versions ended, also of versions that are gone.
    ///
    /// Each version's counts are those of one instant, one version after the other.
    pub fn all_shadow_counts(&self) -> ShadowCounts {
        let desk = &self.shared.desk;
        let count = |version| desk.shadow_counts(version);
        self.shared.published.lock().shadow_counts(count)
    }

    /// Counts the shadows that hold a permit of the budget.
    #[must_use]
    pub fn shadows_in_flight(&self) -> usize {
        self.shared.desk.permits.out()
    }
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Decides by the snapshot that this thread remembers, or a newer one.
    #[inline(never)]
    fn route_by_plan(&self, decide: impl Fn(&Plan) -> Route) -> Route {
        let number = self.id.number();
        // A decision that takes no lease need not read the stamp a second time.
        match cache::decide(number, self.stamp.seen(), &decide) {
            Some(route) => route,
            None => self.route_anew(&decide),
        }
    }

    /// Decides by a snapshot that this thread does not remember yet.
    ///
    /// `decide` is dynamic here, so that only the fast path is compiled for each kind of decision.
    #[cold]
    #[inline(never)]
    fn route_anew(&self, decide: &dyn Fn(&Plan) -> Route) -> Route {
        self.decide(&mut OfThread(self.id.number()), decide)
    }

    #[inline(always)]
    fn decide(&self, keeper: &mut impl Keeper<M>, decide: impl Fn(&Plan) -> Route) -> Route {
        self.admit::<false, _>(keeper, |snapshot| Some(decide(&snapshot.plan)))
            .unwrap_or_else(|| {
                let plan = Arc::clone(self.published.lock().plans.current());
                decide(&plan)
            })
    }
}

impl<M> Clone for Router<M> {
    /// Returns another handle on the same router.
    fn clone(&self) -> Router<M> {
        Router {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<M> fmt::Debug for Router<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}
