//! Restoring a router from its stored state, and seeing the old one out.

use std::sync::Arc;

use switchstand::{
    Reason, Router, Unit, VersionState,
    deployment::{Deployments, Operation},
    operator::{CloseError, Closing},
    shadow::ShadowOutcome,
};

use super::{
    model::Double,
    operator::{Operator, label},
    requests::UNITS,
    server::{Endings, builder},
};

/// Units whose routes are compared before and after.
const COMPARED: u64 = 400;

/// Looks after which nothing may be left, when nothing runs any more.
const SETTLED: u32 = 10;

/// A router that another has taken over from.
pub(crate) struct Leaving {
    epoch: u32,
    recorder: Option<Arc<Endings>>,
    /// The step in which its requests, or its last request, were reported at the latest.
    since: u64,
    state: State,
}

enum State {
    /// Requests and shadows may still have it.
    Open(Router<Double>),
    /// Closed before the last of them had ended.
    Emptying(Closing<Double>),
    /// Nothing is left of it but how its shadows ended, where it could say so to the last.
    Gone(Option<[u64; ShadowOutcome::ALL.len()]>),
}

/// What a unit is given, in words that outlive a router.
fn given(router: &Router<Double>, unit: u64) -> (String, Reason, Option<f64>, Vec<String>) {
    let tiers = [("tier", ["internal", "paying"][unit as usize % 2])];
    let plan = router.current();
    let route = router.route(Unit::from(unit % UNITS).with(&tiers));
    (
        router.label(route.version()).unwrap().to_owned(),
        route.reason(),
        route
            .propensity()
            .map(|propensity| propensity.as_fraction()),
        plan.shadows_of(&route).map(str::to_owned).collect(),
    )
}

impl Operator<'_> {
    /// Stores the state, restores a router from it and lets that one take over.
    pub(crate) fn restore(&mut self) {
        let stored = serde_json::to_string(&self.router.deployments()).unwrap();
        let mut state: Deployments = serde_json::from_str(&stored).unwrap();
        assert_eq!(state, self.router.deployments());
        let gone: Vec<String> = state
            .iter()
            .filter(|version| version.state() == VersionState::Rejected)
            .map(|version| version.label().to_owned())
            .collect();
        for version in gone {
            state.apply(&Operation::Reclaim { version }).unwrap();
            self.allow_next();
        }
        let generation = state.generation();
        let labels: Vec<String> = state
            .iter()
            .map(|version| version.label().to_owned())
            .collect();
        let models = labels.iter().map(|label| {
            let number = label.trim_start_matches('v').parse().unwrap();
            let model = Double::load(&self.server.world, number);
            self.rejections.insert(number, Arc::clone(&model.rejected));
            (label.clone(), model)
        });
        let models: Vec<_> = models.collect();
        let epoch = self.epoch + 1;
        let recorder = (epoch % 3 != 2).then(Arc::<Endings>::default);
        let next = builder(recorder.as_ref()).restore(state, models).unwrap();
        for unit in 0..COMPARED {
            assert_eq!(given(&self.router, unit), given(&next, unit), "unit {unit}");
        }
        self.server.serve_by(Some((epoch, next.clone())));
        let before = core::mem::replace(&mut self.router, next);
        let recorder = core::mem::replace(&mut self.recorder, recorder);
        self.leave(before, recorder);
        self.epoch = epoch;
        if generation > self.generation {
            self.made(generation);
        }
        self.watch();
        self.figures.did("restores");
        self.settle();
    }

    fn leave(&mut self, router: Router<Double>, recorder: Option<Arc<Endings>>) {
        self.leaving.push(Leaving {
            epoch: self.epoch,
            recorder,
            since: self.server.tick(),
            state: State::Open(router),
        });
    }

    /// Brings the books up to date, and old routers nearer to their end.
    pub(crate) fn settle(&mut self) {
        for recording in self.router.take_recordings() {
            // The books have a handle on each.
            drop(recording);
        }
        self.books.settle(self.server);
        for leaving in core::mem::take(&mut self.leaving) {
            if let Some(leaving) = self.see_out(leaving) {
                self.leaving.push(leaving);
            }
        }
    }

    fn see_out(&mut self, leaving: Leaving) -> Option<Leaving> {
        if !self.server.has_flushed(leaving.since) {
            return Some(leaving);
        }
        // No worker has the router any more, though tickets and shadows of it may live.
        let is_early = leaving.epoch % 3 == 1;
        let state = match leaving.state {
            State::Open(router) if !is_early && !is_empty(&router) => State::Open(router),
            State::Open(router) => {
                let counts = router.all_shadow_counts();
                let ended = ShadowOutcome::ALL.map(|outcome| counts.ended(outcome));
                match router.close() {
                    // The watching thread looks at it.
                    Err(CloseError::Shared { router, .. }) => State::Open(router),
                    Err(CloseError::InUse(closing)) if is_early => State::Emptying(closing),
                    Err(other) => panic!("{other}"),
                    Ok(models) => self.gone(models, (!is_early).then_some(ended)),
                }
            }
            State::Emptying(closing) => match closing.poll() {
                Ok(models) => self.gone(models, None),
                Err(closing) => State::Emptying(closing),
            },
            State::Gone(counted) => {
                self.close_books(leaving.epoch, leaving.recorder.as_deref(), counted);
                return None;
            }
        };
        Some(Leaving {
            since: self.server.tick(),
            state,
            ..leaving
        })
    }

    fn gone(
        &mut self,
        models: Vec<(String, Double)>,
        counted: Option<[u64; ShadowOutcome::ALL.len()]>,
    ) -> State {
        for (name, model) in models {
            assert_eq!(name, label(model.number));
            self.give_back(model);
        }
        State::Gone(counted)
    }

    /// Ends the accounts of a router, once all that ended in it was reported.
    fn close_books(
        &mut self,
        epoch: u32,
        recorder: Option<&Endings>,
        counted: Option<[u64; ShadowOutcome::ALL.len()]>,
    ) {
        self.books.read();
        let outcomes = self.books.close(epoch);
        let recorded = recorder.map(Endings::shadows);
        if let Some(recorder) = recorder {
            assert_eq!(recorder.outcomes(), outcomes, "O3: outcomes of {epoch}");
            assert!(counted.is_none_or(|counted| Some(counted) == recorded));
        }
        self.figures.add_shadows(counted.or(recorded).unwrap());
    }

    /// Ends the last router like all before it; one without requests takes its place.
    pub(crate) fn close(&mut self) {
        let live = self.router.deployments().live().label().to_owned();
        assert_eq!(self.router.in_flight(&live), Some(0));
        let model = Double::load(&self.server.world, 0);
        let idle = builder(None).build("v0", model).unwrap();
        let last = core::mem::replace(&mut self.router, idle);
        let recorder = self.recorder.take();
        self.server.serve_by(None);
        self.leave(last, recorder);
        for _ in 0..SETTLED {
            self.settle();
        }
        let left = self.leaving.iter().map(|leaving| leaving.epoch);
        assert_eq!(
            left.collect::<Vec<_>>(),
            [0u32; 0],
            "something still has these"
        );
    }
}

/// Tells whether nothing of a router runs or waits.
fn is_empty(router: &Router<Double>) -> bool {
    let deployments = router.deployments();
    let mut all = deployments.iter();
    all.all(|version| router.in_flight(version.label()) == Some(0))
        && router.all_shadow_counts().pending() == 0
        && router.shadows_in_flight() == 0
}
