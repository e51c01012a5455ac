//! The primary's answer is its own (S1, S2), and is compared with the right one (S6).

use std::sync::{Arc, atomic::Ordering};

use switchstand::{
    Arm, OnError, Policy, Router, Share,
    shadow::{DropReason, ShadowBudget, ShadowOutcome},
};

use super::faults::{Does, Faulty, Input, Log, Pairs, assert_only, built, counts, dropped, router};

const ALL: [(Does, ShadowOutcome); 5] = [
    (Does::Answer, ShadowOutcome::Answered),
    (Does::Fail, ShadowOutcome::Failed),
    (Does::Panic, ShadowOutcome::Panicked),
    (Does::PanicTwice, ShadowOutcome::Panicked),
    (Does::AnswerBomb, ShadowOutcome::Panicked),
];

#[test]
fn s2_whatever_the_shadow_does_the_answer_is_the_primarys() {
    for (does, outcome) in ALL {
        for primary in [Does::Answer, Does::Fail] {
            let router = router(primary, does);
            for value in 0..10 {
                let served = router.predict(value, &Input::new(value));
                let alone = switchstand::Model::predict(&Faulty(primary), &Input::new(value));
                assert_eq!(
                    served.answer.map(|answer| answer.value),
                    alone.map(|answer| answer.value)
                );
                assert_eq!(served.shadows.len(), 1);
                served.shadows.into_iter().for_each(|task| task.run());
            }
            assert_only(&router, outcome, 10);
        }
    }
}

#[test]
fn s2_a_shadow_is_run_also_when_the_primary_failed() {
    let pairs = Arc::new(Pairs::default());
    let builder = Router::builder("test").comparison(Arc::clone(&pairs));
    let router = built(builder, Does::Fail, Does::Answer);
    let mut ticket = router.admit("ana");
    let input = Input::new(3);
    assert!(ticket.predict_blocking(&input).is_err());
    ticket.shadow_task(|| input.clone()).unwrap().run();
    let seen = pairs.seen.lock().unwrap();
    let failed = Err("no answer to 3".to_owned());
    assert_eq!(*seen, [("ana".to_owned(), failed, Ok(3))]);
}

#[test]
fn s2_an_input_that_cannot_be_cloned_does_not_harm_the_request() {
    let router = router(Does::Answer, Does::Answer);
    let input = Input {
        panics_when_cloned: true,
        ..Input::new(1)
    };
    let served = router.predict("ana", &input);
    assert_eq!(served.answer.unwrap().value, 1);
    assert!(served.shadows.is_empty());
    assert_only(&router, ShadowOutcome::Panicked, 1);
}

#[test]
fn s2_a_projection_that_panics_does_not_harm_the_request() {
    let pairs = Arc::new(Pairs {
        panics_when_projecting: true,
        ..Pairs::default()
    });
    let builder = Router::builder("test").comparison(Arc::clone(&pairs));
    let router = built(builder, Does::Answer, Does::Answer);
    let served = router.predict("ana", &Input::new(1));
    assert_eq!(served.answer.unwrap().value, 1);
    served.shadows.into_iter().for_each(|task| task.run());
    assert_only(&router, ShadowOutcome::Answered, 1);
    assert!(pairs.seen.lock().unwrap().is_empty());
}

#[test]
fn s2_a_comparison_that_panics_is_contained_and_counted() {
    let pairs = Arc::new(Pairs {
        panics_when_comparing: true,
        ..Pairs::default()
    });
    let builder = Router::builder("test").comparison(pairs);
    let router = built(builder, Does::Answer, Does::Answer);
    let served = router.predict("ana", &Input::new(1));
    served.shadows.into_iter().for_each(|task| task.run());
    assert_only(&router, ShadowOutcome::Panicked, 1);
}

#[test]
fn s2_an_observer_that_panics_at_shadows_is_contained_and_the_shadow_counted() {
    let log = Arc::new(Log {
        panics_at_shadows: true,
        ..Log::default()
    });
    let router = built(
        Router::builder("test").observer(log),
        Does::Answer,
        Does::Answer,
    );
    let served = router.predict("ana", &Input::new(1));
    served.shadows.into_iter().for_each(|task| task.run());
    drop(router.admit("bob"));
    let counts = counts(&router);
    assert_eq!(counts.ended(ShadowOutcome::Answered), 1);
    assert_eq!(counts.ended(dropped(DropReason::Unrun)), 1);
    assert_eq!(counts.pending(), 0);
}

#[test]
fn s3_every_ending_is_told_once() {
    let log = Arc::new(Log::default());
    let builder = Router::builder("test")
        .observer(Arc::clone(&log))
        .shadow_budget(ShadowBudget::in_flight(1));
    let router = built(builder, Does::Answer, Does::Fail);
    let held = router.predict("ana", &Input::new(1)).shadows;
    assert!(router.predict("bob", &Input::new(2)).shadows.is_empty());
    held.into_iter().for_each(|task| task.run());
    drop(router.predict("eve", &Input::new(3)));
    let entry = |outcome| ("v2".to_owned(), outcome);
    let expected = [
        entry(dropped(DropReason::NoPermit)),
        entry(ShadowOutcome::Failed),
        entry(dropped(DropReason::Unrun)),
    ];
    assert_eq!(*log.shadows.lock().unwrap(), expected);
    assert_eq!(log.outcomes.load(Ordering::SeqCst), 3);
}

#[test]
fn s6_only_answers_to_the_same_request_are_compared() {
    let pairs = Arc::new(Pairs::default());
    let builder = Router::builder("test").comparison(Arc::clone(&pairs));
    let router = built(builder, Does::Answer, Does::Answer);
    let mut tasks: Vec<_> = (0..100)
        .flat_map(|value| router.predict(value, &Input::new(value)).shadows)
        .collect();
    tasks.reverse();
    tasks.into_iter().for_each(|task| task.run());
    let seen = pairs.seen.lock().unwrap();
    assert_eq!(seen.len(), 100);
    for (unit, primary, shadow) in &*seen {
        assert_eq!(*unit, primary.clone().unwrap().to_string());
        assert_eq!(primary, shadow);
    }
}

#[test]
fn s6_a_shadow_that_ran_before_the_primary_answered_is_not_compared() {
    let pairs = Arc::new(Pairs::default());
    let builder = Router::builder("test").comparison(Arc::clone(&pairs));
    let router = built(builder, Does::Answer, Does::Answer);
    let mut ticket = router.admit("ana");
    let input = Input::new(1);
    let task = ticket.shadow_task(|| input.clone()).unwrap();
    assert_eq!(ticket.predict_blocking(&input).unwrap().value, 1);
    task.run();
    assert!(pairs.seen.lock().unwrap().is_empty());
    assert_only(&router, ShadowOutcome::Answered, 1);
}

#[test]
fn r5_a_version_that_steps_in_for_a_failing_one_is_no_shadow_of_itself() {
    let router = Router::new("test", "v1", Faulty(Does::Answer)).unwrap();
    router.deploy("v2", Faulty(Does::Fail)).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    let policy = Policy::ab_test("look", [Arm::from(("v2", 1))])
        .on_error(OnError::Live)
        .with_shadow("v1", Share::ALL);
    router.release(policy).unwrap();
    let served = router.predict("ana", &Input::new(5));
    assert_eq!(served.answer.unwrap().value, 5);
    assert!(served.shadows.is_empty());
    let counts = router.shadow_counts("v1").unwrap();
    assert_eq!(counts.ended(dropped(DropReason::Unrun)), 1);
    assert_eq!(counts.sampled(), 1);
}

#[test]
fn s3_several_shadows_of_one_request_are_counted_each() {
    let router = Router::new("test", "v1", Faulty(Does::Answer)).unwrap();
    router.deploy("v2", Faulty(Does::Fail)).unwrap();
    router.deploy("v3", Faulty(Does::Panic)).unwrap();
    let policy = Policy::shadow("look", "v2", Share::ALL).with_shadow("v3", Share::ALL);
    router.release(policy).unwrap();
    let served = router.predict("ana", &Input::new(1));
    let versions: Vec<_> = served.shadows.iter().map(|task| task.version()).collect();
    assert_eq!(versions, ["v2", "v3"]);
    served.shadows.into_iter().for_each(|task| task.run());
    assert_eq!(counts(&router).ended(ShadowOutcome::Failed), 1);
    let third = router.shadow_counts("v3").unwrap();
    assert_eq!(third.ended(ShadowOutcome::Panicked), 1);
    let all = router.all_shadow_counts();
    assert_eq!((all.sampled(), all.run(), all.pending()), (2, 2, 0));
}
