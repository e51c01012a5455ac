//! The rules that stored state must satisfy before it is trusted.

/// The greatest count, 2^53: every count up to it is exact as an `f64`.
pub(crate) const MAX_COUNT: u64 = 1 << 53;

/// Why stored state is not accepted.
#[cfg(feature = "serde")]
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub(crate) enum StateError {
    /// The state was written by a release that knows another layout.
    #[error("state of {what} has version {found}, this release reads version {expected}")]
    UnknownVersion {
        /// The type that was stored.
        what: &'static str,
        /// The version in the state.
        found: u32,
        /// The version that this release reads.
        expected: u32,
    },
    /// No sequence of observations leads to this state.
    #[error("state of {what} is inconsistent: {why}")]
    Inconsistent {
        /// The type that was stored.
        what: &'static str,
        /// The rule that is broken.
        why: &'static str,
    },
}

#[cfg(feature = "serde")]
impl StateError {
    /// Refuses any version but `expected`.
    pub(crate) fn check_version(
        what: &'static str,
        found: u32,
        expected: u32,
    ) -> Result<(), StateError> {
        if found == expected {
            Ok(())
        } else {
            Err(StateError::UnknownVersion {
                what,
                found,
                expected,
            })
        }
    }

    /// Returns the level of scale that a version stands for, one less and `most` at most.
    pub(crate) fn level_of(what: &'static str, version: u32, most: u8) -> Result<u8, StateError> {
        let level = version
            .checked_sub(1)
            .and_then(|level| level.try_into().ok());
        match level.filter(|level| *level <= most) {
            Some(level) => Ok(level),
            None => Err(StateError::UnknownVersion {
                what,
                found: version,
                expected: 1,
            }),
        }
    }

    /// Refuses the state unless `holds`.
    pub(crate) fn require(
        holds: bool,
        what: &'static str,
        why: &'static str,
    ) -> Result<(), StateError> {
        if holds {
            Ok(())
        } else {
            Err(StateError::Inconsistent { what, why })
        }
    }

    /// Refuses a sum of products that violates Cauchy and Schwarz by more than rounding.
    pub(crate) fn require_cross(
        what: &'static str,
        x: &super::Moments,
        y: &super::Moments,
        cross: f64,
    ) -> Result<(), StateError> {
        // Products are on the scales of both values.
        let bound = x.scaled_m2().sqrt() * y.scaled_m2().sqrt() * (1.0 + 1e-9);
        let holds = cross.is_finite() && cross.abs() <= bound;
        StateError::require(
            holds,
            what,
            "the covariance exceeds what the variances allow",
        )
    }
}

/// Makes the stored form of an accumulator: all its fields, and a version.
///
/// What is read back must have that version and pass `check`; a field that is missing, unknown or
/// left out here is an error. A field that is no part of the form may choose the version: with
/// `version 1 to 4 by level`, level 0 writes version 1, and level 3 version 4.
#[cfg(feature = "serde")]
macro_rules! stored_form {
    (
        $name:expr, version 1 $(to $last:literal by $level:ident)?,
        $accumulator:ident { $($field:ident: $kind:ty),+ $(,)? },
        $check:expr $(,)?
    ) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct State {
            version: u32,
            $($field: $kind),+
        }

        impl serde::Serialize for $accumulator {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $accumulator { $($field,)+ $($level)? } = Clone::clone(self);
                let version = 1 $(+ u32::from($level))?;
                serde::Serialize::serialize(&State { version, $($field),+ }, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $accumulator {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$accumulator, D::Error> {
                let State { version, $($field),+ } = serde::Deserialize::deserialize(deserializer)?;
                let most = 0 $(+ $last - 1)?;
                let _level = $crate::stats::state::StateError::level_of($name, version, most)
                    .map_err(serde::de::Error::custom)?;
                let accumulator = $accumulator { $($field,)+ $($level: _level)? };
                let check: fn(&$accumulator) -> Result<(), $crate::stats::state::StateError> = $check;
                check(&accumulator).map_err(serde::de::Error::custom)?;
                Ok(accumulator)
            }
        }
    };
}
#[cfg(feature = "serde")]
pub(crate) use stored_form;
