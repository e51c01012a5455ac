//! Groups of units, adjusted by what was known about the units before.

use super::GroupedArm;
use crate::stats::Refusal;

/// One arm's sums by group, with a number of each unit from before its exposure.
///
/// The candidate must not be able to change the number. Units without one get the mean of the
/// others.
#[derive(Clone, Copy, Debug)]
pub struct PastGroups<'a> {
    /// Numerator and denominator of each group, as [`GroupedArm::new`] takes them.
    pub groups: &'a [[f64; 2]],
    /// Sum of the known numbers, and of how many units, in each group.
    pub past: &'a [[f64; 2]],
    /// Units with a value.
    pub units: u64,
}

/// Two arms adjusted by the past (CUPED), to be compared by [`GroupedT`](super::GroupedT).
///
/// # Formula
/// With `x` a group's sum of what its units' past lacks to the mean of all known ones, `X = sum x /
/// sum n`, `d = x - X n` and the deviations `e` of [`GroupedArm`]: `theta = sum d e / sum d^2` over
/// the groups of both arms, each arm with its own `X` and ratio. The adjusted arm has `y - theta x`
/// in the place of `y`, and half a degree of freedom less. A past that does not vary leaves
/// everything as it is, `theta = 0`.
///
/// # Assumptions
/// Those of [`GroupedT`](super::GroupedT), whose rule on skewness looks at the adjusted deviations;
/// a past is missing as often in one arm as in the other.
///
/// Source: Deng, Xu, Kohavi and Walker (2013), <https://doi.org/10.1145/2433396.2433413>; on sums
/// of groups it is simulated in the guide's chapter on A/B tests.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct AdjustedArms {
    /// The slope: how much the metric changes with one unit of the past.
    pub theta: f64,
    /// The adjusted control.
    pub control: GroupedArm,
    /// The adjusted candidate.
    pub candidate: GroupedArm,
}

/// Degrees of freedom that each arm gives for the slope.
const FITTED: f64 = 0.5;

impl AdjustedArms {
    /// Adjusts both arms by their past.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] where groups and past differ in number, [`Refusal::Overflow`]
    /// where a sum has no representation.
    pub fn new(
        control: &PastGroups<'_>,
        candidate: &PastGroups<'_>,
    ) -> Result<AdjustedArms, Refusal> {
        let arms = [control, candidate];
        for arm in arms {
            if arm.groups.len() != arm.past.len() {
                return Err(Refusal::unequal(
                    "groups and their past",
                    arm.groups.len(),
                    arm.past.len(),
                ));
            }
        }
        let known = arms.iter().flat_map(|arm| arm.past);
        let [sum, of] = known.fold([0.0, 0.0], |[sum, of], [x, k]| [sum + x, of + k]);
        let mean = if of > 0.0 { sum / of } else { 0.0 };
        let arms = arms.map(|arm| Filled::new(arm, mean));
        let (mut squares, mut products, mut scale) = (0.0, 0.0, 0.0);
        for arm in &arms {
            let (mut y, mut x, mut n) = (0.0, 0.0, 0.0);
            for group in &arm.groups {
                y += group.y;
                x += group.x;
                n += group.n;
            }
            let (ratio, past) = if n > 0.0 { (y / n, x / n) } else { (0.0, 0.0) };
            for group in &arm.groups {
                let d = group.x - past * group.n;
                squares += d * d;
                products += d * (group.y - ratio * group.n);
                scale += group.largest * group.largest;
            }
        }
        // Equal pasts differ in their sums' last digits.
        let varies = squares > (8.0 * f64::EPSILON).powi(2) * scale;
        let theta = if varies { products / squares } else { 0.0 };
        let [control, candidate] = arms.map(|arm| {
            let adjusted = arm.adjusted(theta)?;
            let fitted = if varies { FITTED } else { 0.0 };
            Ok(GroupedArm { fitted, ..adjusted })
        });
        Ok(AdjustedArms {
            theta,
            control: control?,
            candidate: candidate?,
        })
    }
}

/// A group that has values.
struct Group {
    y: f64,
    n: f64,
    /// What the past of its units lacks to the mean of all.
    x: f64,
    /// The greater of the two numbers that `x` is the difference of.
    largest: f64,
}

/// The groups of one arm that have values.
struct Filled {
    groups: Vec<Group>,
    units: u64,
}

impl Filled {
    fn new(arm: &PastGroups<'_>, mean: f64) -> Filled {
        let mut groups = Vec::with_capacity(arm.groups.len());
        for ([y, n], [sum, known]) in arm.groups.iter().zip(arm.past) {
            if *n > 0.0 {
                groups.push(Group {
                    y: *y,
                    n: *n,
                    x: sum - mean * known,
                    largest: sum.abs().max((mean * known).abs()),
                });
            }
        }
        let units = arm.units;
        Filled { groups, units }
    }

    fn adjusted(&self, theta: f64) -> Result<GroupedArm, Refusal> {
        let groups = self.groups.iter();
        let groups: Vec<[f64; 2]> = groups.map(|it| [it.y - theta * it.x, it.n]).collect();
        GroupedArm::new(&groups, self.units)
    }
}
