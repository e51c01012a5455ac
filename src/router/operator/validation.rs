//! The last checks of a version before any user gets it.

use core::future::Future;
use std::sync::Arc;

use super::{Operator, ValidateError};
use crate::{
    deployment::{Deployment, Operation, OperationError, VersionId},
    router::Lent,
};

impl<M: Send + Sync + 'static> Operator<'_, M> {
    /// Runs the last checks on a staged version's real model; passing makes it ready.
    ///
    /// No lock is held while `check` runs.
    ///
    /// # Errors
    /// [`ValidateError::Failed`] has the check's own error; otherwise the version is not staged.
    pub fn validate<T, E>(
        &self,
        version: &str,
        check: impl FnOnce(&M) -> Result<T, E>,
    ) -> Result<u64, ValidateError<E>> {
        let (id, model) = self.staged(version)?;
        check(&model).map_err(|cause| ValidateError::Failed {
            version: version.to_owned(),
            cause,
        })?;
        drop(model);
        Ok(self.passed(version, id)?)
    }

    /// Runs last checks that await on a staged version's real model; passing makes it ready.
    ///
    /// `check` returns a future that uses the lent model, for example for a warm-up or a request
    /// over the network. The model is kept while the future runs, and nothing is locked. If the
    /// future is dropped before it is ready, for example by a time-out, the version stays staged.
    ///
    /// ```
    /// # use core::{pin::pin, task::{Context, Poll, Waker}};
    /// use switchstand::{Router, VersionState};
    /// struct Remote(&'static str);
    /// impl Remote {
    ///     async fn ask(&self, question: &str) -> Result<String, String> {
    ///         Ok(format!("{}: {question}", self.0))
    ///     }
    /// }
    /// # async fn start(router: Router<Remote>) -> Result<(), Box<dyn std::error::Error>> {
    /// router.deploy("v2", Remote("second"))?;
    /// let check = |model: switchstand::outcomes::Lent<Remote>| async move {
    ///     match model.ask("ready?").await?.as_str() {
    ///         "second: ready?" => Ok(()),
    ///         other => Err(other.to_owned()),
    ///     }
    /// };
    /// router.operator().named("ana").validate_fut("v2", check).await?;
    /// assert_eq!(router.state("v2"), Some(VersionState::Ready));
    /// # Ok(())
    /// # }
    /// # let started = pin!(start(Router::new("chat", "v1", Remote("first"))?));
    /// # assert!(matches!(started.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
    /// # use core::future::Future;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ValidateError`] as for [`validate`](Operator::validate).
    pub async fn validate_fut<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        version: &str,
        check: impl FnOnce(Lent<M>) -> F,
    ) -> Result<u64, ValidateError<E>> {
        let (id, model) = self.staged(version)?;
        check(Lent::of(model))
            .await
            .map_err(|cause| ValidateError::Failed {
                version: version.to_owned(),
                cause,
            })?;
        Ok(self.passed(version, id)?)
    }

    /// Returns the deployment that is to be checked, and its model.
    fn staged(&self, version: &str) -> Result<(VersionId, Arc<M>), OperationError> {
        let unknown = || OperationError::UnknownVersion {
            version: version.to_owned(),
        };
        let mut turn = self.shared().turn(self.expected)?;
        let id = turn.next().get(version).ok_or_else(unknown)?.id();
        turn.apply(&validation(version))?;
        let published = self.shared().published.lock();
        let model = published.get(id).ok_or_else(unknown)?.model();
        Ok((id, model))
    }

    /// Makes the deployment that was checked ready.
    fn passed(&self, version: &str, id: VersionId) -> Result<u64, OperationError> {
        let operation = validation(version);
        let mut turn = self.shared().turn(self.expected)?;
        // Another deployment may have the label by now; it was not checked.
        if turn.next().get(version).map(Deployment::id) != Some(id) {
            return Err(OperationError::UnknownVersion {
                version: version.to_owned(),
            });
        }
        turn.apply(&operation)?;
        Ok(turn.publish(&operation, &self.signed))
    }
}

fn validation(version: &str) -> Operation {
    Operation::Validate {
        version: version.to_owned(),
    }
}
