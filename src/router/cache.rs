//! What a thread remembers of the routers it has asked.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    ops::Deref,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    published::{Lease, STRIPES},
    recording::Stripe,
};
use crate::{
    bucket::Draw,
    deployment::VersionId,
    plan::{Head, HeadKind, Plan},
    route::Route,
    unit::Unit,
};

/// Heads that a thread remembers at once. Routers beyond these share them, and of two that do the
/// one asked last has it; the other's plan is remembered all the same.
const HEADS_KEPT: usize = 64;

/// The leases of a thread's stripe on the versions of a plan; they keep nothing alive.
pub(crate) struct Leases<M> {
    leases: Vec<(VersionId, Weak<Lease<M>>)>,
    /// Where requests are counted while a swap is open and the journal on.
    journal: Option<Arc<Stripe>>,
}

impl<M> Leases<M> {
    pub(crate) fn new(leases: &[Arc<Lease<M>>], journal: Option<Arc<Stripe>>) -> Leases<M> {
        let leases = leases
            .iter()
            .map(|lease| (lease.version(), Arc::downgrade(lease)))
            .collect();
        Leases { leases, journal }
    }

    #[inline]
    pub(crate) fn journal(&self) -> Option<&Arc<Stripe>> {
        self.journal.as_ref()
    }

    #[inline]
    pub(crate) fn take(&self, id: VersionId) -> Option<Arc<Lease<M>>> {
        let place = self
            .leases
            .binary_search_by_key(&id, |(version, _)| *version)
            .ok()?;
        self.leases.get(place)?.1.upgrade()
    }
}

/// The head of a plan, in cells so that a request copies only what it needs.
struct CachedHead {
    stamp: Cell<u64>,
    kind: Cell<HeadKind>,
    cut: Cell<u64>,
    keys: Cell<(u64, u64)>,
    routes: [Cell<Route>; 2],
}

impl CachedHead {
    const fn empty() -> CachedHead {
        CachedHead {
            stamp: Cell::new(0),
            kind: Cell::new(HeadKind::Beyond),
            cut: Cell::new(0),
            keys: Cell::new((0, 0)),
            routes: [const { Cell::new(Route::UNSET) }; 2],
        }
    }

    fn set(&self, stamp: u64, head: Option<&Head>) {
        self.stamp.set(stamp);
        let Some(head) = head else {
            self.kind.set(HeadKind::Beyond);
            return;
        };
        self.kind.set(head.kind);
        self.cut.set(head.cut);
        self.keys.set(head.draw.keys());
        for (cell, route) in self.routes.iter().zip(head.routes) {
            cell.set(route);
        }
    }
}

/// A plan counted for one thread alone, so that sharing it writes no line of another thread.
pub(crate) struct ThreadPlan(Arc<Plan>);

impl ThreadPlan {
    pub(crate) fn new(plan: Arc<Plan>) -> Arc<ThreadPlan> {
        Arc::new(ThreadPlan(plan))
    }
}

impl Deref for ThreadPlan {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.0
    }
}

/// What a thread needs to admit a request without a lock.
pub(crate) struct CachedPlan {
    pub(crate) stamp: u64,
    pub(crate) plan: Arc<ThreadPlan>,
    /// Of the router's own kind of model.
    leases: Box<dyn Any>,
}

impl CachedPlan {
    pub(crate) fn new<M: 'static>(stamp: u64, plan: Arc<Plan>, leases: Leases<M>) -> CachedPlan {
        CachedPlan {
            stamp,
            plan: ThreadPlan::new(plan),
            leases: Box::new(leases),
        }
    }

    /// Returns the leases; asked for before the route is known, it costs no waiting.
    #[inline(always)]
    pub(crate) fn leases<M: 'static>(&self) -> Option<&Leases<M>> {
        self.leases.downcast_ref()
    }
}

thread_local! {
    // Apart from the plans, because a cell without a destructor costs nothing to reach.
    static HEADS: [CachedHead; HEADS_KEPT] =
        const { [const { CachedHead::empty() }; HEADS_KEPT] };
    // By the numbers of the routers, which are small: see `RouterId`.
    static PLANS: RefCell<Vec<Option<CachedPlan>>> = const { RefCell::new(Vec::new()) };
    static STRIPE: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Returns the stripe on which the calling thread takes its leases.
pub(crate) fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    STRIPE.with(|stripe| {
        if stripe.get() == usize::MAX {
            stripe.set(NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES);
        }
        stripe.get()
    })
}

/// Routes by the head of the plan published under `stamp`, or else by `otherwise`.
#[inline(always)]
#[expect(
    clippy::indexing_slicing,
    reason = "a remainder, and a truth value, are in bounds"
)]
pub(crate) fn route_by_head(
    router: usize,
    stamp: u64,
    unit: &Unit<'_>,
    otherwise: impl FnOnce() -> Route,
) -> Route {
    let kind = HEADS.with(|heads| {
        let head = &heads[router % HEADS_KEPT];
        if head.stamp.get() == stamp {
            head.kind.get()
        } else {
            HeadKind::Beyond
        }
    });
    let is_above = match kind {
        HeadKind::Beyond | HeadKind::Split => return otherwise(),
        HeadKind::Constant => false,
        HeadKind::Cut => HEADS.with(|heads| {
            let head = &heads[router % HEADS_KEPT];
            let (first, second) = head.keys.get();
            Draw::point_under(first, second, unit.key()).get() >= head.cut.get()
        }),
    };
    HEADS.with(|heads| heads[router % HEADS_KEPT].routes[usize::from(is_above)].get())
}

/// Lets `read` see the plan published under `stamp`, if this thread has it.
///
/// A plan's attributes may ask another router, or this one, while `read` runs.
#[inline(always)]
pub(crate) fn with_plan<T>(
    router: usize,
    stamp: u64,
    read: impl FnOnce(&CachedPlan) -> T,
) -> Option<T> {
    PLANS
        .try_with(|plans| {
            let plans = plans.try_borrow().ok()?;
            let cached = plans.get(router)?.as_ref()?;
            if cached.stamp == stamp {
                Some(read(cached))
            } else {
                None
            }
        })
        .ok()
        .flatten()
}

/// Remembers a router's plan in place of an earlier one.
pub(crate) fn remember(router: usize, plan: CachedPlan) {
    HEADS.with(|heads| {
        if let Some(head) = heads.get(router % HEADS_KEPT) {
            head.set(plan.stamp, plan.plan.whole());
        }
    });
    // While a plan is being read further up in this thread, it stays; then the lock is asked.
    let _ = PLANS.try_with(|plans| {
        let previous = plans
            .try_borrow_mut()
            .ok()
            .and_then(|mut plans| {
                if plans.len() <= router {
                    plans.resize_with(router + 1, || None);
                }
                plans.get_mut(router)?.replace(plan)
            });
        drop(previous);
    });
}
