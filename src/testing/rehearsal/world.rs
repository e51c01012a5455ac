//! What all replications of a rehearsal share.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Uniform, weighted::WeightedAliasIndex};

use super::{Rehearsal, RehearsalError, effect::Kind, error::positive};
use crate::{
    Plan, Policy, Secret,
    deployment::{Deployments, OperationError, VersionId},
    policy::CheckedPolicy,
    rollout::Check,
    stats::guard::RateTest,
    testing::LIVE,
};

/// Units with their rates, and the versions that serve them.
pub(super) struct World<'a> {
    pub(super) deployments: Deployments,
    pub(super) candidate: VersionId,
    pub(super) sources: Vec<Source<'a>>,
}

/// Where the measurements of one guard come from.
pub(super) struct Source<'a> {
    pub(super) guard: &'a str,
    pub(super) kind: SourceKind<'a>,
}

pub(super) enum SourceKind<'a> {
    BadEvents {
        test: &'a RateTest,
        /// Bad events per second, if the control answered everybody.
        rate: f64,
        ratio: f64,
        /// Who has the next one, by the units' own rates.
        whose: Whose,
        each_request: bool,
    },
    Value {
        mean: f64,
        deviation: f64,
    },
}

/// The way in which the unit of an event is drawn.
pub(super) enum Whose {
    Any(Uniform<usize>),
    ByRate(WeightedAliasIndex<f64>),
}

impl Whose {
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        match self {
            Whose::Any(uniform) => uniform.sample(rng),
            Whose::ByRate(weighted) => weighted.sample(rng),
        }
    }
}

/// Compiles the policy over versions that stand for those it names.
pub(super) fn check(policy: &Policy) -> Result<Deployments, OperationError> {
    let deployments = deployments(policy)?;
    deployments.check(policy)?;
    Ok(deployments)
}

fn deployments(policy: &Policy) -> Result<Deployments, OperationError> {
    let mut deployments = Deployments::new(LIVE)?;
    let versions = policy.versions().into_iter();
    for version in versions.filter(|version| *version != LIVE) {
        deployments.deploy_ready(version)?;
    }
    Ok(deployments)
}

impl<'a> World<'a> {
    pub(super) fn new(rehearsal: &'a Rehearsal) -> Result<World<'a>, RehearsalError> {
        let deployments = check(&rehearsal.policy)?;
        let candidate = rehearsal.policy.canary.as_ref();
        let candidate = candidate.and_then(|canary| deployments.get(&canary.version));
        let candidate = candidate.map_or(deployments.live().id(), |known| known.id());
        let mut sources = Vec::new();
        for (place, guard) in rehearsal.schedule.guards().iter().enumerate() {
            let guard_name = guard.name();
            let Some(effect) = rehearsal.effects.get(guard_name) else {
                return Err(RehearsalError::NoEffect {
                    guard: guard_name.to_owned(),
                });
            };
            let kind = match (effect.kind, guard.check()) {
                (Kind::Value { mean, deviation }, _) => SourceKind::Value { mean, deviation },
                (
                    Kind::BadEvents {
                        control_rate,
                        ratio,
                        shape,
                        each_request,
                    },
                    Check::Rate(test),
                ) => SourceKind::BadEvents {
                    test,
                    rate: rehearsal.requests_per_second * control_rate,
                    ratio,
                    whose: whose(rehearsal, shape, place as u64)?,
                    each_request,
                },
                _ => {
                    return Err(RehearsalError::WrongKind {
                        guard: guard_name.to_owned(),
                    });
                }
            };
            sources.push(Source {
                guard: guard_name,
                kind,
            });
        }
        Ok(World {
            deployments,
            candidate,
            sources,
        })
    }

    /// Compiles a policy under a secret, which deals all units anew.
    #[expect(
        clippy::expect_used,
        reason = "a roll-out changes nothing but the shares of a policy that was checked"
    )]
    pub(super) fn plan(&self, policy: &Policy, secret: &Secret) -> Plan {
        let before = self.deployments.checked_policy();
        let checked = CheckedPolicy::new(policy.clone(), Some(before)).expect("a good policy");
        Plan::build(&checked, self.deployments.versions(), secret)
    }
}

/// Draws the units' rates, for one guard.
fn whose(rehearsal: &Rehearsal, shape: Option<f64>, guard: u64) -> Result<Whose, RehearsalError> {
    let units = rehearsal.population.len();
    let bad = |what, value| RehearsalError::OutOfRange {
        what,
        value,
        expected: "one that leaves rates above 0",
    };
    let Some(shape) = shape else {
        let uniform = Uniform::new(0, units).map_err(|_| bad("number of units", units as f64))?;
        return Ok(Whose::Any(uniform));
    };
    positive("shape of the gamma law", shape)?;
    let what = "shape of the gamma law";
    let law = Gamma::new(shape, 1.0 / shape).map_err(|_| bad(what, shape))?;
    let mut rng = ChaCha8Rng::seed_from_u64(rehearsal.seed);
    // Replications count up from stream 0; the rates are drawn from the other end.
    rng.set_stream(u64::MAX - guard);
    let rates: Vec<f64> = (0..units).map(|_| law.sample(&mut rng)).collect();
    let weighted = WeightedAliasIndex::new(rates).map_err(|_| bad(what, shape))?;
    Ok(Whose::ByRate(weighted))
}
