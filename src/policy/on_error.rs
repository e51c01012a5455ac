//! What a request gets when its version fails.

/// The version that answers when the chosen version's model fails.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OnError {
    /// The error is the answer.
    #[default]
    Return,
    /// The live version answers, and the route is marked as a fallback.
    ///
    /// Only for errors: a panic of the model continues to unwind, and the live version is not
    /// asked, because the request may make it panic, too.
    Live,
}

impl OnError {
    #[cfg(feature = "serde")]
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    pub(super) fn is_default(&self) -> bool {
        *self == OnError::default()
    }
}
