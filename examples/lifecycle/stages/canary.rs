//! A canary gives the new version to a few users, then to more, and takes it from nobody.

use std::error::Error;

use switchstand::{Policy, Share, attr};

use crate::stand::Stand;

/// Name of the release, kept while the canary grows: it salts the draws, so users stay.
const RELEASE: &str = "digits-2026-11";

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    stand.must_be_refused("a share of 101 %", "101%".parse::<Share>());
    for share in ["0%", "1%", "10%", "50%"] {
        step(stand, share.parse()?)?;
    }
    Ok(())
}

fn step(stand: &mut Stand, share: Share) -> Result<(), Box<dyn Error>> {
    let policy = Policy::canary(RELEASE, "v2", share).or_for(attr("tier").is("internal"));
    stand.step(&format!("colleagues and {share} of the others"));
    let answers = stand.release(policy)?;

    let on_v2 = answers.users_of("v2");
    let colleagues = stand.colleagues();
    let reached = on_v2.intersection(&colleagues).count();
    stand.must_be_all("  colleagues on v2", reached, colleagues.len());

    let drawn = on_v2.difference(&colleagues).count();
    let others = stand.users.len() - colleagues.len();
    match share {
        Share::NONE => stand.must("  others on v2", drawn, drawn == 0),
        _ => stand.must_fit("  others on v2", drawn, others, share)?,
    }
    // Each user sent two requests, one to each thread.
    stand.must_be_all(
        "  their requests on v2",
        answers.of("v2").count(),
        2 * on_v2.len(),
    );

    let both = on_v2.intersection(&answers.users_of("v1")).count();
    stand.must("  users who saw both versions", both, both == 0);
    let left = stand.canary.difference(&on_v2).count();
    stand.must("  users who lost v2 in this step", left, left == 0);

    let (v1, v2) = (answers.accuracy_of("v1"), answers.accuracy_of("v2"));
    stand.says("  accuracy of v1 and v2", format!("{v1} and {v2}"));
    stand.canary = on_v2;
    Ok(())
}
