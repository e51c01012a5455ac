//! The one handle of a roll-out on a router.

mod begin;
mod begin_error;
mod report;

use core::fmt;
use std::sync::{Arc, Weak};

pub use begin_error::BeginError;
pub use report::Report;
use report::Watch;

use super::{Shared, rollout::TickError};
use crate::{
    observer::Seat,
    policy::Policy,
    rollout::{
        Action, Evidence, EvidenceError, Input, Measured, Ordered, Phase, Rollout, RolloutError,
        State,
    },
    share::Share,
    stats::guard::Reading,
    sync::Mutex,
    timestamp::Timestamp,
};

/// A roll-out on a router: its state machine and its evidence.
///
/// It is cheap to clone, for timer and handlers alike. The router tells the evidence of all its
/// outcomes. When the last clone is dropped, the policy in force stays, the roll-out goes no
/// further, and another one may begin.
///
/// ```
/// use switchstand::{Policy, Router, Share, Timestamp};
/// use switchstand::rollout::{Command, Guard, Phase, Rollout, Schedule};
///
/// let router = Router::new("ranker", "v1", ())?;
/// router.deploy("v2", ())?;
/// router.validate("v2", |_| Ok::<(), String>(()))?;
/// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
/// let ramp = router.begin(Rollout::new(policy, Schedule::new([Guard::failures()])?)?)?;
///
/// ramp.tick(Timestamp::from_secs(0))?; // from a timer
/// let answer = router.admit("user-42").call(|_| Ok::<_, String>("an answer"));
/// # assert_eq!(answer, Ok("an answer"));
/// ramp.order(Command::abort("ana", "p99 doubled"))?; // at once
/// assert_eq!(ramp.phase(), Phase::RolledBack);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | begin | [`Router::begin`](crate::Router::begin), [`Router::resume`](crate::Router::resume) |
/// | drive | [`tick`](Ramp::tick), [`tick_with`](Ramp::tick_with), [`order`](Ramp::order), [`open`](Ramp::open) |
/// | report what only you know | [`evidence`](Ramp::evidence) |
/// | ask | [`phase`](Ramp::phase), [`share`](Ramp::share), [`state`](Ramp::state), [`waiting_for`](Ramp::waiting_for), [`units`](Ramp::units), [`measured`](Ramp::measured), [`rate_of`](Ramp::rate_of), [`rollout`](Ramp::rollout) |
/// | change its policy | [`amend`](Ramp::amend) |
/// | keep it over a restart | [`store`](Ramp::store) |
#[must_use = "dropping the handle ends the roll-out where it is"]
pub struct Ramp<M> {
    inner: Arc<Inner<M>>,
}

struct Inner<M> {
    shared: Arc<Shared<M>>,
    /// Locked before the evidence and before any lock of the router.
    rollout: Mutex<Rollout>,
    evidence: Arc<Watch>,
    /// The evidence is told of outcomes as long as this is held.
    _seat: Seat,
    /// Known to the router, so that no other roll-out begins meanwhile.
    place: Arc<Place>,
}

/// The place of a roll-out that has not ended; the router knows it weakly.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) release: String,
    pub(super) version: String,
    has_ended: core::sync::atomic::AtomicBool,
}

/// A roll-out and its evidence, as they are kept over a restart.
///
/// [`Router::resume`](crate::Router::resume) takes it up.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct StoredRamp {
    rollout: Rollout,
    evidence: Evidence,
}

impl From<Rollout> for StoredRamp {
    /// Takes a roll-out whose evidence was not kept: what it has counted is missing.
    fn from(rollout: Rollout) -> StoredRamp {
        let evidence = Evidence::of(&rollout);
        StoredRamp { rollout, evidence }
    }
}

impl StoredRamp {
    /// Returns the roll-out.
    #[must_use]
    pub const fn rollout(&self) -> &Rollout {
        &self.rollout
    }
}

impl<M: Send + Sync + 'static> Ramp<M> {
    /// Evaluates what has happened up to `now`, and carries out what follows: the timer's call.
    ///
    /// It returns the action that was carried out, if there was one. If a person has changed the
    /// router meanwhile, that change stands, and the roll-out stops or follows. This is not an
    /// error.
    ///
    /// # Errors
    /// [`TickError`] if the router refuses the action, or if an input was refused. Everything else
    /// was done. The next call tries a refused action again.
    pub fn tick(&self, now: Timestamp) -> Result<Option<Action>, TickError> {
        self.tick_with(now, [])
    }

    /// Evaluates with further inputs: gates, and samples of evidence from other servers.
    ///
    /// # Errors
    /// As [`tick`](Ramp::tick).
    pub fn tick_with(
        &self,
        now: Timestamp,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Result<Option<Action>, TickError> {
        // Before any lock: the inputs may come from an iterator that asks the router.
        let inputs: Vec<Input> = inputs.into_iter().collect();
        self.act(now, inputs)
    }

    /// Gives the roll-out an order, which is obeyed at once or refused.
    ///
    /// ```
    /// # use switchstand::{Policy, Router, Share};
    /// # use switchstand::rollout::{Command, Rollout, Schedule};
    /// # let router = Router::new("ranker", "v1", ())?;
    /// # router.deploy("v2", ())?;
    /// # router.validate("v2", |_| Ok::<(), String>(()))?;
    /// # let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    /// # let ramp = router.begin(Rollout::new(policy, Schedule::new([])?)?)?;
    /// ramp.order(Command::pause("ana", "looks odd"))?;
    /// assert_eq!(ramp.waiting_for()[0], "paused by \"ana\": looks odd");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`tick`](Ramp::tick); [`TickError::refused`] says why an order is not obeyed.
    pub fn order(&self, order: impl Into<Ordered>) -> Result<Option<Action>, TickError> {
        let order = Input::Ordered(order.into());
        let now = self.inner.rollout.lock().clock();
        self.act(now, vec![order])
    }

    /// Opens a gate of the schedule; one before each step lets one step pass.
    ///
    /// # Errors
    /// As [`tick`](Ramp::tick), for a name that the schedule does not have.
    pub fn open(&self, gate: &str) -> Result<Option<Action>, TickError> {
        let name = gate.to_owned();
        let now = self.inner.rollout.lock().clock();
        self.act(now, vec![Input::Gate { name, open: true }])
    }

    fn act(&self, now: Timestamp, inputs: Vec<Input>) -> Result<Option<Action>, TickError> {
        self.act_on(now, inputs, false)
    }

    /// Evaluates and acts. With `keeps_counts` the counts of the phase stay when its time begins
    /// anew.
    fn act_on(
        &self,
        now: Timestamp,
        mut inputs: Vec<Input>,
        keeps_counts: bool,
    ) -> Result<Option<Action>, TickError> {
        let Inner {
            shared,
            rollout,
            evidence,
            place,
            ..
        } = &*self.inner;
        let mut rollout = rollout.lock();
        // A sample that is handed in, such as that of a whole fleet, replaces this server's own.
        let is_sampled = inputs.iter().any(|input| matches!(input, Input::Sample(_)));
        if let Some(sample) = evidence.lock().sample(&rollout)
            && !is_sampled
        {
            inputs.push(Input::Sample(sample));
        }
        let keeps_counts = keeps_counts || rollout.has_restarted();
        let done = shared.act(&mut rollout, now, inputs);
        if keeps_counts {
            evidence.lock().keep_over(&rollout);
        }
        evidence.lock().follow(&rollout);
        if rollout.begins_anew() {
            evidence.lock().begin_anew();
        }
        if rollout.phase().is_final() {
            place.end();
        }
        done
    }

    /// Returns a handle that reports to one guard what only the application knows: late labels, a
    /// gauge.
    ///
    /// # Errors
    /// [`EvidenceError`] for a name that the schedule does not have, or for a guard that is fed by
    /// outcomes.
    pub fn evidence(&self, guard: &str) -> Result<Report, EvidenceError> {
        Report::new(&self.inner.evidence, guard)
    }

    /// Returns what a guard has counted; `None` without data, or for an unknown name.
    #[must_use]
    pub fn measured(&self, guard: &str) -> Option<Measured> {
        self.inner.evidence.lock().measured(guard)
    }

    /// Returns the reading of a guard of a rate over the whole release; `None` for any other guard.
    #[must_use]
    pub fn rate_of(&self, guard: &str) -> Option<Reading> {
        self.inner.evidence.lock().rate_of(guard)
    }

    /// Returns the units of the control and of the candidate that have met the present phase.
    #[must_use]
    pub fn units(&self) -> [u64; 2] {
        self.inner.evidence.lock().units()
    }

    /// Changes the policy of the release without stopping it; the schedule still sets the share.
    ///
    /// See [`Rollout::amend`]. It comes into force at once.
    ///
    /// # Errors
    /// [`BeginError::Rollout`] for a policy of another release or candidate, and
    /// [`BeginError::Policy`] for one that the router could not put in force.
    pub fn amend(&self, policy: Policy) -> Result<(), BeginError> {
        let now = {
            let mut rollout = self.inner.rollout.lock();
            let mut amended = rollout.clone();
            amended.amend(policy).map_err(BeginError::Rollout)?;
            if let Some(policy) = amended.policy_in_force() {
                let deployments = self.inner.shared.deployments.lock();
                deployments.check(&policy).map_err(BeginError::Policy)?;
            }
            *rollout = amended;
            rollout.clock()
        };
        match self.act(now, Vec::new()) {
            Err(TickError {
                operation: Some(operation),
                ..
            }) => Err(BeginError::Missing(*operation)),
            _ => Ok(()),
        }
    }

    /// Returns the roll-out and its evidence, to be kept over a restart.
    ///
    /// Both are of one moment: no tick is between them.
    #[must_use]
    pub fn store(&self) -> StoredRamp {
        let rollout = self.inner.rollout.lock();
        let evidence = self.inner.evidence.lock().clone();
        StoredRamp {
            rollout: rollout.clone(),
            evidence,
        }
    }

    /// Returns the roll-out as it stands.
    #[must_use]
    pub fn rollout(&self) -> Rollout {
        self.inner.rollout.lock().clone()
    }

    /// Returns where the release stands: causes to wait, breaches, why it ended.
    #[must_use]
    pub fn state(&self) -> State {
        self.inner.rollout.lock().state().clone()
    }

    /// Returns the share of the units that the candidate answers by the draw.
    #[must_use]
    pub fn share(&self) -> Share {
        self.inner.rollout.lock().share()
    }

    /// Returns how far the release has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.inner.rollout.lock().phase()
    }

    /// Lists what holds the next step back, in words. See [`Rollout::waiting_for`].
    #[must_use]
    pub fn waiting_for(&self) -> Vec<String> {
        let rollout = self.inner.rollout.lock();
        let mut waits = rollout.waiting_for();
        let is_counting = matches!(rollout.phase(), Phase::Ramping { .. } | Phase::Baking);
        if is_counting && !self.inner.evidence.lock().has_met_anybody() {
            waits.push(self.silence(&rollout));
        }
        waits
    }

    /// Says why no outcome has come in this phase.
    fn silence(&self, rollout: &Rollout) -> String {
        let version = rollout.version();
        let published = self.inner.shared.published.lock();
        let live = published.plans.current().live();
        let live = self.inner.shared.desk.label(live).to_owned();
        let open: u64 = [version, &live]
            .into_iter()
            .filter_map(|version| published.outcomes(version))
            .map(|counts| counts.in_flight())
            .sum();
        match open {
            0 => "traffic: no outcome has come in this phase; requests that are only routed are \
                  told of with `note`"
                .to_owned(),
            open => format!("the end of {open} requests: none has ended in this phase"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            release, version, ..
        } = self;
        write!(f, "the roll-out of {version:?} in release {release:?}")
    }
}

impl Place {
    pub(super) fn is_open(&self) -> bool {
        !self.has_ended.load(core::sync::atomic::Ordering::Relaxed)
    }

    fn end(&self) {
        let ended = core::sync::atomic::Ordering::Relaxed;
        self.has_ended.store(true, ended);
    }
}

/// What the router knows of the roll-out that is open on it.
pub(super) type KnownPlace = Weak<Place>;

impl<M> Clone for Ramp<M> {
    fn clone(&self) -> Ramp<M> {
        Ramp {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<M> fmt::Debug for Ramp<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ramp")
            .field("release", &self.inner.place.release)
            .field("version", &self.inner.place.version)
            .finish_non_exhaustive()
    }
}

impl From<RolloutError> for BeginError {
    fn from(error: RolloutError) -> BeginError {
        BeginError::Rollout(error)
    }
}
