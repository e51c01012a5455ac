//! The units that a policy serves by rule, and those among which it draws.

use super::Policy;
use crate::{audience::Audience, share::Share};

impl Policy {
    /// Iterates over the audiences that a version answers whatever is drawn, in their order.
    pub(crate) fn served(&self) -> impl Iterator<Item = (&Audience, &str)> {
        let rules = self
            .rule
            .iter()
            .map(|rule| (&rule.audience, rule.version.as_str()));
        let or_for = self.canary.as_ref().and_then(|canary| {
            let audience = canary.or_for.as_ref()?;
            Some((audience, canary.version.as_str()))
        });
        rules.chain(or_for)
    }

    /// Returns the audience outside of which nobody is drawn.
    pub(crate) fn drawn_within(&self) -> Option<&Audience> {
        match &self.canary {
            Some(canary) => canary.within.as_ref(),
            None => self.ab_test.as_ref()?.within.as_ref(),
        }
    }

    /// Returns the share of the gate; without a gate everybody passes.
    pub(crate) fn gate_share(&self) -> Option<Share> {
        match &self.canary {
            Some(canary) => Some(canary.share),
            None => self.ab_test.as_ref()?.gate,
        }
    }

    /// Returns the labels of all versions that the policy names, each once, in byte order.
    #[cfg(feature = "testing")]
    pub(crate) fn versions(&self) -> Vec<&str> {
        let shadows = self.shadow.iter().map(|shadow| shadow.version.as_str());
        let answering = self.answering().map(|(_, version)| version);
        let mut versions: Vec<&str> = answering.chain(shadows).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// Iterates over the fields that hold an audience.
    pub(crate) fn audience_fields(&self) -> impl Iterator<Item = (&'static str, &Audience)> {
        let canary = self.canary.as_ref();
        let within = canary.and_then(|canary| canary.within.as_ref());
        let or_for = canary.and_then(|canary| canary.or_for.as_ref());
        let asking = self
            .overrides
            .as_ref()
            .and_then(|wish| wish.within.as_ref());
        let test = self.ab_test.as_ref().and_then(|test| test.within.as_ref());
        let rules = self
            .rule
            .iter()
            .map(|rule| ("rule.audience", &rule.audience));
        [
            ("canary.within", within),
            ("canary.or_for", or_for),
            ("overrides.within", asking),
            ("ab_test.within", test),
        ]
        .into_iter()
        .filter_map(|(field, audience)| Some((field, audience?)))
        .chain(rules)
    }

    /// Iterates over the fields that let a version answer.
    pub(crate) fn answering(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let canary = self
            .canary
            .iter()
            .map(|canary| ("canary.version", &canary.version));
        let arms = self.ab_test.iter().flat_map(|test| &test.arms);
        let arms = arms.map(|arm| ("ab_test.arms.version", &arm.version));
        let overrides = self
            .overrides
            .iter()
            .flat_map(|overrides| &overrides.versions);
        let overrides = overrides.map(|version| ("overrides.versions", version));
        let units = self
            .units
            .iter()
            .map(|listed| ("units.version", &listed.version));
        let rules = self.rule.iter().map(|rule| ("rule.version", &rule.version));
        let kept_out = self.kept_out.iter().map(|version| ("kept_out", version));
        canary
            .chain(arms)
            .chain(overrides)
            .chain(units)
            .chain(rules)
            .chain(kept_out)
            .map(|(field, version)| (field, version.as_str()))
    }

    /// Tells whether any field names the version.
    pub(crate) fn names(&self, version: &str) -> bool {
        self.answering().any(|(_, named)| named == version)
            || self.shadow.iter().any(|shadow| shadow.version == version)
    }
}
