//! Servers that count, and what the leader has of them.

use std::collections::BTreeMap;

use switchstand::fleet::{Incarnation, Outbox, Reports};
use switchstand::stats::Alpha;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side, StageTally};

use super::evidence::Evidence;
use super::traffic::{Event, Random};
use super::{SERVERS, Way};
use crate::{Fault, wire};

const STEPS: [f64; 4] = [0.01, 0.05, 0.25, 0.5];

pub(super) struct Servers {
    way: Way,
    test: RateTest,
    servers: Vec<Server>,
    /// By name alone, where that is the way.
    by_name: BTreeMap<usize, RateGuard>,
    reports: Reports<RateGuard>,
    /// All events, where one guard has them.
    one: RateGuard,
    /// All events under the share that drew them, each unit's first, whatever the way.
    truth: RateGuard,
}

struct Server {
    outbox: Outbox<RateGuard>,
    incarnation: u64,
    guard: RateGuard,
    /// The first minute at which it can be reached again.
    back: u64,
}

/// The share by which a server draws, and the one under which it counts.
pub(super) struct Shares {
    pub(super) drawn: f64,
    counted: f64,
}

impl Servers {
    pub(super) fn new(way: Way) -> Result<Servers, Fault> {
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
        Ok(Servers {
            way,
            servers: (0..SERVERS).map(server).collect(),
            by_name: BTreeMap::new(),
            reports: Reports::new(wire::RELEASE),
            one: guard(),
            truth: RateGuard::by_unit(test.clone()),
            test,
        })
    }

    /// Cuts servers off and restarts them, where that is the way.
    pub(super) fn begin(&mut self, minute: u64, random: &mut Random) -> Result<(), Fault> {
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
                self.report(minute)?;
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

    pub(super) fn share(&self, minute: u64, server: usize) -> Shares {
        let step = (minute / 10) as usize;
        let at = |step: usize| STEPS.get(step).copied().unwrap_or(0.5);
        let (present, before) = (at(step), at(step.saturating_sub(1)));
        let late = if minute % 10 < 9 { before } else { present };
        let is_behind = server >= SERVERS / 2;
        let (drawn, counted) = match self.way {
            Way::Behind if is_behind => (late, late),
            Way::BehindPresentShare if is_behind => (late, present),
            Way::ShareTooLow => (present, before),
            _ => (present, present),
        };
        Shares { drawn, counted }
    }

    pub(super) fn count(&mut self, minute: u64, server: usize, event: Event) -> Result<(), Fault> {
        let share = self.share(minute, server);
        let side = match event.point < share.drawn {
            true => Side::Candidate,
            false => Side::Control,
        };
        let drawn = CandidateShare::new(share.drawn)?;
        self.truth.record(event.unit, side, drawn)?;
        let guard = match self.way {
            Way::OneGuard | Way::EveryEvent => Some(&mut self.one),
            _ => self.servers.get_mut(server).map(|server| &mut server.guard),
        };
        if let Some(guard) = guard {
            guard.record(event.unit, side, CandidateShare::new(share.counted)?)?;
        }
        Ok(())
    }

    /// Hands in what servers have that can be reached, and returns what there is to go by: one
    /// leader's evidence, or that of each server.
    pub(super) fn hand_in(&mut self, minute: u64) -> Result<Vec<Evidence>, Fault> {
        let guards = || self.servers.iter().map(|server| &server.guard);
        match self.way {
            Way::OneGuard | Way::EveryEvent => return Ok(vec![Evidence::from(&self.one)]),
            Way::EachItsOwn => return Ok(guards().map(Evidence::from).collect()),
            Way::AddedFirstEvents => return Ok(vec![Evidence::added(&self.test, guards())?]),
            _ => {}
        }
        self.report(minute)?;
        let sum = match self.way {
            Way::RestartedByName => {
                let mut sum = RateGuard::by_unit(self.test.clone());
                for guard in self.by_name.values() {
                    sum.merge(guard)?;
                }
                Some(sum)
            }
            _ => self.reports.sum()?,
        };
        Ok(sum.iter().map(Evidence::from).collect())
    }

    /// Returns what one server would have counted.
    pub(super) const fn truth(&self) -> &StageTally {
        self.truth.tally()
    }

    fn report(&mut self, minute: u64) -> Result<(), Fault> {
        for (name, server) in self.servers.iter_mut().enumerate() {
            if minute < server.back {
                continue;
            }
            if self.way == Way::RestartedByName {
                self.by_name.insert(name, server.guard.clone());
                continue;
            }
            let report = server.outbox.whole(server.guard.clone());
            self.reports.take(&report)?;
            if self.way == Way::ReSent {
                self.reports.take(&report)?;
            }
        }
        Ok(())
    }
}
