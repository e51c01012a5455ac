//! How one request ended.

/// Names the ways in which a request can end for the version that was drawn for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Ending {
    /// The version gave an answer.
    Answered,
    /// The version gave an error, or panicked.
    Failed,
    /// The version refused the request for the request's own fault.
    Refused,
    /// Nobody waited for the end.
    GivenUp,
}
