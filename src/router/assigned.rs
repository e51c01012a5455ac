//! A route in words, for outcomes that come late.

use std::sync::Arc;

use super::{Router, UnknownRoute};
use crate::{assignment::Assignment, route::Route};

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns a recent route in words that mean the same on every server.
    ///
    /// An outcome may come weeks after the answer: store the assignment with the request, and hand
    /// it in with the outcome. Call this right after the decision; a ticket gives its assignment at
    /// any time ([`Ticket::assignment`](crate::Ticket::assignment)), and for a log of all outcomes
    /// there is an [`Observer`](crate::Observer).
    ///
    /// ```
    /// use switchstand::{Policy, Router};
    /// let router = Router::new("ranker", "v1", ())?;
    /// router.release(Policy::live_only("freeze"))?;
    /// let route = router.route("user-42");
    /// let assignment = router.assignment(&route)?;
    /// assert_eq!((&*assignment.release, &*assignment.version), ("freeze", "v1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UnknownRoute`] if the route is of another router, or older than its last 16 changes.
    pub fn assignment(&self, route: &Route) -> Result<Assignment<'static>, UnknownRoute> {
        let generation = route.generation();
        let unknown = UnknownRoute { generation };
        let words = self
            .shared
            .published
            .lock()
            .plans
            .words_at(generation)
            .map(Arc::clone);
        let (words, version) = words.zip(self.label(route.version())).ok_or(unknown)?;
        Ok(Assignment::of(&words, route, version).into_owned())
    }
}
