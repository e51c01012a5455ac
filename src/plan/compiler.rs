//! From a policy to its plan.

use super::{
    Drawn, Head, Named, Permitted, Plan, Range, Ruled, ShadowDraw, ShedDraw, outcomes::Outcomes,
};
use crate::{
    audience::Audience,
    bucket::{Draw, Purpose, Secret},
    deployment::{Deployments, OperationError, VersionId},
    policy::{Policy, Shadow},
    route::{NO_ARM, Propensity, Reason, ReasonCode, Route},
    share::Share,
    split::{Finder, Split},
};

impl Policy {
    /// Compiles the policy as if `live` were live and `others` validated, to test it.
    ///
    /// # Errors
    /// [`OperationError`] if a label is refused, or the policy is.
    pub fn compile<'a>(
        &self,
        live: &str,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Plan, OperationError> {
        let mut deployments = Deployments::new(live)?;
        for version in others {
            deployments.deploy_ready(version)?;
        }
        Plan::check(self, &deployments)?;
        Ok(Plan::build(self, &deployments, &Secret::default()))
    }
}

impl Plan {
    /// Builds the plan of a policy over these deployments.
    ///
    /// A version that may not answer is replaced by the live one, with its own reason: it was
    /// checked when the policy came into force, and has been rejected since.
    pub(crate) fn build(policy: &Policy, deployments: &Deployments, secret: &Secret) -> Plan {
        Compiler {
            policy,
            deployments,
            secret,
        }
        .plan()
    }
}

pub(super) struct Compiler<'a> {
    pub(super) policy: &'a Policy,
    pub(super) deployments: &'a Deployments,
    pub(super) secret: &'a Secret,
}

impl Compiler<'_> {
    fn plan(&self) -> Plan {
        let policy = self.policy;
        let test = policy.ab_test.as_ref();
        let holdout = policy.holdout.as_ref().map(|holdout| {
            self.range(
                Purpose::Holdout,
                &holdout.salt,
                "",
                Share::NONE..holdout.share,
            )
        });
        let layer = policy
            .layer
            .as_ref()
            .map(|layer| self.range(Purpose::Layer, &layer.salt, "", layer.from..layer.to));
        let gate = policy
            .gate_share()
            .map(|gate| self.range(Purpose::Canary, &policy.release, "", Share::NONE..gate));
        let split = test.and_then(|test| test.split().ok());
        let outcomes = Outcomes::new(self, [holdout, layer, gate], split.as_ref());
        let mut plan = Plan {
            generation: self.deployments.generation(),
            fingerprint: policy.fingerprint(),
            release: policy.release.clone(),
            on_error: policy.on_error,
            head: Head::beyond(outcomes.left_out(false).live),
            holdout,
            listed: self.listed(),
            rules: self.rules(holdout),
            within: policy.drawn_within().cloned(),
            layer,
            gate,
            is_canary: policy.canary.is_some(),
            split: self.drawn(&outcomes, split.as_ref()),
            left_out: outcomes.left_out(self.has_control()),
            overrides: self.overrides(),
            sheds: self.sheds(),
            shadows: self.shadows(),
            versions: self.versions(),
            arms: self.arms(split.as_ref()),
            answering: Box::default(),
        };
        plan.head = Head::of(&plan);
        plan.answering = plan.find_answering();
        plan
    }

    fn range(
        &self,
        purpose: Purpose,
        salt: &str,
        label: &str,
        shares: core::ops::Range<Share>,
    ) -> Range {
        let draw = Draw::derive(self.secret, purpose, salt, label);
        let (start, end) = (shares.start.points(), shares.end.points());
        // A share of nothing has no last point.
        let empty = (1, 0);
        let (first, last) = match (u64::try_from(start), end.checked_sub(1).map(u64::try_from)) {
            (Ok(first), Some(Ok(last))) => (first, last),
            _ => empty,
        };
        Range { draw, first, last }
    }

    fn drawn(&self, outcomes: &Outcomes<'_>, split: Option<&Split>) -> Option<Drawn> {
        let draw = Draw::derive(self.secret, Purpose::Split, &self.policy.release, "");
        if let Some(canary) = &self.policy.canary {
            let arm = if self.has_control() { 1 } else { NO_ARM };
            let segments = [outcomes.arm(&canary.version, arm, Reason::Gate)].into();
            return Some(Drawn {
                draw,
                finder: Finder::whole(),
                segments,
            });
        }
        let split = split?;
        let arms: Vec<Route> = split
            .arms()
            .zip(0..)
            .map(|(arm, number)| outcomes.arm(&arm.version, number, Reason::Split))
            .collect();
        let stretches = split.layout().stretches();
        let segments = stretches.filter_map(|(.., arm)| arms.get(usize::from(arm)).copied());
        Some(Drawn {
            draw,
            finder: Finder::new(split.layout()),
            segments: segments.collect(),
        })
    }

    /// Tells whether the units that a canary leaves out are what it is compared with.
    ///
    /// A roll-back may have made the canary live: both sides of the gate then get one version.
    fn has_control(&self) -> bool {
        let live = self.deployments.live().label();
        let canary = self.policy.canary.as_ref();
        canary.is_some_and(|canary| canary.version != live)
    }

    fn arms(&self, split: Option<&Split>) -> Box<[Named]> {
        let live = self.deployments.live().label();
        match (&self.policy.canary, split) {
            (Some(canary), _) => [live, &canary.version]
                .map(|label| self.named(label, label))
                .into(),
            (None, Some(split)) => split
                .arms()
                .map(|arm| self.named(&arm.label, &arm.version))
                .collect(),
            (None, None) => Box::default(),
        }
    }

    /// Returns the version that answers for `label`, and whether it is the one named.
    pub(super) fn answering(&self, label: &str) -> (VersionId, bool) {
        self.deployments
            .get(label)
            .filter(|deployment| {
                deployment.state().may_answer() && !self.deployments.is_killed(label)
            })
            .map_or((self.deployments.live().id(), false), |deployment| {
                (deployment.id(), true)
            })
    }

    fn named(&self, label: &str, version: &str) -> Named {
        Named {
            label: label.to_owned(),
            version: self.answering(version).0,
        }
    }

    pub(super) fn fixed(&self, label: &str, reason: Reason, propensity: Option<u64>) -> Route {
        let (version, as_named) = self.answering(label);
        Route {
            generation: self.deployments.generation(),
            propensity: propensity
                .map(|raw| Propensity::from_raw(self.after_shedding(version, raw))),
            version,
            arm: NO_ARM,
            shadows: 0,
            reason: ReasonCode::of(if as_named { reason } else { Reason::Killed }),
        }
    }

    fn listed(&self) -> Box<[(crate::UnitKey, Route)]> {
        let mut listed: Vec<_> = self
            .policy
            .units
            .iter()
            .flat_map(|listed| {
                let route = self.fixed(&listed.version, Reason::Listed, None);
                listed.keys.iter().map(move |key| (key.clone(), route))
            })
            .collect();
        listed.sort_by(|left, right| left.0.as_key().cmp(&right.0.as_key()));
        listed.into()
    }

    fn rules(&self, holdout: Option<Range>) -> Box<[Ruled]> {
        let held_out = holdout.map_or(0, |range| Propensity::raw_of_points(range.points()));
        self.policy
            .served()
            .map(|(audience, label)| self.ruled(audience, label, held_out))
            .collect()
    }

    fn ruled(&self, audience: &Audience, label: &str, held_out: u64) -> Ruled {
        let live = self.deployments.live().id();
        let is_live = self.answering(label).0 == live;
        let served = Propensity::raw_complement(if is_live { 0 } else { held_out });
        let kept = if is_live {
            Propensity::raw_complement(0)
        } else {
            held_out
        };
        Ruled {
            audience: audience.clone(),
            served: self.fixed(label, Reason::Audience, Some(served)),
            held_out: self.live(Reason::Holdout, kept),
        }
    }

    pub(super) fn live(&self, reason: Reason, propensity: u64) -> Route {
        self.fixed(self.deployments.live().label(), reason, Some(propensity))
    }

    fn overrides(&self) -> Option<Permitted> {
        let overrides = self.policy.overrides.as_ref()?;
        let versions = overrides.versions.iter();
        let route = |label: &String| (label.clone(), self.fixed(label, Reason::Override, None));
        Some(Permitted {
            within: overrides.within.clone(),
            routes: versions.map(route).collect(),
        })
    }

    fn sheds(&self) -> Box<[ShedDraw]> {
        let saturated = self
            .deployments
            .iter()
            .filter(|other| other.shed() > Share::NONE);
        saturated
            .map(|other| {
                let (salt, shares) = (&self.policy.release, Share::NONE..other.shed());
                let range = self.range(Purpose::Shed, salt, other.label(), shares);
                ShedDraw {
                    version: other.id(),
                    share: other.shed(),
                    range,
                }
            })
            .collect()
    }

    /// Returns the probability of a version that sheds a share of those who are drawn into it.
    fn after_shedding(&self, version: VersionId, probability: u64) -> u64 {
        let mut deployments = self.deployments.iter();
        let shed = deployments.find(|other| other.id() == version);
        let kept = shed.map_or(Share::ALL, |other| other.shed().complement());
        Propensity::raw_product(probability, Propensity::raw_of_points(kept.points()))
    }

    fn shadows(&self) -> Box<[ShadowDraw]> {
        let mut shadows: Vec<_> = self.policy.shadow.iter().collect();
        shadows.sort_by(|left, right| left.version.cmp(&right.version));
        let draw = |shadow: &Shadow| {
            let label = shadow.version.as_str();
            let deployment = self.deployments.get(label)?;
            let may = deployment.state().may_shadow() && !self.deployments.is_killed(label);
            let shares = Share::NONE..shadow.share;
            may.then(|| ShadowDraw {
                version: deployment.id(),
                range: self.range(Purpose::Shadow, &self.policy.release, label, shares),
            })
        };
        shadows.into_iter().filter_map(draw).collect()
    }

    /// Returns all versions that a route may name, with the live one, in order.
    fn versions(&self) -> Box<[Named]> {
        let mut versions: Vec<_> = self
            .deployments
            .iter()
            .filter(|deployment| deployment.state().may_shadow())
            .map(|deployment| Named {
                label: deployment.label().to_owned(),
                version: deployment.id(),
            })
            .collect();
        versions.sort_by_key(|named| named.version);
        versions.into()
    }
}
