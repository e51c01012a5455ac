//! Times decisions beside the hash they cannot do without.
//!
//! Every row is the time of one decision, averaged over 65,536 different keys of 16 bytes, so
//! that the branch predictor cannot learn them. The row `hash` is the unit of the table.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to say"
)]

#[path = "route/threads.rs"]
mod threads;
#[path = "route/tower.rs"]
mod tower;

use std::{
    convert::Infallible,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use siphasher::sip::SipHasher13;
use switchstand::{
    Batch, Ending, Model, Observer, Outcome, Policy, Router, Share, Timestamp, Unit, attr,
    experiment::{Experiment, Kind, Metric, Source},
    rollout::{Guard, Rollout, Schedule},
    stats::Worse,
};

const KEYS: usize = 65_536;

fn keys() -> Vec<[u8; 16]> {
    (0..KEYS)
        .map(|number| {
            format!("user-{number:011}")
                .into_bytes()
                .try_into()
                .unwrap()
        })
        .collect()
}

/// Times `one` for all keys in turn.
fn row(c: &mut Criterion, name: &str, keys: &[[u8; 16]], mut one: impl FnMut(&[u8; 16])) {
    let mut group = c.benchmark_group("route");
    group.throughput(Throughput::Elements(keys.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| keys.iter().for_each(&mut one))
    });
    group.finish();
}

struct Nothing;

impl Model for Nothing {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(*input)
    }
}

fn router(policy: Policy) -> Router<Nothing> {
    let router = Router::new("bench", "v1", Nothing).unwrap();
    router.deploy("v2", Nothing).unwrap();
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    router.release(policy).unwrap();
    router
}

fn even() -> Policy {
    Policy::ab_test("even", [("v1", 1), ("v2", 1)])
}

fn decisions(c: &mut Criterion) {
    let keys = keys();
    let hasher = SipHasher13::new_with_keys(1, 2);
    row(c, "hash", &keys, |key| {
        black_box(hasher.hash(key));
    });

    let plan = even().compile("v1", ["v2"]).unwrap();
    row(c, "plan.route even", &keys, |key| {
        black_box(plan.route(key));
    });
    let shared = router(even());
    row(c, "router.route even", &keys, |key| {
        black_box(shared.route(key));
    });
    let mut reader = shared.reader();
    row(c, "reader.route even", &keys, |key| {
        black_box(reader.route(key));
    });
    let ruled = router(
        Policy::canary("rule", "v2", Share::percent(20).unwrap())
            .or_for(attr("tier").is("internal")),
    );
    let request = [("country", "es"), ("tier", "paying")];
    row(c, "router.route rule and canary", &keys, |key| {
        black_box(ruled.route(Unit::from(key).with(&request)));
    });
    // Half of the keys that are asked for are among them.
    let listed = (KEYS / 2..).take(1_000_000);
    let listed = listed.map(|number| format!("user-{number:011}").into_bytes());
    let listed = router(
        Policy::canary("listed", "v2", Share::percent(20).unwrap()).with_units("v2", listed),
    );
    row(c, "router.route with a million listed", &keys, |key| {
        black_box(listed.route(key));
    });
    let names = (0..1_000).map(|number| format!("name-{number:011}"));
    for (name, rule) in [
        (
            "router.route rule of a pattern",
            attr("device").regex("^(tab|phone)-[0-9]+$"),
        ),
        (
            "router.route rule of 1,000 texts",
            attr("country").one_of(names),
        ),
    ] {
        let canary = Policy::canary("rule", "v2", Share::percent(20).unwrap());
        let ruled = router(canary.or_for(rule));
        // Every other one is met.
        let requests = [
            [("country", "name-00000000777"), ("device", "phone-12")],
            [("country", "name-00000001777"), ("device", "phone-x")],
        ];
        let mut request = requests.iter().cycle();
        row(c, name, &keys, |key| {
            let known = request.next().unwrap();
            black_box(ruled.route(Unit::from(key).with(known)));
        });
    }
    for arms in [2usize, 64] {
        let labels: Vec<String> = (0..arms).map(|arm| format!("arm-{arm:02}")).collect();
        let policy = Policy::ab_test("many", labels.iter().map(|label| (label.as_str(), 1)));
        let live = labels.first().unwrap().as_str();
        let plan = policy
            .compile(live, labels.iter().skip(1).map(String::as_str))
            .unwrap();
        row(c, &format!("plan.route {arms} arms"), &keys, |key| {
            black_box(plan.route(key));
        });
    }
    let mut batch = Batch::new();
    let mut group = c.benchmark_group("route");
    group.throughput(Throughput::Elements(keys.len() as u64));
    group.bench_function("router.partition of 1000", |bencher| {
        bencher.iter(|| {
            for units in keys.chunks(1000) {
                shared.partition(units, &mut batch);
                black_box(batch.partition());
            }
        });
    });
    group.finish();
    row(c, "router.predict no-op", &keys, |key| {
        black_box(shared.predict(key, &7).answer.ok());
    });
    observed(c, &keys);
    row(c, "router.admit and drop", &keys, |key| {
        black_box(shared.admit(key).route());
    });
    let many: Vec<_> = (0..64).map(|_| router(even())).collect();
    let mut turn = (0..many.len()).cycle();
    let mut next = || many.get(turn.next().unwrap()).unwrap();
    row(c, "router.route with 64 routers", &keys, |key| {
        black_box(next().route(key));
    });
    row(c, "router.admit with 64 routers", &keys, |key| {
        black_box(next().admit(key).route());
    });
    let shadowed = router(even().with_shadow("v2", Share::percent(1).unwrap()));
    row(c, "router.admit with 1 % shadow", &keys, |key| {
        black_box(shadowed.admit(key).route());
    });
}

/// Counts the failures of the candidate.
#[derive(Default)]
struct Failures(AtomicU64);

impl Observer for Failures {
    fn needs_unit(&self) -> bool {
        false
    }

    fn outcome(&self, outcome: &Outcome<'_>) {
        let counts = outcome.version() == "v2" && outcome.ending() == Ending::Failed;
        self.0.fetch_add(u64::from(counts), Ordering::Relaxed);
    }
}

/// Times requests whose outcomes are told.
fn observed(c: &mut Criterion, keys: &[[u8; 16]]) {
    let counted = router(even());
    counted.attach(Arc::new(Failures::default())).keep();
    row(c, "router.predict, an observer counts", keys, |key| {
        black_box(counted.predict(key, &7).answer.ok());
    });
    let ramped = router(Policy::live_only("before"));
    let canary = Policy::canary("ramp", "v2", Share::NONE);
    let schedule = Schedule::new([Guard::failures()]).unwrap();
    let ramp = ramped
        .begin(Rollout::new(canary, schedule).unwrap())
        .unwrap();
    ramp.tick(Timestamp::from_secs(1)).unwrap();
    row(c, "router.predict, a roll-out's evidence", keys, |key| {
        black_box(ramped.predict(key, &7).answer.ok());
    });
    let tested = router(even());
    let failures = Metric::guardrail("failures", Kind::Rate, Worse::Higher, 0.01);
    let failures = failures.from_requests(Source::Failures);
    let experiment = Experiment::of(&even(), [failures]).unwrap();
    tested.attach(Arc::new(experiment)).keep();
    row(c, "router.predict, an experiment", keys, |key| {
        black_box(tested.predict(key, &7).answer.ok());
    });
}

criterion_group!(benches, decisions, tower::services, threads::ratios);
criterion_main!(benches);
