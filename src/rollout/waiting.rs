//! What the next step waits for, in words.

use core::time::Duration;

use super::{Before, Climb, Found, Phase, Rollout, ShadowStage, span};

impl Rollout {
    /// Lists in words what the next step waits for; empty once the release has ended.
    ///
    /// If the list is empty before that, the next evaluation takes the step.
    ///
    /// ```
    /// use switchstand::{Policy, Share, Timestamp};
    /// use switchstand::rollout::{Rollout, Schedule};
    /// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    /// let mut rollout = Rollout::new(policy, Schedule::new([])?)?;
    /// let _ = rollout.step(Timestamp::from_secs(0), []);
    /// rollout.confirm();
    /// assert_eq!(
    ///     rollout.waiting_for(),
    ///     ["10m on this step, of 10m", "100 units of \"v2\", of 100"]
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn waiting_for(&self) -> Vec<String> {
        if self.in_force.is_final() {
            return Vec::new();
        }
        let mut waits: Vec<String> = self.state.paused.iter().map(ToString::to_string).collect();
        if let Some((release, version)) = &self.sight.another {
            waits.push(format!(
                "the roll-out of {version:?} in release {release:?} is open on this router"
            ));
        }
        if !self.is_confirmed() {
            waits.push(format!(
                "the router, which has not carried out what leads to {}",
                self.state.phase
            ));
            return waits;
        }
        waits.extend(self.closed_gates().map(|name| format!("gate {name:?}")));
        self.wait_for_time(&mut waits);
        self.wait_for_units(&mut waits);
        self.wait_for_guards(&mut waits);
        if let Some(sample) = &self.evidence.sample
            && self.is_contradicted(sample)
        {
            let (control, candidate) = (sample.control, sample.candidate);
            waits.push(format!(
                "the ratio of the units, {control} : {candidate}, to fit the share of the step"
            ));
        }
        waits
    }

    fn wait_for_time(&self, waits: &mut Vec<String>) {
        let needed = match (self.in_force, self.climb()) {
            (Phase::Ramping { .. }, Climb::Dwell { time, .. }) => time,
            (Phase::Baking, _) => self.schedule.bake,
            _ => return,
        };
        let left = needed.saturating_sub(self.clock.since(self.state.since));
        if !left.is_zero() {
            let (left, needed) = (span::text(left), span::text(needed));
            waits.push(format!("{left} on this step, of {needed}"));
        }
    }

    fn wait_for_units(&self, waits: &mut Vec<String>) {
        let needed = match (self.in_force, self.climb(), &self.schedule.shadow) {
            (Phase::Shadowing, _, Some(ShadowStage { pairs, .. })) => *pairs,
            (Phase::Ramping { .. }, Climb::Dwell { exposures, .. }, _) => exposures,
            (Phase::Baking, ..) => self.schedule.bake_exposures,
            (Phase::Ramping { .. }, Climb::OnEvidence, _) => 1,
            _ => return,
        };
        let needed = needed.max(1);
        let left = needed.saturating_sub(self.evidence.candidate());
        if left > 0 {
            let version = &self.version;
            let pace = self.pace(self.evidence.candidate() as f64, left as f64);
            waits.push(format!("{left} units of {version:?}, of {needed}{pace}"));
        }
    }

    /// Says how much longer it takes at the rate of this phase; empty if there is no rate yet.
    fn pace(&self, had: f64, left: f64) -> String {
        let elapsed = self.clock.since(self.state.since).as_secs_f64();
        let seconds = left / had * elapsed;
        // More than a year is of no use, and too uncertain.
        match had > 0.0 && seconds > 0.0 && seconds < 31_536_000.0 {
            true => {
                let longer = span::about(Duration::from_secs_f64(seconds));
                format!("; at the present pace {longer} more")
            }
            false => String::new(),
        }
    }

    fn wait_for_guards(&self, waits: &mut Vec<String>) {
        let must_be_safe = self.in_force == Phase::Shadowing
            || self.climb() == Climb::OnEvidence && self.in_force != Phase::Baking;
        for guard in self.guards().filter(|guard| self.is_awaited(guard)) {
            let name = guard.name();
            let sample = self.evidence.sample.as_ref();
            let found = sample.and_then(|sample| self.judge(guard, sample));
            match found {
                _ if self.state.is_known_breach(name) => {}
                None => waits.push(format!("data of guard {name:?}")),
                Some(found) if must_be_safe && !found.is_safe => {
                    let pace = match &found.found {
                        Found::Rate(reading) | Found::Endings { reading, .. } => {
                            self.pace(reading.safe.ln_e, reading.safe.missing())
                        }
                        _ => String::new(),
                    };
                    waits.push(format!(
                        "guard {name:?} to show safety: {}{pace}",
                        found.found
                    ));
                }
                Some(found) if found.holds => {
                    waits.push(format!("guard {name:?}: {}", found.found));
                }
                Some(found) if found.is_breach => {
                    waits.push(format!("guard {name:?}: {}", found.found));
                }
                Some(_) => {}
            }
        }
    }

    /// Iterates over the gates that keep this phase from ending.
    pub(super) fn closed_gates(&self) -> impl Iterator<Item = &str> {
        let concerns = |before: &Before| match before {
            Before::Start => self.in_force == Phase::Pending,
            Before::EachStep => {
                matches!(self.in_force, Phase::Ramping { .. } | Phase::Shadowing)
            }
            Before::Acceptance => self.in_force == Phase::Baking,
        };
        let gates = self.schedule.gates.iter();
        gates
            .filter(move |(name, before)| concerns(before) && !self.state.open.contains(*name))
            .map(|(name, _)| name.as_str())
    }
}
