//! What becomes of a guard's error rate when the evidence of many servers is put together in one
//! way or another.
//!
//! Users come to any server; a few have most errors (Pareto, index 1.1). The release goes through
//! 1, 5, 25 and 50 % for 10 minutes each, and is looked at on the way. The guard's nominal error
//! rate is 1 %.

mod evidence;
mod servers;
mod table;
mod traffic;

pub use evidence::Misfit;
pub use table::table;

use crate::Fault;
use servers::Servers;
use traffic::{Random, Users};

/// How many servers there are.
pub const SERVERS: usize = 8;
const MINUTES: u64 = 40;
const EVENTS_A_MINUTE: f64 = 300.0;

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
    /// Merged, half of the servers are a policy behind, and count under the share that decided.
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

/// What the looks at one release have found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Found {
    /// The minute at which harm was shown and the release stopped.
    pub harm: Option<u64>,
    /// The minute at which the candidate was called safe first.
    pub safe: Option<u64>,
}

/// Returns what is found of a candidate whose requests fail `ratio` times as often.
///
/// There is a look every so many minutes. What is found ends the release if it is harm.
///
/// # Errors
/// What guards and reports refuse: nothing.
pub fn release(way: Way, seed: u64, ratio: f64, every: u64) -> Result<Found, Fault> {
    let mut servers = Servers::new(way)?;
    let mut found = Found::default();
    play(&mut servers, seed, ratio, |servers, minute| {
        if (minute + 1).is_multiple_of(every) {
            for evidence in servers.hand_in(minute)? {
                let now = Some(minute + 1);
                if evidence.harm.is_significant() {
                    found.harm = now;
                }
                if evidence.safe.is_significant() {
                    found.safe = found.safe.or(now);
                }
            }
        }
        Ok(found.harm.is_none())
    })?;
    Ok(found)
}

/// Returns how the evidence of a whole harmless release, when all servers have been heard, differs
/// from what one server would have counted.
///
/// Where each server decides for itself, the first one's evidence is looked at.
///
/// # Errors
/// What guards and reports refuse: nothing.
pub fn misfit(way: Way, seed: u64) -> Result<Misfit, Fault> {
    let mut servers = Servers::new(way)?;
    play(&mut servers, seed, 1.0, |_, _| Ok(true))?;
    let found = servers.hand_in(u64::MAX)?;
    let found = found.first().ok_or("nobody has counted anything")?;
    Ok(Misfit::between(&found.tally, servers.truth()))
}

/// Deals bad events to servers, minute by minute, while `look` wants more.
fn play(
    servers: &mut Servers,
    seed: u64,
    ratio: f64,
    mut look: impl FnMut(&mut Servers, u64) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mut random = Random::new(seed);
    let users = Users::new(&mut random);
    let events = (EVENTS_A_MINUTE * ratio).round() as u64;
    for minute in 0..MINUTES {
        servers.begin(minute, &mut random)?;
        for _ in 0..events {
            let event = users.event(&mut random);
            let server = random.below(SERVERS as u64) as usize;
            // Of the candidate's users all, of the control's so many fewer.
            let is_candidate = event.point < servers.share(minute, server).drawn;
            if ratio == 1.0 || is_candidate || random.uniform() * ratio < 1.0 {
                servers.count(minute, server, event)?;
            }
        }
        if !look(servers, minute)? {
            break;
        }
    }
    Ok(())
}
