//! How long until harm would be noticed.

use super::{CandidateShare, LnEvidence, Side, StageTally};
use crate::stats::Refusal;

/// A possible harm, and the traffic in which it would be noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Scenario {
    /// The candidate's rate of bad events over the control's.
    pub ratio: f64,
    /// Bad events that count per request to the control, above 0 and at most 1. Where first
    /// events of units count, it is the rate of those.
    pub control_rate: f64,
    /// The candidate's share of the traffic from now on.
    pub share: CandidateShare,
}

/// How long it takes until harm of a given size would be noticed.
///
/// Times are in requests to both sides together, from now on. They are infinite if harm of this
/// size may never be noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Outlook {
    /// Expected number of further requests until the alarm.
    pub requests: f64,
    /// Number of further requests by which the alarm has come with probability 0.9.
    pub requests_90: f64,
    /// Expected number of further bad events that count, until the alarm.
    pub events: f64,
    /// Whether the numbers of events come from the exact law of the evidence. Otherwise they
    /// follow its mean path, which overstates them by up to about one fifth, and `requests_90`
    /// is infinite because that path has no spread.
    pub exact: bool,
}

/// Beyond these the law of the evidence is replaced by its mean path.
const MAX_EVENTS: u64 = 20_000;
const MAX_WORK: u64 = 4_000_000;
/// The probability of paths that are cut off.
const NEGLIGIBLE: f64 = 1e-9;

/// Looks ahead from the events so far, with `harm` to tell the evidence in any events.
pub(super) fn of(
    harm: impl Fn(&StageTally) -> LnEvidence,
    tally: &StageTally,
    ln_stake: f64,
    scenario: &Scenario,
) -> Result<Outlook, Refusal> {
    let theta = scenario.share.event_probability(scenario.ratio)?;
    let (what, control_rate) = ("the control's event rate", scenario.control_rate);
    Refusal::require_finite(what, control_rate)?;
    let holds = control_rate > 0.0 && control_rate <= 1.0;
    Refusal::require(holds, what, control_rate, "a number above 0, at most 1")?;
    let share = scenario.share.get();
    let per_request = control_rate * (share * scenario.ratio + (1.0 - share));
    let path = Path {
        harm,
        tally,
        ln_stake,
        share: scenario.share,
    };
    let (events, events_90, exact) = match path.exact(theta)? {
        Some((mean, quantile)) => (mean, quantile, true),
        None => (path.mean_path(theta)?, f64::INFINITY, false),
    };
    Ok(Outlook {
        requests: events / per_request,
        requests_90: events_90 / per_request,
        events,
        exact,
    })
}

/// The evidence of harm as a function of further events under one share.
struct Path<'a, F> {
    harm: F,
    tally: &'a StageTally,
    ln_stake: f64,
    share: CandidateShare,
}

impl<F: Fn(&StageTally) -> LnEvidence> Path<'_, F> {
    fn alarm_after(&self, candidate: u64, control: u64) -> Result<bool, Refusal> {
        let mut tally = self.tally.clone();
        tally.record_many(Side::Candidate, self.share, candidate)?;
        tally.record_many(Side::Control, self.share, control)?;
        let harm = (self.harm)(&tally);
        Ok(harm.ln_e + self.ln_stake >= harm.threshold)
    }

    /// Returns mean and 0.9 quantile of the number of events until the alarm, by dynamic
    /// programming over the number of the candidate's events; none if that takes too long.
    fn exact(&self, theta: f64) -> Result<Option<(f64, f64)>, Refusal> {
        // alive[i]: probability of `lowest + i` events of the candidate and no alarm so far.
        let mut alive = vec![1.0];
        let (mut lowest, mut surviving) = (0, 1.0);
        let (mut mean, mut quantile) = (0.0, None);
        let mut boundary = 0; // fewest events of the candidate at which there is an alarm
        let mut work = 0;
        for events in 0..=MAX_EVENTS {
            while boundary <= events && !self.alarm_after(boundary, events - boundary)? {
                boundary += 1;
            }
            alive.truncate(usize::try_from(boundary.saturating_sub(lowest)).unwrap_or(usize::MAX));
            surviving = alive.iter().sum();
            if surviving < 0.1 && quantile.is_none() {
                quantile = Some(events as f64);
            }
            mean += surviving;
            if surviving < NEGLIGIBLE {
                return Ok(quantile.map(|quantile| (mean, quantile)));
            }
            work += alive.len() as u64;
            if work > MAX_WORK {
                break;
            }
            let mut from_below = 0.0;
            for probability in &mut alive {
                let here = *probability;
                *probability = here * (1.0 - theta) + from_below * theta;
                from_below = here;
            }
            alive.push(from_below * theta);
            let cut = NEGLIGIBLE * 1e-9;
            let dead = alive
                .iter()
                .take_while(|&&probability| probability < cut)
                .count();
            alive.drain(..dead);
            lowest += dead as u64;
        }
        // What has not raised an alarm by now mostly never will.
        let hopeless = surviving > 0.5 && !self.mean_path(theta)?.is_finite();
        Ok(hopeless.then_some((f64::INFINITY, f64::INFINITY)))
    }

    /// Returns the number of events at which the evidence suffices, if the candidate's are `theta`
    /// of them throughout; infinite if it never does.
    fn mean_path(&self, theta: f64) -> Result<f64, Refusal> {
        let suffices = |events: f64| {
            let candidate = (events * theta).round();
            self.alarm_after(candidate as u64, (events - candidate).round() as u64)
        };
        let (mut low, mut high) = (0.0, 1.0);
        while !suffices(high)? {
            low = high;
            high *= 2.0;
            if high > 1e15 {
                return Ok(f64::INFINITY);
            }
        }
        while high - low > 1.0 && high - low > 1e-6 * high {
            let middle = (0.5 * (low + high)).round();
            if suffices(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(high)
    }
}
