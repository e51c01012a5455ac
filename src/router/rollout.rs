//! Carries out what a roll-out asks for.

use super::Router;
use crate::{
    Policy,
    deployment::{OperationError, VersionState},
    rollout::{Action, Input, Rollout},
    timestamp::Timestamp,
};

impl<M: Send + Sync + 'static> Router<M> {
    /// Lets a roll-out evaluate what happened, and carries out what it asks for.
    ///
    /// This is what a timer calls. It returns the action that was carried out, if there was one.
    /// An action that the router refuses stays unconfirmed: the roll-out advances no further, and
    /// the next call tries it again.
    ///
    /// # Errors
    /// [`OperationError`] if the router refuses the action; the policy in force stays.
    pub fn drive(
        &self,
        rollout: &mut Rollout,
        now: Timestamp,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Result<Option<Action>, OperationError> {
        // What it returns is unconfirmed too, and so may be an action from before.
        let _ = rollout.step(now, inputs);
        let Some(action) = rollout.unconfirmed() else {
            return Ok(None);
        };
        self.carry_out(&action)?;
        rollout.confirm();
        Ok(Some(action))
    }

    /// Carries out an action of a [`Rollout`](crate::rollout::Rollout), and returns the
    /// generation that holds then.
    ///
    /// It may be called again for the same action, as after a restart: what holds already is
    /// left as it is. Confirm the action when it has succeeded.
    ///
    /// # Errors
    /// [`OperationError`] if the router refuses; nothing has changed then.
    pub fn carry_out(&self, action: &Action) -> Result<u64, OperationError> {
        let operator = self.operator().named("roll-out");
        let is = |version: &str, state| self.state(version) == Some(state);
        match action {
            Action::Release { policy } => operator.release(Policy::clone(policy)),
            Action::Swap { version } if is(version, VersionState::Live) => Ok(self.generation()),
            Action::Swap { version } => operator.swap(version),
            Action::Accept { version } => {
                let deployments = self.deployments();
                let mut states = deployments.iter().map(|deployment| deployment.state());
                let is_open = states.any(|state| state == VersionState::Standby);
                if is(version, VersionState::Live) && !is_open {
                    return Ok(self.generation());
                }
                operator.accept()
            }
            Action::Reject { version, .. } if is(version, VersionState::Rejected) => {
                Ok(self.generation())
            }
            Action::Reject { version, cause } => operator.reject(version, &cause.to_string()),
        }
    }
}
