//! The router from which a state was taken.

/// The router to which a state belongs: its name, and a check value of its secret.
///
/// The value has 32 bits: it distinguishes two secrets and reveals neither.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Origin {
    pub(crate) router: String,
    pub(crate) secret_check: u32,
}

impl super::Deployments {
    /// Forgets the router that the state was taken from, so that another may take it over.
    ///
    /// [`restore`](crate::Builder::restore) refuses a state of another router's name or secret.
    /// Under another secret all units are drawn again: users change their version.
    ///
    /// ```
    /// use switchstand::{Router, Secret};
    /// let before = Router::new("ranker", "v1", ())?;
    /// let models = [("v1", ())];
    /// let keyed = || Router::builder("ranker").secret(Secret::new(*b"sixteen bytes!!!"));
    /// assert!(keyed().restore(before.deployments(), models).is_err());
    /// assert!(keyed().restore(before.deployments().for_any_router(), models).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_any_router(self) -> Self {
        Self {
            origin: None,
            ..self
        }
    }

    pub(crate) fn of_router(self, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    pub(crate) const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}

/// Two states are equal if the same operations are possible in them, wherever they come from.
impl PartialEq for super::Deployments {
    fn eq(&self, other: &Self) -> bool {
        self.versions == other.versions && self.policy == other.policy && self.next == other.next
    }
}
