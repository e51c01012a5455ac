//! What operators do to a running router.

mod validation;

use core::{error::Error, fmt};
use std::sync::Arc;

use thiserror::Error;

use super::{Router, Shared, turn::Signed};
use crate::{
    deployment::{Deployment, Operation, OperationError},
    policy::Policy,
    share::Share,
    timestamp::Timestamp,
};

/// A handle for deployment and release in somebody's name, or against a known generation.
///
/// If you need neither, [`Router`] has the same methods. Every method returns the new generation.
#[derive(Debug)]
pub struct Operator<'a, M> {
    router: &'a Router<M>,
    signed: Signed<'a>,
    expected: Option<u64>,
}

impl<'a, M: Send + Sync + 'static> Operator<'a, M> {
    pub(super) fn new(router: &'a Router<M>) -> Operator<'a, M> {
        Operator {
            router,
            signed: Signed::default(),
            expected: None,
        }
    }

    /// Names the person or program that acts, for the records.
    #[must_use]
    pub fn named(mut self, actor: &'a str) -> Operator<'a, M> {
        self.signed.actor = actor;
        self
    }

    /// Says why, for the records; a rejection has a cause of its own.
    #[must_use]
    pub fn because(mut self, cause: &'a str) -> Operator<'a, M> {
        self.signed.cause = cause;
        self
    }

    /// Gives the time for the records, in place of the present time by the router's clock.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Operator<'a, M> {
        self.signed.at = Some(at);
        self
    }

    /// Acts only if no operation has succeeded since `generation`.
    ///
    /// Of several operators who saw the same generation exactly one succeeds. `reject` and
    /// `rollback` ignore it, so that an abort is never refused because somebody else acted first.
    #[must_use]
    pub fn expecting(self, generation: u64) -> Operator<'a, M> {
        Operator {
            expected: Some(generation),
            ..self
        }
    }

    /// Loads a version, reachable by nobody.
    ///
    /// # Errors
    /// [`DeployError`] says why not, and gives the model back.
    pub fn deploy(&self, version: &str, model: M) -> Result<u64, DeployError<M>> {
        let operation = Operation::Deploy {
            version: version.to_owned(),
        };
        let turn = self.shared().turn(self.expected).and_then(|mut turn| {
            turn.apply(&operation)?;
            turn.check_memory(version, &model)?;
            Ok(turn)
        });
        match turn {
            Ok(turn) => {
                if let Some(deployment) = turn.next().get(version) {
                    turn.load(deployment.id(), version, model);
                }
                Ok(turn.publish(&operation, &self.signed))
            }
            Err(source) => Err(DeployError { source, model }),
        }
    }

    /// Puts a policy in force.
    ///
    /// A policy that means the same as the one in force changes nothing: the present generation is
    /// returned, and no change is recorded.
    ///
    /// # Errors
    /// [`OperationError`] names what is wrong; the policy in force stays.
    pub fn release(&self, policy: Policy) -> Result<u64, OperationError> {
        self.carry_out(Operation::Release {
            policy: Box::new(policy),
        })
    }

    /// Makes a ready version live, for everybody and at once; the old one stands by.
    ///
    /// The policy in force is replaced by [`Policy::live_only`] of the same release;
    /// [`swap_with`](Operator::swap_with) sets another one.
    ///
    /// # Errors
    /// [`OperationError`] if the version is not ready, or the last swap is still open.
    pub fn swap(&self, version: &str) -> Result<u64, OperationError> {
        self.carry_out(Operation::Swap {
            version: version.to_owned(),
            policy: None,
        })
    }

    /// Makes a ready version live and puts a policy in force, in one step.
    ///
    /// # Errors
    /// [`OperationError`] as for [`swap`](Operator::swap) and [`release`](Operator::release).
    pub fn swap_with(&self, version: &str, policy: Policy) -> Result<u64, OperationError> {
        let policy = Some(Box::new(policy));
        self.carry_out(Operation::Swap {
            version: version.to_owned(),
            policy,
        })
    }

    /// Makes a ready version live, which the old one shadows for a share.
    ///
    /// This is the reverse shadow: the comparison goes on after the swap and shows what the old
    /// version would answer. [`accept`](Operator::accept) ends it.
    /// [`swap_with`](Operator::swap_with) takes any other policy that shadows the stand-by.
    ///
    /// # Errors
    /// [`OperationError`] as for [`swap`](Operator::swap).
    pub fn swap_and_shadow(&self, version: &str, share: Share) -> Result<u64, OperationError> {
        let mut turn = self.shared().turn(self.expected)?;
        let (release, live) = (turn.next().policy().release(), turn.next().live().label());
        let operation = Operation::Swap {
            version: version.to_owned(),
            policy: Some(Box::new(Policy::shadow(release, live, share))),
        };
        turn.apply(&operation)?;
        Ok(turn.publish(&operation, &self.signed))
    }

    /// Keeps the live version; the stand-by retires, and shadows no more.
    ///
    /// # Errors
    /// [`OperationError`] if there is no stand-by, or the policy in force lets it answer.
    pub fn accept(&self) -> Result<u64, OperationError> {
        self.carry_out(Operation::Accept)
    }

    /// Takes a version out of everybody's reach.
    ///
    /// If it was live, the stand-by is live again. It needs no expected generation.
    ///
    /// # Errors
    /// [`OperationError`] if it is not deployed, or it is live and there is no stand-by.
    pub fn reject(&self, version: &str, cause: &str) -> Result<u64, OperationError> {
        let operation = Operation::Reject {
            version: version.to_owned(),
            cause: cause.to_owned(),
        };
        let mut turn = self.shared().turn(None)?;
        turn.apply(&operation)?;
        Ok(turn.publish(&operation, &self.signed))
    }

    /// Rejects the live version: the stand-by answers again.
    ///
    /// The policy in force stays, without the rejected version; the one before the swap does not
    /// come back.
    ///
    /// # Errors
    /// [`OperationError::NoStandby`] if there is none.
    pub fn rollback(&self, cause: &str) -> Result<u64, OperationError> {
        let mut turn = self.shared().turn(None)?;
        let version = turn.next().live().label().to_owned();
        let operation = Operation::Reject {
            version,
            cause: cause.to_owned(),
        };
        turn.apply(&operation)?;
        Ok(turn.publish(&operation, &self.signed))
    }

    /// Gives a share of an overloaded or unhealthy version's units to the live one.
    ///
    /// A draw of its own chooses these units; they stay the same while the release and the version
    /// do. Their routes have the reason `saturated` and are left out of statistics; the split
    /// itself does not change. [`Share::NONE`] ends it, and so does a swap that makes the version
    /// live.
    ///
    /// # Errors
    /// [`OperationError`] if the version is live or not deployed.
    pub fn shed(&self, version: &str, share: Share) -> Result<u64, OperationError> {
        self.carry_out(Operation::Shed {
            version: version.to_owned(),
            share,
        })
    }

    /// Takes a version that no policy names out of service.
    ///
    /// # Errors
    /// [`OperationError`] if the policy names it, or it is live or standing by.
    pub fn retire(&self, version: &str) -> Result<u64, OperationError> {
        self.carry_out(Operation::Retire {
            version: version.to_owned(),
        })
    }

    /// Gives back a model that nothing can reach any more.
    ///
    /// The version must be retired or rejected. It never waits: while requests hold leases, the
    /// error says how many, and you can call it again. [`Router::drain`] says the same without
    /// reclaiming.
    ///
    /// # Errors
    /// [`ReclaimError`] if requests still hold leases, or the version may still be needed.
    pub fn reclaim(&self, version: &str) -> Result<M, ReclaimError> {
        let operation = Operation::Reclaim {
            version: version.to_owned(),
        };
        let mut turn = self.shared().turn(self.expected)?;
        let id = turn.next().get(version).map(Deployment::id);
        turn.apply(&operation)?;
        let unknown = || OperationError::UnknownVersion {
            version: version.to_owned(),
        };
        match turn.unload(id.ok_or_else(unknown)?).ok_or_else(unknown)? {
            Ok(model) => {
                turn.publish(&operation, &self.signed);
                Ok(model)
            }
            Err(in_flight) => Err(ReclaimError::StillInUse {
                version: version.to_owned(),
                in_flight,
            }),
        }
    }

    fn carry_out(&self, operation: Operation) -> Result<u64, OperationError> {
        let before = Arc::clone(self.shared().deployments.lock().checked_policy());
        // Long lists are checked before the lock is taken, so that a rejection does not wait for
        // them.
        let policy = operation.check_policy(&before);
        let mut turn = self.shared().turn(self.expected)?;
        turn.apply_checked(&operation, policy)?;
        Ok(turn.publish(&operation, &self.signed))
    }

    fn shared(&self) -> &Shared<M> {
        &self.router.shared
    }
}

/// The refusal of a deployment, which gives the model back.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeployError<M> {
    /// Why the version is not deployed.
    pub source: OperationError,
    /// The model, untouched.
    pub model: M,
}

impl<M> fmt::Debug for DeployError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeployError")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<M> fmt::Display for DeployError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl<M> Error for DeployError<M> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// Why a version is not ready.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ValidateError<E> {
    /// The version cannot be validated.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The check failed; the version stays staged.
    #[error("the check of version {version:?} failed: {cause}; it stays staged until one holds")]
    Failed {
        /// The version's label.
        version: String,
        /// What the check said.
        cause: E,
    },
}

/// Why a model is not given back yet.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ReclaimError {
    /// The version may still be needed, or is not deployed.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// Requests still hold leases; try again when they have ended.
    #[error(
        "version {version:?} is still in use by {in_flight} request{}: try again when they have \
         ended",
        if *in_flight == 1 { "" } else { "s" }
    )]
    StillInUse {
        /// The version's label.
        version: String,
        /// How many requests hold a lease; 0 while a validation runs.
        in_flight: usize,
    },
}

impl ReclaimError {
    /// Tells whether a later call can succeed without another operation.
    ///
    /// It can while requests still run, because no new ones come. In any other case the version
    /// must first be retired or rejected.
    #[must_use]
    pub const fn will_pass(&self) -> bool {
        matches!(self, ReclaimError::StillInUse { .. })
    }
}
