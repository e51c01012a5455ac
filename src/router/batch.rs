//! Many requests at once, with one lease for each version.

use core::fmt;

use super::{Router, Shared, Ticket, admission::OfThread, snapshot::Snapshot, ticket::Leased};
use crate::{
    outcome::Ending,
    plan::Partition,
    route::Route,
    shadow::{Lease, ShadowTask},
    sync::Strong,
    unit::Unit,
    version::VersionId,
};

/// A batch of admitted requests, sorted by version.
///
/// It is a buffer that can be used again. Until it is cleared, refilled or dropped it holds one
/// lease on each version of the batch. Each unit is a request of its own: it ends as the
/// application says ([`answered`](Batch::answered), [`end`](Batch::end)), otherwise it counts as
/// given up when the batch is cleared.
pub struct Batch<M> {
    partition: Partition,
    /// In the order of the partition's groups.
    leases: Vec<Strong<Lease<M>>>,
    /// The units that need a ticket of their own, for shadows, observers or a fallback, in the
    /// order of their numbers.
    tickets: Vec<(usize, Option<Ticket<M>>)>,
    /// Which units without a ticket have ended. A unit with a ticket is marked as ended here. Empty
    /// until the first unit has ended.
    ended: Vec<bool>,
}

impl<M> Batch<M> {
    /// Returns an empty batch.
    #[must_use]
    pub const fn new() -> Batch<M> {
        Batch {
            partition: Partition::new(),
            leases: Vec::new(),
            tickets: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Returns the routes of the units, and which of them go to which version.
    #[must_use]
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Iterates over the versions: number, model, and the numbers of the units, ascending.
    pub fn groups(&self) -> impl Iterator<Item = (VersionId, &M, &[usize])> {
        self.partition
            .groups()
            .zip(&self.leases)
            .map(|((version, units), lease)| (version, lease.model(), units))
    }

    /// Ends the request of a unit, which is named by its number in the batch.
    ///
    /// Tells whether there was such a request that had not ended: each ends once.
    pub fn end(&mut self, unit: usize, ending: Ending) -> bool {
        if let Some(ticket) = self.ticket(unit) {
            return ticket.take().map(|ticket| ticket.end(ending)).is_some();
        }
        let Some(route) = self.partition.route(unit) else {
            return false;
        };
        self.ended.resize(self.partition.len(), false);
        match self.ended.get_mut(unit) {
            Some(has_ended) if !*has_ended => *has_ended = true,
            _ => return false,
        }
        if let Some(lease) = self
            .leases
            .iter()
            .find(|it| it.version() == route.version())
        {
            lease.end(ending, 1);
        }
        true
    }

    /// Notes the answer to a unit, and keeps what its shadows are compared with.
    ///
    /// An error is a failure. The request ends when the batch is cleared; its shadows may be taken
    /// before.
    ///
    /// Tells whether there was such a request that had not ended.
    pub fn answered<T: 'static, E: 'static>(&mut self, unit: usize, answer: &Result<T, E>) -> bool {
        match self.ticket(unit) {
            Some(Some(ticket)) => {
                let before = ticket.begin();
                ticket.progress = before.and(Ending::of(answer));
                ticket.compare_later(answer);
                true
            }
            Some(None) => false,
            None => self.end(unit, Ending::of(answer)),
        }
    }

    /// Keeps the excerpt that `make` returns of a unit's input and answer: see
    /// [`Ticket::excerpt`](crate::Ticket::excerpt).
    pub fn excerpt(&mut self, unit: usize, make: impl FnOnce() -> Vec<u8>) {
        if let Some(Some(ticket)) = self.ticket(unit) {
            ticket.excerpt(make);
        }
    }

    /// Takes the next shadow of a unit: see [`Ticket::shadow_task`](crate::Ticket::shadow_task).
    #[must_use]
    pub fn shadow_task<I>(
        &mut self,
        unit: usize,
        input: impl FnOnce() -> I,
    ) -> Option<ShadowTask<M, I>> {
        self.ticket(unit)?.as_mut()?.shadow_task(input)
    }

    /// Gives the leases back and keeps the memory.
    ///
    /// Requests that have not ended are given up.
    pub fn clear(&mut self) {
        self.tickets.clear();
        self.give_up();
        self.leases.clear();
        self.partition.clear();
    }

    fn ticket(&mut self, unit: usize) -> Option<&mut Option<Ticket<M>>> {
        let place = self
            .tickets
            .binary_search_by_key(&unit, |(number, _)| *number);
        let (_, ticket) = self.tickets.get_mut(place.ok()?)?;
        Some(ticket)
    }

    /// Gives up the requests that are only counted and have not ended.
    fn give_up(&mut self) {
        for ((_, units), lease) in self.partition.groups().zip(&self.leases) {
            let is_open = |unit: &&usize| self.ended.get(**unit).is_none_or(|ended| !ended);
            lease.end(Ending::GivenUp, units.iter().filter(is_open).count() as u64);
        }
        self.ended.clear();
    }
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Admits a batch of requests by one snapshot.
    ///
    /// Each unit gets the route that it gets alone, and shadows are sampled for it. If a unit
    /// fails, no other version steps in; to have that, admit requests one by one.
    ///
    /// ```
    /// use switchstand::{Batch, Ending, Policy, Router};
    /// let router = Router::new("ranker", "v1", 1.0)?;
    /// router.deploy("v2", 2.0)?;
    /// router.validate("v2", |_| Ok::<(), String>(()))?;
    /// router.release(Policy::ab_test("test", [("v1", 1), ("v2", 1)]))?;
    /// let mut batch = Batch::new();
    /// router.partition(["ana", "ben", "cho"], &mut batch);
    /// let answered: usize = batch.groups().map(|(_, _model, units)| units.len()).sum();
    /// assert_eq!(answered, 3);
    /// for unit in 0..3 {
    ///     assert!(batch.end(unit, Ending::Answered));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn partition<'a, U: Into<Unit<'a>>>(
        &self,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator> + Clone,
        batch: &mut Batch<M>,
    ) {
        let shared = &self.shared;
        let keeper = &mut OfThread(shared.id.number());
        batch.clear();
        // A claim that is dropped before it was admitted is no request.
        let mut apart = Vec::new();
        let claimed = shared.admit::<true, _>(keeper, |snapshot| {
            apart.clear();
            batch.claim(shared, snapshot, units.clone(), &mut apart)
        });
        if claimed.is_none() {
            batch.leases.clear();
            batch.partition.clear();
            return;
        }
        let mut apart = apart.into_iter().peekable();
        if apart.peek().is_some() {
            batch.ended.resize(batch.partition.len(), false);
            for (number, unit) in units.into_iter().enumerate() {
                if let Some((_, route, leased)) = apart.next_if(|(apart, ..)| *apart == number) {
                    let unit = unit.into();
                    let mut ticket = Ticket::of(route, leased, &unit);
                    ticket.remember(&unit);
                    batch.tickets.push((number, Some(ticket)));
                    if let Some(has_ended) = batch.ended.get_mut(number) {
                        *has_ended = true;
                    }
                }
            }
        }
        for ((_, units), lease) in batch.partition.groups().zip(&batch.leases) {
            let is_counted = |unit: &&usize| batch.ended.get(**unit).is_none_or(|apart| !apart);
            lease.admit(units.iter().filter(is_counted).count() as u64);
        }
    }
}

/// A unit that needs a ticket of its own: its number, its route, and its leases.
type Apart<M> = (usize, Route, Leased<M>);

impl<M: Send + Sync + 'static> Batch<M> {
    /// Decides for all units and takes a lease on each version, in place of what was claimed
    /// before.
    fn claim<'a, U: Into<Unit<'a>>>(
        &mut self,
        shared: &Shared<M>,
        snapshot: &Snapshot<M>,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator> + Clone,
        apart: &mut Vec<Apart<M>>,
    ) -> Option<()> {
        self.leases.clear();
        snapshot.plan.partition(units.clone(), &mut self.partition);
        for (version, _) in self.partition.groups() {
            self.leases.push(snapshot.lease(version)?);
        }
        let is_observed = self.leases.iter().any(|lease| lease.observers().is_some());
        if is_observed || snapshot.journal.is_some() || snapshot.plan.has_shadows() {
            for (number, unit) in units.into_iter().enumerate() {
                let unit = unit.into();
                let route = self.partition.route(number)?;
                let leased = Ticket::lease_out(shared, snapshot, &unit, &route)?;
                let (lease, extras) = &leased;
                if extras.is_some() || lease.observers().is_some() {
                    apart.push((number, route, leased));
                }
            }
        }
        Some(())
    }
}

impl<M> Drop for Batch<M> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<M> Default for Batch<M> {
    fn default() -> Batch<M> {
        Batch::new()
    }
}

impl<M> fmt::Debug for Batch<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}
