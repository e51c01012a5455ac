//! How a part is stored.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Part;
use crate::{
    experiment::{
        Apart, Setup,
        course::Course,
        exact::Exact,
        gauges::Gauges,
        row::{Row, Rows, Slot},
    },
    stats::{
        guard::{MAX_LEVEL, in_sample},
        state::StateError,
    },
};

const NAME: &str = "part of an experiment";
const VERSION: u32 = 3;
/// Why the first edition's parts are not read, and what to do.
const OF_THE_FIRST_EDITION: &str = "it was written by the first edition, which kept sums of \
     values without their units, so it cannot go on under this edition's rules: read it out with \
     the release that wrote it, and start a new experiment under a new release name";

/// The fields that the first edition had stand here, so that its version is what is complained of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::experiment) struct RawPart {
    version: u32,
    experiment: Option<Setup>,
    #[serde(default)]
    course: Course,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<u64>,
    #[serde(default)]
    level: u32,
    #[serde(default)]
    exposures: u64,
    apart: Option<RawApart>,
    #[serde(default)]
    gauges: Gauges,
    /// In the order of their digests.
    #[serde(default)]
    rows: Vec<RawRow>,
    #[serde(default, skip_serializing)]
    setup: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    units: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    cells: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
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
#[derive(Serialize, Deserialize)]
struct RawRow(u64, u64, u64, u8, Vec<(Exact, u32, u32)>);

impl From<Part> for RawPart {
    fn from(part: Part) -> RawPart {
        let row = |(key, row): (u64, Row)| {
            let slots = row.slots.iter();
            let slots = slots.map(|slot| (Exact(slot.sum), slot.values, slot.announced));
            RawRow(key, row.exposed, row.told, row.group, slots.collect())
        };
        let mut rows: Vec<RawRow> = part.rows.into_iter().map(row).collect();
        rows.sort_unstable_by_key(|RawRow(key, ..)| *key);
        let apart = part.apart;
        RawPart {
            version: VERSION,
            experiment: Some(part.setup),
            course: part.course,
            key: part.key,
            level: part.level,
            exposures: part.exposures,
            apart: Some(RawApart {
                fallbacks: apart.fallbacks,
                overrides: apart.overrides,
                pinned: apart.pinned,
                listed: apart.listed,
                audiences: apart.audiences,
                outside: apart.outside,
                other_policy: apart.other_policy,
            }),
            gauges: part.gauges,
            rows,
            setup: None,
            units: None,
            cells: None,
            outcomes: None,
        }
    }
}

impl TryFrom<RawPart> for Part {
    type Error = StateError;

    fn try_from(raw: RawPart) -> Result<Part, StateError> {
        let require = |holds, why| StateError::require(holds, NAME, why);
        require(raw.version != 1 && raw.version != 2, OF_THE_FIRST_EDITION)?;
        StateError::check_version(NAME, raw.version, VERSION)?;
        let foreign = [&raw.setup, &raw.units, &raw.cells, &raw.outcomes];
        let is_new = foreign.iter().all(|field| field.is_none());
        require(is_new, "it has fields of another version")?;
        let missing = |why| StateError::Inconsistent { what: NAME, why };
        let setup = raw.experiment.ok_or(missing("its setup is missing"))?;
        let apart = raw.apart.ok_or(missing("its counts apart are missing"))?;
        require(raw.level <= MAX_LEVEL, "the units were halved too often")?;
        require(
            raw.gauges.fits(&setup),
            "the gauges are not those of the metrics",
        )?;
        require(
            raw.rows.len() <= setup.capacity,
            "there are more units than it may hold",
        )?;
        let (_, width) = setup.slots();
        let arms = u64::MAX >> (64 - setup.arms.len().min(64));
        let is_arms = |bits: u64| bits & !arms == 0;
        let is_course = is_arms(raw.course.dropped) && raw.course.dropped & 1 == 0;
        require(is_course, "a dropped arm is no candidate")?;
        let mut rows = Rows::default();
        let mut exposed = 0;
        for RawRow(key, to, told, group, slots) in raw.rows {
            require(in_sample(key, raw.level), "a unit is not in the sample")?;
            require(is_arms(to | told), "a unit has an arm that there is not")?;
            let fits = slots.is_empty() || slots.len() == width;
            require(fits, "a unit's values are not those of the metrics")?;
            let is_value = |(Exact(sum), values, _): &(Exact, u32, u32)| *values > 0 || *sum == 0.0;
            require(
                slots.iter().all(is_value),
                "a unit has a sum without values",
            )?;
            exposed += u64::from(to.count_ones());
            let slot = |(Exact(sum), values, announced)| Slot {
                sum,
                values,
                announced,
            };
            let row = Row {
                exposed: to,
                told,
                group,
                slots: slots.into_iter().map(slot).collect(),
            };
            require(rows.insert(key, row).is_none(), "a unit is listed twice")?;
        }
        require(exposed <= raw.exposures, "more units than exposures")?;
        Ok(Part {
            setup,
            course: raw.course,
            key: raw.key,
            level: raw.level,
            rows,
            exposures: raw.exposures,
            apart: Apart {
                fallbacks: apart.fallbacks,
                overrides: apart.overrides,
                pinned: apart.pinned,
                listed: apart.listed,
                audiences: apart.audiences,
                outside: apart.outside,
                other_policy: apart.other_policy,
            },
            gauges: raw.gauges,
        })
    }
}
