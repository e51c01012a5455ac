//! Sums apart for 256 groups of clusters.

use crate::stats::guard::mix;
use crate::stats::{HigherMoments, RatioMoments, Refusal};

/// How many groups clusters fall into.
pub(super) const GROUPS: usize = 256;

/// Sums of numerators and denominators, by group.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Vec<[f64; 2]>", into = "Vec<[f64; 2]>")
)]
pub(super) struct Groups(Box<Sums>);

/// The sums themselves, on cache lines of their own: another thread's are never beside them.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(128))]
struct Sums([[f64; 2]; GROUPS]);

impl Groups {
    pub(super) fn new() -> Groups {
        Groups(Box::new(Sums([[0.0; 2]; GROUPS])))
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "eight bits index 256 groups")]
    pub(super) fn add(&mut self, cluster: u64, numerator: f64, denominator: f64) {
        let sums = &mut self.0.0[(mix(cluster) & 255) as usize];
        sums[0] += numerator;
        sums[1] += denominator;
    }

    pub(super) fn merge(&mut self, other: &Groups) {
        for (ours, theirs) in self.0.0.iter_mut().zip(other.0.0.iter()) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours += theirs;
            }
        }
    }

    /// Returns the same numerators over other denominators.
    pub(super) fn per(&self, denominators: &[f64; GROUPS]) -> Groups {
        let mut groups = self.clone();
        for (sums, denominator) in groups.0.0.iter_mut().zip(denominators) {
            let [numerator, _] = *sums;
            *sums = [numerator, *denominator];
        }
        groups
    }

    /// Returns the sums of all groups.
    pub(super) fn total(&self) -> [f64; 2] {
        let add = |[x, y]: [f64; 2], [a, b]: &[f64; 2]| [x + a, y + b];
        self.0.0.iter().fold([0.0; 2], add)
    }

    /// Returns the groups as the units of a ratio, which they are: independent of each other.
    pub(super) fn moments(&self) -> Result<RatioMoments, Refusal> {
        let mut moments = RatioMoments::new();
        for [numerator, denominator] in self.0.0.iter() {
            moments.record(*numerator, *denominator)?;
        }
        Ok(moments)
    }

    /// Returns the groups' deviations from the ratio, whose mean's law is to be normal.
    pub(super) fn deviations(&self, ratio: f64) -> Result<HigherMoments, Refusal> {
        let mut moments = HigherMoments::default();
        for [numerator, denominator] in self.0.0.iter() {
            moments.record(numerator - ratio * denominator)?;
        }
        Ok(moments)
    }
}

#[cfg(feature = "serde")]
impl From<Groups> for Vec<[f64; 2]> {
    fn from(groups: Groups) -> Vec<[f64; 2]> {
        groups.0.0.to_vec()
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Vec<[f64; 2]>> for Groups {
    type Error = crate::stats::state::StateError;

    fn try_from(sums: Vec<[f64; 2]>) -> Result<Groups, Self::Error> {
        const NAME: &str = "groups of clusters";
        let finite = sums.iter().flatten().all(|sum| sum.is_finite());
        Self::Error::require(finite, NAME, "a sum is not finite")?;
        let wrong = |_| Self::Error::Inconsistent {
            what: NAME,
            why: "there are not 256 of them",
        };
        let sums = sums.try_into().map_err(wrong)?;
        Ok(Groups(Box::new(Sums(sums))))
    }
}
