//! How a part is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, de::IgnoredAny};

use super::{
    Part,
    packed::{self, Packed},
};
use crate::{
    experiment::{
        Apart, Setup,
        course::Course,
        exact::Exact,
        gauges::Gauges,
        items::ItemsByUnit,
        row::{Row, Rows, Slot},
        sums::{LogRow, Sums},
    },
    stats::{
        guard::{MAX_LEVEL, in_sample},
        state::StateError,
    },
};

const NAME: &str = "part of an experiment";
/// The present version packs units; the one before had a row of text for each.
const VERSION: u32 = 4;
const UNPACKED: u32 = 3;
/// Why the first edition's parts are not read, and what to do.
const OF_THE_FIRST_EDITION: &str = "it was written by the first edition, which kept sums of \
     values without their units, so it cannot go on under this edition's rules: read it out with \
     the release that wrote it, and start a new experiment under a new release name";

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fields::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        let fields = match deserializer.is_human_readable() {
            true => Readable::deserialize(deserializer).and_then(|read| {
                let fields = read.fields();
                fields.map_err(D::Error::custom)
            }),
            false => Fields::deserialize(deserializer),
        };
        fields?.part().map_err(D::Error::custom)
    }
}

/// All fields of a part, in the order in which formats without names read them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    version: u32,
    experiment: Setup,
    course: Course,
    key: Option<u64>,
    level: u32,
    exposures: u64,
    apart: RawApart,
    gauges: Gauges,
    /// Units in the order of their digests.
    packed: Packed,
    /// Their items.
    items: Packed,
    excluded: BTreeSet<u64>,
    /// Sums of an engine, instead of units.
    sums: Option<Vec<LogRow>>,
}

/// A part as a reader of text finds it: of this version, or of one before it.
///
/// It has the fields of the first edition, so that the error names the old version and not a field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Readable {
    version: u32,
    experiment: Option<Setup>,
    #[serde(default)]
    course: Course,
    #[serde(default)]
    key: Option<u64>,
    #[serde(default)]
    level: u32,
    #[serde(default)]
    exposures: u64,
    apart: Option<RawApart>,
    #[serde(default)]
    gauges: Gauges,
    #[serde(default)]
    packed: Option<Packed>,
    #[serde(default)]
    items: Packed,
    #[serde(default)]
    excluded: BTreeSet<u64>,
    #[serde(default)]
    sums: Option<Vec<LogRow>>,
    /// Of version 3, in the order of their digests.
    #[serde(default)]
    rows: Vec<RawRow>,
    #[serde(default)]
    setup: Option<IgnoredAny>,
    #[serde(default)]
    units: Option<IgnoredAny>,
    #[serde(default)]
    cells: Option<IgnoredAny>,
    #[serde(default)]
    outcomes: Option<IgnoredAny>,
}

/// What was counted apart; the first edition had one count less.
#[derive(Serialize, Deserialize)]
struct RawApart {
    fallbacks: u64,
    overrides: u64,
    pinned: u64,
    listed: u64,
    audiences: u64,
    outside: u64,
    #[serde(default)]
    other_policy: u64,
}

/// A unit's digest, the arms it was exposed to, the arms that outcomes named, its group, and what
/// it had of each metric: sum, values, values announced.
#[derive(Deserialize)]
struct RawRow(u64, u64, u64, u8, Vec<(Exact, u32, u32)>);

fn require(holds: bool, why: &'static str) -> Result<(), StateError> {
    StateError::require(holds, NAME, why)
}

fn missing(why: &'static str) -> StateError {
    StateError::Inconsistent { what: NAME, why }
}

impl Readable {
    fn fields(self) -> Result<Fields, StateError> {
        require(self.version != 1 && self.version != 2, OF_THE_FIRST_EDITION)?;
        if self.version != UNPACKED {
            StateError::check_version(NAME, self.version, VERSION)?;
        }
        let foreign = [&self.setup, &self.units, &self.cells, &self.outcomes];
        let is_packed = self.version == VERSION && self.rows.is_empty();
        let is_unpacked = self.version == UNPACKED && self.packed.is_none();
        let is_new = foreign.iter().all(|field| field.is_none());
        let holds = is_new && (is_packed || is_unpacked);
        require(holds, "it has fields of another version")?;
        let experiment = self.experiment.ok_or(missing("its setup is missing"))?;
        let (_, width) = experiment.slots();
        let packed = match self.packed {
            Some(packed) => packed,
            None => packed::rows(&unpacked(self.rows, width)?, width),
        };
        Ok(Fields {
            version: VERSION,
            experiment,
            course: self.course,
            key: self.key,
            level: self.level,
            exposures: self.exposures,
            apart: self.apart.ok_or(missing("its counts apart are missing"))?,
            gauges: self.gauges,
            packed,
            items: self.items,
            excluded: self.excluded,
            sums: self.sums,
        })
    }
}

/// Reads the units of version 3.
fn unpacked(raw: Vec<RawRow>, width: usize) -> Result<Rows, StateError> {
    let mut rows = Rows::default();
    for RawRow(key, exposed, told, group, slots) in raw {
        let fits = slots.is_empty() || slots.len() == width;
        require(fits, "a unit's values are not those of the metrics")?;
        let slot = |(Exact(sum), values, announced)| Slot {
            sum,
            values,
            announced,
        };
        let row = Row {
            exposed,
            told,
            group,
            slots: slots.into_iter().map(slot).collect(),
        };
        require(rows.insert(key, row).is_none(), "a unit is listed twice")?;
    }
    Ok(rows)
}

impl Fields {
    fn of(part: &Part) -> Fields {
        let (_, width) = part.setup.slots();
        let apart = part.apart;
        Fields {
            version: VERSION,
            experiment: part.setup.clone(),
            course: part.course.clone(),
            key: part.key,
            level: part.level,
            exposures: part.exposures,
            apart: RawApart {
                fallbacks: apart.fallbacks,
                overrides: apart.overrides,
                pinned: apart.pinned,
                listed: apart.listed,
                audiences: apart.audiences,
                outside: apart.outside,
                other_policy: apart.other_policy,
            },
            gauges: part.gauges.clone(),
            packed: packed::rows(&part.rows, width),
            items: packed::items(&part.rows, &part.items),
            excluded: part.excluded.clone(),
            sums: part.sums.clone().map(Sums::into_rows),
        }
    }

    fn part(self) -> Result<Part, StateError> {
        StateError::check_version(NAME, self.version, VERSION)?;
        let setup = self.experiment;
        require(self.level <= MAX_LEVEL, "the units were halved too often")?;
        let fits = self.gauges.fits(&setup);
        require(fits, "the gauges are not those of the metrics")?;
        let (_, width) = setup.slots();
        let rows = packed::read_rows(&self.packed, width);
        let rows = rows.ok_or(missing("its packed units cannot be read"))?;
        let fits = rows.len() <= setup.capacity;
        require(fits, "there are more units than it may hold")?;
        let arms = u64::MAX >> (64 - setup.arms.len().min(64));
        let is_arms = |bits: u64| bits & !arms == 0;
        let is_course = is_arms(self.course.dropped) && self.course.dropped & 1 == 0;
        require(is_course, "a dropped arm is no candidate")?;
        let mut exposed = 0;
        for (&key, row) in &rows {
            require(in_sample(key, self.level), "a unit is not in the sample")?;
            let holds = is_arms(row.exposed | row.told);
            require(holds, "a unit has an arm that there is not")?;
            let is_value = |slot: &Slot| slot.values > 0 || slot.sum == 0.0;
            let holds = row.slots.iter().all(is_value);
            require(holds, "a unit has a sum without values")?;
            let own = row.slots.iter().rev().zip(setup.divisions.iter().rev());
            let mut own = own.filter(|(slot, _)| slot.values > 0);
            let holds = own.all(|(slot, division)| {
                let number = slot.sum as usize;
                number < division.segments.len() && number as f64 == slot.sum
            });
            require(holds, "a unit is of a segment that there is not")?;
            exposed += u64::from(row.exposed.count_ones());
        }
        require(exposed <= self.exposures, "more units than exposures")?;
        let items = packed::read_items(&self.items, &rows);
        let items = items.ok_or(missing("its packed outcomes cannot be read"))?;
        let holds = are_sound(&items, &setup);
        require(holds, "outcomes are kept that its metrics do not ask for")?;
        let holds = self.excluded.iter().all(|&key| in_sample(key, self.level));
        require(holds, "an excluded unit is not in the sample")?;
        let sums = self
            .sums
            .map(|rows| Sums::checked(&setup, rows))
            .transpose();
        let sums = sums.map_err(|_| missing("the sums of its log are not those of its metrics"))?;
        let is_one = sums.is_none() || rows.is_empty();
        require(is_one, "it has both units and sums of a log")?;
        let apart = self.apart;
        Ok(Part {
            setup,
            course: self.course,
            key: self.key,
            level: self.level,
            rows,
            items,
            excluded: self.excluded,
            exposures: self.exposures,
            apart: Apart {
                fallbacks: apart.fallbacks,
                overrides: apart.overrides,
                pinned: apart.pinned,
                listed: apart.listed,
                audiences: apart.audiences,
                outside: apart.outside,
                other_policy: apart.other_policy,
            },
            gauges: self.gauges,
            sums,
        })
    }
}

/// Tells whether each item is of a metric that keeps such items.
fn are_sound(items: &ItemsByUnit, setup: &Setup) -> bool {
    let mut all = items.values().flat_map(|unit| &unit.list);
    all.all(|item| {
        setup.metrics.get(item.metric).is_some_and(|metric| {
            (metric.is_itemised() || metric.is_bucketed())
                && (metric.once || metric.is_bucketed()) == item.id.is_some()
                && metric.window.is_some() == item.at.is_some()
                && item.denominator >= 0.0
        })
    })
}
