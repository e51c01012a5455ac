//! The way to the end: the cause is found, the model comes back under a new label, and stays.

use std::{error::Error, thread, time::Instant};

use digits::Reader;
use switchstand::{Router, VersionState, ramp::StoredRamp, rollout::Phase};

use crate::{
    ramp::{Ramp, WRONG},
    report::count,
    stand::Stand,
};

/// The rejected model's new label: a label in the logs should have one history.
const AGAIN: &str = "v2.1";

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    // No request can reach the rejected version any more, so its model is given back.
    let model = stand.router.reclaim("v2")?;
    stand.is_same_model(AGAIN, "v2");
    let accuracy = 100.0 * digits::accuracy(&model, &stand.samples)?;
    let gone = stand.router.state("v2").is_none();
    stand.must(
        "v2",
        format!("given back, reads {accuracy:.1} % rightly"),
        gone,
    );
    stand.router.deploy(AGAIN, model)?;
    stand.router.validate(AGAIN, |_| Ok::<_, String>(()))?;

    let mut ramp = Ramp::new(&stand.router, "digits-2027-01", AGAIN)?;
    while !ramp.ends_next() && !ramp.ramp.phase().is_final() {
        let before = ramp.ramp.units().map(usize::try_from);
        if ramp.tick()?.is_some() {
            let [control, candidate] = before;
            ramp = step(stand, ramp, [control?, candidate?])?;
        }
        ramp.serve_a_second(stand)?;
    }
    stand.must_be("v1", VersionState::Standby);
    stand.must_be(AGAIN, VersionState::Live);
    stand.must_be_all("users on v2.1", ramp.reached().len(), stand.users.len());

    // The last tick comes amid requests, like all the others of a real timer.
    let (answers, ended) = stand.serve_during(|router| accept(&mut ramp, router));
    stand.must_be_all("requests on v2.1", answers.of(AGAIN).count(), answers.len());
    stand.says("accuracy of v2.1", answers.accuracy_of(AGAIN));
    stand.says("v1", ended?);
    let phase = ramp.ramp.phase();
    let value = format!("{phase}, second {}", ramp.seconds);
    stand.must("the roll-out ended", value, phase == Phase::Promoted);
    let too_late = stand.router.rollback("too late");
    stand.must_be_refused("a roll-back after accept()", too_late);

    let left = stand.router.deployments();
    let left: Vec<_> = left.iter().map(|version| version.label()).collect();
    stand.must("versions left", left.join(", "), left == [AGAIN]);
    Ok(())
}

/// Says which step was made, on what evidence, and stops the service's timer for a restart.
fn step(stand: &mut Stand, ramp: Ramp, before: [usize; 2]) -> Result<Ramp, Box<dyn Error>> {
    let rollout = ramp.ramp.rollout();
    let share = rollout.share();
    stand.step(&format!("second {}: {share} of the users", ramp.seconds));
    let [control, candidate] = before;
    if control > 0 {
        let earlier = rollout.schedule().ladder().shares().iter();
        let earlier = earlier.rev().find(|earlier| **earlier < share);
        let earlier = *earlier.ok_or("a step without one before")?;
        let all = control + candidate;
        stand.must_fit("  users on v2.1 until then", candidate, all, earlier)?;
        let reading = ramp
            .ramp
            .rate_of(WRONG)
            .ok_or("no guard of wrong answers")?;
        let value = format!(
            "{} on v2.1, {} on v1",
            count(usize::try_from(reading.candidate_events)?),
            count(usize::try_from(reading.control_events)?)
        );
        stand.says("  users with a wrong answer", value);
        let needed = -rollout.schedule().alpha_each().get().ln();
        let [e, bar] = [reading.harm.ln_e, needed].map(f64::exp);
        let value = format!("e-value {e:.2}, harm from {bar:.0}");
        stand.must("  evidence that v2.1 is worse", value, e < bar);
    }
    // The router's policy is the roll-out's: both name it by the same content hash.
    let here = stand.router.current().fingerprint();
    let tag = rollout.tag().ok_or("nothing is released")?;
    stand.must("  policy in force", here, here == tag.fingerprint);

    // A server that restarts goes on where it was.
    let stored = serde_json::to_string(&ramp.ramp.store())?;
    let resumed: StoredRamp = serde_json::from_str(&stored)?;
    let value = format!("{} bytes", count(stored.len()));
    let is_same = *resumed.rollout() == rollout;
    stand.must("  stored and taken up again", value, is_same);
    ramp.restart(&stand.router, resumed)
}

/// Ends the roll-out amid requests, and takes the old model back as soon as nobody uses it.
fn accept(ramp: &mut Ramp, router: &Router<Reader>) -> Result<String, Box<dyn Error>> {
    ramp.tick()?;
    let started = Instant::now();
    let model = loop {
        match router.reclaim("v1") {
            Ok(model) => break model,
            Err(error) if error.will_pass() => thread::yield_now(),
            Err(error) => return Err(error.into()),
        }
    };
    let took = started.elapsed();
    // The model ends here, on the operator's thread, and on no request's.
    drop(model);
    Ok(format!("given back {took:.1?} after it was accepted"))
}
