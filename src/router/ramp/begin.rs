//! How a roll-out begins on a router, or continues after a restart.

use std::sync::Arc;

use super::{BeginError, Inner, Place, Ramp, StoredRamp, report::Watch};
use crate::{
    Router,
    rollout::{Evidence, Phase, Rollout},
    sync::Mutex,
};

impl<M: Send + Sync + 'static> Router<M> {
    /// Begins a roll-out: it is attached, and the first [`tick`](Ramp::tick) releases its first
    /// step.
    ///
    /// # Errors
    /// [`BeginError::AnotherIsOpen`] while another is open on this router,
    /// [`BeginError::NameOfAnother`] if the release's name was that of another candidate, and
    /// others for a policy that the router could not put in force, or that does not say who answers
    /// the units which the policy in force keeps out.
    pub fn begin(&self, rollout: Rollout) -> Result<Ramp<M>, BeginError> {
        self.begin_at(rollout, None)
    }

    /// Begins a roll-out although another one is open, a person's policy is in force, or its name
    /// was another candidate's; `why` is for the trail. The other roll-out stops by itself.
    ///
    /// # Errors
    /// As [`begin`](Router::begin), but for the other roll-out and its name.
    pub fn begin_over(&self, rollout: Rollout, why: &str) -> Result<Ramp<M>, BeginError> {
        self.begin_at(rollout, Some(why))
    }

    fn begin_at(&self, mut rollout: Rollout, why: Option<&str>) -> Result<Ramp<M>, BeginError> {
        if rollout.phase() != Phase::Pending || rollout.state().phase() != Phase::Pending {
            let phase = rollout.state().phase();
            return Err(BeginError::HasBegun { phase });
        }
        {
            let deployments = self.shared.deployments.lock();
            let first = rollout.policy_to_begin_with();
            deployments.check(&first).map_err(BeginError::Policy)?;
            let before = deployments.policy();
            if let Some(version) = before.kept_out_label()
                && !rollout.says_who_is_kept_out()
            {
                return Err(BeginError::DropsKeptOut {
                    release: before.release().to_owned(),
                    version: version.to_owned(),
                });
            }
        }
        let (release, version) = (rollout.policy().release(), rollout.version());
        let namesake = self.shared.orders.lock().namesake(release, version);
        if let (Some(earlier), None) = (namesake, why) {
            return Err(BeginError::NameOfAnother {
                release: release.to_owned(),
                version: version.to_owned(),
                earlier,
            });
        }
        if let Some(why) = why {
            rollout.take_over_from_the_start(why);
        }
        let in_force = self.shared.orders.lock().revision();
        if let (Some(found), Some(in_force)) = (rollout.revision(), in_force)
            && found < in_force
            && !rollout.forces_revision()
        {
            return Err(BeginError::OlderRevision { found, in_force });
        }
        let evidence = Evidence::of(&rollout);
        self.place(rollout, evidence, why.is_some())
    }

    /// Continues a stored roll-out, on the same or on a new router.
    ///
    /// A new router is brought to the step where the roll-out was. The time until the next tick
    /// does not count for the step. If a person's policy is in force, it stays, and the roll-out
    /// waits: see [`waiting_for`](Ramp::waiting_for).
    ///
    /// # Errors
    /// [`BeginError::Missing`] says what the router lacks, and [`BeginError::AnotherIsOpen`] as for
    /// [`begin`](Router::begin).
    pub fn resume(&self, stored: StoredRamp) -> Result<Ramp<M>, BeginError> {
        let StoredRamp {
            mut rollout,
            evidence,
        } = stored;
        rollout.restart();
        let (now, phase) = (rollout.clock(), rollout.phase());
        let ramp = self.place(rollout, evidence, false)?;
        if let Err(error) = ramp.act_on(now, Vec::new(), true)
            && let Some(operation) = error.operation
            // If the router refuses the next step, the roll-out waits, as before the restart.
            && ramp.phase() != phase
        {
            return Err(BeginError::Missing(*operation));
        }
        Ok(ramp)
    }

    fn place(
        &self,
        rollout: Rollout,
        evidence: Evidence,
        takes_over: bool,
    ) -> Result<Ramp<M>, BeginError> {
        let place = Arc::new(Place {
            release: rollout.policy().release().to_owned(),
            version: rollout.version().to_owned(),
            has_ended: rollout.phase().is_final().into(),
        });
        {
            let mut orders = self.shared.orders.lock();
            if let Some(open) = orders.place().filter(|_| !takes_over) {
                return Err(BeginError::AnotherIsOpen {
                    release: open.release.clone(),
                    version: open.version.clone(),
                });
            }
            orders.set_place(&place);
            orders.set_revision(rollout.revision());
        }
        let evidence = Arc::new(Watch::new(evidence));
        let seat = self.attach(Arc::clone(&evidence));
        Ok(Ramp {
            inner: Arc::new(Inner {
                shared: Arc::clone(&self.shared),
                rollout: Mutex::new(rollout),
                evidence,
                _seat: seat,
                place,
            }),
        })
    }
}
