//! What workers report, and what is made of it.

use core::fmt;
use std::collections::BTreeMap;

use switchstand::{
    Route,
    deployment::VersionId,
    shadow::{DropReason, ShadowOutcome},
};

use super::model::{World, of};

/// How a request ended; each does in exactly one of these ways.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Ended {
    Answered,
    Failed,
    /// The model panicked, and the caller caught it.
    Panicked,
    /// The client went away.
    GivenUp,
}

/// What a worker served, counted by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    pub(crate) requests: u64,
    pub(crate) fallbacks: u64,
    ended: [u64; 4],
}

impl Served {
    pub(crate) const fn end(&mut self, ended: Ended) {
        self.ended[ended as usize] += 1;
    }

    pub(crate) const fn ended(&self, ended: Ended) -> u64 {
        self.ended[ended as usize]
    }

    pub(crate) fn add(&mut self, other: &Served) {
        self.requests += other.requests;
        self.fallbacks += other.fallbacks;
        for (total, count) in self.ended.iter_mut().zip(other.ended) {
            *total += count;
        }
    }
}

/// Requests of one kind, in one report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Kind {
    pub(crate) epoch: u32,
    pub(crate) generation: u64,
    pub(crate) version: VersionId,
    pub(crate) ended: Ended,
    /// The number of the model that answered.
    pub(crate) model: Option<u64>,
}

/// What ended in a worker since its last report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) kinds: BTreeMap<Kind, u64>,
    /// Requests of a router that panicked before anybody saw their route.
    pub(crate) blind: BTreeMap<u32, u64>,
}

impl Report {
    pub(crate) fn count(&mut self, epoch: u32, route: &Route, ended: Ended, model: Option<u64>) {
        let kind = Kind {
            epoch,
            generation: route.generation(),
            version: route.version(),
            ended,
            model,
        };
        *self.kinds.entry(kind).or_default() += 1;
    }

    pub(crate) fn blind(&mut self, epoch: u32) {
        *self.blind.entry(epoch).or_default() += 1;
    }
}

/// How often the operator did what, and what came of the requests.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) served: Served,
    pub(crate) done: BTreeMap<&'static str, u64>,
    pub(crate) shadows: BTreeMap<String, u64>,
    /// Models that the library gave back.
    pub(crate) models: u64,
    pub(crate) recordings: u64,
    pub(crate) generation: u64,
}

impl Figures {
    pub(crate) const fn requests(&self) -> u64 {
        self.served.requests
    }

    pub(crate) fn did(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// Adds how the shadows of one router ended.
    pub(crate) fn add_shadows(&mut self, counts: [u64; ShadowOutcome::ALL.len()]) {
        for (outcome, count) in ShadowOutcome::ALL.into_iter().zip(counts) {
            *self.shadows.entry(format!("{outcome:?}")).or_default() += count;
        }
    }

    fn shadows(&self, outcome: ShadowOutcome) -> u64 {
        self.shadows
            .get(&format!("{outcome:?}"))
            .copied()
            .unwrap_or(0)
    }

    /// Holds what callers and the library counted against what the models saw.
    pub(crate) fn assert_balanced(&self, world: &World) {
        let served = &self.served;
        let ended: u64 = served.ended.iter().sum();
        assert_eq!(ended, served.requests, "{self}");

        let calls = &world.as_primary;
        let failed = served.ended(Ended::Failed) + served.fallbacks;
        assert_eq!(of(&calls.answered), served.ended(Ended::Answered), "{self}");
        assert_eq!(of(&calls.failed), failed, "{self}");
        assert_eq!(of(&calls.panicked), served.ended(Ended::Panicked), "{self}");
        assert!(
            of(&calls.cancelled) <= served.ended(Ended::GivenUp),
            "{self}"
        );

        let calls = &world.as_shadow;
        let panicked = of(&calls.panicked) + of(&world.broken_copies);
        for (outcome, seen) in [
            (ShadowOutcome::Answered, of(&calls.answered)),
            (ShadowOutcome::Failed, of(&calls.failed)),
            (ShadowOutcome::Panicked, panicked),
            (
                ShadowOutcome::Dropped(DropReason::Cancelled),
                of(&calls.cancelled),
            ),
        ] {
            assert_eq!(self.shadows(outcome), seen, "{outcome:?}: {self}");
        }

        assert_eq!(of(&world.called_after_reclaim), 0, "E5");
        assert_eq!(of(&world.dropped_by_a_request), 0, "E8");
        assert_eq!(
            of(&world.loaded),
            self.models,
            "models that were not given back"
        );
        assert_eq!(
            of(&world.dropped),
            self.models,
            "models that are still somewhere"
        );
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = |ended| self.served.ended(ended);
        writeln!(
            f,
            "{} requests: {} answered, {} failed, {} panicked, {} given up; {} fallbacks",
            self.served.requests,
            ended(Ended::Answered),
            ended(Ended::Failed),
            ended(Ended::Panicked),
            ended(Ended::GivenUp),
            self.served.fallbacks,
        )?;
        writeln!(f, "shadows: {:?}", self.shadows)?;
        writeln!(f, "operations: {:?}", self.done)?;
        write!(
            f,
            "{} models loaded and given back, {} recordings, generation {}",
            self.models, self.recordings, self.generation
        )
    }
}
