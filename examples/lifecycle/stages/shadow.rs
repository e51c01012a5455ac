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
    let seen = answers.users_where(|answer| answer.shadows > 0).len();
    stand.must_fit(
        "users whose requests v2 saw",
        seen,
        stand.users.len(),
        share,
    )?;

    let sampled: Vec<_> = answers.iter().filter(|answer| answer.shadows > 0).collect();
    let (same, pairs) = stand.agreement.same_of_all();
    stand.must_be_all("pairs compared", pairs, sampled.len());

    // Both models are also asked directly: the comparison must have counted the same.
    let alike = |sample| stand.agree(sample, "v1", "v2");
    let expected = sampled.iter().filter(|answer| alike(answer.sample)).count();
    let value = format!("{} = {}", count(same), percent(same, pairs));
    stand.must("pairs with the same digit", value, same == expected);
    stand.says("accuracy of what users got", answers.accuracy_of("v1"));
    Ok(())
}
