//! An A/B test gives each user one of two versions in fixed shares, to learn which is better.

use std::{collections::BTreeSet, error::Error};

use switchstand::{
    Policy, Share, Unit,
    stats::{Alpha, Alternative, Counts, proportions},
};

use crate::{stand::Stand, traffic::Answers};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    // Another release: a new name, so that its draw is independent of the canary's.
    let policy = Policy::ab_test("digits-ab-7", [("v1", 1), ("v2", 1)]);
    let file = toml::to_string(&policy)?;
    let answers = stand.release(policy)?;

    let half = Share::percent(50)?;
    let (on_v1, on_v2) = (answers.users_of("v1"), answers.users_of("v2"));
    stand.must_fit("users on v2", on_v2.len(), stand.users.len(), half)?;
    let both = on_v2.intersection(&on_v1).count();
    stand.must("users who saw both versions", both, both == 0);
    let again = on_v2.intersection(&stand.canary).count();
    stand.must_fit(
        "the canary's users, on v2 again",
        again,
        stand.canary.len(),
        half,
    )?;

    // A second server reads the policy from a file and must decide the same for everybody.
    let plan = toml::from_str::<Policy>(&file)?.compile("v1", ["v2"])?;
    let there = |user: usize| {
        let user = stand.users.get(user)?;
        plan.version_of(&plan.route(Unit::from(&user.key).with(user)))
    };
    let is_same = |version: &str, user: usize| there(user) == Some(version);
    let same = answers
        .iter()
        .filter(|answer| is_same(&answer.version, answer.user));
    stand.must_be_all(
        "decided alike by a second server",
        same.count(),
        answers.len(),
    );

    // The test is looked at once, here: its size was fixed before it began.
    let control = first_requests(&answers, "v1")?;
    let candidate = first_requests(&answers, "v2")?;
    let alternative = Alternative::TwoSided;
    let test = proportions::pooled_z(&control, &candidate, Alpha::FIVE_PERCENT, alternative)?;
    let rate = |counts: &Counts| format!("{:.1} %", 100.0 * counts.rate().unwrap_or_default());
    let value = format!("{} and {}", rate(&control), rate(&candidate));
    stand.says("accuracy of v1 and v2, one per user", value);
    let points = |rate: f64| format!("{:+.1}", 100.0 * rate);
    let (lower, upper) = (points(test.interval.lower), points(test.interval.upper));
    let value = format!("{} points, 95 %: {lower} to {upper}", points(test.effect));
    stand.must(
        "v2 is better by",
        value,
        test.is_significant() && test.effect > 0.0,
    );
    Ok(())
}

/// Counts one request per user: further ones of the same user are no independent evidence.
fn first_requests(answers: &Answers, version: &str) -> Result<Counts, Box<dyn Error>> {
    let mut counts = Counts::default();
    let mut seen = BTreeSet::new();
    for answer in answers
        .of(version)
        .filter(|answer| seen.insert(answer.user))
    {
        counts.record(answer.right);
    }
    Ok(counts)
}
