//! The five techniques, as the front pages show them.
//!
//! What stands between `// README` and `// end` is a block of `README.md`: the module `readme`
//! compares the two, and what is here is run.

use std::{error::Error, sync::Arc};

use switchstand::{
    Model, Policy, Router, Share, Timestamp, Unit, attr,
    comparison::{Difference, PairedComparison},
    experiment::{Experiment, Kind, Metric},
    rollout::{Command, Guard, Phase, Rollout, Schedule},
    stats::Worse,
};

type Done = Result<(), Box<dyn Error>>;

struct Times(f64);

impl Model for Times {
    type Input = f64;
    type Output = f64;
    type Error = String;

    fn predict(&self, input: &f64) -> Result<f64, String> {
        Ok(input * self.0)
    }
}

/// A router on which `v1` is live and `v2` validated.
fn router() -> Result<Router<Times>, Box<dyn Error>> {
    let router = Router::new("ranker", "v1", Times(2.0))?;
    router.deploy("v2", Times(3.0))?;
    router.validate("v2", |model| model.predict(&1.0).map(drop))?;
    Ok(router)
}

fn live(router: &Router<Times>) -> Option<&str> {
    router.label(router.route("user-42").version())
}

#[test]
fn a_shadow_is_compared_and_never_answers() -> Done {
    let (old, new) = (Times(2.0), Times(2.01));
    // README
    let compared = PairedComparison::new(|answer: &f64| *answer, String::clone)
        .comparing("answer", |a, b| Difference::unless_within(0.1, *a, *b));
    let compared = Arc::new(compared);
    let router = Router::builder("ranker")
        .comparison(Arc::clone(&compared))
        .build("v1", old)?;
    router.deploy("v2", new)?; // a shadow needs no validation
    router.release(Policy::shadow("ranker-2026-11", "v2", Share::ALL))?;

    let served = router.predict("user-42", &7.0); // the answer is here before any shadow runs
    for task in served.shadows {
        task.run(); // on a thread of your choice
    }
    let tally = compared.tally("v1", "v2").ok_or("no shadow has run yet")?;
    // end
    assert_eq!(served.answer, Ok(14.0));
    assert_eq!(tally.pairs(), 1);
    let close = tally.agreement("answer").ok_or("never compared")?;
    assert_eq!(close.disagreement(), Some(0.0));
    Ok(())
}

#[test]
fn a_canary_is_for_a_share_and_for_colleagues() -> Done {
    let router = router()?;
    // README
    let policy =
        Policy::canary("ranker-2026-11", "v2", "2.5%".parse()?).or_for(attr("tier").is("internal"));
    router.release(policy)?;

    let known = [("tier", "internal")];
    let served = router.predict(Unit::from("ana").with(&known), &7.0);
    assert_eq!(served.answer, Ok(21.0)); // v2 answers colleagues
    // end
    Ok(())
}

#[test]
fn a_roll_out_ends_at_once_when_a_person_says_so() -> Done {
    let router = router()?;
    let now = Timestamp::from_secs(0);
    // README
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    // 1, 5, 25, 50 and 100 %, on each step ten minutes and 100 units of v2 at least
    let schedule = Schedule::new([Guard::failures()])?;
    let ramp = router.begin(Rollout::new(policy, schedule)?)?;

    ramp.tick(now)?; // from your timer; how requests end is the evidence
    ramp.order(Command::abort("ana", "p99 doubled"))?; // a person, at any time
    // end
    assert_eq!(ramp.phase(), Phase::RolledBack);
    assert_eq!(live(&router), Some("v1"));
    Ok(())
}

#[test]
fn a_swap_moves_everybody_and_back() -> Done {
    let router = router()?;
    // README
    router.swap("v2")?; // everybody, between two requests; v1 stands by
    router.rollback("p99 doubled")?; // everybody back; v2 is rejected

    let model = router.reclaim("v2")?; // given back once no request uses it
    router.deploy("v2.1", model)?;
    router.validate("v2.1", |model| model.predict(&1.0).map(drop))?;
    router.swap("v2.1")?;
    router.accept()?; // v2.1 is blue now, v1 retires
    // end
    assert_eq!(live(&router), Some("v2.1"));
    Ok(())
}

#[test]
fn an_experiment_takes_exposures_by_itself() -> Done {
    let router = router()?;
    // README
    let policy = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
    let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02);
    let experiment = Arc::new(Experiment::of(&policy, [clicks])?);
    router.release(policy)?;
    router.attach(Arc::clone(&experiment)).keep(); // who got which arm comes by itself

    let served = router.predict("user-42", &7.0);
    experiment.record(experiment.metric("clicks")?, "user-42", 1.0)?; // what only you know
    println!("{}", experiment.read_out()?); // may be read and acted upon at any time
    // end
    assert!(served.answer.is_ok());
    assert_eq!(experiment.read_out()?.checks.requests, 1);
    Ok(())
}
