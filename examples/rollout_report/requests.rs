//! Users who come again, and what happens to their requests.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

pub(crate) const USERS: u64 = 60_000;

/// Probability of an error for the average user of the old version.
const ERRORS: f64 = 0.01;

/// What the new version does to the numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Its errors, as a multiple of the old version's.
    pub(crate) errors: f64,
    /// What it adds to the score of an answer.
    pub(crate) score: f64,
}

impl Candidate {
    /// Says how many errors it makes beside the old version.
    pub(crate) fn words(&self) -> String {
        match self.errors {
            1.0 => "as many errors".to_owned(),
            times => format!("{times} times the errors"),
        }
    }
}

/// What came of one request.
pub(crate) struct Outcome {
    pub(crate) failed: bool,
    pub(crate) score: f64,
}

/// A seeded stream of requests.
pub(crate) struct Requests {
    draws: ChaCha8Rng,
    candidate: Candidate,
}

impl Requests {
    pub(crate) fn new(candidate: Candidate) -> Requests {
        let draws = ChaCha8Rng::seed_from_u64(2026);
        Requests { draws, candidate }
    }

    pub(crate) fn user(&mut self) -> u64 {
        self.draws.random_range(0..USERS)
    }

    /// Answers a user's request, with the new version or the old one.
    pub(crate) fn answer(&mut self, user: u64, by_candidate: bool) -> Outcome {
        // Every fifth user meets six times the errors of the others.
        let sensitivity = if user.is_multiple_of(5) { 3.0 } else { 0.5 };
        let (errors, shift) = if by_candidate {
            (self.candidate.errors, self.candidate.score)
        } else {
            (1.0, 0.0)
        };
        let failed = self.draws.random_bool(ERRORS * sensitivity * errors);
        let taste = (user % 101) as f64 / 1_000.0;
        let chance: f64 = (0..4).map(|_| self.draws.random_range(-0.05..0.05)).sum();
        Outcome {
            failed,
            score: 0.7 + taste + chance + shift,
        }
    }
}
