//! From a request to its answer.

use core::fmt;
use std::{borrow::Cow, sync::Arc};

use super::{Router, Shared, Ticket};
use crate::{
    model::Model,
    plan::Plan,
    record::{Assignment, Exposure, Record, ShadowOutcome, ShadowRun},
    route::Route,
    shadow::{AnyComparison, Primary, ShadowTask},
    unit::Unit,
};

/// Holds exactly one answer, how it came about, and the shadows that remain to be run.
#[non_exhaustive]
pub struct Served<M: Model> {
    /// What the model answered, or its error.
    pub answer: Result<M::Output, M::Error>,
    /// The decision, marked as a fallback if the live version stepped in.
    pub route: Route,
    /// The shadows sampled for this request, to be run where the application likes.
    ///
    /// They are there also when the primary failed: those pairs tell the most.
    pub shadows: Vec<ShadowTask<M>>,
}

impl<M: Model + Send + Sync + 'static> Router<M>
where
    M::Input: Clone,
{
    /// Answers a request with the model that the policy chooses for the unit.
    ///
    /// The input is cloned only if a shadow was sampled.
    #[inline]
    pub fn predict<'a>(&self, unit: impl Into<Unit<'a>>, input: &M::Input) -> Served<M> {
        let unit = unit.into();
        let ticket = Ticket::admit(&self.shared, &unit);
        let answer = ticket.model().predict(input);
        if ticket.is_plain() {
            return Served {
                answer,
                route: *ticket.route(),
                shadows: Vec::new(),
            };
        }
        self.shared.conclude(&unit, ticket, answer, input)
    }
}

impl<M: Model + Send + Sync + 'static> Shared<M> {
    /// Falls back, records and starts shadows, where the policy or the router asks for it.
    #[inline(never)]
    fn conclude(
        &self,
        unit: &Unit<'_>,
        mut ticket: Ticket<M>,
        mut answer: Result<M::Output, M::Error>,
        input: &M::Input,
    ) -> Served<M>
    where
        M::Input: Clone,
    {
        if answer.is_err()
            && let Some(live) = ticket.fall_back()
        {
            answer = live.predict(input);
        }
        self.expose(unit, &ticket, answer.is_err());
        let shadows = self.shadows(unit, &mut ticket, &answer, input);
        Served {
            answer,
            route: *ticket.route(),
            shadows,
        }
    }

    fn expose(&self, unit: &Unit<'_>, ticket: &Ticket<M>, failed: bool) {
        if let (Some(recorder), Some(plan)) = (&self.recorder, ticket.plan()) {
            recorder.record(Record::Exposure(Exposure {
                at: recorder.now(),
                unit: unit.key().to_owned(),
                assignment: self.assignment(plan, ticket.route()),
                failed,
            }));
        }
    }

    fn assignment<'a>(&'a self, plan: &'a Plan, route: &Route) -> Assignment<'a> {
        Assignment {
            release: Cow::Borrowed(plan.release()),
            fingerprint: plan.fingerprint(),
            generation: route.generation(),
            version: Cow::Borrowed(self.labels.get(route.version()).unwrap_or_default()),
            arm: plan.arm_of(route).map(Cow::Borrowed),
            reason: route.reason(),
            propensity: route.propensity(),
        }
    }

    fn shadows(
        &self,
        unit: &Unit<'_>,
        ticket: &mut Ticket<M>,
        answer: &Result<M::Output, M::Error>,
        input: &M::Input,
    ) -> Vec<ShadowTask<M>>
    where
        M::Input: Clone,
    {
        let leases = ticket.take_shadows();
        if leases.is_empty() {
            return Vec::new();
        }
        let comparison = self
            .comparison
            .as_ref()
            .and_then(|comparison| comparison.downcast_ref::<Arc<dyn AnyComparison<M>>>());
        leases
            .into_iter()
            .map(|lease| {
                let label = self.labels.get(lease.version()).unwrap_or_default();
                let log = self
                    .recorder
                    .as_ref()
                    .zip(ticket.plan())
                    .map(|(recorder, plan)| {
                        let run = ShadowRun {
                            at: recorder.now(),
                            unit: unit.key().to_owned(),
                            assignment: self.assignment(plan, ticket.route()).into_owned(),
                            shadow: Cow::Owned(label.to_owned()),
                            outcome: ShadowOutcome::Answered,
                        };
                        (Arc::clone(recorder), run)
                    });
                let primary = comparison.map(|comparison| Primary {
                    comparison: Arc::clone(comparison),
                    projection: comparison.project(answer),
                });
                ShadowTask {
                    input: input.clone(),
                    lease,
                    version: label.into(),
                    primary,
                    log,
                }
            })
            .collect()
    }
}

impl Assignment<'_> {
    /// Returns the same assignment, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Assignment<'static> {
        Assignment {
            release: Cow::Owned(self.release.into_owned()),
            version: Cow::Owned(self.version.into_owned()),
            arm: self.arm.map(|arm| Cow::Owned(arm.into_owned())),
            fingerprint: self.fingerprint,
            generation: self.generation,
            reason: self.reason,
            propensity: self.propensity,
        }
    }
}

impl<M: Model> fmt::Debug for Served<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("ok", &self.answer.is_ok())
            .field("route", &self.route)
            .field("shadows", &self.shadows)
            .finish_non_exhaustive()
    }
}
