//! A roll-out that a timer drives while users send requests.

use std::{collections::BTreeSet, error::Error, time::Duration};

use switchstand::{
    Policy, Router, Share, Timestamp,
    ramp::{Report, StoredRamp},
    rollout::{Action, Climb, Guard, Ladder, Phase, Rollout, Schedule},
};

use digits::Reader;

use crate::{stand::Stand, traffic::Answer};

/// The guard of wrong answers: their labels come with the next second. Failures are counted by
/// the roll-out itself.
pub(crate) const WRONG: &str = "wrong answers";

/// Seconds on each step and at 100 %, at least.
const DWELL: Duration = Duration::from_secs(60);

/// A release that climbs by itself, and what the service has seen of it.
pub(crate) struct Ramp {
    pub(crate) ramp: switchstand::ramp::Ramp<Reader>,
    wrong: Report,
    /// All that the new version has answered.
    pub(crate) answered: Vec<Answer>,
    pub(crate) seconds: u64,
}

impl Ramp {
    pub(crate) fn new(
        router: &Router<Reader>,
        release: &str,
        version: &str,
    ) -> Result<Ramp, Box<dyn Error>> {
        let shares = ["1%", "10%", "50%", "100%"].map(str::parse::<Share>);
        let shares = shares.into_iter().collect::<Result<Vec<_>, _>>()?;
        let climb = Climb::Dwell {
            time: DWELL,
            exposures: 100,
        };
        let schedule = Schedule::new([Guard::rate(WRONG), Guard::failures()])?
            .with_ladder(Ladder::custom(shares)?)
            .with_climb(climb)?
            .with_bake(DWELL, 100);
        let policy = Policy::canary(release, version, Share::NONE);
        let ramp = router.begin(Rollout::new(policy, schedule)?)?;
        Ok(Ramp {
            wrong: ramp.evidence(WRONG)?,
            ramp,
            answered: Vec::new(),
            seconds: 0,
        })
    }

    /// Is what a service does that restarts with its roll-out in a file.
    pub(crate) fn restart(
        self,
        router: &Router<Reader>,
        stored: StoredRamp,
    ) -> Result<Ramp, Box<dyn Error>> {
        let Ramp { ramp, wrong, .. } = self;
        drop((ramp, wrong));
        let ramp = router.resume(stored)?;
        Ok(Ramp {
            wrong: ramp.evidence(WRONG)?,
            ramp,
            answered: self.answered,
            seconds: self.seconds,
        })
    }

    /// Is what the application's timer calls, once a second.
    pub(crate) fn tick(&mut self) -> Result<Option<Action>, Box<dyn Error>> {
        self.seconds += 1;
        Ok(self.ramp.tick(Timestamp::from_secs(self.seconds))?)
    }

    /// Lets users send requests for a second, and reports which answers were wrong.
    pub(crate) fn serve_a_second(&mut self, stand: &mut Stand) -> Result<(), Box<dyn Error>> {
        for answer in stand.serve_a_second().0 {
            let user = stand.users.get(answer.user).ok_or("nobody")?;
            if answer.digit.is_some() && !answer.right {
                let assignment = stand.router.assignment(&answer.route)?;
                let _ = self.wrong.bad(&user.key, &assignment)?;
            }
            if answer.version == self.ramp.rollout().version() {
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
        let rollout = self.ramp.rollout();
        let is_due = rollout.next_deadline().is_none_or(|due| due <= next);
        rollout.phase() == Phase::Baking && is_due
    }
}
