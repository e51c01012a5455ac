//! Units that a release does not reach, and who answers them.

use super::{Fault, Holdout, Layer, Policy};
use crate::share::Share;

impl Policy {
    /// Keeps a share of the units out of every release with the same `salt`.
    #[must_use]
    pub fn with_holdout(mut self, salt: &str, share: Share) -> Policy {
        let holdout = Holdout {
            salt: salt.to_owned(),
            share,
        };
        if self.holdout.replace(holdout).is_some() {
            self.refuse(Fault::Twice("holdout"));
        }
        self
    }

    /// Limits the release to one part of a layer, which exclusive releases divide among them.
    ///
    /// Two policies with the same `salt` and parts that do not overlap have no unit in common.
    #[must_use]
    pub fn with_layer(mut self, salt: &str, from: Share, to: Share) -> Policy {
        let layer = Layer {
            salt: salt.to_owned(),
            from,
            to,
        };
        if self.layer.replace(layer).is_some() {
            self.refuse(Fault::Twice("layer"));
        }
        self
    }

    /// Lets `version` answer the units that holdout, layer and `within` keep out.
    ///
    /// Without it the live version does. It is needed when the new version is live: then the old
    /// version still answers these units, and cannot be retired meanwhile. A
    /// [roll-out](crate::rollout) with such units ends with such a policy.
    ///
    /// ```
    /// use switchstand::{Policy, Share};
    /// let half = Share::percent(50)?;
    /// let policy = Policy::live_only("ranker-2026-11")
    ///     .with_holdout("holdout-2026", half)
    ///     .with_kept_out("v1");
    /// let plan = policy.compile("v2", ["v1"])?;
    /// let on_v1 = (0..1_000_u64).filter(|&user| plan.version_of(&plan.route(user)) == Some("v1"));
    /// assert!((400..600).contains(&on_v1.count()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_kept_out(mut self, version: &str) -> Policy {
        if self.kept_out.replace(version.to_owned()).is_some() {
            self.refuse(Fault::Twice("kept_out"));
        }
        self
    }

    /// Returns the version of the units that the policy keeps out, if it names one.
    #[cfg(feature = "stats")]
    pub(crate) fn kept_out_label(&self) -> Option<&str> {
        self.kept_out.as_deref()
    }
}
