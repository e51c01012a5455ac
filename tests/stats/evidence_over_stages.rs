//! Evidence of a shadow is carried into the canary that follows it.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::stats::anytime::PairedTest;
use switchstand::stats::evidence::{EValue, product};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
use switchstand::stats::{Alpha, PairedCounts};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;
const PAIRS: u64 = 1_000;
const REQUESTS: u32 = 4_000;

/// The requests of the canary until an alarm, none without one; 0 if the shadow raised it.
///
/// Both stages bet against one claim: the candidate fails no more often than the control.
fn release(rng: &mut ChaCha8Rng, rates: [f64; 2], carries: bool) -> Option<u32> {
    let mut shadow = EValue::ONE;
    if carries {
        // Every request fails or not under both; looked at whenever only one of them failed.
        let (mut only_control, mut only_candidate) = (0, 0);
        for pair in 0..PAIRS {
            let [control, candidate] = rates.map(|rate| rng.random_bool(rate));
            if control == candidate {
                continue;
            }
            // A model that fails is the one that is not right.
            only_candidate += u64::from(control);
            only_control += u64::from(candidate);
            let both = pair + 1 - only_candidate - only_control;
            let pairs = PairedCounts::new(both, only_control, only_candidate, 0).unwrap();
            let reading = PairedTest::default().direction(&pairs, ALPHA);
            shadow = EValue::try_from(&reading.worse).unwrap();
            if shadow.is_significant(ALPHA) {
                return Some(0);
            }
        }
    }
    let share = CandidateShare::new(0.1).unwrap();
    let test = RateTest::default().with_alpha(ALPHA, ALPHA);
    let mut guard = RateGuard::where_each_request_is_its_own_unit(test);
    for request in 1..=REQUESTS {
        let is_candidate = rng.random_bool(0.1);
        let (side, rate) = match is_candidate {
            true => (Side::Candidate, rates[1]),
            false => (Side::Control, rates[0]),
        };
        if !rng.random_bool(rate) {
            continue;
        }
        guard.record(0, side, share).unwrap();
        let canary = EValue::try_from(&guard.reading().harm).unwrap();
        let both = product(&[shadow, canary]).unwrap();
        if both.is_significant(ALPHA) {
            return Some(request);
        }
    }
    None
}

/// The share of releases with an alarm, and the mean of the canary's requests until then.
fn releases(rates: [f64; 2], carries: bool, runs: u32) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(95);
    let (mut alarms, mut requests) = (0.0, 0.0);
    for _ in 0..runs {
        let alarm = release(&mut rng, rates, carries);
        alarms += f64::from(u8::from(alarm.is_some())) / f64::from(runs);
        requests += f64::from(alarm.unwrap_or(REQUESTS)) / f64::from(runs);
    }
    (alarms, requests)
}

#[test]
fn t3_shadow_and_canary_together_hold_alpha_over_all_looks() {
    let (alarms, _) = releases([0.05, 0.05], true, 300);
    assert!(
        alarms <= 0.05 + 3.0 * (0.05 * 0.95 / 300.0_f64).sqrt(),
        "{alarms}"
    );
}

#[test]
fn what_the_shadow_has_seen_spares_the_canary_requests() {
    let rates = [0.05, 0.08];
    let (alone, requests_alone) = releases(rates, false, 150);
    let (carried, requests_carried) = releases(rates, true, 150);
    assert!(carried > alone + 0.1, "{carried} {alone}");
    assert!(
        requests_carried < 0.7 * requests_alone,
        "{requests_carried} {requests_alone}"
    );
}
