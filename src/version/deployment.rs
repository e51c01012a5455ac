//! One deployed version.

use super::{LabelError, VersionId, VersionState, check_label};
use crate::share::Share;

/// A deployed version and its state.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Deployment {
    pub(crate) id: VersionId,
    pub(crate) label: String,
    pub(crate) state: VersionState,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_none"))]
    pub(crate) shed: Share,
}

#[cfg(feature = "serde")]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_none(share: &Share) -> bool {
    *share == Share::NONE
}

impl Deployment {
    pub(crate) fn new(
        id: VersionId,
        label: &str,
        state: VersionState,
    ) -> Result<Deployment, LabelError> {
        check_label(label)?;
        Ok(Deployment {
            id,
            label: label.to_owned(),
            state,
            shed: Share::NONE,
        })
    }

    /// Returns the share of the version's units that is shed to the live version.
    #[must_use]
    pub const fn shed(&self) -> Share {
        self.shed
    }

    /// Returns the deployment's number.
    #[must_use]
    pub const fn id(&self) -> VersionId {
        self.id
    }

    /// Returns the version's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the version's state.
    #[must_use]
    pub const fn state(&self) -> VersionState {
        self.state
    }
}
