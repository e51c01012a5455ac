//! A layout as it is written in a policy file.

/// A stretch of the line and its arm; it ends where the next one begins.
///
/// In serialised form the point is 16 hexadecimal digits, because not every format holds
/// integers of 64 bits exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Stretch {
    /// First point of the stretch.
    #[cfg_attr(feature = "serde", serde(with = "hexadecimal"))]
    pub from: u64,
    /// Label of the arm to which the stretch belongs.
    pub arm: String,
}

impl Stretch {
    /// Returns the stretch of the arm `arm` that begins at `from`.
    #[must_use]
    pub fn new(from: u64, arm: &str) -> Stretch {
        Stretch {
            from,
            arm: arm.to_owned(),
        }
    }
}

#[cfg(feature = "serde")]
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    pub(super) fn serialize<S: Serializer>(point: &u64, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&format_args!("{point:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
        let text = String::deserialize(input)?;
        let point = crate::hexadecimal::read(&text, 16).and_then(|point| point.try_into().ok());
        point.ok_or_else(|| {
            D::Error::custom(format_args!(
                "point {text:?} is not 16 lower-case hexadecimal digits"
            ))
        })
    }
}
