//! Releases whose candidate has more, or as many, bad events.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use crate::draws::Draws;
use switchstand::stats::Alpha;
use switchstand::stats::guard::{
    BetaPrior, CandidateShare, Margins, RateGuard, RateMethod, RateTest, RatioGrid, Side,
};

pub(crate) const REQUESTS: f64 = 200_000.0;
pub(crate) const BASE_RATE: f64 = 0.01;
pub(crate) const RAMP: [f64; 4] = [0.01, 0.05, 0.25, 0.5];

pub(crate) fn share(value: f64) -> CandidateShare {
    CandidateShare::new(value).unwrap()
}

pub(crate) fn test(method: RateMethod, harm: f64, safe: f64) -> RateTest {
    let margins = Margins::new(harm, safe).unwrap();
    RateTest::new(margins, method, Alpha::ONE_PERCENT, Alpha::ONE_PERCENT).unwrap()
}

/// Every method that a guard offers, by name.
pub(crate) fn methods() -> Vec<(&'static str, RateTest)> {
    let beta = |k| RateMethod::TruncatedBeta(BetaPrior::Concentration(k));
    vec![
        ("grid", RateTest::default()),
        ("truncated Beta, k = 100", test(beta(100.0), 1.0, 1.5)),
        ("truncated Beta, k = 10", test(beta(10.0), 1.0, 1.5)),
        ("SPRT against 2", test(RateMethod::Sprt, 1.0, 2.0)),
        (
            "grid of one, r = 2",
            test(RateMethod::Grid(RatioGrid::new(&[2.0], &[0.5])), 1.0, 1.5),
        ),
    ]
}

/// Which evidence is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Alarm {
    Harm,
    Safe,
}

impl Alarm {
    /// Tells whether an event on this side can be the one that raises the alarm.
    fn rises_with(self, side: Side) -> bool {
        match self {
            Alarm::Harm => side == Side::Candidate,
            Alarm::Safe => side == Side::Control,
        }
    }

    pub(crate) fn is_raised(self, guard: &RateGuard) -> bool {
        let reading = guard.reading();
        match self {
            Alarm::Harm => reading.harm.is_significant(),
            Alarm::Safe => reading.safe.is_significant(),
        }
    }
}

/// How the candidate's share develops over a release, whose length is 1.
#[derive(Clone, Copy)]
pub(crate) enum Exposure {
    Constant(f64),
    Ramp,
}

impl Exposure {
    pub(crate) fn at(self, time: f64) -> f64 {
        match self {
            Exposure::Constant(share) => share,
            Exposure::Ramp => RAMP[((time * 4.0) as usize).min(3)],
        }
    }
}

/// Runs a release in which each request is its own unit; returns the request of the alarm.
pub(crate) fn requests_until(
    draws: &mut Draws,
    test: &RateTest,
    exposure: Exposure,
    ratio: f64,
    alarm: Alarm,
) -> Option<f64> {
    let mut guard = RateGuard::where_each_request_is_its_own_unit(test.clone());
    let mut request = 0.0;
    loop {
        // Geometric waiting at the rate of the largest possible stage, then thinned.
        let most = BASE_RATE * ratio.max(1.0);
        request += draws.geometric(most);
        if request > REQUESTS {
            return None;
        }
        let pi = exposure.at(request / REQUESTS);
        let side = if draws.chance(pi) {
            Side::Candidate
        } else {
            Side::Control
        };
        let rate = match side {
            Side::Candidate => BASE_RATE * ratio,
            Side::Control => BASE_RATE,
        };
        if draws.chance(rate / most) {
            guard.record(0, side, share(pi)).unwrap();
            if alarm.rises_with(side) && alarm.is_raised(&guard) {
                return Some(request);
            }
        }
    }
}

/// The bad events of a release with sticky users, in order of time: time, user, side.
///
/// `users` users make 100 requests each. A user's error rate has a gamma distribution of this shape
/// with mean 1 %; for the candidate's users it is `ratio` times as high.
pub(crate) fn sticky_events(
    draws: &mut Draws,
    users: usize,
    shape: f64,
    exposure: Exposure,
    ratio: f64,
) -> Vec<(f64, u64, Side)> {
    let mut events = Vec::new();
    let most = ratio.max(1.0);
    for _ in 0..users {
        let (unit, point) = (draws.bits(), draws.uniform());
        let rate = draws.gamma(shape) / shape * BASE_RATE;
        for _ in 0..draws.poisson(rate * most * 100.0) {
            let time = draws.uniform();
            let (side, kept) = if point < exposure.at(time) {
                (Side::Candidate, ratio / most)
            } else {
                (Side::Control, 1.0 / most)
            };
            if draws.chance(kept) {
                events.push((time, unit, side));
            }
        }
    }
    events.sort_by(|x, y| x.0.total_cmp(&y.0));
    events
}

/// The bad events among the first requests of such users, who arrive evenly over the release.
pub(crate) fn first_requests(
    draws: &mut Draws,
    users: usize,
    shape: f64,
    exposure: Exposure,
    ratio: f64,
) -> Vec<(f64, u64, Side)> {
    let mut events = Vec::new();
    for _ in 0..users {
        let (unit, time) = (draws.bits(), draws.uniform());
        let rate = draws.gamma(shape) / shape * BASE_RATE;
        let (side, rate) = if draws.chance(exposure.at(time)) {
            (Side::Candidate, rate * ratio)
        } else {
            (Side::Control, rate)
        };
        if draws.chance(rate) {
            events.push((time, unit, side));
        }
    }
    events.sort_by(|x, y| x.0.total_cmp(&y.0));
    events
}

/// Feeds events in order of time until the alarm; tells whether it came.
pub(crate) fn alarms(
    guard: &mut RateGuard,
    events: &[(f64, u64, Side)],
    exposure: Exposure,
    alarm: Alarm,
) -> bool {
    events.iter().any(|&(time, unit, side)| {
        guard.record(unit, side, share(exposure.at(time))).unwrap();
        alarm.rises_with(side) && alarm.is_raised(guard)
    })
}
