//! What a release asks for: who gets which version, and what runs beside it.

mod arms;
mod canonical;
mod check;
mod checked;
mod diff;
mod drawn;
mod error;
mod keeping_out;
#[cfg(feature = "serde")]
mod named;
mod on_error;
#[cfg(feature = "testing")]
mod reach;
mod section;
mod segments;
#[cfg(feature = "serde")]
mod serial;
mod table;
mod together;

pub(crate) use checked::CheckedPolicy;
#[cfg(feature = "testing")]
pub(crate) use diff::Changes;
pub use diff::{ClassDiff, Diff, Fraction, Move};
pub(crate) use error::Fault;
pub use error::PolicyError;
pub use on_error::OnError;
pub(crate) use section::{AbTest, Canary, Holdout, Layer, Listed, Overrides, Rule, Shadow};
pub(crate) use table::UnitTable;
pub use together::LayerError;

use crate::{
    audience::{Audience, Segments},
    bucket::Scheme,
    share::Share,
    split::Arm,
    unit::UnitKey,
    version::MAX_NAME,
};

/// A release as a value: who gets which version.
///
/// A policy is a plain value, written in code or in a file. It names versions by their labels. It
/// is checked as a whole when it is compiled or released; if it is refused, the policy in force
/// stays. The release's name salts every draw, so keep it while a canary grows, and take another
/// for the next release.
///
/// ```
/// use switchstand::{Policy, Share, attr};
/// let policy = Policy::canary("ranker-2026-11", "v2", "2.5%".parse()?)
///     .or_for(attr("tier").is("internal"));
/// let plan = policy.compile("v1", ["v2"])?;
/// let colleague = [("tier", "internal")];
/// let route = plan.route(switchstand::Unit::from("user-42").with(&colleague));
/// assert_eq!(plan.version_of(&route), Some("v2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | begin with one of | [`live_only`](Policy::live_only), [`shadow`](Policy::shadow), [`canary`](Policy::canary), [`ab_test`](Policy::ab_test) |
/// | add who takes part | [`or_for`](Policy::or_for), [`within`](Policy::within), [`gate`](Policy::gate), [`with_rule`](Policy::with_rule), [`with_units`](Policy::with_units), [`with_overrides`](Policy::with_overrides), [`with_overrides_within`](Policy::with_overrides_within) |
/// | keep units out | [`with_holdout`](Policy::with_holdout), [`with_layer`](Policy::with_layer), [`with_kept_out`](Policy::with_kept_out) |
/// | add what else happens | [`with_shadow`](Policy::with_shadow), [`on_error`](Policy::on_error) |
/// | change a test that runs | [`reweight`](Policy::reweight), [`with_arm`](Policy::with_arm), [`without_arm`](Policy::without_arm), [`rename`](Policy::rename), [`retarget`](Policy::retarget), [`compact`](Policy::compact) |
/// | look before it is in force | [`compile`](Policy::compile), [`diff`](Policy::diff), [`diff_while_live`](Policy::diff_while_live), [`check_together`](Policy::check_together), [`fingerprint`](Policy::fingerprint), [`release`](Policy::release), [`segment`](Policy::segment), [`segments`](Policy::segments) |
///
/// # Methods that are called twice
/// Calls add up where a policy may have several: shadows, rules, units, versions of overrides,
/// audiences of `or_for`. Where it has only one (holdout, layer, gate, `within`, `kept_out`, the
/// audience of overrides), a second call is refused. The refusal comes when the policy is compiled
/// or released, and names the first such call. Only `on_error` may be set again; the last call
/// counts.
#[doc = ""]
#[doc = include_str!("policy/limits.md")]
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Policy", deny_unknown_fields))]
pub struct Policy {
    pub(crate) scheme: Scheme,
    pub(crate) release: String,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "OnError::is_default")
    )]
    pub(crate) on_error: OnError,
    /// The version of the units that the policy keeps out; the live one if it names none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) kept_out: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) holdout: Option<Holdout>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) layer: Option<Layer>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) overrides: Option<Overrides>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) canary: Option<Canary>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(crate) ab_test: Option<AbTest>,
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "section::units"
        )
    )]
    pub(crate) units: Vec<Listed>,
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "section::rules"
        )
    )]
    pub(crate) rule: Vec<Rule>,
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "section::shadows"
        )
    )]
    pub(crate) shadow: Vec<Shadow>,
    /// The audiences that have a name, used or not.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Segments::is_empty",
            serialize_with = "crate::audience::write_segments"
        )
    )]
    pub(crate) segments: Segments,
    /// The first call of a builder method that does not fit the policy; it is refused when
    /// compiled.
    #[cfg_attr(
        feature = "serde",
        serde(
            skip_deserializing,
            skip_serializing_if = "Option::is_none",
            serialize_with = "error::refuse_fault"
        )
    )]
    pub(crate) fault: Option<Fault>,
}

impl Policy {
    /// The maximum length of a name in a policy, in bytes.
    pub const MAX_NAME: usize = MAX_NAME;
    /// The maximum number of shadows of one policy.
    pub const MAX_SHADOWS: usize = 8;
    /// The maximum number of audience rules of one policy.
    pub const MAX_RULES: usize = 10_000;

    /// Makes a policy by which the live version answers everybody.
    #[must_use]
    pub fn live_only(release: &str) -> Policy {
        Policy {
            scheme: Scheme::V1,
            release: release.to_owned(),
            on_error: OnError::Return,
            kept_out: None,
            holdout: None,
            layer: None,
            overrides: None,
            canary: None,
            ab_test: None,
            units: Vec::new(),
            rule: Vec::new(),
            shadow: Vec::new(),
            segments: Segments::new(),
            fault: None,
        }
    }

    /// Makes a policy by which `version` runs unseen for a share of the units.
    #[must_use]
    pub fn shadow(release: &str, version: &str, share: Share) -> Policy {
        Policy::live_only(release).with_shadow(version, share)
    }

    /// Makes a policy by which `version` answers a share of the units, and the live version the
    /// others.
    #[must_use]
    pub fn canary(release: &str, version: &str, share: Share) -> Policy {
        let version = version.to_owned();
        let canary = Canary {
            version,
            share,
            within: None,
            or_for: None,
        };
        Policy {
            canary: Some(canary),
            ..Policy::live_only(release)
        }
    }

    /// Makes a policy by which each unit is answered by one of several arms, in fixed shares.
    ///
    /// An arm is a pair of version and weight, or an [`Arm`] with a label of its own.
    #[must_use]
    pub fn ab_test<A: Into<Arm>>(release: &str, arms: impl IntoIterator<Item = A>) -> Policy {
        let arms = arms.into_iter().map(Into::into).collect();
        let test = AbTest {
            gate: None,
            within: None,
            arms,
            layout: None,
        };
        Policy {
            ab_test: Some(test),
            ..Policy::live_only(release)
        }
    }

    /// Adds a version that runs unseen for a share of the units.
    #[must_use]
    pub fn with_shadow(mut self, version: &str, share: Share) -> Policy {
        self.shadow.push(Shadow {
            version: version.to_owned(),
            share,
        });
        self
    }

    /// Adds an audience that `version` answers whatever is drawn.
    ///
    /// Rules are tried in the order in which they were added; the first that matches decides.
    #[must_use]
    pub fn with_rule(mut self, audience: Audience, version: &str) -> Policy {
        audience.add_segments(&mut self.segments);
        self.rule.push(Rule {
            audience,
            version: version.to_owned(),
        });
        self
    }

    /// Adds units that `version` answers because they are named, before any other rule.
    #[must_use]
    pub fn with_units<K: Into<UnitKey>>(
        mut self,
        version: &str,
        keys: impl IntoIterator<Item = K>,
    ) -> Policy {
        let keys: Vec<UnitKey> = keys.into_iter().map(Into::into).collect();
        self.units.push(Listed {
            version: version.to_owned(),
            keys: keys.into(),
        });
        self
    }

    /// Lets requests ask for these versions, by [`Unit::asking_for`](crate::Unit::asking_for).
    ///
    /// Called again, it adds versions.
    #[must_use]
    pub fn with_overrides<'a>(self, versions: impl IntoIterator<Item = &'a str>) -> Policy {
        self.permit(None, versions)
    }

    /// Lets requests of an audience ask for these versions.
    ///
    /// Called again with the same audience, it adds versions; a policy has one such audience.
    #[must_use]
    pub fn with_overrides_within<'a>(
        mut self,
        audience: Audience,
        versions: impl IntoIterator<Item = &'a str>,
    ) -> Policy {
        audience.add_segments(&mut self.segments);
        self.permit(Some(audience), versions)
    }

    fn permit<'a>(
        mut self,
        within: Option<Audience>,
        versions: impl IntoIterator<Item = &'a str>,
    ) -> Policy {
        let versions = versions.into_iter().map(str::to_owned);
        match &mut self.overrides {
            Some(known) if known.within == within => known.versions.extend(versions),
            Some(_) => self.refuse(Fault::Twice("overrides.within")),
            None => {
                self.overrides = Some(Overrides {
                    versions: versions.collect(),
                    within,
                });
            }
        }
        self
    }

    /// Remembers a call that does not fit, if it is the first.
    fn refuse(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Lets the live version answer when the chosen version's model fails.
    #[must_use]
    pub fn on_error(self, on_error: OnError) -> Policy {
        Policy { on_error, ..self }
    }

    /// Adds an audience that the canary answers whatever is drawn; for canaries only.
    #[must_use]
    pub fn or_for(mut self, audience: Audience) -> Policy {
        audience.add_segments(&mut self.segments);
        match &mut self.canary {
            Some(canary) => {
                canary.or_for = Some(match canary.or_for.take() {
                    Some(other) => other.or(audience),
                    None => audience,
                });
            }
            None => self.refuse(Fault::Misplaced("or_for", "canaries")),
        }
        self
    }

    /// Draws only among an audience; for canaries and A/B tests only.
    #[must_use]
    pub fn within(mut self, audience: Audience) -> Policy {
        audience.add_segments(&mut self.segments);
        let place = match (&mut self.canary, &mut self.ab_test) {
            (Some(canary), _) => Some(&mut canary.within),
            (None, Some(test)) => Some(&mut test.within),
            (None, None) => None,
        };
        match place.map(|within| within.replace(audience)) {
            Some(None) => {}
            Some(Some(_)) => self.refuse(Fault::Twice("within")),
            None => self.refuse(Fault::Misplaced("within", "canaries and A/B tests")),
        }
        self
    }

    /// Lets only a share of the units into the experiment; for A/B tests only.
    ///
    /// The gate is a draw of its own: raising it never changes the arm of a unit.
    #[must_use]
    pub fn gate(mut self, share: Share) -> Policy {
        match self.ab_test.as_mut().map(|test| test.gate.replace(share)) {
            Some(None) => {}
            Some(Some(_)) => self.refuse(Fault::Twice("gate")),
            None => self.refuse(Fault::Misplaced("gate", "A/B tests")),
        }
        self
    }

    /// Returns the release's name, the salt of its draws.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Returns the policy's kind, for messages.
    fn kind(&self) -> &'static str {
        match (&self.canary, &self.ab_test) {
            (Some(_), _) => "a canary",
            (None, Some(_)) => "an A/B test",
            (None, None) => "neither a canary nor an A/B test",
        }
    }
}
