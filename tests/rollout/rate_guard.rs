//! Laws of the guard that hold for every sequence of events.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod evidence;
#[cfg(feature = "serde")]
mod stored;
mod units;

use proptest::prelude::*;
use switchstand::stats::guard::{CandidateShare, RateGuard, Side};

fn share(value: f64) -> CandidateShare {
    CandidateShare::new(value).unwrap()
}

/// A ramp of sticky units: unit `u` is the candidate's from the step on whose share exceeds its
/// point, which any fixed scrambling of `u` will do for.
const RAMP: [f64; 4] = [0.01, 0.05, 0.25, 0.5];

fn side_of(unit: u64, share: f64) -> Side {
    let point = unit.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
    if (point as f64) < share * (1u64 << 53) as f64 {
        Side::Candidate
    } else {
        Side::Control
    }
}

fn events() -> impl Strategy<Value = Vec<(u64, usize)>> {
    // Few units, so that most come again; steps in order of time.
    prop::collection::vec((0..120_u64, 0..RAMP.len()), 0..400).prop_map(|mut events| {
        events.sort_by_key(|&(_, step)| step);
        events
    })
}

/// Numbers of all sizes, and those that are none.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -21.0..21.0_f64]
        .prop_map(|x| if x.abs() < 21.0 { x.exp() } else { x })
}

fn feed(guard: &mut RateGuard, events: &[(u64, usize)]) {
    for &(unit, step) in events {
        let side = side_of(unit, RAMP[step]);
        guard.record(unit, side, share(RAMP[step])).unwrap();
    }
}
