//! Whether the truth depends on the answer.

/// A truth that does not depend on the answer, such as the digit in a picture.
///
/// The library cannot check this. A label that people correct after they saw the answer, or the
/// repayment of loans that were granted because of the answer, is a [`TruthOfAction`].
#[derive(Clone, Copy, Debug)]
pub struct IndependentTruth<T>(pub T);

/// A truth that depends on the answer that was returned, such as a click on the item shown.
///
/// No shadow can be compared by it, because there is no such truth for the shadow's answer.
#[derive(Clone, Copy, Debug)]
pub struct TruthOfAction<T>(pub T);
