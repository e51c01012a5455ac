//! A candidate that is spared is judged by the units that it still has.

use core::time::Duration;

use switchstand::rollout::{Climb, Guard, Input, Ladder, Measured, Phase, Rollout, Schedule};
use switchstand::stats::guard::{RateGuard, RateTest, Side};
use switchstand::{Ending, Policy, Router, Share};

use crate::rollout::releases::{DWELL, at, errors, ramping, started, step};

/// New users in each minute.
const USERS: u64 = 2_000;

fn schedule(climb: Climb) -> Schedule {
    let shares = ["10%".parse().unwrap(), "50%".parse().unwrap(), Share::ALL];
    let schedule = Schedule::new([Guard::failures()]).unwrap();
    let schedule = schedule.with_ladder(Ladder::custom(shares).unwrap());
    let schedule = schedule.with_climb(climb).unwrap();
    schedule.with_bake(Duration::from_secs(600), 100)
}

/// Returns how the release of a version with so many times the errors ends, and in which minute,
/// where it sheds from its first step on.
///
/// All that the server does for it is to note how its requests end.
fn release(factor: f64, shed: Option<&str>, climb: Climb) -> (Phase, u64) {
    let router = Router::new("m", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let policy = Policy::canary("rel", "v2", Share::NONE);
    let rollout = Rollout::new(policy, schedule(climb)).unwrap();
    let ramp = router.begin(rollout).unwrap();
    for minute in 0..2_000 {
        let done = ramp.tick(at(60 * minute)).unwrap();
        if ramp.phase().is_final() {
            return (ramp.phase(), minute);
        }
        if let (Some(shed), Some(_), Phase::Ramping { step: 0 }) = (shed, done, ramp.phase()) {
            router.shed("v2", shed.parse().unwrap()).unwrap();
        }
        for user in minute * USERS..(minute + 1) * USERS {
            let route = router.route(user);
            let is_candidates = router.label(route.version()) == Some("v2");
            let lot = (user.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / 2_f64.powi(53);
            let ending = match lot < 0.02 * if is_candidates { factor } else { 1.0 } {
                true => Ending::Failed,
                false => Ending::Answered,
            };
            router.note(user, &route, ending).unwrap();
        }
    }
    (ramp.phase(), 2_000)
}

#[test]
fn c15_a_worse_candidate_is_found_while_it_sheds_and_a_harmless_one_promoted() {
    let dwell = Climb::Dwell {
        time: Duration::from_secs(DWELL),
        exposures: 100,
    };
    for climb in [dwell, Climb::OnEvidence] {
        for shed in [None, Some("50%"), Some("80%")] {
            for factor in [1.0, 2.0, 3.0, 5.0] {
                let (phase, minute) = release(factor, shed, climb);
                println!("{climb:?}, shed {shed:?}, x{factor}: {phase} in minute {minute}");
                let expected = match factor > 1.0 {
                    true => Phase::RolledBack,
                    false => Phase::Promoted,
                };
                assert_eq!(phase, expected, "shed {shed:?}, x{factor}");
            }
        }
    }
}

#[test]
fn c15_no_step_is_taken_while_units_are_missing_on_one_side_and_harm_stays_harm() {
    let mut rollout = started(Schedule::new([errors()]).unwrap());
    let mut counted = RateGuard::by_unit(RateTest::default());
    let sample = |rollout: &Rollout, candidate, counted: &RateGuard| {
        let sample = rollout.sample().unwrap().exposed(100_000, candidate);
        Input::Sample(sample.with("errors", Measured::of(counted)))
    };
    // 0.5 % where 1 % was asked for.
    let lost = sample(&rollout, 500, &counted);
    let _ = step(&mut rollout, DWELL, [lost]);
    assert_eq!(rollout.phase(), ramping(0));
    let why = "the ratio of the units, 100000 : 500, to fit the share of the step";
    assert_eq!(rollout.waiting_for(), [why]);
    let mut well = rollout.clone();
    let found = sample(&well, 1_010, &counted);
    let _ = step(&mut well, DWELL, [found]);
    assert_eq!(well.phase(), ramping(1));
    let share = rollout.candidate_share().unwrap();
    for unit in 0..20 {
        counted.record(unit, Side::Candidate, share).unwrap();
    }
    let lost = sample(&rollout, 500, &counted);
    let _ = step(&mut rollout, DWELL, [lost]);
    assert_eq!(rollout.phase(), Phase::RolledBack);
}
