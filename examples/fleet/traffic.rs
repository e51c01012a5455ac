//! The users, the models, and what the experiment measures.

use switchstand::experiment::{Experiment, ExperimentError, Kind, Metric};
use switchstand::stats::Worse;
use switchstand::{Model, Policy};

use crate::SERVERS;

const USERS: u64 = 60_000;

/// Returns the users whose requests go to a server; each sends one in each half of the traffic.
pub(crate) fn users_of(server: u64) -> impl Iterator<Item = u64> {
    (0..USERS).filter(move |user| user % SERVERS == server)
}

/// One user's request.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) user: u64,
    pub(crate) half: u64,
}

/// A ranker whose first hit is clicked with some probability.
#[derive(Clone, Copy)]
pub(crate) struct Ranker {
    pub(crate) clicks_per_mille: u64,
}

impl Model for Ranker {
    type Input = Request;
    /// Whether the user clicks.
    type Output = bool;
    type Error = &'static str;

    fn predict(&self, request: &Request) -> Result<bool, &'static str> {
        let luck = scatter(request.user * 2 + request.half);
        if luck % 1_000 < 30 {
            return Err("the ranker timed out");
        }
        Ok(luck / 1_000 % 1_000 < self.clicks_per_mille)
    }
}

/// Returns a number that shows no trace of its input, the same in every process.
fn scatter(number: u64) -> u64 {
    let mut number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for shift in [30, 27, 31] {
        number = (number ^ (number >> shift)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    number ^ (number >> 32)
}

/// Begins the experiment under the policy that was handed out first.
pub(crate) fn experiment(policy: &Policy) -> Result<Experiment, ExperimentError> {
    let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.005);
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.02);
    Experiment::of(policy, [clicks, errors])
}
