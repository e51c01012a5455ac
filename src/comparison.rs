//! Compares shadows with primaries: comparators, tallies, and the noise of the first model (A).
//!
//! [`PairedComparison`] is a [`Comparison`](crate::shadow::Comparison) that is ready to use. It
//! reduces answers to projections, asks one or more comparators for the [`Difference`] of two
//! projections, and keeps a [`Tally`] per pair of versions.
//!
//! # Noise
//! A model whose answers vary from run to run disagrees with itself. To know how much, deploy
//! the same model a second time under another label (`Arc<Model>` costs no memory) and shadow
//! it too: the A′ arm. [`Agreement::net_of`] then gives the disagreement beyond A's own; show the
//! two raw ones beside it.
//!
//! # Truth that depends on the action
//! A shadow's answer is never shown. If the truth depends on the answer, such as a click on the
//! item that was shown, there is no truth for the shadow's answer, and a comparison would favour
//! the version that was shown. So outcomes are compared only by an [`IndependentTruth`], such as
//! the digit in the picture. For the other kind, [`TruthOfAction`], use agreement and operational
//! figures, or an experiment.

mod agreement;
mod confusion;
mod difference;
mod outcomes;
mod paired;
#[cfg(feature = "serde")]
mod stored;
mod tally;
mod truth;
mod worst;

pub use agreement::Agreement;
pub use confusion::Confusion;
pub use difference::Difference;
pub use outcomes::PairedOutcomes;
pub use paired::PairedComparison;
pub use tally::Tally;
pub use truth::{IndependentTruth, TruthOfAction};
pub use worst::{Disagreement, Worst};
