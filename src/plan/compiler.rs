//! From a policy to its plan.

use std::sync::Arc;

use super::{
    Drawn, Head, Named, Permitted, Plan, Range, Ruled, ShadowDraw, ShedDraw, Words,
    outcomes::Outcomes,
};
use crate::{
    bucket::{Draw, Purpose, Secret},
    policy::{CheckedPolicy, Policy, Shadow},
    route::{NO_ARM, Propensity, Reason, ReasonCode, Route},
    share::Share,
    sorting::sort_by,
    split::Split,
    version::{VersionId, Versions},
};

impl Plan {
    /// Builds the plan of a policy over these versions.
    ///
    /// A version that may not answer is replaced by the live one, with a reason of its own: the
    /// policy was checked when it came into force, and the version was rejected after that.
    pub(crate) fn build(policy: &CheckedPolicy, versions: &Versions, secret: &Secret) -> Plan {
        Compiler {
            checked: policy,
            policy: policy.policy(),
            versions,
            secret,
        }
        .plan()
    }
}

pub(super) struct Compiler<'a> {
    pub(super) checked: &'a CheckedPolicy,
    pub(super) policy: &'a Policy,
    pub(super) versions: &'a Versions,
    pub(super) secret: &'a Secret,
}

impl Compiler<'_> {
    fn plan(&self) -> Plan {
        let policy = self.policy;
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
        let split = self.checked.split();
        let outcomes = Outcomes::new(self, [holdout, layer, gate], split);
        let mut plan = Plan {
            words: Arc::new(Words {
                generation: self.versions.generation,
                fingerprint: self.checked.fingerprint(),
                release: policy.release.clone(),
                versions: self.versions(),
                arms: self.arms(split),
                shed_of_canary: self.shed_of_canary(),
            }),
            on_error: policy.on_error,
            head: Head::beyond(outcomes.left_out(false).live),
            holdout,
            listed: Arc::clone(self.checked.units()),
            listed_routes: self.listed(),
            rules: Arc::clone(self.checked.rules()),
            ruled: self.ruled(holdout),
            within: policy.drawn_within().cloned(),
            layer,
            gate,
            is_canary: policy.canary.is_some(),
            split: self.drawn(&outcomes),
            left_out: outcomes.left_out(self.has_control()),
            overrides: self.overrides(),
            sheds: self.sheds(),
            shadows: self.shadows(),
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
        // An empty share has no last point.
        let empty = (1, 0);
        let (first, last) = match (u64::try_from(start), end.checked_sub(1).map(u64::try_from)) {
            (Ok(first), Some(Ok(last))) => (first, last),
            _ => empty,
        };
        Range { draw, first, last }
    }

    fn drawn(&self, outcomes: &Outcomes<'_>) -> Option<Drawn> {
        let finder = Arc::clone(self.checked.finder()?);
        let draw = Draw::derive(self.secret, Purpose::Split, &self.policy.release, "");
        if let Some(canary) = &self.policy.canary {
            let arm = if self.has_control() { 1 } else { NO_ARM };
            let segments = [outcomes.arm(&canary.version, arm, Reason::Gate)].into();
            return Some(Drawn {
                draw,
                finder,
                segments,
            });
        }
        let split = self.checked.split()?;
        let arms: Vec<Route> = split
            .arms()
            .zip(0..)
            .map(|(arm, number)| outcomes.arm(&arm.version, number, Reason::Split))
            .collect();
        let stretches = split.layout().stretches();
        let segments = stretches.filter_map(|(.., arm)| arms.get(usize::from(arm)).copied());
        Some(Drawn {
            draw,
            finder,
            segments: segments.collect(),
        })
    }

    /// Tells whether the units outside of a canary are its control.
    ///
    /// A roll-back may have made the canary live: both sides of the gate then get one version.
    fn has_control(&self) -> bool {
        let live = self.versions.live.label.as_str();
        let canary = self.policy.canary.as_ref();
        canary.is_some_and(|canary| canary.version != live)
    }

    fn shed_of_canary(&self) -> Share {
        let canary = self.policy.canary.as_ref();
        let mut versions = self.versions.iter();
        canary
            .and_then(|canary| versions.find(|known| known.label() == canary.version))
            .map_or(Share::NONE, |known| known.shed())
    }

    fn arms(&self, split: Option<&Split>) -> Box<[Named]> {
        let live = self.versions.live.label.as_str();
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
        self.versions
            .get(label)
            .filter(|deployment| deployment.state().may_answer() && !self.versions.is_killed(label))
            .map_or((self.versions.live.id(), false), |deployment| {
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
            generation: self.versions.generation,
            propensity: propensity
                .map(|raw| Propensity::from_raw(self.after_shedding(version, raw))),
            version,
            arm: NO_ARM,
            shadows: 0,
            reason: ReasonCode::of(if as_named { reason } else { Reason::Killed }),
        }
    }

    fn listed(&self) -> Box<[Route]> {
        let lists = self.policy.units.iter();
        lists
            .map(|listed| self.fixed(&listed.version, Reason::Listed, None))
            .collect()
    }

    fn ruled(&self, holdout: Option<Range>) -> Box<[Ruled]> {
        let held_out = holdout.map_or(0, |range| Propensity::raw_of_points(range.points()));
        let (out, _) = self.answering(self.kept_out());
        let rule = |label: &str| {
            let is_same = self.answering(label).0 == out;
            let served = Propensity::raw_complement(if is_same { 0 } else { held_out });
            let kept = if is_same {
                Propensity::raw_complement(0)
            } else {
                held_out
            };
            Ruled {
                served: self.fixed(label, Reason::Audience, Some(served)),
                held_out: self.fixed(self.kept_out(), Reason::Holdout, Some(kept)),
            }
        };
        self.policy.served().map(|(_, label)| rule(label)).collect()
    }

    /// Returns the label of the version that answers the units which the policy keeps out.
    pub(super) fn kept_out(&self) -> &str {
        let live = self.versions.live.label();
        self.policy.kept_out.as_deref().unwrap_or(live)
    }

    pub(super) fn live(&self, reason: Reason, propensity: u64) -> Route {
        self.fixed(self.versions.live.label(), reason, Some(propensity))
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
            .versions
            .iter()
            .filter(|other| other.shed() > Share::NONE);
        saturated
            .map(|other| {
                let (salt, shares) = (&self.policy.release, Share::NONE..other.shed());
                let range = self.range(Purpose::Shed, salt, other.label(), shares);
                ShedDraw {
                    version: other.id(),
                    range,
                }
            })
            .collect()
    }

    /// Returns the probability of a version that sheds a share of its units.
    fn after_shedding(&self, version: VersionId, probability: u64) -> u64 {
        let mut versions = self.versions.iter();
        let shed = versions.find(|other| other.id() == version);
        let kept = shed.map_or(Share::ALL, |other| other.shed().complement());
        Propensity::raw_product(probability, Propensity::raw_of_points(kept.points()))
    }

    fn shadows(&self) -> Box<[ShadowDraw]> {
        let mut shadows: Vec<_> = self.policy.shadow.iter().collect();
        sort_by(&mut shadows, |left, right| left.version.cmp(&right.version));
        let draw = |shadow: &Shadow| {
            let label = shadow.version.as_str();
            let deployment = self.versions.get(label)?;
            let may = deployment.state().may_shadow() && !self.versions.is_killed(label);
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
            .versions
            .iter()
            .filter(|deployment| deployment.state().may_shadow())
            .map(|deployment| Named {
                label: deployment.label().to_owned(),
                version: deployment.id(),
            })
            .collect();
        sort_by(&mut versions, |left, right| {
            left.version.cmp(&right.version)
        });
        versions.into()
    }
}
