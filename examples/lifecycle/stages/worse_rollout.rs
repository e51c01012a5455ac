//! A version that got worse meets a guard, which counts to which side the wrong answers go.

use std::{collections::BTreeSet, error::Error};

use switchstand::{
    VersionState,
    rollout::{Cause, Found, Phase, Rollout},
};

use crate::{
    ramp::{Ramp, WRONG},
    report::{count, percent},
    stand::Stand,
};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let model = stand.worse.take().ok_or("v3 was not loaded")?;
    stand.router.deploy("v3", model)?;
    // It gives an answer to every probe. Whether the answers are right, only labels tell.
    let probe = stand.samples.first().copied().ok_or("no image")?;
    stand
        .router
        .validate("v3", |model| model.predict(&probe.image).map(drop))?;

    let mut ramp = Ramp::new(&stand.router, "digits-2026-12", "v3")?;
    while !ramp.ramp.phase().is_final() {
        ramp.tick()?;
        ramp.serve_a_second(stand)?;
    }
    let phase = ramp.ramp.phase();
    let value = format!("{phase}, second {}", ramp.seconds);
    stand.must("the roll-out ended", value, phase == Phase::RolledBack);
    stand.must_be("v1", VersionState::Live);
    stand.must_be("v3", VersionState::Rejected);

    let rollout = ramp.ramp.rollout();
    let share = rollout.schedule().ladder().shares().first().copied();
    let share = share.ok_or("a ladder without a step")?;
    let reached = ramp.reached();
    let most = 2.0 * share.as_fraction() * stand.users.len() as f64;
    let users = stand.users.len();
    let value = format!(
        "{} of {} = {}",
        count(reached.len()),
        count(users),
        percent(reached.len(), users)
    );
    let is_bounded = !reached.is_empty() && (reached.len() as f64) < most;
    stand.must("users who saw the bad version", value, is_bounded);
    let wrong = || ramp.answered.iter().filter(|answer| !answer.right);
    let value = format!(
        "{}, of which {} wrong",
        count(ramp.answered.len()),
        count(wrong().count())
    );
    stand.says("  answers that they got from it", value);

    evidence(stand, &ramp)?;
    let answers = stand.serve();
    stand.must_be_all(
        "requests on v1 again",
        answers.of("v1").count(),
        answers.len(),
    );
    drop(stand.router.reclaim("v3")?);
    Ok(())
}

/// Says what stopped the roll-out, and counts it a second time.
fn evidence(stand: &mut Stand, ramp: &Ramp) -> Result<(), Box<dyn Error>> {
    let rollout = ramp.ramp.rollout();
    let Some(Cause::Breached { guard, found }) = rollout.state().cause() else {
        stand.must("stopped by a guard", "no", false);
        return Ok(());
    };
    stand.must("stopped by the guard", guard, guard == WRONG);
    let Found::Rate(reading) = found else {
        return Err("a rate guard found no rate".into());
    };
    // The requests are counted once more, from the answers themselves.
    let wrong = ramp.answered.iter().filter(|answer| !answer.right);
    let hit = wrong
        .map(|answer| answer.user)
        .collect::<BTreeSet<_>>()
        .len();
    let value = format!(
        "{} on v3, {} on v1",
        count(usize::try_from(reading.candidate_events)?),
        count(usize::try_from(reading.control_events)?)
    );
    let agrees = reading.candidate_events == u64::try_from(hit)?;
    stand.must("users with a wrong answer", value, agrees);
    let needed = -rollout.schedule().alpha_each().get().ln();
    let [e, bar] = [reading.harm.ln_e, needed].map(f64::exp);
    let value = format!("e-value {e:.0}, harm from {bar:.0}");
    stand.must(
        "evidence that v3 is worse",
        value,
        reading.harm.ln_e >= needed,
    );

    let policy = rollout.policy().clone();
    let (schedule, trail) = (rollout.schedule().clone(), rollout.trail());
    let replayed = Rollout::replay(policy, schedule, trail.clone())?;
    let value = format!("{} events", trail.events().len());
    let is_same = replayed.state() == rollout.state();
    stand.must("audit trail replays to this state", value, is_same);
    Ok(())
}
