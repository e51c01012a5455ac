//! The shadows that wait with a request.

use std::sync::Arc;

use super::{Extras, Waiting};
use crate::{
    contain::contain,
    record::{DropReason, ShadowOutcome},
    shadow::{Desk, Lease, Ran, ShadowTask, Stub},
    sync::Strong,
};

impl<M> Extras<M> {
    pub(in crate::router) fn has_shadows(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Keeps the shadows that get a permit; tells whether any does.
    pub(in crate::router) fn take_permits(&mut self, desk: &Desk) -> bool {
        self.end_unless(desk, DropReason::NoPermit, |waiting| waiting.permit(desk));
        self.has_shadows()
    }

    /// Ends those shadows for `reason` that are not to be kept.
    pub(super) fn end_unless(
        &mut self,
        desk: &Desk,
        reason: DropReason,
        keep: impl Fn(&mut Waiting<M>) -> bool,
    ) {
        let mut place = 0;
        while let Some(waiting) = self.waiting.get_mut(place) {
            if keep(waiting) {
                place += 1;
            } else {
                let waiting = self.waiting.remove(place);
                self.end(desk, waiting, reason);
            }
        }
    }

    pub(super) fn take_first(&mut self) -> Option<Waiting<M>> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0))
    }

    /// Ends a shadow after its lease was given back, and with it perhaps the model dropped.
    pub(super) fn end(&self, desk: &Desk, waiting: Waiting<M>, reason: DropReason) {
        let Waiting {
            lease,
            is_permitted,
        } = waiting;
        let version = lease.version();
        contain(|| drop(lease));
        if let Some(sampled) = &self.sampled {
            let outcome = ShadowOutcome::Dropped(reason);
            sampled.drop_for(desk, version, is_permitted, outcome);
        }
    }

    /// Returns the next shadow that gets a permit; only then is the input asked for.
    pub(in crate::router) fn next<I>(
        &mut self,
        desk: &Arc<Desk>,
        input: impl FnOnce() -> I,
    ) -> Option<ShadowTask<M, I>> {
        let lease = self.next_lease(desk)?;
        let stub = self.next_stub(desk, &lease)?;
        match contain(input) {
            Some(input) => Some(ShadowTask::new(stub, lease, self.primary.clone(), input)),
            None => {
                contain(|| drop(lease));
                stub.end(Ran::only(ShadowOutcome::Panicked));
                None
            }
        }
    }

    /// Returns the next shadow of a request that may be impossible to copy.
    #[cfg(feature = "tower")]
    pub(in crate::router) fn next_copied<I>(
        &mut self,
        desk: &Arc<Desk>,
        mut copy: impl FnMut() -> Option<I>,
    ) -> Option<ShadowTask<M, I>> {
        loop {
            let lease = self.next_lease(desk)?;
            let stub = self.next_stub(desk, &lease)?;
            let reason = match contain(&mut copy) {
                Some(Some(input)) => {
                    return Some(ShadowTask::new(stub, lease, self.primary.clone(), input));
                }
                Some(None) => ShadowOutcome::Dropped(DropReason::NotCopied),
                None => ShadowOutcome::Panicked,
            };
            contain(|| drop(lease));
            stub.end(Ran::only(reason));
        }
    }

    /// Returns the lease of the next shadow that gets a permit.
    fn next_lease(&mut self, desk: &Arc<Desk>) -> Option<Strong<Lease<M>>> {
        self.sampled.as_ref()?;
        loop {
            let mut waiting = self.take_first()?;
            if waiting.permit(desk) {
                if core::mem::take(&mut self.is_not_comparable) {
                    desk.count_not_comparable();
                }
                return Some(waiting.lease);
            }
            self.end(desk, waiting, DropReason::NoPermit);
        }
    }

    /// Returns what ends the shadow that has got this lease.
    fn next_stub(&mut self, desk: &Arc<Desk>, lease: &Lease<M>) -> Option<Stub> {
        let sampled = if self.has_shadows() {
            self.sampled.clone()
        } else {
            self.sampled.take()
        };
        Some(Stub::permitted(Arc::clone(desk), sampled?, lease.version()))
    }
}

impl<M> Waiting<M> {
    /// Takes a permit if the shadow has none; tells whether it has one.
    fn permit(&mut self, desk: &Desk) -> bool {
        self.is_permitted = self.is_permitted || desk.permits.take();
        self.is_permitted
    }
}
