//! The test that the README shows.
#![cfg(feature = "testing")]

use std::error::Error;

use switchstand::testing::{Population, assert_never, assert_only_grows, assert_share};
use switchstand::{Policy, Share, attr};

fn canary(share: Share) -> Policy {
    Policy::canary("ranker-2026-11", "v2", share)
        .within(attr("tier").is_not("paying"))
        .or_for(attr("tier").is("internal"))
}

#[test]
fn the_canary_grows_and_never_meets_those_who_pay() -> Result<(), Box<dyn Error>> {
    let (policy, next) = (canary(Share::percent(5)?), canary(Share::percent(20)?));
    let users = Population::synthetic(20_000, 7)
        .with("tier", [("internal", 1), ("paying", 9), ("free", 90)])?;

    assert_share(&policy, "v2", "5%", &users.only(&attr("tier").is("free")));
    assert_never(&policy, &attr("tier").is("paying"), "v2");
    assert_only_grows(&policy, &next);
    Ok(())
}
