//! The stored form of a difference: not every format has an infinite number.

use super::Difference;
use crate::comparison::stored::StoredError;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Raw {
    Size(f64),
    Beyond,
}

impl From<Difference> for Raw {
    fn from(difference: Difference) -> Raw {
        if difference == Difference::BEYOND {
            Raw::Beyond
        } else {
            Raw::Size(difference.0)
        }
    }
}

impl TryFrom<Raw> for Difference {
    type Error = StoredError;

    fn try_from(raw: Raw) -> Result<Difference, StoredError> {
        match raw {
            Raw::Beyond => Ok(Difference::BEYOND),
            Raw::Size(size) if size.is_finite() && size.is_sign_positive() => Ok(Difference(size)),
            Raw::Size(size) => Err(StoredError::Size { size }),
        }
    }
}
