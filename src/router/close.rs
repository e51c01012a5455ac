//! The end of a router.

use core::fmt;
use std::{error::Error, sync::Arc};

use super::{Router, Shared, published::Loaded};

impl<M: Send + Sync + 'static> Router<M> {
    /// Ends the router and gives all models back, under their labels.
    ///
    /// End a router in this way, and no model's destructor runs on a request's thread. If the last
    /// handle is only dropped while tickets or shadows live, each model is dropped with its last
    /// lease, on whatever thread that happens.
    ///
    /// # Errors
    /// [`CloseError::Shared`] gives the router back while other handles or readers exist.
    /// [`CloseError::InUse`] keeps the models until the last requests have ended: it admits
    /// nobody, and can be asked again.
    pub fn close(self) -> Result<Vec<(String, M)>, CloseError<M>> {
        let handles = Arc::strong_count(&self.shared);
        let shared = Arc::try_unwrap(self.shared).map_err(|shared| CloseError::Shared {
            router: Router { shared },
            handles: handles.max(2),
        })?;
        let Shared {
            published, desk, ..
        } = shared;
        let label = |deployment: &Loaded<M>| desk.label(deployment.version()).to_owned();
        let closing = Closing {
            models: Vec::new(),
            rest: published
                .into_inner()
                .into_loaded()
                .map(|deployment| (label(&deployment), deployment))
                .collect(),
        };
        closing.poll().map_err(CloseError::InUse)
    }
}

/// Why a router does not give its models back yet.
#[non_exhaustive]
pub enum CloseError<M> {
    /// Other handles on the router exist, and may admit requests.
    Shared {
        /// The router, unchanged.
        router: Router<M>,
        /// How many handles and readers there were, this handle included.
        handles: usize,
    },
    /// The router is closed, and its last requests still run.
    InUse(Closing<M>),
}

/// The models of a closed router until its last requests have ended.
///
/// Nobody can be admitted any more, so the requests only become fewer.
#[must_use = "dropped, it leaves the models to the last requests"]
pub struct Closing<M> {
    models: Vec<(String, M)>,
    rest: Vec<(String, Loaded<M>)>,
}

impl<M> Closing<M> {
    /// Gives all models back if no request holds a lease on any.
    ///
    /// It never waits. Call it again when a request may have ended.
    ///
    /// # Errors
    /// Itself, to be asked again.
    pub fn poll(mut self) -> Result<Vec<(String, M)>, Closing<M>> {
        for (label, deployment) in core::mem::take(&mut self.rest) {
            match deployment.into_model() {
                Ok(model) => self.models.push((label, model)),
                Err(deployment) => self.rest.push((label, *deployment)),
            }
        }
        if self.rest.is_empty() {
            Ok(self.models)
        } else {
            Err(self)
        }
    }

    /// Iterates over the versions still in use, and the leases held on each.
    pub fn in_flight(&self) -> impl Iterator<Item = (&str, usize)> {
        self.rest
            .iter()
            .map(|(label, deployment)| (label.as_str(), deployment.in_flight()))
    }
}

impl<M> fmt::Debug for Closing<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.in_flight()).finish()
    }
}

impl<M> fmt::Debug for CloseError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseError::Shared { router, handles } => f
                .debug_struct("Shared")
                .field("router", router)
                .field("handles", handles)
                .finish(),
            CloseError::InUse(closing) => f.debug_tuple("InUse").field(closing).finish(),
        }
    }
}

impl<M> fmt::Display for CloseError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseError::Shared { router, handles } => {
                write!(f, "router {:?} has {handles} handles", router.shared.name)
            }
            CloseError::InUse(closing) => {
                let requests: usize = closing.in_flight().map(|(_, requests)| requests).sum();
                write!(
                    f,
                    "{requests} leases are held on models of the closed router"
                )
            }
        }
    }
}

impl<M> Error for CloseError<M> {}
