//! How surprising the observations are if nothing changed.

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

/// Holds a p-value and its logarithm, which stays finite when p underflows.
///
/// The p-value is the probability, if the null hypothesis holds, of observations at least as
/// extreme as these. Small p-values are computed from the survival function, never as one minus
/// a number close to one.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct PValue {
    /// The p-value, from 0 to 1.
    pub p: f64,
    /// Its natural logarithm, at most 0.
    pub ln_p: f64,
}

impl PValue {
    pub(crate) const fn new(p: f64, ln_p: f64) -> PValue {
        PValue { p, ln_p }
    }
}
