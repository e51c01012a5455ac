//! Sessions that keep the version they began with.

use thiserror::Error;

use super::{Router, Ticket, admission::OfThread};
use crate::{
    pin::{Pin, TagError, TaggedPin},
    route::Route,
    unit::Unit,
};

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns the pin that keeps a session on the version of a route.
    ///
    /// ```
    /// use switchstand::{pin::TaggedPin, Policy, Reason, Router, Secret};
    /// let router = Router::builder("ranker").secret(Secret::new([7; 16])).build("v1", ())?;
    /// let route = router.route("user-42");
    /// let pin = router.pin(&route)?;
    /// let cookie = router.tag_pin("user-42", pin)?.to_string();
    /// // On the next request of the conversation:
    /// let held: TaggedPin = cookie.parse()?;
    /// let pin = router.check_pin("user-42", &held)?;
    /// assert_eq!(router.route_pinned("user-42", pin).reason(), Reason::Pinned);
    /// assert!(router.check_pin("user-43", &held).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UnknownRoute`] if the route is from no generation that this router remembers.
    pub fn pin(&self, route: &Route) -> Result<Pin, UnknownRoute> {
        let generation = route.generation();
        let fingerprint = self
            .shared
            .published
            .lock()
            .plans
            .fingerprint_at(generation);
        fingerprint
            .zip(self.label(route.version()))
            .map(|(fingerprint, label)| Pin::new(fingerprint, label))
            .ok_or(UnknownRoute { generation })
    }

    /// Decides for a unit whose session began with a version.
    ///
    /// See [`Plan::route_pinned`](crate::Plan::route_pinned).
    pub fn route_pinned<'a>(&self, unit: impl Into<Unit<'a>>, pin: &Pin) -> Route {
        let unit = unit.into();
        self.shared
            .route_by_plan(|plan| plan.route_pinned(unit, pin))
    }

    /// Admits a request whose session began with a version.
    pub fn admit_pinned<'a>(&self, unit: impl Into<Unit<'a>>, pin: &Pin) -> Ticket<M> {
        let unit = unit.into();
        let keeper = &mut OfThread(self.shared.id.number());
        let mut ticket = Ticket::admit_by(&self.shared, keeper, &unit, |plan| {
            plan.route_pinned(unit, pin)
        });
        ticket.remember(&unit);
        ticket
    }

    /// Tags a pin for one unit, so that the client can hold it.
    ///
    /// # Errors
    /// [`TagError::NoSecret`] if the router has no secret.
    pub fn tag_pin<'a>(&self, unit: impl Into<Unit<'a>>, pin: Pin) -> Result<TaggedPin, TagError> {
        TaggedPin::new(&self.shared.secret, unit.into().key(), pin)
    }

    /// Returns the pin that a client held, if it is this unit's own.
    ///
    /// # Errors
    /// [`TagError::Mismatch`] if it is not; [`TagError::NoSecret`] if the router has no secret to
    /// check it.
    pub fn check_pin<'a, 'p>(
        &self,
        unit: impl Into<Unit<'a>>,
        pin: &'p TaggedPin,
    ) -> Result<&'p Pin, TagError> {
        pin.check(&self.shared.secret, unit.into().key())
    }
}

/// The refusal of a route that the router does not know.
///
/// It is of another router, or too old: [`Router::pin`] knows the last 1,024 generations,
/// [`Router::assignment`] the last 16.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "generation {generation} is not among those that this router remembers: it is another \
     router's, or too old; keep its assignment instead"
)]
#[non_exhaustive]
pub struct UnknownRoute {
    /// The generation of the route.
    pub generation: u64,
}
