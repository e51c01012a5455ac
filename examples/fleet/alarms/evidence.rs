//! What a leader goes by, and how far it is from what one server would have counted.

use std::collections::BTreeMap;

use switchstand::stats::guard::{
    CandidateShare, LnEvidence, RateGuard, RateTest, Side, StageTally,
};

use crate::Fault;

/// What a leader goes by.
pub(super) struct Evidence {
    pub(super) tally: StageTally,
    pub(super) harm: LnEvidence,
    pub(super) safe: LnEvidence,
}

impl From<&RateGuard> for Evidence {
    fn from(guard: &RateGuard) -> Evidence {
        let reading = guard.reading();
        Evidence {
            tally: guard.tally().clone(),
            harm: reading.harm,
            safe: reading.safe,
        }
    }
}

impl Evidence {
    /// Adds the numbers of several guards as if no unit were known to two of them.
    pub(super) fn added<'a>(
        test: &RateTest,
        guards: impl Iterator<Item = &'a RateGuard>,
    ) -> Result<Evidence, Fault> {
        let (mut tally, mut safe) = (StageTally::new(), StageTally::new());
        for guard in guards {
            tally.merge(guard.tally())?;
            safe.merge(guard.safe_tally())?;
        }
        Ok(Evidence {
            harm: test.harm_of_units(&tally),
            safe: test.safe_of_units(&safe),
            tally,
        })
    }
}

/// How evidence differs from what one server would have counted.
///
/// A unit under a wrong share is missing in one place and too many in another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Misfit {
    /// Units missing, as a fraction of those that one server would have counted.
    pub missing: f64,
    /// Units too many, as the same fraction.
    pub too_many: f64,
}

impl Misfit {
    pub(super) fn between(found: &StageTally, truth: &StageTally) -> Misfit {
        let places = |tally: &StageTally| -> BTreeMap<(CandidateShare, Side), u64> {
            let both = tally.stages().iter().flat_map(|stage| {
                [
                    ((stage.share, Side::Candidate), stage.candidate),
                    ((stage.share, Side::Control), stage.control),
                ]
            });
            both.collect()
        };
        let beyond = |these: &StageTally, those: &StageTally| -> f64 {
            let those = places(those);
            let more = places(these).into_iter().map(|(place, units)| {
                units.saturating_sub(those.get(&place).copied().unwrap_or(0)) as f64
            });
            more.sum()
        };
        let units = (truth.candidate_events() + truth.control_events()) as f64;
        Misfit {
            missing: beyond(truth, found) / units,
            too_many: beyond(found, truth) / units,
        }
    }
}
