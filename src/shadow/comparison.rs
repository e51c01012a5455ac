//! The hook through which a shadow's answer meets the primary's.

use core::time::Duration;
use std::{any::Any, sync::Arc};

use crate::{
    contain::{Contained, contain},
    unit::UnitKey,
};

/// A comparison of what a shadow answers with what the primary answered to the same request.
///
/// The application reduces an answer to a projection, such as a label or a score, so that
/// nothing large is kept. A comparison is given to the router once, before the first request:
/// nothing of one request's is in its reach, so no shadow's answer finds a way into a response.
///
/// [`project`](Comparison::project) runs on the thread of the request too, but only if a shadow
/// of it will be run; if it panics there, the request does not notice and goes uncompared.
/// [`PairedComparison`](crate::comparison::PairedComparison) is a comparison that is ready to use.
pub trait Comparison<Output, Error>: Send + Sync + 'static {
    /// What of an answer is compared.
    type Projection: Send + Sync + 'static;

    /// Reduces an answer to what is compared.
    fn project(&self, answer: &Result<Output, Error>) -> Self::Projection;

    /// Takes the two projections of one request, on the thread that ran the shadow.
    fn compare(&self, pair: Pair<'_, Self::Projection>);
}

/// What two versions answered to one request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pair<'a, P: ?Sized> {
    /// Who asked.
    pub unit: &'a UnitKey,
    /// The label of the version whose answer was returned.
    pub primary_version: &'a str,
    /// The label of the version that ran unseen.
    pub shadow_version: &'a str,
    /// What was returned, reduced.
    pub primary: &'a P,
    /// What the shadow answered, reduced.
    pub shadow: &'a P,
    /// How long the primary took, if the router has a clock.
    pub primary_latency: Option<Duration>,
    /// How long the shadow took, if the router has a clock.
    pub shadow_latency: Option<Duration>,
}

impl<'a, P> Pair<'a, P> {
    /// Returns a pair with nothing known of latencies, for tests of a comparison.
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

/// What of the primary's answer a shadow is compared with.
#[derive(Clone)]
pub(crate) struct Primary {
    projection: Contained<Arc<AnyProjection>>,
    pub(super) latency: Option<Duration>,
}

impl Primary {
    /// Reduces the primary's answer; a panic of the application's code goes no further.
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

    /// Returns what is compared; none only while it is dropped.
    pub(super) fn projection(&self) -> Option<&AnyProjection> {
        self.projection.get().map(|projection| &**projection)
    }
}
