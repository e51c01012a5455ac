//! What becomes of a guard's error rate when the evidence of many servers is put together in one
//! way or another.
//!
//! Users come to any server; a few have most errors (Pareto, index 1.1). The release goes through
//! 1, 5, 25 and 50 % for 10 minutes each, and is looked at on the way. The guard's nominal error
//! rate is 1 %.

mod table;
mod traffic;

pub use table::table;

use std::collections::BTreeMap;

use switchstand::fleet::{Incarnation, Outbox, Reports};
use switchstand::stats::Alpha;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side, StageTally};

use crate::{Fault, wire};
use traffic::{Event, Random, Users};

/// How many servers there are.
pub const SERVERS: usize = 8;
const STEPS: [f64; 4] = [0.01, 0.05, 0.25, 0.5];
const MINUTES: u64 = 40;
const EVENTS_A_MINUTE: u64 = 300;

/// How the evidence of several servers is put together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// The latest guard of each server, merged.
    Merged,
    /// Each server counts its first events; their numbers are added.
    AddedFirstEvents,
    /// Every event counts, as in a metrics counter.
    EveryEvent,
    /// Each server has a roll-out of its own, and any abort aborts all.
    EachItsOwn,
    /// The leader keeps the set of units; the first arrival counts.
    OneGuard,
    /// Merged, while servers are cut off for 12 minutes and come back with old evidence.
    CutOff,
    /// Merged, and every server's whole guard handed in again at each look.
    ReSent,
    /// Merged, a server restarts every 5 minutes, and the latest of each server's name is kept.
    RestartedByName,
    /// Merged, with restarts, by server and incarnation.
    Restarted,
    /// Merged, one server is a policy behind, and counts under the share that decided.
    Behind,
    /// The same, counted under the leader's present share.
    BehindPresentShare,
    /// Merged, all counted under a share one step too low.
    ShareTooLow,
}

impl Way {
    /// All of them, in the order of the table.
    pub const ALL: [Way; 12] = [
        Way::Merged,
        Way::AddedFirstEvents,
        Way::EveryEvent,
        Way::EachItsOwn,
        Way::OneGuard,
        Way::CutOff,
        Way::ReSent,
        Way::RestartedByName,
        Way::Restarted,
        Way::Behind,
        Way::BehindPresentShare,
        Way::ShareTooLow,
    ];

    /// Tells whether the crate vouches for it.
    #[must_use]
    pub const fn is_right(self) -> bool {
        !matches!(
            self,
            Way::AddedFirstEvents
                | Way::EveryEvent
                | Way::EachItsOwn
                | Way::RestartedByName
                | Way::BehindPresentShare
                | Way::ShareTooLow
        )
    }
}

/// Returns the minute at which a release is stopped, if it is.
///
/// The candidate's requests fail `ratio` times as often, and there is a look every so many minutes.
///
/// # Errors
/// What guards and reports refuse: nothing.
pub fn stopped(way: Way, seed: u64, ratio: u64, every: u64) -> Result<Option<u64>, Fault> {
    let mut random = Random::new(seed);
    let users = Users::new(&mut random);
    let mut fleet = Fleet::new(way)?;
    for minute in 0..MINUTES {
        fleet.begin(minute, &mut random)?;
        for _ in 0..EVENTS_A_MINUTE * ratio {
            let event = users.event(&mut random);
            let server = random.below(SERVERS as u64) as usize;
            let is_candidate = event.point < fleet.share(minute, server).0;
            // Of the candidate's users all, of the control's so many fewer.
            if ratio == 1 || is_candidate || random.below(ratio) == 0 {
                fleet.count(minute, server, event)?;
            }
        }
        if (minute + 1) % every == 0 && fleet.look(minute)? {
            return Ok(Some(minute + 1));
        }
    }
    Ok(None)
}

/// Servers, and what the leader has of them.
struct Fleet {
    way: Way,
    test: RateTest,
    servers: Vec<Server>,
    /// By name alone, where that is the way.
    by_name: BTreeMap<usize, RateGuard>,
    reports: Reports<RateGuard>,
    /// All events, where one guard has them.
    one: RateGuard,
}

struct Server {
    outbox: Outbox<RateGuard>,
    incarnation: u64,
    guard: RateGuard,
    /// The first minute at which it can be reached again.
    back: u64,
}

impl Fleet {
    fn new(way: Way) -> Result<Fleet, Fault> {
        let alpha = Alpha::new(0.01)?;
        let test = RateTest::default().with_alpha(alpha, alpha);
        let guard = || match way {
            Way::EveryEvent => RateGuard::where_each_request_is_its_own_unit(test.clone()),
            _ => RateGuard::by_unit(test.clone()),
        };
        let server = |name: usize| Server {
            outbox: Outbox::new(wire::RELEASE, Incarnation::new(&name.to_string(), 0)),
            incarnation: 0,
            guard: guard(),
            back: 0,
        };
        Ok(Fleet {
            way,
            servers: (0..SERVERS).map(server).collect(),
            by_name: BTreeMap::new(),
            reports: Reports::new(wire::RELEASE),
            one: guard(),
            test,
        })
    }

    /// Cuts servers off and restarts them, where that is the way.
    fn begin(&mut self, minute: u64, random: &mut Random) -> Result<(), Fault> {
        match self.way {
            Way::CutOff if minute.is_multiple_of(7) => {
                for server in &mut self.servers {
                    if minute >= server.back && random.below(10) < 4 {
                        server.back = minute + 12;
                    }
                }
            }
            Way::Restarted | Way::RestartedByName if minute % 5 == 4 => {
                // What it has counted was handed in at the last look.
                self.hand_in(minute)?;
                let name = random.below(SERVERS as u64) as usize;
                if let Some(server) = self.servers.get_mut(name) {
                    server.incarnation += 1;
                    server.guard = RateGuard::by_unit(self.test.clone());
                    let source = Incarnation::new(&name.to_string(), server.incarnation);
                    server.outbox = Outbox::new(wire::RELEASE, source);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the share by which a server draws, and the one under which it counts.
    fn share(&self, minute: u64, server: usize) -> (f64, f64) {
        let step = (minute / 10) as usize;
        let at = |step: usize| STEPS.get(step).copied().unwrap_or(0.5);
        let late = match minute % 10 < 9 {
            true => step.saturating_sub(1),
            false => step,
        };
        match self.way {
            Way::Behind if server == SERVERS - 1 => (at(late), at(late)),
            Way::BehindPresentShare if server == SERVERS - 1 => (at(late), at(step)),
            Way::ShareTooLow => (at(step), at(step.saturating_sub(1))),
            _ => (at(step), at(step)),
        }
    }

    fn count(&mut self, minute: u64, server: usize, event: Event) -> Result<(), Fault> {
        let (drawn, counted) = self.share(minute, server);
        let share = CandidateShare::new(counted)?;
        let side = match event.point < drawn {
            true => Side::Candidate,
            false => Side::Control,
        };
        let guard = match self.way {
            Way::OneGuard | Way::EveryEvent => Some(&mut self.one),
            _ => self.servers.get_mut(server).map(|server| &mut server.guard),
        };
        if let Some(guard) = guard {
            guard.record(event.unit, side, share)?;
        }
        Ok(())
    }

    fn hand_in(&mut self, minute: u64) -> Result<(), Fault> {
        for (name, server) in self.servers.iter_mut().enumerate() {
            if minute < server.back {
                continue;
            }
            let report = server.outbox.whole(server.guard.clone());
            self.by_name.insert(name, server.guard.clone());
            self.reports.take(&report)?;
            if self.way == Way::ReSent {
                self.reports.take(&report)?;
            }
        }
        Ok(())
    }

    /// Tells whether harm is shown.
    fn look(&mut self, minute: u64) -> Result<bool, Fault> {
        let of = |guard: &RateGuard| guard.reading().verdict().is_harm();
        match self.way {
            Way::OneGuard | Way::EveryEvent => return Ok(of(&self.one)),
            Way::EachItsOwn => return Ok(self.servers.iter().any(|server| of(&server.guard))),
            Way::AddedFirstEvents => {
                let mut sum = StageTally::new();
                for server in &self.servers {
                    sum.merge(server.guard.tally())?;
                }
                let harm = self.test.harm_of_units(&sum);
                return Ok(harm.ln_e >= harm.threshold);
            }
            _ => {}
        }
        self.hand_in(minute)?;
        let sum = match self.way {
            Way::RestartedByName => {
                let mut sum = RateGuard::by_unit(self.test.clone());
                for guard in self.by_name.values() {
                    sum.merge(guard)?;
                }
                sum
            }
            _ => match self.reports.sum()? {
                Some(sum) => sum,
                None => return Ok(false),
            },
        };
        Ok(of(&sum))
    }
}
