//! The hook that compares a shadow's answer with the primary's.

use core::time::Duration;
use std::{any::Any, sync::Arc};

use crate::{
    contain::{Contained, contain},
    unit::UnitKey,
};

/// A comparison of a shadow's answer with the primary's answer to the same request.
///
/// The application reduces an answer to a projection, such as a label or a score, so that nothing
/// large is kept. The router gets its comparison before the first request. So a comparison has no
/// access to a single request, and a shadow's answer cannot get into a response.
///
/// [`project`](Comparison::project) also runs on the request's thread, if a shadow of the request
/// will run. If it panics there, the request is not affected and is not compared.
/// [`PairedComparison`](crate::comparison::PairedComparison) is a comparison that is ready to use.
pub trait Comparison<Output, Error>: Send + Sync + 'static {
    /// The part of an answer that is compared.
    type Projection: Send + Sync + 'static;

    /// Reduces an answer to the part that is compared.
    fn project(&self, answer: &Result<Output, Error>) -> Self::Projection;

    /// Takes the two projections of one request, on the thread that ran the shadow.
    fn compare(&self, pair: Pair<'_, Self::Projection>);
}

/// The answers of two versions to one request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pair<'a, P: ?Sized> {
    /// The key of the unit that asked.
    pub unit: &'a UnitKey,
    /// The label of the version whose answer was returned.
    pub primary_version: &'a str,
    /// The label of the version that ran unseen.
    pub shadow_version: &'a str,
    /// The projection of the answer that was returned.
    pub primary: &'a P,
    /// The projection of the shadow's answer.
    pub shadow: &'a P,
    /// How long the primary took, if the router has a clock.
    pub primary_latency: Option<Duration>,
    /// How long the shadow took, if the router has a clock.
    pub shadow_latency: Option<Duration>,
}

impl<'a, P> Pair<'a, P> {
    /// Returns a pair without latencies, for tests of a comparison.
    #[must_use]
    pub const fn new(
        unit: &'a UnitKey,
        [primary_version, shadow_version]: [&'a str; 2],
        primary: &'a P,
        shadow: &'a P,
    ) -> Pair<'a, P> {
        Pair {
            unit,
            primary_version,
            shadow_version,
            primary,
            shadow,
            primary_latency: None,
            shadow_latency: None,
        }
    }
}

/// A projection whose type is forgotten.
pub(crate) type AnyProjection = dyn Any + Send + Sync;

/// A comparison whose projection's type is forgotten.
pub(crate) trait AnyComparison<O, E>: Send + Sync {
    fn project(&self, answer: &Result<O, E>) -> Arc<AnyProjection>;
    fn compare(&self, pair: Pair<'_, AnyProjection>);
}

impl<O, E, C: Comparison<O, E>> AnyComparison<O, E> for C {
    fn project(&self, answer: &Result<O, E>) -> Arc<AnyProjection> {
        Arc::new(Comparison::project(self, answer))
    }

    fn compare(&self, pair: Pair<'_, AnyProjection>) {
        if let (Some(primary), Some(shadow)) =
            (pair.primary.downcast_ref(), pair.shadow.downcast_ref())
        {
            Comparison::compare(
                self,
                Pair {
                    unit: pair.unit,
                    primary_version: pair.primary_version,
                    shadow_version: pair.shadow_version,
                    primary,
                    shadow,
                    primary_latency: pair.primary_latency,
                    shadow_latency: pair.shadow_latency,
                },
            );
        }
    }
}

/// The part of the primary's answer with which a shadow is compared.
#[derive(Clone)]
pub(crate) struct Primary {
    projection: Contained<Arc<AnyProjection>>,
    pub(super) latency: Option<Duration>,
}

impl Primary {
    /// Reduces the primary's answer; a panic of the application's code is caught.
    pub(crate) fn new<O, E>(
        comparison: &dyn AnyComparison<O, E>,
        answer: &Result<O, E>,
        latency: Option<Duration>,
    ) -> Option<Primary> {
        contain(|| Primary {
            projection: Contained::new(comparison.project(answer)),
            latency,
        })
    }

    /// Returns the projection; `None` only while it is dropped.
    pub(super) fn projection(&self) -> Option<&AnyProjection> {
        self.projection.get().map(|projection| &**projection)
    }
}
