//! A line of 2^64 points divided among arms.

mod error;
mod finder;
mod layout;
mod reweight;
mod stretch;

pub use error::SplitError;
pub(crate) use finder::Finder;
pub(crate) use layout::{LINE, Layout};
pub use stretch::Stretch;

use crate::{bucket::Point, fingerprint::Canonical, sorting::sort_by};

/// One side of a split: its label, its version and its weight.
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

/// Makes an arm whose label is that of its version.
impl From<(&str, u32)> for Arm {
    fn from((version, weight): (&str, u32)) -> Arm {
        Arm::new(version, version, weight)
    }
}

/// A partition of the line: every point has exactly one arm.
///
/// The arms of a new layout stand in the byte order of their labels, in whatever order they were
/// written. With `W` the sum of the weights, a point's arm is the first one whose cumulative weight
/// is greater than `floor(point * W / 2^64)`.
///
/// ```
/// use switchstand::{bucketing::Point, release::Split, Arm};
/// let split = Split::new([Arm::from(("b", 1)), Arm::from(("a", 3))])?;
/// assert_eq!(split.arm_at(Point::new(0)).label, "a");
/// assert_eq!(split.arm_at(Point::new(u64::MAX)).label, "b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Split {
    /// In the byte order of their labels; never empty.
    arms: Vec<Arm>,
    layout: Layout,
}

impl Split {
    /// The maximum number of arms.
    pub const MAX_ARMS: usize = 1024;
    /// The maximum number of stretches of a layout.
    pub const MAX_STRETCHES: usize = 4096;

    /// Lays out the arms.
    ///
    /// # Errors
    /// [`SplitError`] if there is no arm, too many, two of one label, or no weight at all.
    pub fn new(arms: impl IntoIterator<Item = Arm>) -> Result<Split, SplitError> {
        Split::of(arms.into_iter().collect())
    }

    fn of(mut arms: Vec<Arm>) -> Result<Split, SplitError> {
        if arms.len() > Split::MAX_ARMS {
            return Err(SplitError::TooManyArms {
                found: arms.len(),
                limit: Split::MAX_ARMS,
            });
        }
        sort_by(&mut arms, |left, right| left.label.cmp(&right.label));
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
        Ok(Split { arms, layout })
    }

    /// Makes a split with the layout that an earlier change of weights left.
    ///
    /// # Errors
    /// [`SplitError`] as for [`new`](Split::new), and if the stretches do not begin at 0, do not
    /// ascend, name unknown arms, or give an arm another share than its weight.
    pub fn with_layout(
        arms: impl IntoIterator<Item = Arm>,
        stretches: &[Stretch],
    ) -> Result<Split, SplitError> {
        let mut split = Split::new(arms)?;
        limit_stretches(stretches.len())?;
        let starts = stretches.iter().map(|stretch| u128::from(stretch.from));
        let ends = starts.clone().skip(1).chain([LINE]);
        let mut placed = Vec::with_capacity(stretches.len());
        for ((start, end), stretch) in starts.zip(ends).zip(stretches) {
            let arm = split.place(&stretch.arm)?;
            if start >= end || placed.is_empty() && start != 0 {
                return Err(SplitError::BrokenLayout { from: stretch.from });
            }
            placed.push((start, end, arm));
        }
        split.layout = Layout::of_stretches(&placed).ok_or(SplitError::BrokenLayout { from: 0 })?;
        split.check_shares()?;
        Ok(split)
    }

    /// Gives some arms other weights, and moves the least possible share of the units.
    ///
    /// Exactly the total variation distance between the old and the new shares moves to another
    /// arm.
    ///
    /// # Errors
    /// [`SplitError`] if a label is unknown, no weight remains, or the layout grows too long.
    pub fn reweight<'a>(
        &self,
        weights: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Result<Split, SplitError> {
        let mut arms = self.arms.clone();
        for (label, weight) in weights {
            let place = usize::from(self.place(label)?);
            if let Some(arm) = arms.get_mut(place) {
                arm.weight = weight;
            }
        }
        let fresh = Split::new(arms)?;
        let targets = fresh.layout.points(fresh.arms.len());
        self.carry_to(fresh, &targets)
    }

    /// Adds an arm, which takes units from all others; no unit moves between those.
    ///
    /// # Errors
    /// [`SplitError`] if the label is taken, or the layout grows too long.
    pub fn with_arm(&self, arm: Arm) -> Result<Split, SplitError> {
        let label = arm.label.clone();
        let fresh = Split::new(self.arms.iter().cloned().chain([arm]))?;
        let place = fresh.place(&label)?;
        let layout = self.renumbered(|arm| if arm < place { arm } else { arm + 1 });
        let widened = Split {
            arms: fresh.arms.clone(),
            layout,
        };
        let targets = reweight::only_for(
            usize::from(place),
            &widened.layout.points(fresh.arms.len()),
            &fresh.layout.points(fresh.arms.len()),
        );
        widened.carry_to(fresh, &targets)
    }

    /// Removes an arm, whose units go to all others; no unit moves between those.
    ///
    /// # Errors
    /// [`SplitError`] if the label is unknown, no weight remains, or the layout grows too long.
    pub fn without_arm(&self, label: &str) -> Result<Split, SplitError> {
        let place = self.place(label)?;
        let mut arms = self.arms.clone();
        if let Some(arm) = arms.get_mut(usize::from(place)) {
            arm.weight = 0;
        }
        let fresh = Split::new(arms)?;
        let targets = reweight::only_for(
            usize::from(place),
            &self.layout.points(self.arms.len()),
            &fresh.layout.points(self.arms.len()),
        );
        let emptied = self.carry_to(fresh, &targets)?;
        let layout = emptied.renumbered(|arm| if arm < place { arm } else { arm - 1 });
        let arms = emptied
            .arms
            .into_iter()
            .filter(|arm| arm.label != label)
            .collect();
        Ok(Split { arms, layout })
    }

    /// Gives an arm another label, and moves nobody.
    ///
    /// # Errors
    /// [`SplitError`] if the old label is unknown or the new one is taken.
    pub fn rename(&self, label: &str, new: &str) -> Result<Split, SplitError> {
        let renamed = self.place(label)?;
        let relabel = |arm: &Arm| match arm.label == label {
            true => Arm {
                label: new.to_owned(),
                ..arm.clone()
            },
            false => arm.clone(),
        };
        let fresh = Split::new(self.arms.iter().map(relabel))?;
        let places: Vec<u16> = self
            .arms
            .iter()
            .zip(0..)
            .map(|(arm, number)| fresh.place(if number == renamed { new } else { &arm.label }))
            .collect::<Result<_, _>>()?;
        let place = |arm: u16| places.get(usize::from(arm)).copied().unwrap_or(arm);
        Ok(Split {
            layout: self.renumbered(place),
            ..fresh
        })
    }

    /// Points an arm at another version, and moves nobody to another arm.
    ///
    /// # Errors
    /// [`SplitError`] if the label is unknown.
    pub fn retarget(&self, label: &str, version: &str) -> Result<Split, SplitError> {
        let place = usize::from(self.place(label)?);
        let mut split = self.clone();
        if let Some(arm) = split.arms.get_mut(place) {
            version.clone_into(&mut arm.version);
        }
        Ok(split)
    }

    /// Iterates over the arms in the byte order of their labels.
    pub fn arms(&self) -> impl Iterator<Item = &Arm> {
        self.arms.iter()
    }

    /// Returns the layout in the form in which a policy carries it.
    #[must_use]
    pub fn stretches(&self) -> Vec<Stretch> {
        let label = |arm: u16| self.arms.get(usize::from(arm)).map_or("", |arm| &arm.label);
        let segments = self.layout.segments().iter();
        segments
            .map(|segment| Stretch::new(segment.start, label(segment.arm)))
            .collect()
    }

    /// Tells whether the arms lie as in a new layout of their weights.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        Layout::fresh(self.arms.iter().map(|arm| arm.weight)).as_ref() == Some(&self.layout)
    }

    /// Returns the arm of a point.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "a layout names only arms of its split"
    )]
    pub fn arm_at(&self, point: Point) -> &Arm {
        &self.arms[self.layout.arm_at(point)]
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    fn place(&self, label: &str) -> Result<u16, SplitError> {
        self.arms
            .binary_search_by(|arm| arm.label.as_str().cmp(label))
            .ok()
            .and_then(|place| u16::try_from(place).ok())
            .ok_or_else(|| SplitError::UnknownArm {
                label: label.to_owned(),
            })
    }

    fn renumbered(&self, number: impl Fn(u16) -> u16) -> Layout {
        let stretches: Vec<_> = self
            .layout
            .stretches()
            .map(|(start, end, arm)| (start, end, number(arm)))
            .collect();
        Layout::of_stretches(&stretches).unwrap_or_else(Layout::whole)
    }

    /// Carries this layout over to a new split of the same arms.
    fn carry_to(&self, fresh: Split, targets: &[u128]) -> Result<Split, SplitError> {
        let layout = reweight::reweight(&self.layout, targets)
            .ok_or(SplitError::BrokenLayout { from: 0 })?;
        limit_stretches(layout.segments().len())?;
        Ok(Split { layout, ..fresh })
    }

    /// Checks that the layout gives each arm the share of its weight.
    ///
    /// Rounding may have left a point more or less with every change of the arms, but none to an
    /// arm without weight.
    fn check_shares(&self) -> Result<(), SplitError> {
        let sum: u128 = self.arms.iter().map(|arm| u128::from(arm.weight)).sum();
        let slack = self.arms.len() as u128;
        for (arm, points) in self.arms.iter().zip(self.layout.points(self.arms.len())) {
            let exact = u128::from(arm.weight) * (LINE / sum);
            let inexact = u128::from(arm.weight) * (LINE % sum) / sum;
            let slack = if arm.weight == 0 { 0 } else { slack };
            if points.abs_diff(exact + inexact) > slack {
                return Err(SplitError::ShareMismatch {
                    label: arm.label.clone(),
                });
            }
        }
        Ok(())
    }
}

fn limit_stretches(found: usize) -> Result<(), SplitError> {
    let limit = Split::MAX_STRETCHES;
    if found > limit {
        Err(SplitError::TooManyStretches { found, limit })
    } else {
        Ok(())
    }
}
