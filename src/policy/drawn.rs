//! Whom a policy serves by rule, and from whom it draws.

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
}
