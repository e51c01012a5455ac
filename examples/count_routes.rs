//! Makes decisions and nothing else, for a count of their instructions under valgrind.
//!
//! ```text
//! cargo build --profile bench --features regex --example count_routes
//! valgrind --tool=callgrind target/release/examples/count_routes plan 20000
//! ```
//!
//! Two runs that differ in the number of decisions tell what one of them costs; `.ci/instructions`
//! does so. The count does not depend on how busy the machine is, unlike a time.

#![expect(clippy::print_stdout, reason = "a program prints")]

use std::{convert::Infallible, env, error::Error, hint::black_box};

use siphasher::sip::SipHasher13;
use switchstand::{Audience, Policy, Router, Share, Unit, attr, targeting::Value};

/// Different keys, so that the count is an average over both arms and all branches.
const KEYS: usize = 4_096;

/// Listed units. A million take a minute under valgrind, and a unit is found in as many steps.
const LISTED: usize = 65_536;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let row = arguments
        .next()
        .ok_or("which row: hash, plan, router, routers, admit, listed, rule or an audience")?;
    let decisions: usize = arguments.next().ok_or("how many decisions")?.parse()?;

    let keys: Vec<[u8; 16]> = (0..KEYS)
        .filter_map(|number| format!("user-{number:011}").into_bytes().try_into().ok())
        .collect();
    let even = || Policy::ab_test("even", [("v1", 1), ("v2", 1)]);
    let tier = [("tier", "paid")];
    let keys = keys.iter().cycle().take(decisions);
    match row.as_str() {
        "hash" => {
            let hasher = SipHasher13::new_with_keys(1, 2);
            keys.for_each(|key| {
                black_box(hasher.hash(key));
            });
        }
        "plan" => {
            let plan = even().compile("v1", ["v2"])?;
            keys.for_each(|key| {
                black_box(plan.route(key));
            });
        }
        "router" => {
            let router = router(even())?;
            keys.for_each(|key| {
                black_box(router.route(key));
            });
        }
        "routers" => {
            let routers = (0..64)
                .map(|_| router(even()))
                .collect::<Result<Vec<_>, _>>()?;
            keys.zip(routers.iter().cycle()).for_each(|(key, router)| {
                black_box(router.route(key));
            });
        }
        "admit" => {
            let router = router(even())?;
            keys.for_each(|key| {
                black_box(router.admit(key).route());
            });
        }
        "listed" => {
            // Half of the keys that are asked for are among them.
            let listed = (KEYS / 2..).take(LISTED);
            let listed = listed.map(|number| format!("user-{number:011}").into_bytes());
            let canary = Policy::canary("listed", "v2", Share::percent(20)?);
            let router = router(canary.with_units("v2", listed))?;
            keys.for_each(|key| {
                black_box(router.route(key));
            });
        }
        "rule" => {
            let internal = attr("tier").is("internal");
            let canary = Policy::canary("rule", "v2", Share::percent(20)?).or_for(internal);
            let router = router(canary)?;
            keys.for_each(|key| {
                black_box(router.route(Unit::from(key).with(&tier)));
            });
        }
        row => {
            let rules = audiences(row).ok_or_else(|| format!("there is no row {row:?}"))?;
            let policy = Policy::canary("rules", "v2", Share::percent(20)?);
            let policy = rules
                .into_iter()
                .fold(policy, |policy, audience| policy.with_rule(audience, "v2"));
            let router = router(policy)?;
            let known = [
                ("tier", Value::from("paid")),
                ("age", Value::from(31)),
                ("device", Value::from("phone-12")),
                ("country", Value::from("name-00000000777")),
            ];
            keys.for_each(|key| {
                black_box(router.route(Unit::from(key).with(&known)));
            });
        }
    }
    println!("{decisions} decisions of row {row}");
    Ok(())
}

/// The rules of a row, of which the first decides. Those before a pattern must cost what they cost
/// without it.
fn audiences(row: &str) -> Option<Vec<Audience>> {
    let pattern = || attr("device").regex("^(tab|phone)-[0-9]+$");
    let (text, number) = (attr("tier").is("paid"), attr("age").at_least(18));
    Some(match row {
        "text" => vec![text],
        "text-before-pattern" => vec![text, pattern()],
        "number" => vec![number],
        "number-before-pattern" => vec![number, pattern()],
        "pattern" => vec![pattern()],
        "list" => {
            let names = (0..1_000).map(|number| format!("name-{number:011}"));
            vec![attr("country").one_of(names)]
        }
        _ => return None,
    })
}

fn router(policy: Policy) -> Result<Router<()>, Box<dyn Error>> {
    let router = Router::new("count", "v1", ())?;
    router.deploy("v2", ())?;
    router.validate("v2", |()| Ok::<(), Infallible>(()))?;
    router.release(policy)?;
    Ok(router)
}
