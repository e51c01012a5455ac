//! The smallest p-value of all looks.

use super::anytime_valid::p_of;
use crate::stats::PValue;

/// The smallest p-value of all looks, which is a valid p-value.
///
/// It depends on which looks were taken, so two of them cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunningP {
    greatest_ln_e: f64,
}

impl RunningP {
    /// Returns the state before the first look: p is 1.
    #[must_use]
    pub const fn new() -> RunningP {
        RunningP { greatest_ln_e: 0.0 }
    }

    /// Takes a look at evidence `ln_e` and returns the smallest p-value so far.
    ///
    /// NaN is no evidence and changes nothing.
    pub fn look(&mut self, ln_e: f64) -> PValue {
        self.greatest_ln_e = self.greatest_ln_e.max(ln_e);
        self.p()
    }

    /// Returns the smallest p-value so far.
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.greatest_ln_e)
    }
}

impl Default for RunningP {
    fn default() -> RunningP {
        RunningP::new()
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::RunningP;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "running p-value";

    stored_form!(
        NAME,
        version 1,
        RunningP {
            greatest_ln_e: f64,
        },
        |running| {
            let holds = running.greatest_ln_e >= 0.0;
            StateError::require(holds, NAME, "the greatest evidence is below 0")
        },
    );
}
