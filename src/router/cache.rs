//! What a thread remembers of the routers it has asked.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{published::STRIPES, snapshot::Snapshot};
use crate::{
    plan::{Head, HeadKind, Plan, is_above},
    route::Route,
    unit::Unit,
};

/// How many heads a thread remembers. With more routers, two share a place: the router asked last
/// has it, and the other is decided by its whole plan, which is still remembered.
const HEADS_KEPT: usize = if cfg!(loom) { 1 } else { 64 };

/// The head of a plan, in cells.
///
/// Why not one `Cell<Head>`: reading it copies all of it, about 80 bytes. A draw needs only the
/// stamp, the cut, two words of the key, and one route of 24 bytes.
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
        self.keys.set(head.keys());
        for (cell, route) in self.routes.iter().zip(head.routes) {
            cell.set(route);
        }
    }
}

/// A snapshot of some router, whatever its kind of model.
struct Cached {
    stamp: u64,
    /// The snapshot's plan once more: a decision without a lease reads it without a downcast of the
    /// box to its model type.
    plan: Arc<Plan>,
    /// A `Snapshot<M>`.
    snapshot: Box<dyn Any>,
}

#[cfg(not(loom))]
thread_local! {
    // Why apart from the snapshots: a thread-local with a destructor asks on each use whether it is
    // alive. Cells have none, so a decision reaches its head by one offset: 1.6 units of the hash
    // for the whole of `router.route`, against 4.0 where a lease needs the snapshot as well.
    static HEADS: [CachedHead; HEADS_KEPT] =
        const { [const { CachedHead::empty() }; HEADS_KEPT] };
    // By the numbers of the routers, which are small: see `RouterId`.
    static SNAPSHOTS: RefCell<Vec<Option<Cached>>> = const { RefCell::new(Vec::new()) };
    static STRIPE: Cell<usize> = const { Cell::new(usize::MAX) };
}
#[cfg(loom)]
loom::thread_local! {
    static HEADS: [CachedHead; HEADS_KEPT] = [const { CachedHead::empty() }; HEADS_KEPT];
    static SNAPSHOTS: RefCell<Vec<Option<Cached>>> = RefCell::new(Vec::new());
    static STRIPE: Cell<usize> = Cell::new(usize::MAX);
}

/// Returns the stripe on which the calling thread takes its leases.
pub(super) fn stripe() -> usize {
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
pub(super) fn route_by_head(
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
            is_above(head.keys.get(), head.cut.get(), unit.key())
        }),
    };
    HEADS.with(|heads| heads[router % HEADS_KEPT].routes[usize::from(is_above)].get())
}

/// Lets `read` see the snapshot published under `stamp`, if this thread has it.
///
/// While `read` runs, the application's attributes may ask another router, or this one again.
#[inline(always)]
pub(super) fn read<M: 'static, T>(
    router: usize,
    stamp: u64,
    read: impl FnOnce(&Snapshot<M>) -> Option<T>,
) -> Option<T> {
    SNAPSHOTS
        .try_with(|snapshots| {
            let snapshots = snapshots.try_borrow().ok()?;
            let cached = snapshots.get(router)?.as_ref()?;
            if cached.stamp == stamp {
                read(cached.snapshot.downcast_ref()?)
            } else {
                None
            }
        })
        .ok()
        .flatten()
}

/// Lets `decide` see the plan published under `stamp`, if this thread has it.
#[inline(always)]
pub(super) fn decide(
    router: usize,
    stamp: u64,
    decide: impl FnOnce(&Plan) -> Route,
) -> Option<Route> {
    SNAPSHOTS
        .try_with(|snapshots| {
            let snapshots = snapshots.try_borrow().ok()?;
            let cached = snapshots.get(router)?.as_ref()?;
            (cached.stamp == stamp).then(|| decide(&cached.plan))
        })
        .ok()
        .flatten()
}

/// Remembers a router's snapshot in place of an earlier one.
pub(super) fn keep<M: 'static>(router: usize, snapshot: Snapshot<M>) {
    let stamp = snapshot.stamp;
    HEADS.with(|heads| {
        if let Some(head) = heads.get(router % HEADS_KEPT) {
            head.set(stamp, snapshot.plan.whole());
        }
    });
    let cached = Cached {
        stamp,
        plan: Arc::clone(&snapshot.plan),
        snapshot: Box::new(snapshot),
    };
    // A caller further up the stack may be reading a plan. Then nothing is replaced, and the next
    // request takes the lock.
    let _ = SNAPSHOTS.try_with(|snapshots| {
        let previous = snapshots.try_borrow_mut().ok().and_then(|mut snapshots| {
            if snapshots.len() <= router {
                snapshots.resize_with(router + 1, || None);
            }
            snapshots.get_mut(router)?.replace(cached)
        });
        drop(previous);
    });
}
