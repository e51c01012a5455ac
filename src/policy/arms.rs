//! Changing the arms of a running A/B test.

use super::{AbTest, Diff, Fault, Policy, PolicyError};
use crate::split::{Arm, Split, SplitError};

/// These changes keep the layout of the arms, so that as few units as possible move. A new policy
/// with other weights lays its arms out again; [`diff`](Policy::diff) says beforehand whom that
/// moves.
impl Policy {
    /// Gives some arms of an A/B test other weights, and moves the least possible share.
    ///
    /// ```
    /// use switchstand::Policy;
    /// let even = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
    /// let uneven = even.reweight([("v2", 3)])?;
    /// // A quarter of all units is what the shares differ by.
    /// assert_eq!(even.diff(&uneven)?.moved().as_fraction(), 0.25);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, a label is unknown, or no weight remains.
    pub fn reweight<'a>(
        &self,
        weights: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Result<Policy, PolicyError> {
        self.change_arms("reweight", |split| split.reweight(weights))
    }

    /// Adds an arm to an A/B test, and moves nobody between the others.
    ///
    /// It takes units from all of them.
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, or the label is taken.
    pub fn with_arm(&self, arm: impl Into<Arm>) -> Result<Policy, PolicyError> {
        self.change_arms("with_arm", |split| split.with_arm(arm.into()))
    }

    /// Removes an arm from an A/B test; its units go to the others.
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, or the label is unknown.
    pub fn without_arm(&self, label: &str) -> Result<Policy, PolicyError> {
        self.change_arms("without_arm", |split| split.without_arm(label))
    }

    /// Gives an arm of an A/B test another label, and moves nobody.
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, or a label is unknown or taken.
    pub fn rename(&self, label: &str, new: &str) -> Result<Policy, PolicyError> {
        self.change_arms("rename", |split| split.rename(label, new))
    }

    /// Points an arm of an A/B test at another version, and moves nobody elsewhere.
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, or the label is unknown.
    pub fn retarget(&self, label: &str, version: &str) -> Result<Policy, PolicyError> {
        self.change_arms("retarget", |split| split.retarget(label, version))
    }

    /// Lays the arms of an A/B test out again, and says whom that moves.
    ///
    /// Each [`reweight`](Policy::reweight) may add stretches to the layout, until
    /// [`SplitError::TooManyStretches`](crate::release::SplitError::TooManyStretches) refuses the
    /// next. A new layout has one stretch for each arm. Units change their arm although no weight
    /// changes, so do it between two experiments.
    ///
    /// ```
    /// use switchstand::Policy;
    /// let even = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1), ("v3", 1)]);
    /// let carried = even.reweight([("v3", 0)])?;
    /// let (compact, moves) = carried.compact()?;
    /// assert_eq!(compact, Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1), ("v3", 0)]));
    /// assert_eq!(moves, carried.diff(&compact)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PolicyError`] if the policy is no A/B test, or its arms make no split.
    pub fn compact(&self) -> Result<(Policy, Diff), PolicyError> {
        let compact = self.change_arms("compact", |split| Split::new(split.arms().cloned()))?;
        let moves = self.diff(&compact)?;
        Ok((compact, moves))
    }

    fn change_arms(
        &self,
        field: &'static str,
        change: impl FnOnce(&Split) -> Result<Split, SplitError>,
    ) -> Result<Policy, PolicyError> {
        let Some(test) = &self.ab_test else {
            return Err(Fault::Misplaced(field, "A/B tests").in_policy(self));
        };
        let split = change(&test.split()?)?;
        let layout = if split.is_fresh() {
            None
        } else {
            Some(split.stretches())
        };
        let arms = split.arms().cloned().collect();
        let test = AbTest {
            arms,
            layout,
            ..test.clone()
        };
        Ok(Policy {
            ab_test: Some(test),
            ..self.clone()
        })
    }
}
