//! Whether the truth is the same whatever was answered.

use core::{fmt, marker::PhantomData};

/// What turned out to be right, and whether the answer had a part in it.
///
/// The type says which.
///
/// ```
/// use switchstand::comparison::Truth;
/// let digit_on_the_picture = Truth::independent_of_action(7);
/// let clicked_on_the_item_shown = Truth::dependent_on_action(true);
/// assert_eq!(*digit_on_the_picture.get(), 7);
/// assert!(*clicked_on_the_item_shown.get());
/// ```
pub struct Truth<T, K: TruthKind> {
    value: T,
    kind: PhantomData<fn() -> K>,
}

/// A mark that says whether a truth depends on the answer that was acted on.
pub trait TruthKind: sealed::Sealed {}

/// The kind of a truth that would have been the same had the shadow's answer been returned.
#[derive(Clone, Copy, Debug)]
pub enum IndependentOfAction {}

/// The kind of a truth that came about by the answer that was returned.
#[derive(Clone, Copy, Debug)]
pub enum DependsOnAction {}

impl TruthKind for IndependentOfAction {}
impl TruthKind for DependsOnAction {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::IndependentOfAction {}
    impl Sealed for super::DependsOnAction {}
}

impl<T> Truth<T, IndependentOfAction> {
    /// Declares a truth that no answer has a part in: the digit on a picture.
    ///
    /// The library cannot check it: a label that people correct after they saw the answer, or
    /// a repayment by those only who were granted a loan, is not independent.
    pub const fn independent_of_action(value: T) -> Truth<T, IndependentOfAction> {
        Truth {
            value,
            kind: PhantomData,
        }
    }
}

impl<T> Truth<T, DependsOnAction> {
    /// Declares a truth that came about by the answer that was returned, as a click.
    pub const fn dependent_on_action(value: T) -> Truth<T, DependsOnAction> {
        Truth {
            value,
            kind: PhantomData,
        }
    }
}

impl<T, K: TruthKind> Truth<T, K> {
    /// Returns what turned out to be right.
    pub const fn get(&self) -> &T {
        &self.value
    }
}

impl<T: Clone, K: TruthKind> Clone for Truth<T, K> {
    fn clone(&self) -> Truth<T, K> {
        Truth {
            value: self.value.clone(),
            kind: PhantomData,
        }
    }
}

impl<T: fmt::Debug, K: TruthKind> fmt::Debug for Truth<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Truth").field(&self.value).finish()
    }
}
