//! A set of units grows and forgets in steps, whatever its capacity.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use allocation_counter::measure;
use switchstand::stats::guard::{CandidateShare, Margins, SeenUnits, Side};

/// One table of 16 million places is some 400 MB; a part takes 4,096 places of 32 bytes at most.
const PART: u64 = 200_000;

#[test]
fn no_event_pays_for_the_whole_set() {
    let share = CandidateShare::new(0.5).unwrap();
    for capacity in [30_000, 16_777_216] {
        let mut seen = SeenUnits::with_capacity(Margins::default(), capacity).unwrap();
        let mut worst = 0;
        for unit in 0..100_000 {
            let side = if unit % 2 == 0 {
                Side::Control
            } else {
                Side::Candidate
            };
            let cost = measure(|| _ = seen.record(unit, side, share).unwrap());
            worst = worst.max(cost.bytes_total);
        }
        assert!(worst < PART, "{worst} bytes in one call at {capacity}");
        assert_eq!(seen.level() > 0, capacity == 30_000);
        // What is counted is what is sampled, also while units wait to be forgotten.
        let counted = seen.tally().candidate_events() + seen.tally().control_events();
        assert_eq!(counted, seen.len() as u64);
        assert!(seen.len() <= capacity);
    }
}
