//! A router that continues from a stored state.

use core::fmt;
use std::error::Error;

use thiserror::Error;

use super::{Builder, Router};
use crate::deployment::{Deployments, Origin};

impl<M: Send + Sync + 'static> Builder<M> {
    /// Starts the router in a stored state, with the models handed in again by label.
    ///
    /// Every deployed version needs its model. After a restart nothing can reach what was retired
    /// or rejected before; you need not load these versions again if you first remove them from the
    /// state:
    ///
    /// ```
    /// use switchstand::{deployment::{Deployments, Operation}, Router, VersionState};
    /// # let before = Router::new("ranker", "v1", 1)?;
    /// # before.deploy("v2", 2)?;
    /// # before.reject("v2", "wrong file")?;
    /// let mut state: Deployments = before.deployments();
    /// let gone: Vec<String> = state
    ///     .iter()
    ///     .filter(|version| {
    ///         matches!(version.state(), VersionState::Retiring | VersionState::Rejected)
    ///     })
    ///     .map(|version| version.label().to_owned())
    ///     .collect();
    /// for version in gone {
    ///     state.apply(&Operation::Reclaim { version })?;
    /// }
    /// let after = Router::builder("ranker").restore(state, [("v1", 1)])?;
    /// assert_eq!(after.generation(), before.generation() + 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A state that was taken from a router of another name or secret is refused, unless
    /// [`for_any_router`](Deployments::for_any_router) says that it is meant.
    ///
    /// # Errors
    /// [`RestoreError`] names the label, or what else does not fit, and gives all models back.
    pub fn restore<L: Into<String>>(
        self,
        deployments: Deployments,
        models: impl IntoIterator<Item = (L, M)>,
    ) -> Result<Router<M>, RestoreError<M>> {
        let mut models: Vec<(String, M)> = models
            .into_iter()
            .map(|(label, model)| (label.into(), model))
            .collect();
        let live = deployments.live();
        let place = models.iter().position(|(label, _)| label == live.label());
        let misfit =
            foreign(&deployments, &self.origin()).or_else(|| misfit(&deployments, &models));
        match (misfit, place) {
            (None, Some(place)) => {
                let live = (live.id(), models.swap_remove(place).1);
                let other = |(label, model): (String, M)| {
                    let id = deployments.get(&label)?.id();
                    Some((id, model))
                };
                let others = models.into_iter().filter_map(other).collect();
                Ok(self.start(deployments, live, others))
            }
            (misfit, _) => Err(RestoreError {
                source: misfit.unwrap_or_else(|| RestoreFault::Missing {
                    version: live.label().to_owned(),
                }),
                models,
            }),
        }
    }
}

/// Tells whether the state belongs to another router, or to one of another secret.
fn foreign(deployments: &Deployments, own: &Origin) -> Option<RestoreFault> {
    let stored = deployments.origin()?;
    if stored.router != own.router {
        return Some(RestoreFault::OtherRouter {
            stored: stored.router.clone(),
            found: own.router.clone(),
        });
    }
    (stored.secret_check != own.secret_check).then(|| RestoreFault::OtherSecret {
        router: own.router.clone(),
    })
}

fn misfit<M>(deployments: &Deployments, models: &[(String, M)]) -> Option<RestoreFault> {
    let mut labels: Vec<&str> = models.iter().map(|(label, _)| label.as_str()).collect();
    labels.sort_unstable();
    let mut pairs = labels.iter().zip(labels.iter().skip(1));
    if let Some((version, _)) = pairs.find(|(left, right)| left == right) {
        return Some(RestoreFault::Twice {
            version: (*version).to_owned(),
        });
    }
    let extra = labels.iter().find(|label| deployments.get(label).is_none());
    if let Some(version) = extra {
        return Some(RestoreFault::Extra {
            version: (*version).to_owned(),
        });
    }
    deployments
        .iter()
        .find(|deployment| labels.binary_search(&deployment.label()).is_err())
        .map(|deployment| RestoreFault::Missing {
            version: deployment.label().to_owned(),
        })
}

/// The refusal to restore a router, which gives the models back.
#[derive(Clone)]
#[non_exhaustive]
pub struct RestoreError<M> {
    /// Why the models do not fit the state.
    pub source: RestoreFault,
    /// The models, untouched and in the order in which they were given.
    pub models: Vec<(String, M)>,
}

/// Why a stored state, or the models, do not fit the router.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RestoreFault {
    /// The state was taken from a router of another name.
    #[error(
        "the state is that of router {stored:?}, this one is {found:?}: if it shall take the state \
         over, call `for_any_router` on it"
    )]
    OtherRouter {
        /// The name of the router that the state was taken from.
        stored: String,
        /// The name of this router.
        found: String,
    },
    /// The state was taken from a router with another secret.
    #[error(
        "the state of router {router:?} was stored under another secret, and this one would deal \
         all units anew: if it shall, call `for_any_router` on the state"
    )]
    OtherSecret {
        /// The router's name.
        router: String,
    },
    /// A deployed version has no model.
    #[error(
        "version {version:?} is deployed, and there is no model for it: hand one over, or restore \
         without that version"
    )]
    Missing {
        /// The version's label.
        version: String,
    },
    /// A model belongs to no deployed version.
    #[error(
        "there is a model for version {version:?}, which is not deployed: leave it out, and deploy \
         it afterwards"
    )]
    Extra {
        /// The label that was given.
        version: String,
    },
    /// Two models bear one label.
    #[error("there are two models for version {version:?}: hand over one")]
    Twice {
        /// The label that was given.
        version: String,
    },
}

impl<M> fmt::Debug for RestoreError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreError")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<M> fmt::Display for RestoreError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl<M> Error for RestoreError<M> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}
