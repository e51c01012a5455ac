//! How the steps of a ladder are kept: a share, or a share with a time and units of its own.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Ladder, LadderError};
use crate::{rollout::span::Span, share::Share};

/// A step, as text or as a table.
pub(in crate::rollout) struct RawStep {
    share: Share,
    own: Option<Own>,
}

/// A step with a time of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    share: Share,
    dwell: Span,
    units: u64,
}

impl Serialize for RawStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.own {
            None => self.share.serialize(serializer),
            Some(own) => own.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RawStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawStep, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = RawStep;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a percentage such as \"5%\", or a table of `share`, `dwell` and `units`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawStep, E> {
        let share = text.parse().map_err(E::custom)?;
        Ok(RawStep { share, own: None })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RawStep, A::Error> {
        let own = Own::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(RawStep {
            share: own.share,
            own: Some(own),
        })
    }
}

impl From<Ladder> for Vec<RawStep> {
    fn from(ladder: Ladder) -> Vec<RawStep> {
        let own = |share| {
            let (time, units) = ladder.own(share)?;
            Some(Own {
                share,
                dwell: Span(time),
                units,
            })
        };
        let step = |&share: &Share| RawStep {
            share,
            own: own(share),
        };
        ladder.shares.iter().map(step).collect()
    }
}

impl TryFrom<Vec<RawStep>> for Ladder {
    type Error = LadderError;

    fn try_from(steps: Vec<RawStep>) -> Result<Ladder, LadderError> {
        let ladder = Ladder::custom(steps.iter().map(|step| step.share))?;
        let mut own = steps.into_iter().filter_map(|step| step.own);
        own.try_fold(ladder, |ladder, own| {
            ladder.dwelling(own.share, own.dwell.0, own.units)
        })
    }
}
