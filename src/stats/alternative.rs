//! The direction that a test looks in.

/// Names the direction that a test looks in.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Alternative {
    /// The candidate differs from the control, in either direction.
    #[default]
    TwoSided,
    /// The candidate's value is greater than the control's.
    Greater,
    /// The candidate's value is less than the control's.
    Less,
}
