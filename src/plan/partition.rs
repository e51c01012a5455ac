//! Many units at once, for servers that answer in batches.

use core::ops::Range;

use super::{HeadKind, Plan};
use crate::{route::Route, unit::Unit, version::VersionId};

/// The units of a batch, grouped by their version.
///
/// It is a buffer that can be used again; then it allocates only for a larger batch.
///
/// ```
/// use switchstand::{decision::Partition, Policy};
/// let plan = Policy::ab_test("test", [("v1", 1), ("v2", 1)]).compile("v1", ["v2"])?;
/// let users = ["ana", "ben", "cho", "dov"];
/// let mut partition = Partition::default();
/// plan.partition(users, &mut partition);
/// for (version, indices) in partition.groups() {
///     assert!(indices.iter().all(|index| plan.route(users[*index]).version() == version));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// The place of each unit's route among `routes`.
    places: Vec<u32>,
    routes: Vec<Route>,
    /// The units' numbers, ordered by version.
    order: Vec<usize>,
    groups: Vec<(VersionId, Range<usize>)>,
}

impl Partition {
    /// Returns an empty partition.
    #[must_use]
    pub const fn new() -> Partition {
        Partition {
            places: Vec::new(),
            routes: Vec::new(),
            order: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Returns how many units the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Tells whether the batch has no unit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Iterates over the versions that are needed, with the numbers of their units, ascending.
    pub fn groups(&self) -> impl Iterator<Item = (VersionId, &[usize])> {
        self.groups
            .iter()
            .map(|(version, range)| (*version, self.order.get(range.clone()).unwrap_or_default()))
    }

    /// Returns the route of the unit with this number.
    #[must_use]
    pub fn route(&self, unit: usize) -> Option<Route> {
        self.routes.get(*self.places.get(unit)? as usize).copied()
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.routes.clear();
        self.order.clear();
        self.groups.clear();
    }
}

impl Plan {
    /// Routes a batch of units and sorts them by version.
    ///
    /// Each unit gets the route that it gets alone. Only the first 2^32 units of a batch are
    /// routed, so that a place takes four bytes and not eight, which halves the memory that a batch
    /// writes.
    pub fn partition<'a, U: Into<Unit<'a>>>(
        &self,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator>,
        out: &mut Partition,
    ) {
        out.clear();
        let units = units.into_iter().take(u32::MAX as usize);
        if self.head.kind == HeadKind::Cut && self.shadows.is_empty() {
            self.partition_in_two(units, out);
        } else {
            for (unit, place) in units.zip(0..) {
                out.routes.push(self.route(unit));
                out.places.push(place);
            }
            self.sort(out);
        }
    }

    /// Sorts by the side of the cut while it decides, without a branch on a fair draw.
    fn partition_in_two<'a, U: Into<Unit<'a>>>(
        &self,
        units: impl ExactSizeIterator<Item = U>,
        out: &mut Partition,
    ) {
        out.routes.extend(self.head.routes);
        out.order.resize(units.len(), 0);
        let (mut low, mut high) = (0, units.len());
        for (number, unit) in units.enumerate() {
            let is_above = self.head.is_above(unit.into().key());
            out.places.push(u32::from(is_above));
            // Why both ends: a branch on a fair draw is mispredicted every second time, which costs
            // 1.6 times the hash per unit, against 1.1 without. So the number is written at both
            // ends of the list. Only one end moves on; at the other end the next unit overwrites
            // it.
            if let Some(slot) = out.order.get_mut(low) {
                *slot = number;
            }
            if let Some(slot) = high.checked_sub(1).and_then(|last| out.order.get_mut(last)) {
                *slot = number;
            }
            low += usize::from(!is_above);
            high -= usize::from(is_above);
        }
        if let Some(above) = out.order.get_mut(high..) {
            above.reverse();
        }
        let [below, above] = self.head.routes;
        let sides = [
            (below.version(), 0..low),
            (above.version(), low..out.order.len()),
        ];
        if below.version() == above.version() {
            // Two arms of one version: one group, in the order of the units.
            out.order.sort_unstable();
            out.groups.push((below.version(), 0..out.order.len()));
        } else {
            out.groups.extend(sides);
        }
        out.groups.retain(|(_, range)| !range.is_empty());
    }

    /// Sorts routed units by version, by counting.
    fn sort(&self, out: &mut Partition) {
        let group_of = |route: &Route| self.words.place_of(route.version());
        out.groups
            .extend(self.version_ids().map(|version| (version, 0..0)));
        for route in &out.routes {
            if let Some((_, range)) = group_of(route).and_then(|group| out.groups.get_mut(group)) {
                range.end += 1;
            }
        }
        let mut start = 0;
        for (_, range) in &mut out.groups {
            let length = range.end;
            *range = start..start;
            start += length;
        }
        out.order.resize(out.routes.len(), 0);
        for (number, route) in out.routes.iter().enumerate() {
            if let Some((_, range)) = group_of(route).and_then(|group| out.groups.get_mut(group))
                && let Some(slot) = out.order.get_mut(range.end)
            {
                *slot = number;
                range.end += 1;
            }
        }
        out.groups.retain(|(_, range)| !range.is_empty());
    }
}
