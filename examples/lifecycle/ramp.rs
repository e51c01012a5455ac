//! A roll-out that a timer drives while users send requests.

use std::{collections::BTreeSet, error::Error, time::Duration};

use switchstand::{
    Policy, Router, Share, Timestamp,
    bucketing::Key,
    experiment::digest,
    rollout::{Action, Check, Climb, Guard, Input, Ladder, Measured, Phase, Rollout, Schedule},
    stats::guard::{RateGuard, RateTest, Side},
};

use digits::Reader;

use crate::{stand::Stand, traffic::Answer};

/// The guard that counts wrong answers: their labels come with the next second.
pub(crate) const WRONG: &str = "wrong answers";
/// The guard that counts requests without an answer.
pub(crate) const FAILED: &str = "failed answers";

/// Seconds on each step and at 100 %, at least.
const DWELL: Duration = Duration::from_secs(60);

/// A release that climbs by itself, and what its guards have counted.
pub(crate) struct Ramp {
    pub(crate) rollout: Rollout,
    pub(crate) wrong: RateGuard,
    failed: RateGuard,
    /// Users of this phase: on the old version, on the new one.
    pub(crate) exposed: [BTreeSet<usize>; 2],
    /// All that the new version has answered.
    pub(crate) answered: Vec<Answer>,
    pub(crate) seconds: u64,
}

impl Ramp {
    pub(crate) fn new(release: &str, version: &str) -> Result<Ramp, Box<dyn Error>> {
        let shares = ["1%", "10%", "50%", "100%"].map(str::parse::<Share>);
        let shares = shares.into_iter().collect::<Result<Vec<_>, _>>()?;
        let test = RateTest::default();
        let guard = |name| Guard::new(name, Check::Rate(test.clone()));
        let climb = Climb::Dwell {
            time: DWELL,
            exposures: 100,
        };
        let schedule = Schedule::new([guard(WRONG), guard(FAILED)])?
            .with_ladder(Ladder::custom(shares)?)
            .with_climb(climb)?
            .with_bake(DWELL, 100);
        let policy = Policy::canary(release, version, Share::NONE);
        Ok(Ramp {
            rollout: Rollout::new(policy, schedule)?,
            // Users come again, so each user's first bad event counts.
            wrong: RateGuard::by_unit(test.clone()),
            failed: RateGuard::by_unit(test),
            exposed: Default::default(),
            answered: Vec::new(),
            seconds: 0,
        })
    }

    /// Is what the application's timer calls, once a second.
    pub(crate) fn tick(
        &mut self,
        router: &Router<Reader>,
    ) -> Result<Option<Action>, Box<dyn Error>> {
        self.seconds += 1;
        let [control, candidate] = self.exposed.each_ref().map(|users| users.len() as u64);
        let sample = self.rollout.sample().map(|sample| {
            let sample = sample.exposed(control, candidate);
            let sample = sample.with(WRONG, Measured::of(&self.wrong));
            Input::Sample(sample.with(FAILED, Measured::of(&self.failed)))
        });
        let now = Timestamp::from_secs(self.seconds);
        let action = router.drive(&mut self.rollout, now, sample)?;
        if action.is_some() {
            self.exposed = Default::default();
        }
        Ok(action)
    }

    /// Lets users send requests for a second, and notes what came of them.
    pub(crate) fn serve_a_second(&mut self, stand: &mut Stand) -> Result<(), Box<dyn Error>> {
        for answer in stand.serve_a_second().0 {
            let user = stand.users.get(answer.user).ok_or("nobody")?;
            let unit = digest(Key::Text(&user.key));
            let assignment = stand.router.assignment(&answer.route)?;
            let drawn = self.rollout.side_of(&assignment);
            if let Some((side, share)) = drawn {
                if answer.digit.is_none() {
                    self.failed.record(unit, side, share)?;
                } else if !answer.right {
                    self.wrong.record(unit, side, share)?;
                }
            }
            let is_candidates = answer.version == self.rollout.version();
            let is_baking = self.rollout.phase() == Phase::Baking;
            let [on_old, on_new] = &mut self.exposed;
            match drawn {
                Some((Side::Control, _)) => on_old.insert(answer.user),
                Some((Side::Candidate, _)) => on_new.insert(answer.user),
                None if is_baking && is_candidates => on_new.insert(answer.user),
                None => false,
            };
            if is_candidates {
                self.answered.push(answer);
            }
        }
        Ok(())
    }

    /// Returns the users whom the new version has answered.
    pub(crate) fn reached(&self) -> BTreeSet<usize> {
        self.answered.iter().map(|answer| answer.user).collect()
    }

    /// Tells whether the next second's tick may be the last.
    pub(crate) fn ends_next(&self) -> bool {
        let next = Timestamp::from_secs(self.seconds + 1);
        let is_due = self.rollout.next_deadline().is_none_or(|due| due <= next);
        self.rollout.phase() == Phase::Baking && is_due
    }
}
