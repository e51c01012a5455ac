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
        let (mut squares, mut products, mut scale) = (0.0, 0.0, 0.0);
        for arm in arms {
            let (y, x, n) = filled(arm, mean).fold((0.0, 0.0, 0.0), |(y, x, n), group| {
                (y + group.y, x + group.x, n + group.n)
            });
            let (ratio, past) = if n > 0.0 { (y / n, x / n) } else { (0.0, 0.0) };
            for group in filled(arm, mean) {
                let d = group.x - past * group.n;
                squares += d * d;
                products += d * (group.y - ratio * group.n);
                scale += group.largest * group.largest;
            }
        }
        // Equal pasts differ in their sums' last digits.
        let varies = squares > (8.0 * f64::EPSILON).powi(2) * scale;
        let theta = if varies { products / squares } else { 0.0 };
        let adjusted = |arm: &PastGroups<'_>| -> Result<GroupedArm, Refusal> {
            let groups: Vec<[f64; 2]> = filled(arm, mean)
                .map(|group| [group.y - theta * group.x, group.n])
                .collect();
            let fitted = if varies { FITTED } else { 0.0 };
            Ok(GroupedArm {
                fitted,
                ..GroupedArm::new(&groups, arm.units)?
            })
        };
        Ok(AdjustedArms {
            theta,
            control: adjusted(control)?,
            candidate: adjusted(candidate)?,
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

fn filled<'a>(arm: &PastGroups<'a>, mean: f64) -> impl Iterator<Item = Group> + 'a {
    let groups = arm.groups.iter().zip(arm.past);
    groups
        .filter(|([_, n], _)| *n > 0.0)
        .map(move |([y, n], [sum, known])| Group {
            y: *y,
            n: *n,
            x: sum - mean * known,
            largest: sum.abs().max((mean * known).abs()),
        })
}
