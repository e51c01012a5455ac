//! Rehearsals against what can be computed exactly.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;

use super::release::{errors, memory, one_step, percent, policy, secs};
use switchstand::rollout::{Climb, End, Ladder, Schedule};
use switchstand::stats::Alpha;
use switchstand::stats::guard::{
    CandidateShare, Margins, RateGuard, RateMethod, RateTest, Scenario,
};
use switchstand::testing::{Effect, Population, Rehearsal, RehearsalEnd, Rehearsed};
use switchstand::{Policy, Share, attr};

#[test]
fn a_ladder_without_harm_lasts_exactly_as_long_as_its_steps() {
    let ladder = Ladder::custom([1, 10, 50, 100].map(percent)).unwrap();
    let climb = Climb::Dwell {
        time: secs(300),
        exposures: 1,
    };
    let schedule = Schedule::new([memory()]).unwrap().with_ladder(ladder);
    let schedule = schedule
        .with_climb(climb)
        .unwrap()
        .with_bake(secs(1_200), 1);
    let result = Rehearsal::new(policy(), schedule, Population::synthetic(2_000, 1))
        .unwrap()
        .with_effect("memory", Effect::value(0.5, 0.0))
        .unwrap()
        .simulate(0..20, |_| ())
        .unwrap();
    assert_eq!(result.promoted().successes(), 20);
    let lasted = result.seconds_to_promotion().unwrap();
    assert_eq!((lasted.mean, lasted.most), (3.0 * 300.0 + 1_200.0, 2_100.0));
    assert_eq!(
        (result.rejected().successes(), result.exposed_at_rejection()),
        (0, None)
    );
    // 100 requests a second are 60 a unit in the bake: nobody is left out.
    assert!(result.runs().iter().all(|run| run.exposed == 2_000));
}

/// Rehearses a release that is rejected at its first look, after as many requests as there are
/// units.
fn rejected_at_once(policy: Policy, share: u32) -> Rehearsed {
    let units = 1_000;
    Rehearsal::new(
        policy,
        one_step(share, memory()).with_end(End::Everybody),
        Population::synthetic(units, 2),
    )
    .unwrap()
    .with_traffic(units as f64 / 30.0)
    .unwrap()
    .with_effect("memory", Effect::value(0.9, 0.0))
    .unwrap()
    .simulate(0..400, |_| ())
    .unwrap()
}

#[test]
fn the_units_exposed_by_the_first_look_are_binomial() {
    let (share, n) = (0.2, 1_000.0);
    let result = rejected_at_once(policy(), 20);
    let exposed = result.exposed_at_rejection().unwrap();
    assert_eq!(result.seconds_to_rejection().unwrap().most, 30.0);
    // A unit has the candidate, and makes a request before the look.
    let p: f64 = share * (1.0 - (-1.0_f64).exp());
    let variance = n * p * (1.0 - p);
    let error = (variance / exposed.runs as f64).sqrt();
    assert!(
        (exposed.mean - n * p).abs() < 4.0 * error,
        "{exposed} against {}",
        n * p
    );
    let found = exposed.standard_error.unwrap().powi(2) * exposed.runs as f64;
    // The standard error of a variance is its sqrt(2 / (runs - 1)).
    let slack = 4.0 * (2.0 / (exposed.runs - 1) as f64).sqrt();
    assert!(
        (found / variance - 1.0).abs() < slack,
        "{found} against {variance}"
    );
}

#[test]
fn units_that_a_rule_serves_are_exposed_and_those_held_out_are_not() {
    let units = |result: &Rehearsed| result.exposed_at_rejection().unwrap().mean;
    let plain = units(&rejected_at_once(policy(), 20));
    let half = units(&rejected_at_once(
        policy().with_holdout("h", percent(50)),
        20,
    ));
    assert!((half / plain - 0.5).abs() < 0.02, "{half} {plain}");
    let none = policy().or_for(attr("tier").is("internal"));
    let population = Population::synthetic(1_000, 2).with("tier", [("internal", 1), ("free", 1)]);
    let rehearsal = Rehearsal::new(none, one_step(20, memory()), population.unwrap()).unwrap();
    let rehearsal = rehearsal
        .with_effect("memory", Effect::value(0.9, 0.0))
        .unwrap();
    let ruled = rehearsal
        .with_traffic(1_000.0)
        .unwrap()
        .simulate(0..100, |_| ())
        .unwrap();
    // Half of all by the rule, a fifth of the others by the draw.
    assert!((units(&ruled) - 600.0).abs() < 20.0, "{}", units(&ruled));
}

#[test]
fn the_chance_of_a_breach_by_a_limit_is_that_of_the_normal_law() {
    let climb = Climb::Dwell {
        time: secs(240),
        exposures: 1,
    };
    let ladder = Ladder::custom([percent(10), Share::ALL]).unwrap();
    let schedule = Schedule::new([memory()]).unwrap().with_ladder(ladder);
    let schedule = schedule.with_climb(climb).unwrap().with_bake(secs(60), 1);
    let result = Rehearsal::new(policy(), schedule, Population::synthetic(500, 3))
        .unwrap()
        // The limit lies two standard deviations above the mean.
        .with_effect("memory", Effect::value(0.6, 0.1))
        .unwrap()
        .simulate(0..800, |_| ())
        .unwrap();
    // Eight looks on the step and two at 100 %; P(Z > 2) = 0.0227501319.
    let expected: f64 = 1.0 - (1.0 - 0.022_750_131_9_f64).powi(10);
    let (found, error) = result.rejection().unwrap();
    assert!(
        (found - expected).abs() < 4.0 * error,
        "{found} ± {error} against {expected}"
    );
    let endings = result.endings();
    let breached = RehearsalEnd::Breached {
        guard: "memory".to_owned(),
    };
    assert_eq!(endings[&breached] + endings[&RehearsalEnd::Promoted], 800);
}

/// Rehearses harm that a guard looks at after every bad event, more or less.
fn harm(test: RateTest, share: u32, ratio: f64, runs: u64, per_look: f64) -> Rehearsed {
    let rate = 0.01;
    let share_of = f64::from(share) / 100.0;
    let per_second = 100.0 * rate * (share_of * ratio + 1.0 - share_of);
    Rehearsal::new(
        policy(),
        one_step(share, errors(test)),
        Population::synthetic(4_000, 4),
    )
    .unwrap()
    .with_look_every(Duration::from_secs_f64(per_look / per_second))
    .unwrap()
    .with_effect(
        "errors",
        Effect::bad_events(rate).times(ratio).counting_every_event(),
    )
    .unwrap()
    .simulate(0..runs, |_| ())
    .unwrap()
}

#[test]
fn walds_ratio_test_takes_as_long_as_wald_says() {
    let margins = Margins::new(1.0, 2.0).unwrap();
    let alpha = Alpha::ONE_PERCENT;
    let sprt = RateTest::new(margins, RateMethod::Sprt, alpha, alpha).unwrap();
    let (ratio, theta0): (f64, f64) = (2.0, 0.5);
    let theta1 = ratio / (ratio + 1.0);
    let (up, down) = (
        (theta1 / theta0).ln(),
        ((1.0 - theta1) / (1.0 - theta0)).ln(),
    );
    let information = theta1 * up + (1.0 - theta1) * down;
    let threshold = -alpha.get().ln();
    // Wald's identity: the mean number of events times the information of one is the evidence
    // at the end, which is the threshold and at most one step more.
    let (least, most) = (threshold / information, (threshold + up) / information);
    let per_look = 0.5;
    let result = harm(sprt, 50, ratio, 250, per_look);
    assert_eq!(result.rejected().successes(), 250);
    let seconds = result.seconds_to_rejection().unwrap();
    let per_second = 100.0 * 0.01 * 1.5;
    let (events, error) = (
        seconds.mean * per_second,
        seconds.standard_error.unwrap() * per_second,
    );
    // A look comes up to half an event late.
    assert!(
        events > least - 4.0 * error && events < most + per_look + 4.0 * error,
        "{events} ± {error}, Wald: {least} to {most}"
    );
}

#[test]
fn harm_is_caught_as_soon_as_the_exact_law_of_the_evidence_says() {
    let test = RateTest::default();
    let guard = RateGuard::where_each_request_is_its_own_unit(test.clone());
    let share = CandidateShare::new(0.2).unwrap();
    let scenario = Scenario {
        ratio: 5.0,
        control_rate: 0.01,
        share,
    };
    let outlook = guard.outlook(&scenario).unwrap();
    assert!(outlook.exact);
    let per_look = 0.25;
    let result = harm(test, 20, 5.0, 300, per_look);
    let seconds = result.seconds_to_rejection().unwrap();
    let (requests, error) = (
        100.0 * seconds.mean,
        100.0 * seconds.standard_error.unwrap(),
    );
    let late = per_look * outlook.requests / outlook.events;
    assert!(
        requests > outlook.requests - 4.0 * error
            && requests < outlook.requests + late + 4.0 * error,
        "{requests} ± {error} against {}",
        outlook.requests
    );
}

/// Rehearses a harmless candidate whose users differ much.
fn harmless(effect: Effect, runs: u64) -> Rehearsed {
    let ladder = Ladder::custom([5, 25, 50, 100].map(percent)).unwrap();
    let schedule = Schedule::new([errors(RateTest::default())]).unwrap();
    let climb = Climb::Dwell {
        time: secs(600),
        exposures: 1,
    };
    let schedule = schedule.with_ladder(ladder).with_climb(climb).unwrap();
    let schedule = schedule
        .with_alpha(Alpha::FIVE_PERCENT)
        .with_bake(secs(60), 1);
    let result = Rehearsal::new(policy(), schedule, Population::synthetic(2_000, 5))
        .unwrap()
        .with_effect("errors", effect)
        .unwrap()
        .simulate(0..runs, |_| ())
        .unwrap();
    let ended = result.rejected().successes() + result.promoted().successes();
    assert_eq!(ended, runs, "{result}");
    result
}

#[test]
fn c10_sticky_users_raise_no_false_alarms_by_first_events_and_many_by_every_event() {
    let sticky = Effect::bad_events(0.01).sticky(0.2);
    let first = harmless(sticky, 100).rejected();
    let every = harmless(sticky.counting_every_event(), 100).rejected();
    // 5 expected at the most; more than 12 have a chance below 0.002.
    assert!(first.successes() <= 12, "{}", first.successes());
    assert!(every.successes() >= 15, "{}", every.successes());
}
