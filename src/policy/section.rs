//! The sections of a policy, each a rule of its own.

use core::ops::Deref;
use std::sync::Arc;

use crate::{
    audience::Audience,
    share::Share,
    split::{Arm, Split, SplitError, Stretch},
    unit::UnitKey,
};

/// A version that answers a share of all units, the live version the others.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Canary {
    pub(crate) version: String,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) share: Share,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) within: Option<Audience>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) or_for: Option<Audience>,
}

/// Arms of fixed shares, each unit in exactly one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct AbTest {
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) gate: Option<Share>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) within: Option<Audience>,
    pub(crate) arms: Vec<Arm>,
    /// Where the arms lie, if earlier changes of weights have left them elsewhere than fresh.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) layout: Option<Vec<Stretch>>,
}

impl AbTest {
    pub(crate) fn split(&self) -> Result<Split, SplitError> {
        match &self.layout {
            Some(stretches) => Split::with_layout(self.arms.iter().cloned(), stretches),
            None => Split::new(self.arms.iter().cloned()),
        }
    }
}

/// Units kept out of every release that shares the salt.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Holdout {
    pub(crate) salt: String,
    pub(crate) share: Share,
}

/// A stretch of the line that exclusive releases divide among them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Layer {
    pub(crate) salt: String,
    pub(crate) from: Share,
    pub(crate) to: Share,
}

/// Versions that a request may ask for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Overrides {
    pub(crate) versions: Vec<String>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(crate) within: Option<Audience>,
}

/// Units that a version answers because they are named.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Listed {
    pub(crate) version: String,
    pub(crate) keys: Keys,
}

/// A list of units in order, shared by all copies of the policy. A unit may stand twice in it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Vec<UnitKey>"))]
pub(crate) struct Keys(Arc<[UnitKey]>);

impl Keys {
    /// Tells whether the two are one list, and not only equal.
    pub(super) fn is_same(&self, other: &Keys) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Vec<UnitKey>> for Keys {
    fn from(mut keys: Vec<UnitKey>) -> Keys {
        keys.iter_mut().for_each(UnitKey::shrink_to_fit);
        keys.sort_unstable();
        Keys(keys.into())
    }
}

impl Deref for Keys {
    type Target = [UnitKey];

    fn deref(&self) -> &[UnitKey] {
        &self.0
    }
}

/// Units that a version answers because of what is known of them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Rule {
    pub(crate) audience: Audience,
    pub(crate) version: String,
}

/// A version that runs beside the one that answers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Shadow {
    pub(crate) version: String,
    pub(crate) share: Share,
}
