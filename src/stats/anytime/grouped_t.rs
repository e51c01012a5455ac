//! Two means or ratios by the variance between groups of units, at every look.

use thiserror::Error;

use super::{AnytimeT, p_of};
use crate::stats::special::find_root;
use crate::stats::{Alpha, Interval, PValue, Refusal};

/// Why two arms cannot be compared by their groups.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum GroupedRefusal {
    /// Too few groups have values.
    #[error(
        "values in {control} and {candidate} groups of units, {needed} are needed in each arm: record more units"
    )]
    TooFewGroups {
        /// The control's groups with values.
        control: u64,
        /// The candidate's groups with values.
        candidate: u64,
        /// How many each arm needs.
        needed: u64,
    },
    /// An arm's groups do not differ.
    #[error("{arm} does not vary: its variance is zero; record values that differ")]
    ZeroVariance {
        /// Control or candidate.
        arm: &'static str,
    },
    /// The groups' values are too uneven for a mean to be near normal.
    #[error(
        "values too uneven: skewness {skewness:.2} over {control} and {candidate} groups of units, \
         {needed} are needed in each arm; record more, or cap the values"
    )]
    TooSkewed {
        /// The larger skewness of both arms, without its sign.
        skewness: f64,
        /// The control's groups with values.
        control: u64,
        /// The candidate's groups with values.
        candidate: u64,
        /// How many each arm would need.
        needed: f64,
    },
    /// A number is out of its range or too large.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The sums of one arm's groups of units, for a mean or a ratio.
///
/// # Formula
/// Over the `m` groups whose denominator `n` is above 0: `R = sum y / sum n`, `e = y - R n`,
/// variance `sum e^2 / (sum n)^2 * m / (m - 1)`, skewness `sqrt(m) sum e^3 / (sum e^2)^1.5`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct GroupedArm {
    /// Groups with values.
    pub groups: u64,
    /// Units with a value.
    pub units: u64,
    /// The sum of numerators over that of denominators; 0 without groups.
    pub ratio: f64,
    /// Variance of the ratio; 0 where nothing varies.
    pub variance: f64,
    /// Skewness of the groups' deviations, 0 where nothing varies.
    pub skewness: f64,
    /// Degrees of freedom that an adjustment has taken.
    pub fitted: f64,
}

impl GroupedArm {
    /// Adds up numerators and denominators by group, with the number of units that have a value.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where a sum has no representation.
    pub fn new(groups: &[[f64; 2]], units: u64) -> Result<GroupedArm, Refusal> {
        let (mut m, mut y, mut n) = (0.0, 0.0, 0.0);
        for [of_group, units] in groups {
            if *units > 0.0 {
                m += 1.0;
                y += of_group;
                n += units;
            }
        }
        let ratio = if m > 0.0 { y / n } else { 0.0 };
        let (mut squares, mut cubes, mut scale) = (0.0, 0.0, 0.0);
        for [y, n] in groups {
            if *n > 0.0 {
                let e = y - ratio * n;
                squares += e * e;
                cubes += e * e * e;
                scale += y * y;
            }
        }
        // Equal values differ in their sums' last digits.
        let rounding = (8.0 * f64::EPSILON).powi(2) * scale;
        let varies = squares > rounding;
        let (variance, skewness) = if varies {
            let variance = squares / (n * n) * (m / (m - 1.0));
            (variance, m.sqrt() * cubes / squares.powf(1.5))
        } else {
            (0.0, 0.0)
        };
        let is_finite = ratio.is_finite() && (m < 2.0 || variance.is_finite());
        if !is_finite || skewness.is_nan() {
            return Err(Refusal::overflow("sum over the groups of units"));
        }
        Ok(GroupedArm {
            groups: m as u64,
            units,
            ratio,
            variance,
            skewness,
            fitted: 0.0,
        })
    }

    const fn df(&self) -> f64 {
        self.groups as f64 - 1.0 - self.fitted
    }
}

/// A test of means, ratios and counts by the variance between groups of units, at every look.
///
/// Values of one unit depend on each other but are in one group, so it does not matter how many a
/// unit has. The degrees of freedom count the groups that have values; the size counts the units
/// that have one.
///
/// # Formula
/// `t = (R_b - R_a) / sqrt(v_a + v_b)` with Welch's degrees of freedom on `m_a - 1` and `m_b - 1`;
/// `ln e` is the logarithm of the mean of [`AnytimeT`]'s e-value at `g`, `g / 4`, .. `g / 256`, for
/// `n = u_a u_b / (u_a + u_b)`; the interval holds the differences with `e < 1 / alpha`.
///
/// # Assumptions
/// Units fall into groups by a hash and are independent. Approximate: refused below 20 groups with
/// values in an arm, where an arm does not vary, and where there are fewer groups than 355 times
/// the squared skewness of their deviations.
///
/// # When not to use it
/// For rare events: [`LabelProcess`](super::LabelProcess) is exact.
///
/// Source: Lindon, Ham, Tingley and Bojinov (2022), <https://doi.org/10.48550/arXiv.2210.08589>;
/// the rules for few groups are simulated in the guide's chapter on A/B tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupedT {
    tests: [AnytimeT; 5],
}

impl GroupedT {
    /// The number of groups with values that each arm needs.
    pub const LEAST_GROUPS: u64 = 20;
    /// Groups that each arm needs for every one of the squared skewness.
    pub(crate) const GROUPS_PER_SQUARED_SKEWNESS: f64 = 355.0;

    /// Returns the test for a planned number of units of both arms, in the weights' proportion.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless all numbers are positive and finite.
    pub fn planned(planned: f64, weights: [f64; 2], alpha: Alpha) -> Result<GroupedT, Refusal> {
        for weight in weights {
            Refusal::require_positive("weight", weight)?;
        }
        let [a, b] = weights;
        let q = -2.0 * alpha.get().ln();
        let g = planned * (a / (a + b)) * (b / (a + b)) / (q + q.ln_1p());
        let mut tests = [AnytimeT::new(g)?; 5];
        for (test, power) in tests.iter_mut().zip(0..) {
            *test = AnytimeT::new(g / 4.0_f64.powi(power))?;
        }
        Ok(GroupedT { tests })
    }

    /// Returns the `|t|` that decides at such a size, with such degrees of freedom.
    pub(crate) fn critical_t(&self, n: f64, df: f64, alpha: Alpha) -> f64 {
        GroupedLook {
            effect: 0.0,
            standard_error: 1.0,
            df,
            skewness: 0.0,
            n,
            tests: self.tests,
        }
        .critical_t(alpha)
    }

    /// Compares two arms.
    ///
    /// # Errors
    /// [`GroupedRefusal`], in this order: too few groups, zero variance, too skewed.
    pub fn compare(
        &self,
        control: &GroupedArm,
        candidate: &GroupedArm,
    ) -> Result<GroupedLook, GroupedRefusal> {
        let (m_a, m_b) = (control.groups, candidate.groups);
        let needed = GroupedT::LEAST_GROUPS;
        if m_a.min(m_b) < needed {
            return Err(GroupedRefusal::TooFewGroups {
                control: m_a,
                candidate: m_b,
                needed,
            });
        }
        for (name, arm) in [("control", control), ("candidate", candidate)] {
            if arm.variance == 0.0 {
                return Err(GroupedRefusal::ZeroVariance { arm: name });
            }
        }
        let skewness = control.skewness.abs().max(candidate.skewness.abs());
        let needed = GroupedT::GROUPS_PER_SQUARED_SKEWNESS * skewness * skewness;
        if (m_a.min(m_b) as f64) < needed {
            return Err(GroupedRefusal::TooSkewed {
                skewness,
                control: m_a,
                candidate: m_b,
                needed: needed.ceil(),
            });
        }
        let (v_a, v_b) = (control.variance, candidate.variance);
        let total = v_a + v_b;
        let (a, b) = (v_a / total, v_b / total);
        let (u_a, u_b) = (control.units as f64, candidate.units as f64);
        let look = GroupedLook {
            effect: candidate.ratio - control.ratio,
            standard_error: total.sqrt(),
            df: 1.0 / (a * a / control.df() + b * b / candidate.df()),
            skewness,
            n: u_a * (u_b / (u_a + u_b)),
            tests: self.tests,
        };
        // Refuses what has no evidence, so that the rest cannot fail.
        let [first, ..] = look.tests;
        let (t, df) = (look.t(), look.df);
        first.estimate(t, 1.0, look.n, df, Alpha::FIVE_PERCENT)?;
        Ok(look)
    }
}

/// The comparison of two arms by their groups of units.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct GroupedLook {
    /// Candidate minus control.
    pub effect: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its degrees of freedom.
    pub df: f64,
    /// The larger skewness of both arms, without its sign.
    pub skewness: f64,
    /// The number of units whose mean would vary as the effect does.
    pub n: f64,
    tests: [AnytimeT; 5],
}

impl GroupedLook {
    /// Returns the effect in standard errors.
    #[must_use]
    pub fn t(&self) -> f64 {
        self.effect / self.standard_error
    }

    /// Returns the logarithm of the e-value against the effect 0.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.ln_e_at(self.t())
    }

    /// Returns the logarithm of the e-value against another effect.
    #[must_use]
    pub fn ln_e_against(&self, effect: f64) -> f64 {
        self.ln_e_at((self.effect - effect) / self.standard_error)
    }

    /// Returns the logarithm of the first tuning's e-value alone.
    #[must_use]
    pub fn ln_e_single(&self) -> f64 {
        let [first, ..] = self.tests;
        self.of(&first, self.t())
    }

    /// Returns the p-value against the effect 0.
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.ln_e())
    }

    /// Returns the half width of the interval, infinite while no effect can be excluded.
    #[must_use]
    pub fn radius(&self, alpha: Alpha) -> f64 {
        self.standard_error * self.critical_t(alpha)
    }

    /// Returns the effects that the values do not contradict, at every look.
    #[must_use]
    pub fn interval(&self, alpha: Alpha) -> Interval {
        let radius = self.radius(alpha);
        Interval::new(self.effect - radius, self.effect + radius, alpha)
    }

    /// Returns the `|t|` at which the evidence reaches `1 / alpha`.
    pub(crate) fn critical_t(&self, alpha: Alpha) -> f64 {
        let threshold = -alpha.get().ln();
        let excess = |t: f64| self.ln_e_at(t) - threshold;
        let mut high = 1.0;
        while excess(high) < 0.0 {
            if high > 1e150 {
                return f64::INFINITY;
            }
            high *= 4.0;
        }
        find_root(excess, 0.0, high, 0.0)
    }

    fn ln_e_at(&self, t: f64) -> f64 {
        let terms = self.tests.map(|test| self.of(&test, t));
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = terms.iter().map(|term| (term - largest).exp()).sum();
        largest + (sum / terms.len() as f64).ln()
    }

    fn of(&self, test: &AnytimeT, t: f64) -> f64 {
        let look = test.estimate(t, 1.0, self.n, self.df, Alpha::FIVE_PERCENT);
        look.map_or(0.0, |look| look.ln_e)
    }
}
