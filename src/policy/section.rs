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
        serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "optional_reference"
        )
    )]
    pub(crate) within: Option<Audience>,
    #[cfg_attr(
        feature = "serde",
        serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "optional_reference"
        )
    )]
    pub(crate) or_for: Option<Audience>,
}

/// Arms of fixed shares, each unit in exactly one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct AbTest {
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) gate: Option<Share>,
    #[cfg_attr(
        feature = "serde",
        serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "optional_reference"
        )
    )]
    pub(crate) within: Option<Audience>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "arms"))]
    pub(crate) arms: Vec<Arm>,
    /// Where the arms lie, if earlier changes of weights have moved them from the default layout.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
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

/// A part of a layer, which exclusive releases divide among them.
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
    #[cfg_attr(feature = "serde", serde(deserialize_with = "versions"))]
    pub(crate) versions: Vec<String>,
    #[cfg_attr(
        feature = "serde",
        serde(
            skip_serializing_if = "Option::is_none",
            serialize_with = "optional_reference"
        )
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        keys(deserializer).map(Keys::from)
    }
}

impl Deref for Keys {
    type Target = [UnitKey];

    fn deref(&self) -> &[UnitKey] {
        &self.0
    }
}

/// Units that a version answers because of their attributes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Rule {
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::audience::reference")
    )]
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

#[cfg(feature = "serde")]
fn optional_reference<S: serde::Serializer>(
    audience: &Option<Audience>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match audience {
        Some(audience) => crate::audience::reference(audience, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(feature = "serde")]
macro_rules! lists {
    ($($name:ident: $entry:ty, $field:literal, $cure:literal;)+) => {$(
        pub(super) fn $name<'de, D>(deserializer: D) -> Result<Vec<$entry>, D::Error>
        where
            D: serde::Deserializer<'de>,
        {
            crate::listing::Entries($field, $cure).deserialize(deserializer)
        }
    )+};
}

#[cfg(feature = "serde")]
lists! {
    keys: UnitKey, "units.keys", "keys = [\"user-1\", 42]";
    arms: Arm, "ab_test.arms", "write [[ab_test.arms]] for each arm";
    versions: String, "overrides.versions", "versions = [\"v2\"]";
    units: Listed, "units", "write [[units]] for each version";
    rules: Rule, "rule", "write [[rule]] for each rule";
    shadows: Shadow, "shadow", "write [[shadow]] for each version";
}
