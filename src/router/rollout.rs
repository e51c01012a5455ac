//! Carries out what a roll-out asks for, where the router is still as the roll-out left it.

use core::fmt;

use super::{
    Router, Shared,
    orders::{Deed, Open, Orders},
    turn::{Signed, Turn},
};
use crate::{
    Policy,
    deployment::{Deployments, Operation, OperationError, VersionState},
    fingerprint::Fingerprint,
    rollout::{Action, Input, Refused, Rollout, Seen},
    timestamp::Timestamp,
};

impl<M: Send + Sync + 'static> Shared<M> {
    /// Lets a roll-out evaluate what happened, and carries out what it asks for.
    ///
    /// The roll-out looks at the router and acts on it under one lock. What a person has released,
    /// swapped, accepted or rejected before stands, and the roll-out stops or follows.
    pub(super) fn act(
        &self,
        rollout: &mut Rollout,
        now: Timestamp,
        inputs: Vec<Input>,
    ) -> Result<Option<Action>, TickError> {
        let current = self.deployments.lock();
        let fingerprint = self.published.lock().plans.current().fingerprint();
        {
            let orders = self.orders.lock();
            let seen = see(&current, fingerprint, &orders, rollout);
            // What it returns is unconfirmed, too. So is an earlier action that was not carried
            // out.
            let _ = rollout.evaluate(now, inputs, Some(&seen));
        }
        let mut done = None;
        let mut operation = None;
        if let Some(action) = rollout.unconfirmed().filter(|_| !rollout.is_held()) {
            let bakes = rollout.policy_while_baking();
            match carry_out(self.turn_of(current), &action, bakes, "", |_| {}) {
                Ok(live) => {
                    rollout.carried_out(&live);
                    self.remember(rollout, &live);
                    done = Some(action);
                }
                Err(refused) => operation = Some(refused),
            }
        }
        let refused = rollout.refused().to_vec();
        match operation.is_none() && refused.is_empty() {
            true => Ok(done),
            false => Err(TickError {
                done: done.map(Box::new),
                operation: operation.map(Box::new),
                refused,
            }),
        }
    }

    /// Notes which roll-out has put the policy in force.
    fn remember(&self, rollout: &Rollout, live: &str) {
        let in_force = || self.published.lock().plans.current().fingerprint();
        let open = (!rollout.phase().is_final()).then(|| Open {
            release: rollout.policy().release().to_owned(),
            version: rollout.version().to_owned(),
            fingerprint: rollout.tag().map_or_else(in_force, |tag| tag.fingerprint),
            live: live.to_owned(),
        });
        self.orders.lock().set_open(open);
    }
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Carries out an action of a [`Rollout`](crate::rollout::Rollout), and returns the
    /// generation that holds then.
    ///
    /// It is for a server whose roll-out is led by another process, and for a server that starts
    /// late, with [`action_in_force`](crate::rollout::Rollout::action_in_force); if the roll-out
    /// itself is on this router, [`Ramp::tick`](super::Ramp::tick) does it. You may call it again
    /// for the same action, for example after a restart: what is already so is not done again.
    ///
    /// The first action of a release replaces the policy in force. After that, policy and live
    /// version must be as the last action made them; if a person has changed them, the action is
    /// refused. A rejection is always carried out.
    ///
    /// # Errors
    /// [`OperationError::Overruled`] where a person has changed the router, or a roll-out is open
    /// on it, and others if the router refuses; nothing has changed then.
    pub fn carry_out(&self, action: &Action) -> Result<u64, OperationError> {
        self.carry_out_at(action, None)
    }

    /// Carries out an action although a person has changed the router meanwhile; `why` is for the
    /// record.
    ///
    /// # Errors
    /// As [`carry_out`](Router::carry_out), but for the person.
    pub fn carry_out_over(&self, action: &Action, why: &str) -> Result<u64, OperationError> {
        self.carry_out_at(action, Some(why))
    }

    fn carry_out_at(&self, action: &Action, over: Option<&str>) -> Result<u64, OperationError> {
        let turn = self.shared.turn(None)?;
        if over.is_none() && !matches!(action, Action::Reject { .. }) {
            // The lock is held until the action is carried out.
            let overruled = self.shared.orders.lock().overruled(action, turn.next());
            if let Some(by) = overruled {
                return Err(OperationError::Overruled { by });
            }
        }
        let note = |next: &Deployments| {
            let mut orders = self.shared.orders.lock();
            let open = orders.take_open();
            orders.set_open(Open::after(action, open, next));
        };
        carry_out(turn, action, None, over.unwrap_or_default(), note)?;
        Ok(self.generation())
    }
}

fn see<'a>(
    current: &'a Deployments,
    fingerprint: Fingerprint,
    orders: &Orders,
    rollout: &Rollout,
) -> Seen<'a> {
    let version = rollout.version();
    let candidate = current.get(version);
    let another = orders.open().filter(|open| {
        let is_other = open.release != rollout.policy().release() || open.version != version;
        let is_there = current
            .get(&open.version)
            .is_some_and(|other| other.state() != VersionState::Rejected);
        is_other && is_there && open.fingerprint == fingerprint
    });
    Seen {
        fingerprint,
        release: current.policy().release(),
        live: current.live().label(),
        has_standby: current.standby().is_some(),
        candidate: candidate.map(|known| (known.id(), known.state(), known.shed())),
        policy_by: orders.last_policy(),
        removed_by: orders.last(Deed::Removed, version),
        accepted_by: orders.last(Deed::Accepted, version),
        swapped_by: orders.last(Deed::Swapped, version),
        another: another.map(|open| (open.release.clone(), open.version.clone())),
    }
}

/// Carries an action out in this turn, unless it holds already, and returns the live version.
///
/// `note` gets the state that will be published, while the lock is held.
fn carry_out<M: Send + Sync + 'static>(
    mut turn: Turn<'_, M>,
    action: &Action,
    bakes: Option<Policy>,
    why: &str,
    note: impl FnOnce(&Deployments),
) -> Result<String, OperationError> {
    let state = |version: &str| turn.next().get(version).map(|known| known.state());
    let is = |version: &str, wanted| state(version) == Some(wanted);
    let operation = match action {
        Action::Release { policy } => Some(Operation::Release {
            policy: policy.clone(),
        }),
        Action::Swap { version, policy } if is(version, VersionState::Live) => bakes
            .or_else(|| {
                let mut policy = policy.as_deref()?.clone();
                let standby = || turn.next().standby().map(|known| known.label().to_owned());
                if policy.canary.is_some() && policy.kept_out.is_none() {
                    let in_force = turn.next().policy().kept_out.clone();
                    policy.kept_out = in_force.or_else(standby);
                }
                Some(policy)
            })
            .filter(|bakes| bakes.fingerprint() != turn.next().policy().fingerprint())
            .map(|bakes| Operation::Release {
                policy: Box::new(bakes),
            }),
        Action::Swap { version, policy } => {
            let mut policy = bakes.map(Box::new).or_else(|| policy.clone());
            if let Some(policy) = &mut policy
                && policy.canary.is_some()
            {
                let live = turn.next().live().label();
                policy.kept_out.get_or_insert_with(|| live.to_owned());
            }
            Some(Operation::Swap {
                version: version.clone(),
                policy,
            })
        }
        Action::Accept { version, .. } => match is(version, VersionState::Live) {
            true => turn.next().standby().map(|_| Operation::Accept),
            // Another version's swap is open, or no swap at all.
            false => {
                return Err(OperationError::NoStandby {
                    version: version.clone(),
                });
            }
        },
        Action::Reject { version, .. } if is(version, VersionState::Rejected) => None,
        Action::Reject { version, cause } => Some(Operation::Reject {
            version: version.clone(),
            cause: cause.to_string(),
        }),
    };
    let Some(operation) = operation else {
        note(turn.next());
        return Ok(turn.next().live().label().to_owned());
    };
    turn.apply(&operation)?;
    note(turn.next());
    let live = turn.next().live().label().to_owned();
    let signed = Signed {
        actor: "roll-out",
        cause: why,
        is_rollout: true,
        ..Signed::default()
    };
    turn.publish(&operation, &signed);
    Ok(live)
}

/// What one call of [`Ramp::tick`](super::Ramp::tick) could not do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TickError {
    /// The action that was carried out all the same, if there was one.
    pub done: Option<Box<Action>>,
    /// Why the router refuses the action that is due; the next call tries it again.
    pub operation: Option<Box<OperationError>>,
    /// The inputs that were not taken; what came with them was.
    pub refused: Vec<Refused>,
}

impl fmt::Display for TickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.iter().map(ToString::to_string);
        let refused = self.refused.iter().map(ToString::to_string);
        let all: Vec<String> = operation.chain(refused).collect();
        f.write_str(&all.join("; "))
    }
}

impl core::error::Error for TickError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        let source = self.operation.as_deref();
        source.map(|source| source as &(dyn core::error::Error + 'static))
    }
}
