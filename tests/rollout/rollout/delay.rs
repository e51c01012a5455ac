//! How soon harm is found: exactly, by recursion over the counts of bad events.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::rollout::{
    Check, Climb, Guard, Input, Ladder, Measured, Phase, Rollout, Schedule, StepSample,
};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side, StageTally};

use crate::rollout::releases::{at, policy};

/// As in the table that is compared with: the canary has 5 % of the requests, 1 % of the
/// control's requests are bad, every request is its own unit, and alpha is 1 %.
const SHARE: f64 = 0.05;
const RATE: f64 = 0.01;
/// The table's figures are means of so many simulated releases.
const REPLICATIONS: f64 = 6_000.0;

fn share() -> CandidateShare {
    CandidateShare::new(SHARE).unwrap()
}

/// Returns the chance that the next bad event is the candidate's.
fn chance(ratio: f64) -> f64 {
    share().event_probability(ratio).unwrap()
}

/// Returns the mean and the standard deviation of the requests until the guard finds harm.
///
/// The chances of all counts of the candidate's events are carried from one event to the next;
/// what reaches the guard's boundary leaves. The requests between two bad events have a geometric
/// law.
fn requests_until_harm(ratio: f64) -> (f64, f64) {
    let test = RateTest::default();
    let is_harm = |candidate: u64, control: u64| {
        let mut tally = StageTally::new();
        for (side, count) in [(Side::Candidate, candidate), (Side::Control, control)] {
            tally.record_many(side, share(), count).unwrap();
        }
        test.harm(&tally).is_significant()
    };
    let theta = chance(ratio);
    let mut chances = vec![1.0_f64];
    let (mut boundary, mut left, mut sum, mut squares) = (1_usize, 1.0, 0.0, 0.0);
    let mut events = 0_u64;
    while left > 1e-10 {
        events += 1;
        chances.push(0.0);
        for count in (1..chances.len()).rev() {
            chances[count] = chances[count] * (1.0 - theta) + chances[count - 1] * theta;
        }
        chances[0] *= 1.0 - theta;
        // More events of the control move the boundary up, never down.
        while boundary as u64 <= events && !is_harm(boundary as u64, events - boundary as u64) {
            boundary += 1;
        }
        let found: f64 = chances.drain(boundary.min(chances.len())..).sum();
        left -= found;
        sum += events as f64 * found;
        squares += (events as f64).powi(2) * found;
    }
    let bad = RATE * (SHARE * ratio + 1.0 - SHARE);
    let variance = (squares - sum * sum) + sum * (1.0 - bad);
    (sum / bad, variance.sqrt() / bad)
}

#[test]
fn harm_is_found_as_soon_as_by_the_best_known_guard() {
    // Mean total requests of a mixture over ratios from 1.25 to 10, simulated independently.
    for (ratio, known) in [(3.0, 9_732.0), (5.0, 3_253.0), (10.0, 1_053.0)] {
        let (mean, deviation) = requests_until_harm(ratio);
        let error = deviation / REPLICATIONS.sqrt();
        println!("ratio {ratio}: {mean:.1} requests, table {known} with standard error {error:.1}");
        assert!(mean <= known + 2.0 * error, "ratio {ratio}: {mean:.1}");
    }
}

#[test]
fn the_controller_rejects_at_the_very_event_that_suffices() {
    for seed in 0..20 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let errors = Guard::new("errors", Check::Rate(RateTest::default()));
        let shares = ["5%", "100%"].map(|share| share.parse().unwrap());
        let climb = Climb::Dwell {
            time: core::time::Duration::MAX,
            exposures: 1,
        };
        let schedule = Schedule::new([errors]).unwrap();
        let schedule = schedule.with_ladder(Ladder::custom(shares).unwrap());
        let mut rollout = Rollout::new(policy(), schedule.with_climb(climb).unwrap()).unwrap();
        let _ = rollout.step(at(0), []);
        rollout.confirm();
        let mut counter = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
        let mut events = 0;
        while !rollout.phase().is_final() {
            assert!(!counter.reading().harm.is_significant());
            events += 1;
            let side = match rng.random_bool(chance(5.0)) {
                true => Side::Candidate,
                false => Side::Control,
            };
            counter.record(events, side, share()).unwrap();
            let sample = StepSample::new(rollout.tag().unwrap(), events).exposed(19_000, 1_000);
            let sample = sample.with("errors", Measured::of(&counter));
            let _ = rollout.step(at(events), [Input::Sample(sample)]);
            rollout.confirm();
        }
        assert!(counter.reading().harm.is_significant());
        assert_eq!(rollout.phase(), Phase::RolledBack);
    }
}
