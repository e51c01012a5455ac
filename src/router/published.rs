//! What operators publish and requests read.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
};

use super::{plans::Plans, recording::Recording, snapshot::Snapshot};
use crate::{
    observer::{Observers, Seated},
    outcome::{Ending, OutcomeCounts},
    plan::{Plan, Words},
    shadow::{Desk, Lease, ShadowCounts},
    sync::Strong,
    version::VersionId,
};

/// Leases of one version are spread over so many stripes that threads rarely share one.
///
/// All threads meet on one stripe where loom tries their interleavings.
pub(super) const STRIPES: usize = if cfg!(loom) { 1 } else { 64 };

/// One deployed model and its leases.
#[derive(Debug)]
pub(crate) struct Loaded<M> {
    id: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
    /// Those of the snapshot in force, one for each stripe that asked.
    leases: Vec<Option<Strong<Lease<M>>>>,
    /// Those of earlier snapshots that requests still hold.
    draining: Vec<Strong<Lease<M>>>,
    /// What was counted on leases that are gone, and what was noted of earlier snapshots.
    counted: OutcomeCounts,
}

impl<M> Loaded<M> {
    pub(crate) fn new(id: VersionId, model: M, desk: Arc<Desk>) -> Loaded<M> {
        Loaded {
            id,
            model: Arc::new(model),
            desk,
            leases: vec![None; STRIPES],
            draining: Vec::new(),
            counted: OutcomeCounts::default(),
        }
    }

    pub(crate) fn version(&self) -> VersionId {
        self.id
    }

    pub(crate) fn model(&self) -> Arc<M> {
        Arc::clone(&self.model)
    }

    fn lease(
        &mut self,
        stripe: usize,
        words: &Arc<Words>,
        observers: Option<&Arc<Observers>>,
    ) -> Strong<Lease<M>> {
        let make = || {
            let (model, desk) = (Arc::clone(&self.model), Arc::clone(&self.desk));
            let (words, observers) = (Arc::clone(words), observers.map(Arc::clone));
            Strong::new(Lease::new(self.id, model, desk, words, observers))
        };
        match self.leases.get_mut(stripe) {
            Some(lease) => Strong::clone(lease.get_or_insert_with(make)),
            None => make(),
        }
    }

    /// Takes back the leases that no request holds. New requests take leases of the new snapshot.
    fn retire_leases(&mut self) {
        let retired = self.leases.iter_mut().filter_map(Option::take);
        let counted = &mut self.counted;
        let held = |lease: Strong<Lease<M>>| match Strong::try_unwrap(lease) {
            Ok(lease) => {
                // Nobody has it any more: what it counted is final.
                lease.read_ended(counted);
                lease.read_admitted(counted);
                None
            }
            Err(held) => Some(held),
        };
        self.draining = core::mem::take(&mut self.draining)
            .into_iter()
            .chain(retired)
            .filter_map(held)
            .collect();
    }

    /// Counts how the version's requests ended: the endings are read before the admissions.
    fn outcomes(&self) -> OutcomeCounts {
        let mut counts = self.counted;
        let leases = || self.leases.iter().flatten().chain(&self.draining);
        leases().for_each(|lease| lease.read_ended(&mut counts));
        leases().for_each(|lease| lease.read_admitted(&mut counts));
        counts
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
    pub(crate) fn into_model(mut self) -> Result<M, Box<Loaded<M>>> {
        // It unwraps the `Arc` and does not only compare its count: afterwards a thread that still
        // knows the lease can no longer take it, so no request can begin between the check and the
        // end.
        self.retire_leases();
        if !self.draining.is_empty() {
            return Err(Box::new(self));
        }
        let Loaded {
            id,
            model,
            desk,
            leases,
            draining,
            counted,
        } = self;
        Arc::try_unwrap(model).map_err(|model| {
            Box::new(Loaded {
                id,
                model,
                desk,
                leases,
                draining,
                counted,
            })
        })
    }
}

/// Values that nobody else holds. To drop them may take long, or run the application's code.
pub(super) struct Unheld {
    _plans: Vec<Arc<Plan>>,
    _observers: Vec<Arc<Observers>>,
    _seats: Vec<Seated>,
}

/// The one snapshot that requests read: a plan and the models that it needs.
#[derive(Debug)]
pub(super) struct Published<M> {
    stamp: u64,
    pub(super) plans: Plans,
    /// What the live version answers, from a swap until it is accepted or rolled back.
    pub(super) recording: Option<Recording>,
    live: Loaded<M>,
    others: Vec<Loaded<M>>,
    /// Reclaimed versions with shadows that have not ended; the counts of the others are below.
    reclaimed: Vec<VersionId>,
    ended_shadows: ShadowCounts,
    /// What was counted on versions that are gone, by their labels.
    reclaimed_outcomes: BTreeMap<Box<str>, OutcomeCounts>,
    seats: Vec<Seated>,
    /// The observers of the snapshot in force; those of earlier ones stay until nobody has them.
    observers: Option<Arc<Observers>>,
    retired_observers: Vec<Arc<Observers>>,
    observer_panics: Arc<AtomicU64>,
}

impl<M> Published<M> {
    pub(super) fn new(
        stamp: u64,
        plan: Plan,
        live: Loaded<M>,
        others: Vec<Loaded<M>>,
        seats: Vec<Seated>,
    ) -> Published<M> {
        let observer_panics = Arc::default();
        Published {
            stamp,
            plans: Plans::new(plan),
            recording: None,
            live,
            others,
            reclaimed: Vec::new(),
            ended_shadows: ShadowCounts::default(),
            reclaimed_outcomes: BTreeMap::new(),
            observers: Observers::of(&seats, &observer_panics),
            seats,
            retired_observers: Vec::new(),
            observer_panics,
        }
    }

    /// Puts a new plan in force, and what is recorded under it.
    ///
    /// Returns what nobody has any more, to be dropped when no lock is held.
    #[must_use]
    pub(super) fn publish(
        &mut self,
        stamp: u64,
        plan: Arc<Plan>,
        recording: Option<Recording>,
    ) -> Unheld {
        let live = plan.live();
        if let Some(next) = self
            .others
            .iter_mut()
            .find(|deployment| deployment.id == live)
        {
            core::mem::swap(&mut self.live, next);
        }
        self.plans.replace(plan);
        self.recording = recording;
        self.republish(stamp)
    }

    /// Publishes the plan in force again, with the observers that are attached now.
    #[must_use]
    pub(super) fn republish(&mut self, stamp: u64) -> Unheld {
        self.stamp = stamp;
        let left: Vec<Seated> = self.seats.extract_if(.., |seat| seat.is_left()).collect();
        let told = self.observers.as_ref().map_or(0, |told| told.len());
        if !left.is_empty() || told != self.seats.len() {
            let observers = Observers::of(&self.seats, &self.observer_panics);
            let before = core::mem::replace(&mut self.observers, observers);
            self.retired_observers.extend(before);
        }
        for deployment in core::iter::once(&mut self.live).chain(&mut self.others) {
            deployment.retire_leases();
        }
        let observers = self
            .retired_observers
            .extract_if(.., |told| Arc::strong_count(told) == 1)
            .collect();
        Unheld {
            _plans: self.plans.sweep(),
            _observers: observers,
            _seats: left,
        }
    }

    /// Takes a place for an observer, which is told of what is admitted after the next
    /// publication.
    pub(super) fn seat(&mut self, seat: Seated) {
        self.seats.push(seat);
    }

    /// Tells whether an observer has left since the last publication.
    pub(super) fn has_left_seats(&self) -> bool {
        self.seats.iter().any(Seated::is_left)
    }

    pub(super) const fn observers(&self) -> Option<&Arc<Observers>> {
        self.observers.as_ref()
    }

    pub(super) const fn observer_panics(&self) -> &Arc<AtomicU64> {
        &self.observer_panics
    }

    /// Counts how the requests of all versions that ever bore a label ended.
    pub(super) fn outcomes(&self, label: &str) -> Option<OutcomeCounts> {
        let gone = self.reclaimed_outcomes.get(label).copied();
        let loaded = self.loaded().filter(|it| it.desk.label(it.id) == label);
        loaded
            .map(Loaded::outcomes)
            .chain(gone)
            .reduce(|mut sum, counts| {
                sum.add(&counts);
                sum
            })
    }

    /// Counts how a request ended that was routed under an earlier snapshot.
    pub(super) fn note(&mut self, id: VersionId, label: &str, ending: Ending) {
        let mut loaded = core::iter::once(&mut self.live).chain(&mut self.others);
        let counts = match loaded.find(|deployment| deployment.id == id) {
            Some(deployment) => &mut deployment.counted,
            None => self.reclaimed_outcomes.entry(label.into()).or_default(),
        };
        if let Some(count) = counts.noted.get_mut(ending.place()) {
            *count += 1;
        }
    }

    /// Returns the snapshot for the threads of a stripe, and all leases that they can take.
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

    /// Returns all models, the live one first.
    pub(super) fn models(&self) -> Vec<Arc<M>> {
        let all = core::iter::once(&self.live).chain(&self.others);
        all.map(Loaded::model).collect()
    }

    /// Takes a version that is not live out and gives its model back, if nothing can reach it.
    ///
    /// Otherwise tells how many requests hold a lease on it.
    pub(super) fn reclaim(&mut self, id: VersionId) -> Option<Result<M, usize>> {
        let place = self
            .others
            .iter()
            .position(|deployment| deployment.id == id)?;
        let mut deployment = self.others.remove(place);
        deployment.retire_leases();
        let counted = deployment.outcomes();
        match deployment.into_model() {
            Ok(model) => {
                self.reclaimed.push(id);
                let label = self.live.desk.label(id).into();
                self.reclaimed_outcomes
                    .entry(label)
                    .or_default()
                    .add(&counted);
                Some(Ok(model))
            }
            Err(deployment) => {
                let in_flight = deployment.in_flight();
                self.others.insert(place, *deployment);
                Some(Err(in_flight))
            }
        }
    }

    /// Adds up the shadows of all versions, by what `count` says of each.
    ///
    /// It asks the versions in memory, and those reclaimed versions that had a pending shadow.
    /// Without a model no new shadow begins, so counts without a pending shadow are final.
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
            observers,
            ..
        } = self;
        let plan = plans.current();
        plan.version_ids()
            .filter_map(|id| {
                let mut deployments = core::iter::once(&mut *live).chain(&mut *others);
                let deployment = deployments.find(|deployment| deployment.id == id)?;
                Some(deployment.lease(stripe, plan.words(), observers.as_ref()))
            })
            .collect()
    }

    pub(super) fn into_loaded(self) -> impl Iterator<Item = Loaded<M>> {
        core::iter::once(self.live).chain(self.others)
    }

    pub(super) fn live_lease(&mut self, stripe: usize) -> Strong<Lease<M>> {
        let words = self.plans.current().words();
        self.live.lease(stripe, words, self.observers.as_ref())
    }
}
