//! Whether the truth is the same whatever was answered.

/// A truth that is the same whatever was answered, as the digit on a picture.
///
/// The library cannot check it: a label that people correct after they saw the answer, or a
/// repayment by those only who were granted a loan, is a [`TruthOfAction`].
#[derive(Clone, Copy, Debug)]
pub struct IndependentTruth<T>(pub T);

/// A truth that came about by the answer that was returned, as a click on the item shown.
///
/// Nothing compares a shadow by it: for the shadow's answer there is no such truth.
#[derive(Clone, Copy, Debug)]
pub struct TruthOfAction<T>(pub T);
