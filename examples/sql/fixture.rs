//! The log: who met which arm when, and what came of it.

use std::time::Duration;

use switchstand::experiment::{EventLog, Kind, Log, Metric, Setup};
use switchstand::stats::Worse;
use switchstand::{Policy, Unit};

use crate::Fault;

/// The release that is read out.
pub const RELEASE: &str = "ranker-ab-7";
/// Outcomes count for so long after a unit's first exposure, in milliseconds.
pub const WINDOW: u64 = 1_000_000;
/// The unit that has so many views that 4-byte floats lose count.
pub const VIEWER: u64 = 1;
/// As many: 2^24 and one.
pub const VIEWS: u64 = (1 << 24) + 1;

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// The release that drew.
    pub release: &'static str,
    /// Who asked.
    pub unit: u64,
    /// The arm, none where no draw has placed the unit.
    pub arm: Option<&'static str>,
    /// The unit's group of 256.
    pub group: u8,
    /// When.
    pub at: u64,
    /// What the unit pays, none where it is not known.
    pub tier: Option<&'static str>,
    /// Where it lives.
    pub town: &'static str,
}

/// What came of a request, or of anything else.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Whose.
    pub unit: u64,
    /// Of what.
    pub metric: &'static str,
    /// How much, none where nothing was measured.
    pub value: Option<f64>,
    /// Of how much, for a ratio.
    pub denominator: f64,
    /// When.
    pub at: u64,
    /// Which of the unit's it is, where that is known.
    pub id: Option<u64>,
}

/// The whole log, but for the viewer's views.
#[derive(Debug)]
pub struct Fixture {
    /// What was decided beforehand.
    pub setup: Setup,
    /// All requests.
    pub exposures: Vec<Exposure>,
    /// All outcomes but views.
    pub outcomes: Vec<Outcome>,
}

/// Names the tables and the window.
///
/// # Errors
/// None: the names are plain.
pub fn log() -> Result<Log, Fault> {
    let log = Log::new("exposure", "outcome")?.within(WINDOW);
    Ok(log.with_segment_column("what it pays", "tier")?)
}

/// Names the table of bad events.
///
/// # Errors
/// None: the name is plain.
pub fn events() -> Result<EventLog, Fault> {
    Ok(EventLog::new("bad_event")?)
}

/// Makes the log of so many users.
///
/// # Errors
/// None: the policy is sound.
pub fn fixture(users: u64) -> Result<Fixture, Fault> {
    let setup = setup()?;
    let policy = Policy::ab_test(RELEASE, [("v1", 1), ("v2", 1)]).gate("80%".parse()?);
    let plan = policy.compile("v1", ["v2"])?;
    let (mut exposures, mut outcomes) = (Vec::new(), Vec::new());
    for unit in 0..users {
        let luck = scatter(unit);
        let arm = plan.arm_of(&plan.route(Unit::from(unit)));
        let arm = match arm {
            Some("v1") => Some("v1"),
            Some(_) => Some("v2"),
            None => None,
        };
        let group = Unit::from(unit).key().group();
        let first = 10_000 + luck % 100_000;
        let exposure = |arm, at| Exposure {
            release: RELEASE,
            unit,
            arm,
            group,
            at,
            tier: match luck / 64 % 4 {
                0 => None,
                1 => Some("free"),
                2 => Some("paid"),
                _ => Some("trial"),
            },
            town: if (luck / 512).is_multiple_of(3) {
                "north"
            } else {
                "south"
            },
        };
        for request in 0..1 + luck % 3 {
            exposures.push(exposure(arm, first + 1_000 * request));
        }
        // One in 997 meets the other arm too, on another server.
        let other = if arm == Some("v1") { "v2" } else { "v1" };
        if arm.is_some() && unit % 997 == 7 {
            exposures.push(exposure(Some(other), first + 700_000));
        }
        // Another release, in which everybody is in the other arm.
        exposures.push(Exposure {
            release: "ranker-ab-6",
            tier: Some("paid"),
            ..exposure(Some(other), 5)
        });
        outcomes.extend(outcomes_of(unit, first, arm == Some("v2")));
    }
    Ok(Fixture {
        setup,
        exposures,
        outcomes,
    })
}

fn setup() -> Result<Setup, Fault> {
    let window = Duration::from_millis;
    let metrics = [
        Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.01).within(window(150)),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.02),
        Metric::watched("paid", Kind::Mean),
        Metric::watched("per_page", Kind::Ratio),
        Metric::watched("visits", Kind::Count).within(window(WINDOW)),
        Metric::watched("latency", Kind::Quantile { order: 0.9 }).within(window(30)),
        Metric::watched("views", Kind::Count),
        Metric::watched("memory", Kind::Gauge),
        Metric::goal("orders", Kind::Count, Worse::Lower, 0.1)
            .within(window(200))
            .once(),
        Metric::watched("tips", Kind::Mean).once(),
        Metric::watched("wait", Kind::RequestQuantile { order: 0.5 }),
    ];
    let setup = Setup::new(RELEASE, [("v1", 1), ("v2", 1)], metrics)?;
    let setup = setup.with_segments("what it pays", ["free", "paid"])?;
    Ok(setup.with_segments("town", ["north", "south", "west"])?)
}

/// What comes of one user; values are whole numbers and eighths, so that sums are exact.
fn outcomes_of(unit: u64, first: u64, is_better: bool) -> Vec<Outcome> {
    let luck = scatter(unit ^ 0x5eed);
    let better = u64::from(is_better);
    let outcome = |metric, value, at| Outcome {
        unit,
        metric,
        value: Some(value),
        denominator: 1.0,
        at,
        id: None,
    };
    let mut outcomes = Vec::new();
    // One in five has no outcome at all; who was never exposed has some.
    if luck.is_multiple_of(5) {
        return outcomes;
    }
    for request in 0..luck % 4 {
        let draw = scatter(unit * 4 + request) % 100;
        let clicked = f64::from(u8::from(draw < 30 + 8 * better));
        outcomes.push(outcome("clicks", clicked, first + 100 * request));
        // A mean of a thousand million, whose spread is that of some eighths.
        let paid = 1e9 + (draw % 40 + better) as f64 / 8.0;
        outcomes.push(outcome("paid", paid, first + 100 * request));
        outcomes.push(Outcome {
            denominator: (1 + draw % 3) as f64,
            ..outcome("per_page", (draw % 8) as f64, first + 50)
        });
    }
    if luck / 8 % 50 < 1 + better {
        outcomes.push(outcome("errors", 1.0, first + 3));
        outcomes.push(outcome("errors", 1.0, first + 4));
    }
    outcomes.push(outcome("visits", (luck % 3) as f64, first));
    outcomes.push(outcome("latency", (luck % 300) as f64, first + 20));
    // Traps: before the first exposure, after the window, nothing measured, of no metric.
    outcomes.push(outcome("clicks", 1.0, first - 1));
    outcomes.push(outcome("paid", 7e9, first - 9_000));
    outcomes.push(outcome("visits", 50.0, first + WINDOW + 1));
    outcomes.push(outcome("visits", 1.0, first + WINDOW));
    outcomes.push(Outcome {
        value: None,
        ..outcome("clicks", 0.0, first + 10)
    });
    outcomes.push(outcome("scrolls", 3.0, first + 10));
    let value = (8 + luck % 5 + better) as f64 / 8.0;
    for request in 0..1 + luck / 16 % 12 {
        let wait = (20 + scatter(unit ^ request << 32) % 30 + luck % 40) as f64 / 8.0;
        outcomes.push(outcome("wait", wait, first + 7 * request));
    }
    let with_id = |metric, at, id| Outcome {
        id: Some(id),
        ..outcome(metric, value, at)
    };
    // Of one id: twice, again after the window, both before and in it, twice after it; another one
    // in another metric, and one that has none.
    for (id, times) in [
        (1, &[5, 5][..]),
        (2, &[9, 900]),
        (4, &[700, 800]),
        (5, &[90]),
    ] {
        outcomes.extend(times.iter().map(|at| with_id("orders", first + at, id)));
    }
    outcomes.push(with_id("orders", first - 6, 3));
    outcomes.push(with_id("orders", first + 6, 3));
    outcomes.push(with_id("tips", first + 6, 1));
    outcomes.push(with_id("tips", first + 6, 1));
    outcomes.push(outcome("tips", 70.0, first + 6));
    outcomes
}

/// Returns a number that shows no trace of its input.
#[must_use]
pub fn scatter(number: u64) -> u64 {
    let mut number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for (shift, by) in [
        (30, 0xbf58_476d_1ce4_e5b9),
        (27, 0x94d0_49bb_1331_11eb),
        (31, 1),
    ] {
        number = (number ^ (number >> shift)).wrapping_mul(by);
    }
    // Numbers that every engine holds in a signed word.
    number >> 2
}

/// A bad event of a release on a ramp.
#[derive(Clone, Copy, Debug)]
pub struct BadEvent {
    /// Whose.
    pub unit: u64,
    /// Whether the unit got the candidate.
    pub is_candidate: bool,
    /// The candidate's share then.
    pub share: f64,
    /// When.
    pub at: u64,
}

/// Makes the bad events of users of whom some have many, in the order of time.
#[must_use]
pub fn bad_events() -> Vec<BadEvent> {
    let shares = [0.01, 0.05, 0.25, 0.5];
    let event = |number: u64| {
        let unit = scatter(number) % (1 + scatter(number ^ 77) % 3_000);
        let share = shares
            .get((number / 2_000) as usize)
            .copied()
            .unwrap_or(0.5);
        let point = (scatter(unit ^ 0xd7a3) % 10_000) as f64 / 10_000.0;
        BadEvent {
            unit,
            is_candidate: point < share,
            share,
            at: 1_000 + number,
        }
    };
    (0..8_000).map(event).collect()
}
