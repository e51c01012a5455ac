//! What operators publish and requests read.

use std::sync::Arc;

use super::{plans::Plans, recording::Recording, snapshot::Snapshot};
use crate::{
    deployment::VersionId,
    plan::{Plan, Words},
    shadow::{Desk, Lease, ShadowCounts},
    sync::Strong,
};

/// Leases of one version are spread over this many stripes, so that threads rarely share one.
///
/// All threads meet on one stripe where loom tries their interleavings.
pub(super) const STRIPES: usize = if cfg!(loom) { 1 } else { 64 };

/// Holds one deployed model and its leases.
#[derive(Debug)]
pub(crate) struct Loaded<M> {
    id: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
    /// Those of the snapshot in force, one for each stripe that asked.
    leases: Vec<Option<Strong<Lease<M>>>>,
    /// Those of earlier snapshots that requests still hold.
    draining: Vec<Strong<Lease<M>>>,
}

impl<M> Loaded<M> {
    pub(crate) fn new(id: VersionId, model: M, desk: Arc<Desk>) -> Loaded<M> {
        Loaded {
            id,
            model: Arc::new(model),
            desk,
            leases: vec![None; STRIPES],
            draining: Vec::new(),
        }
    }

    pub(crate) fn version(&self) -> VersionId {
        self.id
    }

    pub(crate) fn model(&self) -> Arc<M> {
        Arc::clone(&self.model)
    }

    fn lease(&mut self, stripe: usize, words: &Arc<Words>) -> Strong<Lease<M>> {
        let make = || {
            let (model, desk) = (Arc::clone(&self.model), Arc::clone(&self.desk));
            Strong::new(Lease::new(self.id, model, desk, Arc::clone(words)))
        };
        match self.leases.get_mut(stripe) {
            Some(lease) => Strong::clone(lease.get_or_insert_with(make)),
            None => make(),
        }
    }

    /// Takes back the leases that no request holds; what is leased anew is of another snapshot.
    fn retire_leases(&mut self) {
        let retired = self.leases.iter_mut().filter_map(Option::take);
        let held = |lease| Strong::try_unwrap(lease).err();
        self.draining = core::mem::take(&mut self.draining)
            .into_iter()
            .chain(retired)
            .filter_map(held)
            .collect();
    }

    /// Counts the requests that hold a lease.
    pub(crate) fn in_flight(&self) -> usize {
        self.leases
            .iter()
            .flatten()
            .chain(&self.draining)
            .map(|lease| Strong::strong_count(lease) - 1)
            .sum()
    }

    /// Gives the model back if nothing else can reach it.
    pub(crate) fn into_model(mut self) -> Result<M, Loaded<M>> {
        // Unwrapping, not counting: a thread that still knows a lease can then no longer take
        // it, so no request slips in between the check and the end.
        self.retire_leases();
        if !self.draining.is_empty() {
            return Err(self);
        }
        let Loaded {
            id,
            model,
            desk,
            leases,
            draining,
        } = self;
        Arc::try_unwrap(model).map_err(|model| Loaded {
            id,
            model,
            desk,
            leases,
            draining,
        })
    }
}

/// Holds the one snapshot that requests read: a plan and the models that it needs.
#[derive(Debug)]
pub(super) struct Published<M> {
    stamp: u64,
    pub(super) plans: Plans,
    /// What the live version answers, from a swap until it is accepted or rolled back.
    pub(super) recording: Option<Recording>,
    live: Loaded<M>,
    others: Vec<Loaded<M>>,
    /// Versions that were reclaimed, until their last shadow is counted; then its counts are here.
    reclaimed: Vec<VersionId>,
    ended_shadows: ShadowCounts,
}

impl<M> Published<M> {
    pub(super) fn new(
        stamp: u64,
        plan: Plan,
        live: Loaded<M>,
        others: Vec<Loaded<M>>,
    ) -> Published<M> {
        Published {
            stamp,
            plans: Plans::new(plan),
            recording: None,
            live,
            others,
            reclaimed: Vec::new(),
            ended_shadows: ShadowCounts::default(),
        }
    }

    /// Puts a new plan in force, and what is recorded under it.
    ///
    /// Returns the plans that nobody has any more, to be dropped when no lock is held.
    #[must_use]
    pub(super) fn publish(
        &mut self,
        stamp: u64,
        plan: Arc<Plan>,
        recording: Option<Recording>,
    ) -> Vec<Arc<Plan>> {
        let live = plan.live();
        if let Some(next) = self
            .others
            .iter_mut()
            .find(|deployment| deployment.id == live)
        {
            core::mem::swap(&mut self.live, next);
        }
        self.stamp = stamp;
        self.plans.replace(plan);
        self.recording = recording;
        for deployment in core::iter::once(&mut self.live).chain(&mut self.others) {
            deployment.retire_leases();
        }
        self.plans.sweep()
    }

    /// Returns the snapshot as a thread of a stripe keeps it, and all leases that it can take.
    pub(super) fn snapshot(&mut self, stripe: usize) -> (Snapshot<M>, Vec<Strong<Lease<M>>>) {
        let leases = self.leases(stripe);
        let journal = self
            .recording
            .as_ref()
            .and_then(|recording| recording.stripe(stripe));
        let plan = Arc::clone(self.plans.current());
        (Snapshot::new(self.stamp, plan, &leases, journal), leases)
    }

    pub(super) fn add(&mut self, deployment: Loaded<M>) {
        self.others.push(deployment);
    }

    pub(super) fn get(&self, id: VersionId) -> Option<&Loaded<M>> {
        self.loaded().find(|deployment| deployment.id == id)
    }

    /// Iterates over all versions that have a model in memory.
    pub(super) fn loaded(&self) -> impl Iterator<Item = &Loaded<M>> {
        core::iter::once(&self.live).chain(&self.others)
    }

    /// Takes a version that is not live out and gives its model back, if nothing can reach it.
    ///
    /// Otherwise tells how many requests hold a lease on it.
    pub(super) fn reclaim(&mut self, id: VersionId) -> Option<Result<M, usize>> {
        let place = self
            .others
            .iter()
            .position(|deployment| deployment.id == id)?;
        match self.others.remove(place).into_model() {
            Ok(model) => {
                self.reclaimed.push(id);
                Some(Ok(model))
            }
            Err(deployment) => {
                let in_flight = deployment.in_flight();
                self.others.insert(place, deployment);
                Some(Err(in_flight))
            }
        }
    }

    /// Adds up the shadows of all versions, by what `count` says of each.
    ///
    /// Asked are those in memory, and of the reclaimed those of which a shadow was pending: with
    /// no model there is no further shadow, so counts without a pending one are final.
    pub(super) fn shadow_counts(
        &mut self,
        count: impl Fn(VersionId) -> ShadowCounts,
    ) -> ShadowCounts {
        let mut all: Vec<ShadowCounts> = self.loaded().map(|it| count(it.id)).collect();
        let ended = &mut self.ended_shadows;
        self.reclaimed.retain(|id| {
            let counts = count(*id);
            let is_pending = counts.pending() > 0;
            if is_pending {
                all.push(counts);
            } else {
                *ended = [*ended, counts].into_iter().sum();
            }
            is_pending
        });
        all.push(*ended);
        all.into_iter().sum()
    }

    /// Takes leases of all versions of the plan, in the order of their numbers.
    fn leases(&mut self, stripe: usize) -> Vec<Strong<Lease<M>>> {
        let Published {
            plans,
            live,
            others,
            ..
        } = self;
        let plan = plans.current();
        plan.version_ids()
            .filter_map(|id| {
                let mut deployments = core::iter::once(&mut *live).chain(&mut *others);
                let deployment = deployments.find(|deployment| deployment.id == id)?;
                Some(deployment.lease(stripe, plan.words()))
            })
            .collect()
    }

    pub(super) fn into_loaded(self) -> impl Iterator<Item = Loaded<M>> {
        core::iter::once(self.live).chain(self.others)
    }

    pub(super) fn live_lease(&mut self, stripe: usize) -> Strong<Lease<M>> {
        self.live.lease(stripe, self.plans.current().words())
    }
}
