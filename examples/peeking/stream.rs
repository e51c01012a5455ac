//! Canaries with a given error rate.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The candidate's share of the requests.
pub(crate) const SHARE: f64 = 0.05;
/// The control's errors per request.
const BASE_RATE: f64 = 0.01;

/// One request that went wrong, and what went well since the one before.
pub(crate) struct BadEvent {
    /// Number of the request, from 1.
    pub(crate) request: u64,
    /// Whether the candidate answered it.
    pub(crate) by_candidate: bool,
    /// Good answers of the control since the last bad event.
    pub(crate) good_control: u64,
    /// Good answers of the candidate since the last bad event.
    pub(crate) good_candidate: u64,
}

/// The requests of one canary.
pub(crate) struct Stream {
    draws: ChaCha8Rng,
    rate: f64,
    request: u64,
}

impl Stream {
    /// Starts a canary whose error rate is `ratio` times the control's.
    pub(crate) fn new(seed: u64, ratio: f64) -> Stream {
        let draws = ChaCha8Rng::seed_from_u64(seed);
        let rate = BASE_RATE * ratio;
        Stream {
            draws,
            rate,
            request: 0,
        }
    }

    /// Answers requests until one goes wrong; none once `end` requests are answered.
    pub(crate) fn next_bad_event(&mut self, end: u64) -> Option<BadEvent> {
        let (mut good_control, mut good_candidate) = (0, 0);
        while self.request < end {
            self.request += 1;
            let by_candidate = self.chance(SHARE);
            let rate = if by_candidate { self.rate } else { BASE_RATE };
            if self.chance(rate) {
                return Some(BadEvent {
                    request: self.request,
                    by_candidate,
                    good_control,
                    good_candidate,
                });
            }
            if by_candidate {
                good_candidate += 1;
            } else {
                good_control += 1;
            }
        }
        None
    }

    fn chance(&mut self, probability: f64) -> bool {
        // 53 of 64 bits, as many as a number between 0 and 1 holds.
        ((self.draws.next_u64() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}
