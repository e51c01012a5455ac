//! Bad events counted separately for each share of the traffic.

use super::CandidateShare;
use crate::stats::Refusal;

/// The side of a comparison that an event belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Side {
    /// The side with which the candidate is compared.
    Control,
    /// The new version.
    Candidate,
}

impl Side {
    /// Returns the side's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Control => "control",
            Side::Candidate => "candidate",
        }
    }
}

/// The bad events that came while the candidate had one share of the traffic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Stage {
    /// The candidate's share when the events came.
    pub share: CandidateShare,
    /// Bad events of the candidate.
    pub candidate: u64,
    /// Bad events of the control.
    pub control: u64,
}

impl Stage {
    const fn empty(share: CandidateShare) -> Stage {
        Stage {
            share,
            candidate: 0,
            control: 0,
        }
    }

    /// Returns the number of events of both sides.
    #[must_use]
    pub fn events(&self) -> f64 {
        self.candidate as f64 + self.control as f64
    }
}

/// The numbers of bad events of two sides, separately for each share of the traffic.
///
/// A guard's evidence depends only on this. It is mergeable: any partition of the events, in any
/// order, gives an equal tally, so evidence computed from it is equal bit by bit.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<Stage>", into = "Vec<Stage>"))]
pub struct StageTally {
    /// Sorted by share, so that sums over stages do not depend on the order of the events.
    stages: Vec<Stage>,
    /// Where the last event went: the next one mostly goes there too.
    last: usize,
}

impl StageTally {
    /// How many different shares are kept apart.
    pub const MAX_SHARES: usize = 1024;

    /// Returns a tally of no events.
    #[must_use]
    pub const fn new() -> StageTally {
        StageTally {
            stages: Vec::new(),
            last: 0,
        }
    }

    /// Counts one bad event of `side`, which came while the candidate had `share`.
    ///
    /// # Errors
    /// [`Refusal::TooManyShares`] beyond [`MAX_SHARES`](StageTally::MAX_SHARES) different shares,
    /// [`Refusal::Overflow`] beyond 64 bits; then nothing is counted.
    #[inline]
    pub fn record(&mut self, side: Side, share: CandidateShare) -> Result<(), Refusal> {
        self.record_many(side, share, 1)
    }

    /// Counts `events` bad events of `side`, which came while the candidate had `share`.
    ///
    /// # Errors
    /// As [`record`](StageTally::record).
    #[inline]
    pub fn record_many(
        &mut self,
        side: Side,
        share: CandidateShare,
        events: u64,
    ) -> Result<(), Refusal> {
        let stage = self.stage_of(share)?;
        let count = match side {
            Side::Control => &mut stage.control,
            Side::Candidate => &mut stage.candidate,
        };
        let what = "number of bad events";
        *count = count
            .checked_add(events)
            .ok_or(Refusal::Overflow { what })?;
        Ok(())
    }

    /// Adds the events of `other`.
    ///
    /// # Errors
    /// As [`record`](StageTally::record); then `self` is unchanged.
    pub fn merge(&mut self, other: &StageTally) -> Result<(), Refusal> {
        let mut merged = self.clone();
        for stage in &other.stages {
            merged.record_many(Side::Candidate, stage.share, stage.candidate)?;
            merged.record_many(Side::Control, stage.share, stage.control)?;
        }
        *self = merged;
        Ok(())
    }

    /// Takes away events that were counted here, and shares that have none left.
    pub(super) fn remove(&mut self, counted: &StageTally) {
        for gone in &counted.stages {
            let found = self.stages.binary_search_by_key(&gone.share, |s| s.share);
            if let Some(stage) = found.ok().and_then(|at| self.stages.get_mut(at)) {
                stage.candidate = stage.candidate.saturating_sub(gone.candidate);
                stage.control = stage.control.saturating_sub(gone.control);
            }
        }
        self.stages
            .retain(|stage| stage.candidate > 0 || stage.control > 0);
        self.last = 0;
    }

    /// Returns the counts, by rising share.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Returns the candidate's bad events under all shares.
    #[must_use]
    pub fn candidate_events(&self) -> u64 {
        let sum = |sum: u64, stage: &Stage| sum.saturating_add(stage.candidate);
        self.stages.iter().fold(0, sum)
    }

    /// Returns the control's bad events under all shares.
    #[must_use]
    pub fn control_events(&self) -> u64 {
        let sum = |sum: u64, stage: &Stage| sum.saturating_add(stage.control);
        self.stages.iter().fold(0, sum)
    }

    #[inline]
    fn stage_of(&mut self, share: CandidateShare) -> Result<&mut Stage, Refusal> {
        if self
            .stages
            .get(self.last)
            .is_none_or(|stage| stage.share != share)
        {
            self.last = self.find_or_insert(share)?;
        }
        let limit = StageTally::MAX_SHARES;
        self.stages
            .get_mut(self.last)
            .ok_or(Refusal::TooManyShares { limit })
    }

    #[cold]
    fn find_or_insert(&mut self, share: CandidateShare) -> Result<usize, Refusal> {
        match self
            .stages
            .binary_search_by_key(&share, |stage| stage.share)
        {
            Ok(found) => Ok(found),
            Err(_) if self.stages.len() >= StageTally::MAX_SHARES => Err(Refusal::TooManyShares {
                limit: StageTally::MAX_SHARES,
            }),
            Err(gap) => {
                self.stages.insert(gap, Stage::empty(share));
                Ok(gap)
            }
        }
    }
}

impl PartialEq for StageTally {
    fn eq(&self, other: &StageTally) -> bool {
        let counted = |tally: &StageTally| {
            let stages = tally.stages.iter().copied();
            stages
                .filter(|stage| stage.candidate > 0 || stage.control > 0)
                .collect::<Vec<_>>()
        };
        counted(self) == counted(other)
    }
}

impl From<StageTally> for Vec<Stage> {
    fn from(tally: StageTally) -> Vec<Stage> {
        tally.stages
    }
}

impl TryFrom<Vec<Stage>> for StageTally {
    type Error = Refusal;

    fn try_from(stages: Vec<Stage>) -> Result<StageTally, Refusal> {
        let mut tally = StageTally::new();
        for stage in stages {
            tally.record_many(Side::Candidate, stage.share, stage.candidate)?;
            tally.record_many(Side::Control, stage.share, stage.control)?;
        }
        Ok(tally)
    }
}
