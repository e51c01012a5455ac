//! The operators' methods, without a name or an expected generation.

use core::future::Future;

use super::{DeployError, Lent, Operator, ReclaimError, Router, ValidateError};
use crate::{deployment::OperationError, policy::Policy, share::Share};

impl<M: Send + Sync + 'static> Router<M> {
    /// Acts in somebody's name, or against a known generation.
    ///
    /// ```
    /// use switchstand::{deployment::OperationError, Policy, Router};
    /// let router = Router::new("ranker", "v1", ())?;
    /// let seen = router.generation();
    /// let ana = router.operator().named("ana").expecting(seen);
    /// let bob = router.operator().named("bob").expecting(seen);
    /// ana.release(Policy::live_only("freeze"))?;
    /// let late = bob.release(Policy::live_only("thaw"));
    /// assert!(matches!(late, Err(OperationError::Stale { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn operator(&self) -> Operator<'_, M> {
        Operator::new(self)
    }

    /// Loads a version, reachable by nobody. See [`Operator::deploy`].
    ///
    /// # Errors
    /// [`DeployError`] says why not, and gives the model back.
    pub fn deploy(&self, version: &str, model: M) -> Result<u64, DeployError<M>> {
        self.operator().deploy(version, model)
    }

    /// Runs the last checks on a staged version's model. See [`Operator::validate`].
    ///
    /// # Errors
    /// [`ValidateError::Failed`] has the check's own error; otherwise the version is not staged.
    pub fn validate<T, E>(
        &self,
        version: &str,
        check: impl FnOnce(&M) -> Result<T, E>,
    ) -> Result<u64, ValidateError<E>> {
        self.operator().validate(version, check)
    }

    /// Runs last checks that await on a staged version's model. See [`Operator::validate_fut`].
    ///
    /// # Errors
    /// [`ValidateError`] as for [`validate`](Router::validate).
    pub async fn validate_fut<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        version: &str,
        check: impl FnOnce(Lent<M>) -> F,
    ) -> Result<u64, ValidateError<E>> {
        self.operator().validate_fut(version, check).await
    }

    /// Puts a policy in force. See [`Operator::release`].
    ///
    /// # Errors
    /// [`OperationError`] names what is wrong; the policy in force stays.
    pub fn release(&self, policy: Policy) -> Result<u64, OperationError> {
        self.operator().release(policy)
    }

    /// Makes a ready version live, for everybody and at once. See [`Operator::swap`].
    ///
    /// # Errors
    /// [`OperationError`] if the version is not ready, or the last swap is still open.
    pub fn swap(&self, version: &str) -> Result<u64, OperationError> {
        self.operator().swap(version)
    }

    /// Makes a ready version live and puts a policy in force. See [`Operator::swap_with`].
    ///
    /// # Errors
    /// [`OperationError`] as for [`swap`](Router::swap) and [`release`](Router::release).
    pub fn swap_with(&self, version: &str, policy: Policy) -> Result<u64, OperationError> {
        self.operator().swap_with(version, policy)
    }

    /// Makes a ready version live, which the old one shadows. See [`Operator::swap_and_shadow`].
    ///
    /// # Errors
    /// [`OperationError`] as for [`swap`](Router::swap).
    pub fn swap_and_shadow(&self, version: &str, share: Share) -> Result<u64, OperationError> {
        self.operator().swap_and_shadow(version, share)
    }

    /// Keeps the live version; the stand-by retires. See [`Operator::accept`].
    ///
    /// # Errors
    /// [`OperationError`] if there is no stand-by, or the policy in force lets it answer.
    pub fn accept(&self) -> Result<u64, OperationError> {
        self.operator().accept()
    }

    /// Takes a version out of everybody's reach. See [`Operator::reject`].
    ///
    /// # Errors
    /// [`OperationError`] if it is not deployed, or it is live and there is no stand-by.
    pub fn reject(&self, version: &str, cause: &str) -> Result<u64, OperationError> {
        self.operator().reject(version, cause)
    }

    /// Rejects the live version: the stand-by answers again. See [`Operator::rollback`].
    ///
    /// # Errors
    /// [`OperationError::NoStandby`] if there is none.
    pub fn rollback(&self, cause: &str) -> Result<u64, OperationError> {
        self.operator().rollback(cause)
    }

    /// Gives a share of an overloaded version's units to the live one. See [`Operator::shed`].
    ///
    /// # Errors
    /// [`OperationError`] if the version is live or not deployed.
    pub fn shed(&self, version: &str, share: Share) -> Result<u64, OperationError> {
        self.operator().shed(version, share)
    }

    /// Takes a version that no policy names out of service. See [`Operator::retire`].
    ///
    /// # Errors
    /// [`OperationError`] if the policy names it, or it is live or standing by.
    pub fn retire(&self, version: &str) -> Result<u64, OperationError> {
        self.operator().retire(version)
    }

    /// Gives back a model that nothing can reach any more. See [`Operator::reclaim`].
    ///
    /// # Errors
    /// [`ReclaimError`] if requests still hold leases, or the version may still be needed.
    pub fn reclaim(&self, version: &str) -> Result<M, ReclaimError> {
        self.operator().reclaim(version)
    }
}
