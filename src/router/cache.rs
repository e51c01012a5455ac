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

use super::published::STRIPES;
use crate::{
    environment::VersionId,
    plan::{Head, Plan},
    route::Route,
    unit::Unit,
};

/// Routers that a thread remembers at once; more than these share slots and ask the lock.
pub(crate) const SLOTS: usize = 4;

/// A lease of any kind of model, which keeps nothing alive.
pub(crate) type AnyLease = Weak<dyn Any + Send + Sync>;

#[derive(Clone, Copy)]
struct CachedHead {
    stamp: u64,
    head: Head,
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
    leases: Vec<(VersionId, AnyLease)>,
}

impl CachedPlan {
    pub(crate) fn new(stamp: u64, plan: Arc<Plan>, leases: Vec<(VersionId, AnyLease)>) -> Self {
        CachedPlan {
            stamp,
            plan: ThreadPlan::new(plan),
            leases,
        }
    }

    pub(crate) fn lease(&self, id: VersionId) -> Option<Arc<dyn Any + Send + Sync>> {
        let place = self
            .leases
            .binary_search_by_key(&id, |(version, _)| *version)
            .ok()?;
        self.leases.get(place)?.1.upgrade()
    }
}

thread_local! {
    // Apart from the plans, because a cell without a destructor costs nothing to reach.
    static HEADS: [Cell<CachedHead>; SLOTS] =
        const { [const { Cell::new(CachedHead { stamp: 0, head: Head::Beyond }) }; SLOTS] };
    static PLANS: RefCell<[Option<CachedPlan>; SLOTS]> =
        const { RefCell::new([const { None }; SLOTS]) };
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

/// Routes by the head of the plan published under `stamp`, if this thread has it.
#[inline(always)]
pub(crate) fn route_by_head(slot: usize, stamp: u64, unit: &Unit<'_>) -> Option<Route> {
    HEADS.with(|heads| {
        let cached = heads.get(slot)?.get();
        if cached.stamp == stamp {
            cached.head.route(unit)
        } else {
            None
        }
    })
}

/// Lets `read` see the plan published under `stamp`, if this thread has it.
///
/// A plan's attributes may ask another router, or this one, while `read` runs.
#[inline]
pub(crate) fn with_plan<T>(
    slot: usize,
    stamp: u64,
    read: impl FnOnce(&CachedPlan) -> Option<T>,
) -> Option<T> {
    PLANS
        .try_with(|plans| {
            let plans = plans.try_borrow().ok()?;
            let cached = plans.get(slot)?.as_ref()?;
            if cached.stamp == stamp {
                read(cached)
            } else {
                None
            }
        })
        .ok()
        .flatten()
}

/// Remembers a plan in place of the one that the slot held.
pub(crate) fn remember(slot: usize, plan: CachedPlan) {
    let head = CachedHead {
        stamp: plan.stamp,
        head: *plan.plan.head(),
    };
    HEADS.with(|heads| {
        if let Some(cell) = heads.get(slot) {
            cell.set(head);
        }
    });
    // While a plan is being read further up in this thread, it stays; then the lock is asked.
    let _ = PLANS.try_with(|plans| {
        let previous = plans
            .try_borrow_mut()
            .ok()
            .and_then(|mut plans| plans.get_mut(slot).and_then(|cached| cached.replace(plan)));
        drop(previous);
    });
}
