//! A line of 2^64 points divided among arms.

mod layout;

use thiserror::Error;

pub(crate) use layout::{Finder, Layout};

use crate::{bucket::Point, fingerprint::Canonical};

/// Holds one side of a split: its label, the version that answers for it, and its weight.
///
/// The label is the arm's identity: pointing an arm at another version moves nobody.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Arm {
    /// The arm's identity, unique in its split.
    pub label: String,
    /// The version that answers for the arm.
    pub version: String,
    /// The arm's part of the sum of all weights; 0 is never chosen.
    pub weight: u32,
}

impl Arm {
    /// Returns an arm with this label, answered by `version`, of this weight.
    #[must_use]
    pub fn new(label: &str, version: &str, weight: u32) -> Arm {
        Arm {
            label: label.to_owned(),
            version: version.to_owned(),
            weight,
        }
    }

    pub(crate) fn write_canonical(&self, out: &mut Canonical) {
        out.text(&self.label);
        out.text(&self.version);
        out.number(u64::from(self.weight));
    }
}

/// Makes an arm that bears the name of its version.
impl From<(&str, u32)> for Arm {
    fn from((version, weight): (&str, u32)) -> Arm {
        Arm::new(version, version, weight)
    }
}

/// Holds a whole partition of the line: every point has exactly one arm.
///
/// Arms of a fresh layout stand in the byte order of their labels, whatever the order they were
/// written in. With `W` the sum of the weights, a point's arm is the first whose cumulative
/// weight exceeds `floor(point * W / 2^64)`.
///
/// ```
/// use switchstand::{Arm, Point, Split};
/// let split = Split::new([Arm::from(("b", 1)), Arm::from(("a", 3))])?;
/// assert_eq!(split.arm_at(Point::new(0)).label, "a");
/// assert_eq!(split.arm_at(Point::new(u64::MAX)).label, "b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Split {
    first: Arm,
    others: Vec<Arm>,
    layout: Layout,
}

impl Split {
    /// Most arms that a split may have.
    pub const MAX_ARMS: usize = 1024;

    /// Lays out the arms afresh.
    ///
    /// # Errors
    /// [`SplitError`] if there is no arm, too many, two of one label, or no weight at all.
    pub fn new(arms: impl IntoIterator<Item = Arm>) -> Result<Split, SplitError> {
        let mut arms: Vec<Arm> = arms.into_iter().collect();
        if arms.len() > Split::MAX_ARMS {
            return Err(SplitError::TooManyArms {
                found: arms.len(),
                limit: Split::MAX_ARMS,
            });
        }
        arms.sort_by(|left, right| left.label.cmp(&right.label));
        for pair in arms.windows(2) {
            if let [left, right] = pair
                && left.label == right.label
            {
                return Err(SplitError::DuplicateArm {
                    label: left.label.clone(),
                });
            }
        }
        if let Some(arm) = arms.iter().find(|arm| arm.label.is_empty()) {
            return Err(SplitError::EmptyLabel {
                version: arm.version.clone(),
            });
        }
        let layout = Layout::fresh(arms.iter().map(|arm| arm.weight))
            .ok_or(SplitError::NoWeight { arms: arms.len() })?;
        let mut arms = arms.into_iter();
        let first = arms.next().ok_or(SplitError::NoWeight { arms: 0 })?;
        Ok(Split {
            first,
            others: arms.collect(),
            layout,
        })
    }

    /// Iterates over the arms in the byte order of their labels.
    pub fn arms(&self) -> impl Iterator<Item = &Arm> {
        core::iter::once(&self.first).chain(&self.others)
    }

    /// Returns the arm that a point belongs to.
    #[must_use]
    pub fn arm_at(&self, point: Point) -> &Arm {
        let index = self.layout.arm_at(point);
        index
            .checked_sub(1)
            .and_then(|index| self.others.get(index))
            .unwrap_or(&self.first)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// Tells why arms do not make a split.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SplitError {
    /// There is nothing to choose: no arm has a weight above zero.
    #[error("none of {arms} arms has a weight above 0")]
    NoWeight {
        /// How many arms there are.
        arms: usize,
    },
    /// Two arms have the same label.
    #[error("arm {label:?} stands twice")]
    DuplicateArm {
        /// The label that stands twice.
        label: String,
    },
    /// An arm has no label.
    #[error("the arm of version {version:?} has an empty label")]
    EmptyLabel {
        /// The arm's version.
        version: String,
    },
    /// There are more arms than a split may have.
    #[error("{found} arms, at most {limit} are allowed")]
    TooManyArms {
        /// How many arms there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
}
