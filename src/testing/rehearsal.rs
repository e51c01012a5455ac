//! Which harm a schedule's guards can detect, before the release.

mod effect;
mod error;
mod outcome;
mod rehearsal_end;
mod replication;
mod spread;
mod units;
mod words;
mod world;

use core::{ops::Range, time::Duration};
use std::collections::BTreeMap;

pub use effect::Effect;
pub use error::RehearsalError;
pub use outcome::{Rehearsed, Run};
pub use rehearsal_end::RehearsalEnd;
pub use spread::Spread;

use super::Population;
use crate::{
    Policy,
    rollout::{Check, Rollout, Schedule},
};
use effect::Kind;
use world::World;

/// A release that is simulated thousands of times, to find out which harm its guards can detect.
///
/// A rehearsal takes the policy, the schedule and the population, and adds what is not known
/// beforehand: the traffic, and the candidate's effect on it. Every replication is a release of its
/// own: units are drawn again by the policy's plan, and a real [`Rollout`] is evaluated in regular
/// intervals until it ends.
///
/// # The model
/// - All units are equally busy: each makes requests at random moments (a Poisson process).
/// - Bad events of a unit come at random moments too, at the unit's own rate, times the
///   candidate's ratio while the candidate answers it: [`Effect::bad_events`]. The rates are
///   drawn once for the population.
/// - Gates are open from the start, nobody gives commands, and every action succeeds.
/// - A roll-out that pauses ends its replication, and so does one that outlasts
///   [`with_limit`](Rehearsal::with_limit).
///
/// # Reproducible, and in parallel
/// Replication `i` depends on the seed and on `i` alone. No thread is started: split the range
/// among threads of your own and [`merge`](Rehearsed::merge) what they return; the result is the
/// same, bit by bit.
///
/// ```
/// use core::time::Duration;
/// use switchstand::{Policy, Share};
/// use switchstand::rollout::{Check, Guard, Schedule};
/// use switchstand::stats::guard::RateTest;
/// use switchstand::testing::{Effect, Population, Rehearsal};
///
/// let errors = Guard::new("errors", Check::Rate(RateTest::default()));
/// let rehearsal = Rehearsal::new(
///     Policy::canary("ranker-2026-11", "v2", Share::NONE),
///     Schedule::new([errors])?,
///     Population::synthetic(5_000, 7),
/// )?
/// .with_traffic(50.0)?
/// .with_effect("errors", Effect::bad_events(0.02).times(10.0))?;
/// let mut done = 0;
/// let result = rehearsal.simulate(0..20, |_| done += 1)?;
/// assert_eq!(done, 20);
/// // Ten times the errors of the old version do not get through.
/// assert_eq!(result.rejected().successes(), 20);
/// println!("{result}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rehearsal {
    policy: Policy,
    schedule: Schedule,
    population: Population,
    effects: BTreeMap<String, Effect>,
    requests_per_second: f64,
    look_every: Duration,
    limit: Duration,
    seed: u64,
}

impl Rehearsal {
    /// Prepares the rehearsal of a canary policy's release.
    ///
    /// The defaults: 100 requests a second, a look every 30 seconds, at most 7 days, seed 0, and no
    /// effect of the candidate.
    ///
    /// # Errors
    /// [`RehearsalError`] if the policy is refused or is no canary, if the population is empty,
    /// or if the schedule has a stage of shadows, which cannot be rehearsed.
    pub fn new(
        policy: Policy,
        schedule: Schedule,
        population: Population,
    ) -> Result<Rehearsal, RehearsalError> {
        Rollout::new(policy.clone(), schedule.clone())?;
        if schedule.shadow().is_some() {
            return Err(RehearsalError::Shadows);
        }
        if population.is_empty() {
            return Err(RehearsalError::NoUnits);
        }
        world::check(&policy)?;
        Ok(Rehearsal {
            policy,
            schedule,
            population,
            effects: BTreeMap::new(),
            requests_per_second: 100.0,
            look_every: Duration::from_secs(30),
            limit: Duration::from_secs(7 * 24 * 3600),
            seed: 0,
        })
    }

    /// Returns the rehearsal with another number of requests a second, of all units together.
    ///
    /// # Errors
    /// [`RehearsalError::OutOfRange`] unless it is positive and finite.
    pub fn with_traffic(self, requests_per_second: f64) -> Result<Rehearsal, RehearsalError> {
        error::positive("requests per second", requests_per_second)?;
        Ok(Rehearsal {
            requests_per_second,
            ..self
        })
    }

    /// Returns the rehearsal with another time between two looks at the guards.
    ///
    /// # Errors
    /// [`RehearsalError::OutOfRange`] for a time of nothing.
    pub fn with_look_every(self, look_every: Duration) -> Result<Rehearsal, RehearsalError> {
        error::positive("seconds between two looks", look_every.as_secs_f64())?;
        Ok(Rehearsal { look_every, ..self })
    }

    /// Returns the rehearsal with another time after which a release counts as undecided.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Rehearsal {
        Rehearsal { limit, ..self }
    }

    /// Returns the rehearsal with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Rehearsal {
        Rehearsal { seed, ..self }
    }

    /// Returns the rehearsal with the candidate's effect on one guard.
    ///
    /// # Errors
    /// [`RehearsalError`] if there is no such guard, if it looks at numbers of another kind, or
    /// if a number of the effect is out of range.
    pub fn with_effect(mut self, guard: &str, effect: Effect) -> Result<Rehearsal, RehearsalError> {
        effect.check()?;
        let named = self
            .schedule
            .guards()
            .iter()
            .find(|known| known.name() == guard);
        let fits = match (named.map(|guard| guard.check()), &effect.kind) {
            (None, _) => {
                return Err(RehearsalError::NoGuard {
                    guard: guard.to_owned(),
                });
            }
            (Some(Check::Rate(_)), Kind::BadEvents { .. }) => true,
            (Some(Check::Limit { .. }), Kind::Value { .. }) => true,
            _ => false,
        };
        if !fits {
            return Err(RehearsalError::WrongKind {
                guard: guard.to_owned(),
            });
        }
        self.effects.insert(guard.to_owned(), effect);
        Ok(self)
    }

    /// Runs these replications on this thread, and calls `progress` with each one's number.
    ///
    /// # Errors
    /// [`RehearsalError::NoEffect`] if a guard has no effect to look at, and
    /// [`RehearsalError::Guard`] if a ladder has more shares than a guard can tell apart.
    pub fn simulate(
        &self,
        replications: Range<u64>,
        mut progress: impl FnMut(u64),
    ) -> Result<Rehearsed, RehearsalError> {
        let world = World::new(self)?;
        let mut runs = Vec::new();
        for number in replications {
            runs.push(replication::run(self, &world, number)?);
            progress(number);
        }
        Ok(Rehearsed::new(self, runs))
    }
}
