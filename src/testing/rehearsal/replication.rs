//! One rehearsed release.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal, Poisson};

use super::{
    Rehearsal, RehearsalEnd, RehearsalError, Run,
    units::{Place, Units},
    world::{SourceKind, World},
};
use crate::{
    Secret, Timestamp,
    rollout::{Input, Measured, Phase, Rollout, StepSample},
    stats::guard::{RateGuard, Side},
};

/// Runs one release until it ends.
pub(super) fn run(
    rehearsal: &Rehearsal,
    world: &World<'_>,
    number: u64,
) -> Result<Run, RehearsalError> {
    let mut rng = ChaCha8Rng::seed_from_u64(rehearsal.seed);
    rng.set_stream(number);
    let secret = Secret::new(rng.random());
    let mut release = Release {
        rollout: Rollout::new(rehearsal.policy.clone(), rehearsal.schedule.clone())?,
        units: Units::new(rehearsal.population.len()),
        counters: counters(world),
        rng,
        rehearsal,
        world,
        secret,
    };
    let start = Timestamp::from_nanos(0);
    let gates = rehearsal.schedule.gates();
    let gates = gates.map(|(name, _)| Input::Gate {
        name: name.to_owned(),
        open: true,
    });
    release.step(start, gates.collect());
    let mut now = start;
    let ending = loop {
        if let Some(ending) = RehearsalEnd::of(&release.rollout) {
            break ending;
        }
        if now.since(start) >= rehearsal.limit {
            break RehearsalEnd::Undecided;
        }
        now = now.after(rehearsal.look_every);
        release.serve()?;
        let sample = release.sample(now);
        release.step(now, sample.map(Input::Sample).into_iter().collect());
    };
    Ok(Run {
        number,
        ending,
        exposed: release.units.met_ever(),
        lasted: now.since(start),
    })
}

struct Release<'a> {
    rollout: Rollout,
    units: Units,
    /// By source, for those that count events.
    counters: Vec<Option<RateGuard>>,
    rng: ChaCha8Rng,
    rehearsal: &'a Rehearsal,
    world: &'a World<'a>,
    secret: Secret,
}

fn counters(world: &World<'_>) -> Vec<Option<RateGuard>> {
    let counter = |kind: &SourceKind<'_>| match kind {
        SourceKind::BadEvents {
            test,
            each_request: false,
            ..
        } => Some(RateGuard::by_unit((*test).clone())),
        SourceKind::BadEvents {
            test,
            each_request: true,
            ..
        } => Some(RateGuard::where_each_request_is_its_own_unit(
            (*test).clone(),
        )),
        SourceKind::Value { .. } => None,
    };
    world
        .sources
        .iter()
        .map(|source| counter(&source.kind))
        .collect()
}

impl Release<'_> {
    /// Evaluates, and carries out what the roll-out asks for.
    fn step(&mut self, now: Timestamp, inputs: Vec<Input>) {
        if self.rollout.step(now, inputs).is_none() {
            return;
        }
        self.rollout.confirm();
        match self.rollout.phase() {
            Phase::Ramping { .. } => {
                if let Some(policy) = self.rollout.policy_in_force() {
                    let plan = self.world.plan(&policy, &self.secret);
                    self.units
                        .deal(&self.rehearsal.population, &plan, self.world.candidate);
                }
            }
            Phase::Baking => match self.rollout.policy_in_force() {
                // The old version is still live in this world: who is let in is the same.
                Some(policy) if policy.canary.is_some() => {
                    let plan = self.world.plan(&policy, &self.secret);
                    self.units.deal_to_those_let_in(
                        &self.rehearsal.population,
                        &plan,
                        self.world.candidate,
                    );
                }
                _ => self.units.deal_to_all(&self.rehearsal.population),
            },
            _ => {}
        }
    }

    /// Lets the time between two looks pass.
    fn serve(&mut self) -> Result<(), RehearsalError> {
        let seconds = self.rehearsal.look_every.as_secs_f64();
        let units = self.rehearsal.population.len() as f64;
        let requests = self.rehearsal.requests_per_second * seconds;
        self.units
            .serve(-(-requests / units).exp_m1(), &mut self.rng);
        let world = self.world;
        for (source, counter) in world.sources.iter().zip(&mut self.counters) {
            let (
                SourceKind::BadEvents {
                    rate, ratio, whose, ..
                },
                Some(counter),
            ) = (&source.kind, counter)
            else {
                continue;
            };
            // Events come as if all had the higher rate; the surplus is left out again.
            let most = ratio.max(1.0);
            let events = match Poisson::new(rate * most * seconds) {
                Ok(law) => law.sample(&mut self.rng) as u64,
                Err(_) => 0,
            };
            for _ in 0..events {
                let unit = whose.draw(&mut self.rng);
                let place = self.units.place(unit);
                let is_candidates = matches!(place, Place::Drawn | Place::Served);
                let kept = if is_candidates {
                    ratio / most
                } else {
                    1.0 / most
                };
                if kept < 1.0 && self.rng.random::<f64>() >= kept {
                    continue;
                }
                if is_candidates {
                    self.units.note_bad(unit, &mut self.rng);
                }
                let side = match place {
                    Place::Drawn => Side::Candidate,
                    Place::Control => Side::Control,
                    Place::Served | Place::Apart => continue,
                };
                if side == Side::Control {
                    self.units.note_control();
                }
                if let Some(share) = self.rollout.candidate_share() {
                    counter.record(unit as u64, side, share)?;
                }
            }
        }
        Ok(())
    }

    /// Measures what there is to be measured at this look.
    fn sample(&mut self, now: Timestamp) -> Option<StepSample> {
        let (control, candidate) = self.units.met_now();
        let mut sample =
            StepSample::new(self.rollout.tag()?, now.as_nanos()).exposed(control, candidate);
        for (source, counter) in self.world.sources.iter().zip(&self.counters) {
            let measured = match (&source.kind, counter) {
                (SourceKind::Value { mean, deviation }, _) => {
                    let law = Normal::new(*mean, *deviation).ok()?;
                    Measured::Value(law.sample(&mut self.rng))
                }
                (_, Some(counter)) => Measured::of(counter),
                (_, None) => continue,
            };
            sample = sample.with(source.guard, measured);
        }
        Some(sample)
    }
}
