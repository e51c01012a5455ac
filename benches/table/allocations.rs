//! How often each row of the table allocates, counted here and now.

use std::{convert::Infallible, error::Error, hint::black_box};

use allocation_counter::measure;
use switchstand::{Batch, Model, Policy, Router, Share, Unit, attr};

const DECISIONS: u64 = 1_000;

struct Nothing;

impl Model for Nothing {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(*input)
    }
}

fn router(policy: Policy) -> Result<Router<Nothing>, Box<dyn Error>> {
    let router = Router::new("table", "v1", Nothing)?;
    router.deploy("v2", Nothing)?;
    router.validate("v2", |_| Ok::<(), Infallible>(()))?;
    router.release(policy)?;
    Ok(router)
}

fn even() -> Policy {
    Policy::ab_test("even", [("v1", 1), ("v2", 1)])
}

/// Allocations of a thousand decisions, after one that warms up.
fn count(mut decide: impl FnMut(u64)) -> u64 {
    decide(0);
    measure(|| (1..=DECISIONS).for_each(&mut decide)).count_total
}

/// Returns the allocations of a thousand decisions of each row that has any meaning.
pub(crate) fn of_rows() -> Result<Vec<(&'static str, u64)>, Box<dyn Error>> {
    let plan = even().compile("v1", ["v2"])?;
    let shared = router(even())?;
    let mut reader = shared.reader();
    let canary = Policy::canary("rule", "v2", Share::percent(20)?);
    let ruled = router(canary.or_for(attr("tier").is("internal")))?;
    let request = [("country", "es"), ("tier", "paying")];
    let labels: Vec<String> = (0..64).map(|arm| format!("arm-{arm:02}")).collect();
    let arms = labels.iter().map(String::as_str);
    let many = Policy::ab_test("many", arms.clone().map(|label| (label, 1)));
    let many = many.compile("arm-00", arms.skip(1))?;
    let units: Vec<u64> = (0..DECISIONS).collect();
    let mut batch = Batch::new();
    Ok(vec![
        (
            "plan.route even",
            count(|user| {
                black_box(plan.route(user));
            }),
        ),
        (
            "router.route even",
            count(|user| {
                black_box(shared.route(user));
            }),
        ),
        (
            "reader.route even",
            count(|user| {
                black_box(reader.route(user));
            }),
        ),
        (
            "router.route rule and canary",
            count(|user| {
                black_box(ruled.route(Unit::from(user).with(&request)));
            }),
        ),
        (
            "plan.route 64 arms",
            count(|user| {
                black_box(many.route(user));
            }),
        ),
        (
            "router.predict no-op",
            count(|user| {
                drop(black_box(shared.predict(user, &7)));
            }),
        ),
        (
            "router.admit and drop",
            count(|user| {
                drop(black_box(shared.admit(user)));
            }),
        ),
        (
            "router.partition of 1000",
            count(|_| shared.partition(units.iter().copied(), &mut batch)),
        ),
    ])
}
