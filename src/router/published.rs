//! What operators publish and requests read.

use std::{collections::VecDeque, sync::Arc};

use super::recording::{Recording, Stripe};
use crate::{deployment::VersionId, fingerprint::Fingerprint, plan::Plan, shadow::Desk};

/// Leases of one version are spread over this many stripes, so that threads rarely share one.
pub(crate) const STRIPES: usize = 64;

/// Generations whose policies are remembered, so that their routes can be pinned.
const REMEMBERED: usize = 1024;

/// Plans that are kept whole, so that a route of just now can be put into words.
const KEPT: usize = 16;

/// Proves that a request may still touch a version's model.
///
/// All requests of a stripe share one lease by reference count. What threads write on every
/// request is a cache line of their stripe's own: two lines, because processors fetch in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Lease<M> {
    version: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
}

impl<M> Lease<M> {
    pub(crate) fn version(&self) -> VersionId {
        self.version
    }

    pub(crate) fn model(&self) -> &M {
        &self.model
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }
}

/// Holds one deployed model and its leases.
#[derive(Debug)]
pub(crate) struct Loaded<M> {
    id: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
    leases: Vec<Option<Arc<Lease<M>>>>,
}

impl<M> Loaded<M> {
    pub(crate) fn new(id: VersionId, model: M, desk: Arc<Desk>) -> Loaded<M> {
        Loaded {
            id,
            model: Arc::new(model),
            desk,
            leases: vec![None; STRIPES],
        }
    }

    pub(crate) fn version(&self) -> VersionId {
        self.id
    }

    pub(crate) fn model(&self) -> Arc<M> {
        Arc::clone(&self.model)
    }

    pub(crate) fn lease(&mut self, stripe: usize) -> Arc<Lease<M>> {
        let make = || {
            Arc::new(Lease {
                version: self.id,
                model: Arc::clone(&self.model),
                desk: Arc::clone(&self.desk),
            })
        };
        match self.leases.get_mut(stripe) {
            Some(lease) => Arc::clone(lease.get_or_insert_with(make)),
            None => make(),
        }
    }

    /// Counts the requests that hold a lease.
    pub(crate) fn in_flight(&self) -> usize {
        self.leases
            .iter()
            .flatten()
            .map(|lease| Arc::strong_count(lease) - 1)
            .sum()
    }

    /// Gives the model back if nothing else can reach it.
    pub(crate) fn into_model(mut self) -> Result<M, Loaded<M>> {
        for slot in &mut self.leases {
            if let Some(lease) = slot.take() {
                // Unwrapping, not counting: a thread that still knows the lease can then no
                // longer take it, so no request slips in between the check and the end.
                match Arc::try_unwrap(lease) {
                    Ok(_) => {}
                    Err(lease) => {
                        *slot = Some(lease);
                        return Err(self);
                    }
                }
            }
        }
        let Loaded {
            id,
            model,
            desk,
            leases,
        } = self;
        Arc::try_unwrap(model).map_err(|model| Loaded {
            id,
            model,
            desk,
            leases,
        })
    }
}

/// Holds the one snapshot that requests read: a plan and the models that it needs.
#[derive(Debug)]
pub(crate) struct Published<M> {
    pub(crate) stamp: u64,
    pub(crate) plan: Arc<Plan>,
    /// What the live version answers, from a swap until it is accepted or rolled back.
    pub(crate) recording: Option<Recording>,
    live: Loaded<M>,
    others: Vec<Loaded<M>>,
    /// Generations and their policies, the newest last.
    policies: VecDeque<(u64, Fingerprint)>,
    /// The plans before the one in force, the newest last. A plan holds no model.
    earlier: VecDeque<Arc<Plan>>,
}

impl<M> Published<M> {
    pub(crate) fn new(
        stamp: u64,
        plan: Plan,
        live: Loaded<M>,
        others: Vec<Loaded<M>>,
    ) -> Published<M> {
        Published {
            stamp,
            policies: VecDeque::from([(plan.generation(), plan.fingerprint())]),
            earlier: VecDeque::new(),
            plan: Arc::new(plan),
            recording: None,
            live,
            others,
        }
    }

    /// Puts a new plan in force, and what is recorded under it.
    pub(crate) fn publish(&mut self, stamp: u64, plan: Plan, recording: Option<Recording>) {
        let live = plan.live();
        if let Some(next) = self
            .others
            .iter_mut()
            .find(|deployment| deployment.id == live)
        {
            core::mem::swap(&mut self.live, next);
        }
        if self.policies.len() == REMEMBERED {
            self.policies.pop_front();
        }
        self.policies
            .push_back((plan.generation(), plan.fingerprint()));
        self.stamp = stamp;
        if self.earlier.len() == KEPT {
            self.earlier.pop_front();
        }
        let before = core::mem::replace(&mut self.plan, Arc::new(plan));
        self.earlier.push_back(before);
        self.recording = recording;
    }

    /// Returns where a stripe's requests are counted, while something is recorded.
    pub(crate) fn journal(&self, stripe: usize) -> Option<Arc<Stripe>> {
        self.recording.as_ref()?.stripe(stripe)
    }

    /// Returns the content hash of the policy in force at a generation.
    pub(crate) fn fingerprint_at(&self, generation: u64) -> Option<Fingerprint> {
        let place = self
            .policies
            .binary_search_by_key(&generation, |(generation, _)| *generation)
            .ok()?;
        self.policies
            .get(place)
            .map(|(_, fingerprint)| *fingerprint)
    }

    /// Returns the plan of a generation, if it is one of the last.
    pub(crate) fn plan_at(&self, generation: u64) -> Option<&Arc<Plan>> {
        let mut plans = core::iter::once(&self.plan).chain(&self.earlier);
        plans.find(|plan| plan.generation() == generation)
    }

    pub(crate) fn add(&mut self, deployment: Loaded<M>) {
        self.others.push(deployment);
    }

    pub(crate) fn get(&self, id: VersionId) -> Option<&Loaded<M>> {
        core::iter::once(&self.live)
            .chain(&self.others)
            .find(|deployment| deployment.id == id)
    }

    /// Takes a version that is not live out and gives its model back, if nothing can reach it.
    ///
    /// Otherwise tells how many requests hold a lease on it.
    pub(crate) fn reclaim(&mut self, id: VersionId) -> Option<Result<M, usize>> {
        let place = self
            .others
            .iter()
            .position(|deployment| deployment.id == id)?;
        match self.others.remove(place).into_model() {
            Ok(model) => Some(Ok(model)),
            Err(deployment) => {
                let in_flight = deployment.in_flight();
                self.others.insert(place, deployment);
                Some(Err(in_flight))
            }
        }
    }

    /// Takes leases of all versions of the plan, in the order of their numbers.
    pub(crate) fn leases(&mut self, stripe: usize) -> Vec<Arc<Lease<M>>> {
        let Published {
            plan, live, others, ..
        } = self;
        plan.version_ids()
            .filter_map(|id| {
                let mut deployments = core::iter::once(&mut *live).chain(&mut *others);
                let deployment = deployments.find(|deployment| deployment.id == id)?;
                Some(deployment.lease(stripe))
            })
            .collect()
    }

    pub(crate) fn into_loaded(self) -> impl Iterator<Item = Loaded<M>> {
        core::iter::once(self.live).chain(self.others)
    }

    pub(crate) fn live_lease(&mut self, stripe: usize) -> Arc<Lease<M>> {
        self.live.lease(stripe)
    }
}
