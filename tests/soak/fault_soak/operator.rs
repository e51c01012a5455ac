//! The operator's rounds: every way in which a release can go, one after the other.

use core::fmt::Debug;
use std::{
    collections::BTreeMap,
    panic::panic_any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::Receiver,
    },
    thread,
};

use switchstand::{
    Arm, OnError, Policy, Router, Share, attr,
    deployment::OperationError,
    operator::{ReclaimError, ValidateError},
};

use super::{
    accounts::{Figures, Report, Served},
    books::{Books, REMEMBERED},
    faults::{Scripted, caught},
    model::Double,
    requests::UNITS,
    restart::Leaving,
    server::{Endings, Server},
};

/// Steps that the last request of a version may take.
const PATIENCE: u64 = 50_000;

pub(crate) struct Operator<'s> {
    pub(crate) server: &'s Server,
    pub(crate) epoch: u32,
    pub(crate) router: Router<Double>,
    pub(crate) recorder: Option<Arc<Endings>>,
    /// Routers that another has taken over from.
    pub(crate) leaving: Vec<Leaving>,
    pub(crate) books: Books,
    pub(crate) figures: Figures,
    pub(crate) generation: u64,
    live: u64,
    /// The other versions that may answer.
    others: Vec<u64>,
    /// Where the models learn that they were rejected.
    pub(crate) rejections: BTreeMap<u64, Arc<AtomicU64>>,
}

pub(crate) fn label(number: u64) -> String {
    format!("v{number}")
}

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

impl<'s> Operator<'s> {
    pub(crate) fn new(server: &'s Server, reports: Receiver<Report>) -> Operator<'s> {
        let (epoch, router) = server.serving();
        let mut books = Books::new(reports);
        let first = router.deployments().live().id();
        books.learn(first, 1);
        books.allow(0, [first]);
        Operator {
            server,
            epoch,
            router,
            recorder: Some(Arc::clone(&server.first_recorder)),
            leaving: Vec::new(),
            books,
            figures: Figures::default(),
            generation: 0,
            live: 1,
            others: Vec::new(),
            rejections: BTreeMap::new(),
        }
    }

    /// Runs one release from deployment to its end.
    pub(crate) fn round(&mut self, round: u64) {
        let release = format!("release-{}", round / 14);
        let next = self.deploy();
        match round % 7 {
            0 => self.canary_that_is_accepted(&release, next),
            1 => self.test_that_is_killed(&release, next),
            2 => self.canary_that_is_rolled_back(&release, next),
            3 => self.test_of_three(&release, next),
            4 => self.shadow_that_is_retired(&release, next),
            5 => self.canary_across_a_restart(&release, next),
            _ => self.swap_across_a_restart(&release, next, round.is_multiple_of(2)),
        }
        assert!(self.others.is_empty());
        self.settle();
    }

    fn canary_that_is_accepted(&mut self, release: &str, next: u64) {
        self.validate(next);
        let canary = |share| Policy::canary(release, &label(next), percent(share));
        let rule = attr("tier").is("internal");
        self.release(canary(5).or_for(rule), &[next]);
        self.release(canary(40).with_shadow(&label(next), percent(30)), &[next]);
        let half = percent(50);
        self.swap_by(next, &[], |router| {
            router.swap_and_shadow(&label(next), half)
        });
        self.accept();
    }

    fn test_that_is_killed(&mut self, release: &str, next: u64) {
        self.validate(next);
        let (old, new) = (label(self.live), label(next));
        let mut test = Policy::ab_test(release, [(&*old, 3), (&*new, 1)]).gate(percent(80));
        self.release(test.clone(), &[next]);
        for (first, second) in [(1, 1), (1, 3)] {
            test = test.reweight([(&*old, first), (&*new, second)]).unwrap();
            let shadowed = test.clone().with_shadow(&new, percent(20));
            self.release(shadowed, &[next]);
            self.figures.did("re-weightings");
        }
        self.reject(next);
    }

    fn canary_that_is_rolled_back(&mut self, release: &str, next: u64) {
        self.validate(next);
        let old = self.live;
        let canary = Policy::canary(release, &label(next), percent(50))
            .on_error(OnError::Live)
            .with_units(&label(next), 0..UNITS / 16)
            .with_overrides([&*label(next)])
            .with_shadow(&label(old), percent(30));
        self.release(canary, &[next]);
        let back = Policy::canary(release, &label(old), percent(10))
            .on_error(OnError::Live)
            .with_shadow(&label(old), percent(20));
        self.swap_by(next, &[old], |router| router.swap_with(&label(next), back));
        self.roll_back();
    }

    fn test_of_three(&mut self, release: &str, next: u64) {
        let third = self.deploy();
        self.validate(next);
        self.validate(third);
        let arms = [(self.live, 2), (next, 1), (third, 1)]
            .map(|(version, weight)| Arm::new(&format!("arm-{version}"), &label(version), weight));
        let test = Policy::ab_test(release, arms)
            .on_error(OnError::Live)
            .with_holdout("kept-out", percent(5))
            .with_shadow(&label(self.live), percent(20))
            .with_shadow(&label(next), percent(20));
        self.release(test.clone(), &[next, third]);
        let second = format!("arm-{next}");
        let test = test.reweight([(&*second, 5)]).unwrap();
        self.release(test, &[next, third]);
        self.figures.did("re-weightings");
        self.act("sheds", |router| router.shed(&label(third), percent(50)));
        let canary = Policy::canary(release, &label(third), percent(30));
        self.swap_by(next, &[third], |router| {
            router.swap_with(&label(next), canary)
        });
        self.accept();
        self.release(Policy::live_only(release), &[]);
        self.retire(third);
    }

    fn shadow_that_is_retired(&mut self, release: &str, next: u64) {
        // Staged, and so no more than a shadow.
        self.release(Policy::shadow(release, &label(next), Share::ALL), &[]);
        self.release(Policy::live_only(release), &[]);
        self.retire(next);
    }

    fn canary_across_a_restart(&mut self, release: &str, next: u64) {
        self.validate(next);
        let canary = |share| {
            let half = percent(50);
            Policy::canary(release, &label(next), percent(share)).with_shadow(&label(next), half)
        };
        let rule = attr("tier").is("internal");
        self.release(canary(30).or_for(rule), &[next]);
        self.restore();
        self.release(canary(60), &[next]);
        self.swap(next);
        self.accept();
    }

    fn swap_across_a_restart(&mut self, release: &str, next: u64, keep: bool) {
        let bad = self.deploy();
        self.validate(bad);
        let canary = Policy::canary(release, &label(bad), percent(20));
        self.release(canary, &[bad]);
        // In service until it is rejected, and not loaded again afterwards.
        self.others.clear();
        self.act("rejections", |router| router.reject(&label(bad), "soak"));
        self.mark_rejected(bad);
        self.validate(next);
        self.swap(next);
        self.restore();
        if keep {
            self.accept();
        } else {
            self.roll_back();
        }
    }

    fn deploy(&mut self) -> u64 {
        let live = label(self.live);
        let model = Double::load(&self.server.world, self.live);
        let refused = self.router.deploy(&live, model).unwrap_err();
        self.give_back(refused.model);
        let number = self.server.newest.load(Ordering::SeqCst) + 1;
        let model = Double::load(&self.server.world, number);
        self.rejections.insert(number, Arc::clone(&model.rejected));
        if self.rejections.len() > REMEMBERED {
            self.rejections.pop_first();
        }
        self.act("deployments", |router| {
            router
                .deploy(&label(number), model)
                .map_err(|refused| refused.to_string())
        });
        let deployments = self.router.deployments();
        let version = deployments.get(&label(number)).unwrap().id();
        self.books.learn(version, number);
        self.server.newest.store(number, Ordering::SeqCst);
        number
    }

    /// Validates a version, after a check that fails and one that panics.
    fn validate(&mut self, number: u64) {
        let label = label(number);
        let failed = self.router.validate(&label, |_| Err::<(), _>("no"));
        assert!(matches!(failed, Err(ValidateError::Failed { .. })));
        let check = |_: &Double| -> Result<(), ()> { panic_any(Scripted) };
        assert!(caught(|| self.router.validate(&label, check)).is_none());
        self.act("validations", |router| {
            router.validate(&label, |_| Ok::<(), ()>(()))
        });
    }

    fn release(&mut self, policy: Policy, others: &[u64]) {
        self.others = others.to_vec();
        self.act("releases", |router| router.release(policy));
        self.pause();
    }

    fn swap(&mut self, next: u64) {
        self.swap_by(next, &[], |router| router.swap(&label(next)));
    }

    fn swap_by(
        &mut self,
        next: u64,
        others: &[u64],
        swap: impl FnOnce(&Router<Double>) -> Result<u64, OperationError>,
    ) {
        (self.live, self.others) = (next, others.to_vec());
        self.act("swaps", swap);
        self.watch();
        self.pause();
    }

    /// Watches what is recorded while a swap is open.
    pub(crate) fn watch(&mut self) {
        if let Some(recording) = self.router.recording() {
            let version = self.router.deployments().live().id();
            self.books.watch(self.epoch, version, recording);
        }
    }

    fn accept(&mut self) {
        let deployments = self.router.deployments();
        let old = deployments.standby().unwrap().label().to_owned();
        self.act("acceptances", Router::accept);
        self.reclaim(&old);
    }

    fn reject(&mut self, bad: u64) {
        self.others.retain(|other| *other != bad);
        self.act("rejections", |router| router.reject(&label(bad), "soak"));
        self.mark_rejected(bad);
        self.reclaim(&label(bad));
    }

    fn roll_back(&mut self) {
        let deployments = self.router.deployments();
        let old = deployments.standby().unwrap().label();
        let bad = self.live;
        self.others.clear();
        self.live = old.trim_start_matches('v').parse().unwrap();
        self.act("roll-backs", |router| router.rollback("soak"));
        self.mark_rejected(bad);
        self.reclaim(&label(bad));
    }

    fn mark_rejected(&self, bad: u64) {
        self.rejections[&bad].store(self.generation, Ordering::SeqCst);
    }

    fn retire(&mut self, version: u64) {
        self.act("retirements", |router| router.retire(&label(version)));
        self.reclaim(&label(version));
    }

    fn reclaim(&mut self, version: &str) {
        let began = self.server.tick();
        let model = loop {
            self.allow_next();
            match self.router.reclaim(version) {
                Ok(model) => break model,
                Err(ReclaimError::StillInUse { in_flight, .. }) => {
                    let waited = self.server.tick() - began;
                    assert!(
                        waited < PATIENCE && !self.server.over.load(Ordering::SeqCst),
                        "{version} is still in use by {in_flight}"
                    );
                    thread::yield_now();
                }
                Err(other) => panic!("{other}"),
            }
        };
        self.give_back(model);
        self.made(self.router.generation());
    }

    /// Takes a model that the library gave back: it was loaded, and is dropped here.
    pub(crate) fn give_back(&mut self, model: Double) {
        let before = model.reclaimed.swap(true, Ordering::SeqCst);
        assert!(!before, "v{} was given back twice", model.number);
        self.figures.models += 1;
    }

    fn act<E: Debug>(
        &mut self,
        what: &'static str,
        operation: impl FnOnce(&Router<Double>) -> Result<u64, E>,
    ) {
        self.allow_next();
        let generation = operation(&self.router).unwrap();
        self.made(generation);
        self.figures.did(what);
    }

    /// Says which versions may answer under the next generation.
    pub(crate) fn allow_next(&mut self) {
        let deployments = self.router.deployments();
        let numbers = core::iter::once(&self.live).chain(&self.others);
        let versions = numbers.filter_map(|number| Some(deployments.get(&label(*number))?.id()));
        self.books.allow(self.generation + 1, versions);
    }

    pub(crate) fn made(&mut self, generation: u64) {
        assert_eq!(generation, self.generation + 1, "E2");
        self.generation = generation;
        self.figures.generation = generation;
        self.server.returned.store(generation, Ordering::SeqCst);
    }

    /// Draws up the accounts when no request or shadow comes any more.
    pub(crate) fn finish(mut self, served: Served) -> Figures {
        self.close();
        let Operator {
            server,
            router,
            books,
            mut figures,
            ..
        } = self;
        figures.models += router.close().unwrap().len() as u64;
        figures.recordings = books.recordings;
        figures.served = served;
        figures.assert_balanced(&server.world);
        figures
    }

    /// Lets requests come for some steps.
    fn pause(&self) {
        let until = self.server.tick() + 3;
        while self.server.tick() < until && !self.server.over.load(Ordering::SeqCst) {
            thread::yield_now();
        }
    }
}
