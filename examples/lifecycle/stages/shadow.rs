//! A shadow runs on real requests, and nobody gets its answers.

use std::error::Error;

use switchstand::{Policy, Share};

use crate::{
    report::{count, percent},
    stand::Stand,
};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let share = Share::percent(25)?;
    let answers = stand.release(Policy::shadow("digits-2026-11", "v2", share))?;

    stand.must_be_all("requests on v1", answers.of("v1").count(), answers.len());
    // A user is in the sample with all requests or with none.
    let sampled = answers.users_where(|answer| answer.sampled).len();
    stand.must_fit("users in the sample", sampled, stand.users.len(), share)?;

    // Shadows beyond the budget are given up, so that they never pile up; none is lost uncounted.
    let sampled = answers.iter().filter(|answer| answer.sampled).count();
    let counts = stand.router.shadow_counts("v2").ok_or("v2 is gone")?;
    let (run, dropped) = (counts.run() as usize, counts.dropped() as usize);
    stand.must_be_all("shadows run or given up", run + dropped, sampled);
    stand.says("  given up beyond the budget", count(dropped));

    let shadowed: Vec<_> = answers.iter().filter(|answer| answer.shadowed).collect();
    let (same, pairs) = stand.agreement.same_of_all();
    stand.must_be_all("pairs compared", pairs, run);
    // Both models are also asked directly: the comparison must have counted the same.
    let alike = |sample| stand.agree(sample, "v1", "v2");
    let expected = shadowed
        .iter()
        .filter(|answer| alike(answer.sample))
        .count();
    let value = format!("{} = {}", count(same), percent(same, pairs));
    stand.must("pairs with the same digit", value, same == expected);
    stand.says("accuracy of what users got", answers.accuracy_of("v1"));
    Ok(())
}
