//! One release, from the first step to its end, and what was seen on the way.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use switchstand::experiment::{Experiment, Kind, Metric, ReadOut, Setup};
use switchstand::rollout::{Check, Climb, Guard, Phase, Rollout, Schedule};
use switchstand::stats::Worse;
use switchstand::stats::anytime::AnytimeT;
use switchstand::stats::guard::Reading;
use switchstand::stats::{Alpha, HigherMoments};
use switchstand::{Assignment, Ending, Policy, Router, Share, Timestamp};

use crate::requests::{Candidate, Outcome, Requests, USERS};

const REQUESTS_A_MINUTE: u64 = 1_500;
/// How many first scores the confidence sequence is narrowest at.
const PLANNED_SCORES: f64 = 2_000.0;

/// What was seen in one minute.
pub(crate) struct Minute {
    pub(crate) share: Share,
    pub(crate) errors: Reading,
    /// Effect on the score, and its bounds, once there are enough scores.
    pub(crate) score: Option<[f64; 3]>,
    /// Requests and errors of this minute, on the old version and on the new one.
    pub(crate) requests: [[u64; 2]; 2],
}

/// A release that has ended.
pub(crate) struct Release {
    pub(crate) name: &'static str,
    pub(crate) candidate: Candidate,
    pub(crate) rollout: Rollout,
    pub(crate) minutes: Vec<Minute>,
    /// Users who got the candidate's answer at least once.
    pub(crate) reached: usize,
    /// What the last step that compared the two says.
    pub(crate) read_out: Option<ReadOut>,
}

impl Release {
    /// Runs the release with a tick of the roll-out every minute.
    pub(crate) fn run(name: &'static str, candidate: Candidate) -> Result<Release, Box<dyn Error>> {
        let router = Router::new("report", "v1", ())?;
        router.deploy("v2", ())?;
        router.validate("v2", |()| Ok::<(), String>(()))?;
        let schedule = schedule()?;
        let mut watch = Watch::new(schedule.alpha_each())?;
        let policy = Policy::canary(name, "v2", Share::NONE);
        let ramp = router.begin(Rollout::new(policy, schedule)?)?;
        let report = ramp.evidence("score")?;
        let mut requests = Requests::new(candidate);
        let mut minutes: Vec<Minute> = Vec::new();

        for minute in 0.. {
            let score = watch.scores.effect();
            if let Some([_, lower, upper]) = score {
                // An interval without a bound on one side has an infinite one.
                let bound = |bound: f64| Some(bound).filter(|bound| bound.is_finite());
                report.effect(bound(lower), bound(upper))?;
            }
            if ramp.tick(Timestamp::from_secs(60 * minute))?.is_some() {
                watch.begin(name, &ramp.rollout())?;
            }
            minutes.push(Minute {
                share: ramp.share(),
                errors: ramp.rate_of("errors").ok_or("no guard of errors")?,
                score,
                requests: [[0; 2]; 2],
            });
            if ramp.phase().is_final() {
                break;
            }
            let mut counted = [[0; 2]; 2];
            for _ in 0..REQUESTS_A_MINUTE {
                let user = requests.user();
                let route = router.route(user);
                let by_candidate = router.label(route.version()) == Some("v2");
                let outcome = requests.answer(user, by_candidate);
                let ending = match outcome.failed {
                    true => Ending::Failed,
                    false => Ending::Answered,
                };
                let [old, new] = &mut counted;
                let [requests, errors] = if by_candidate { new } else { old };
                *requests += 1;
                *errors += u64::from(outcome.failed);
                router.note(user, &route, ending)?;
                watch.note(user, by_candidate, &router.assignment(&route)?, &outcome)?;
            }
            if let Some(minute) = minutes.last_mut() {
                minute.requests = counted;
            }
        }
        let rollout = ramp.rollout();
        let step = watch.step.map(|step| step.read_out());
        Ok(Release {
            name,
            candidate,
            rollout,
            minutes,
            reached: watch.reached.len(),
            read_out: step.transpose()?,
        })
    }

    /// Returns the share of users whom the draw sends to the new version, as steps over the minutes.
    pub(crate) fn shares(&self) -> Vec<(f64, f64)> {
        let mut steps = Vec::new();
        for (minute, seen) in (0_u32..).zip(&self.minutes) {
            if let Some(&(_, before)) = steps.last() {
                steps.push((f64::from(minute), before));
            }
            steps.push((f64::from(minute), seen.share.as_fraction()));
        }
        steps
    }

    /// Returns the share of requests that failed so far, at the end of each minute, of one version:
    /// 0 is the old one. Before the first few hundred requests it says nothing.
    pub(crate) fn error_rates(&self, version: usize) -> Vec<(f64, f64)> {
        let mut sums = [0; 2];
        let mut rates = Vec::new();
        // Nothing is asked after the last tick.
        let (_, asked) = self.minutes.split_last().unzip();
        for (end, minute) in (1_u32..).zip(asked.unwrap_or_default()) {
            let Some(counted) = minute.requests.get(version) else {
                break;
            };
            for (sum, new) in sums.iter_mut().zip(counted) {
                *sum += new;
            }
            let [requests, errors] = sums.map(|count| count as f64);
            if requests >= 100.0 {
                rates.push((f64::from(end), errors / requests));
            }
        }
        rates
    }

    /// Says in one sentence how the release ended.
    pub(crate) fn outcome(&self) -> String {
        let (phase, minutes) = (self.rollout.phase(), self.minutes.len() - 1);
        let why = match self.rollout.state().cause() {
            Some(cause) => format!(": {cause}"),
            None => String::new(),
        };
        let reached = 100.0 * self.reached as f64 / USERS as f64;
        format!(
            "{}: {phase} after {minutes} minutes; {} users ({reached:.1} %) had an answer of the \
             new version{why}",
            self.name, self.reached
        )
    }
}

/// Two guards: errors by the split of users' first errors, scores by a confidence sequence.
fn schedule() -> Result<Schedule, Box<dyn Error>> {
    let errors = Guard::failed().named("errors");
    let score = Check::Effect {
        worse: Worse::Lower,
        harm: 0.0,
        safe: 0.005,
    };
    let dwell = Climb::Dwell {
        time: Duration::from_secs(20 * 60),
        exposures: 200,
    };
    let schedule = Schedule::new([errors, Guard::new("score", score)])?;
    Ok(schedule
        .with_climb(dwell)?
        .with_bake(Duration::from_secs(30 * 60), 1_000))
}

/// What a server keeps of its requests while a release runs.
struct Watch {
    scores: Scores,
    /// An experiment on one step of the ladder: its arms keep their weights while it lasts.
    step: Option<Experiment>,
    reached: HashSet<u64>,
}

impl Watch {
    fn new(alpha: Alpha) -> Result<Watch, Box<dyn Error>> {
        Ok(Watch {
            scores: Scores::new(alpha)?,
            step: None,
            reached: HashSet::new(),
        })
    }

    /// Begins a phase: measures the step if it compares the two versions.
    fn begin(&mut self, name: &str, rollout: &Rollout) -> Result<(), Box<dyn Error>> {
        if matches!(rollout.phase(), Phase::Ramping { .. }) {
            let candidate = u64::from(rollout.share().nanos());
            let weights = [u64::from(Share::ALL.nanos()) - candidate, candidate];
            let metrics = [
                Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.002),
                Metric::goal("score", Kind::Mean, Worse::Lower, 0.001),
            ];
            let arms = ["v1", "v2"].into_iter().zip(weights);
            let setup = Setup::new(name, arms, metrics)?;
            self.step = Some(Experiment::new(setup));
        }
        Ok(())
    }

    /// Notes what came of a request.
    fn note(
        &mut self,
        user: u64,
        by_candidate: bool,
        assignment: &Assignment<'_>,
        outcome: &Outcome,
    ) -> Result<(), Box<dyn Error>> {
        if by_candidate {
            self.reached.insert(user);
        }
        // At 100 % nobody is drawn any more.
        if assignment.arm.is_none() {
            return Ok(());
        }
        self.scores.record(user, by_candidate, outcome.score)?;
        if let Some(step) = &self.step
            && step.expose(assignment, user).is_ok()
        {
            let failed = f64::from(u8::from(outcome.failed));
            step.record(step.metric("errors")?, user, failed)?;
            step.record(step.metric("score")?, user, outcome.score)?;
        }
        Ok(())
    }
}

/// The first score of every user, which are independent of each other.
struct Scores {
    test: AnytimeT,
    alpha: Alpha,
    users: HashSet<u64>,
    control: HigherMoments,
    candidate: HigherMoments,
}

impl Scores {
    fn new(alpha: Alpha) -> Result<Scores, Box<dyn Error>> {
        Ok(Scores {
            test: AnytimeT::tuned_for(PLANNED_SCORES, alpha)?,
            alpha,
            users: HashSet::new(),
            control: HigherMoments::default(),
            candidate: HigherMoments::default(),
        })
    }

    fn record(&mut self, user: u64, by_candidate: bool, score: f64) -> Result<(), Box<dyn Error>> {
        if self.users.insert(user) {
            match by_candidate {
                true => self.candidate.record(score)?,
                false => self.control.record(score)?,
            }
        }
        Ok(())
    }

    /// Returns the effect and its bounds; a refusal means that it is too early.
    fn effect(&self) -> Option<[f64; 3]> {
        let result = self
            .test
            .means(&self.control, &self.candidate, self.alpha)
            .ok()?;
        Some([result.effect, result.interval.lower, result.interval.upper])
    }
}
