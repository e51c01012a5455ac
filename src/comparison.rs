//! Compares shadows with primaries: comparators, what they add up to, and A's own noise.
//!
//! [`PairedComparison`] is a [`Comparison`](crate::shadow::Comparison) that is ready to use. It reduces
//! answers to projections, asks one or more comparators for the [`Difference`] of two projections,
//! and keeps a [`Tally`] per pair of versions.
//!
//! # Noise
//! A model whose answers vary from run to run disagrees with itself. To know how much, deploy
//! the same model a second time under another label (`Arc<Model>` costs no memory) and shadow
//! it too: the A′ arm. [`Agreement::net_of`] then gives the disagreement beyond A's own; show the
//! two raw ones beside it.
//!
//! # Truth that depends on the action
//! A shadow's answer is never acted on. Where the truth comes about by the action, as a click on
//! the item that was shown, there is none for the shadow's answer, and a comparison of outcomes
//! would favour whoever was shown. So outcomes are compared only by an [`IndependentTruth`], as the
//! digit that was on the picture; for the other kind, [`TruthOfAction`], there are agreement and
//! operational figures, and an experiment that acts on both answers.

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
