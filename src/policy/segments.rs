//! The audiences of a policy that have a name.

use super::Policy;
use crate::audience::Audience;

impl Policy {
    /// Returns the audience with a name.
    ///
    /// With it a test of a policy file can say what must hold for its segments:
    ///
    /// ```
    /// # #[cfg(all(feature = "serde", feature = "testing"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use switchstand::{Policy, testing::assert_never};
    /// let policy: Policy = toml::from_str(
    ///     "scheme = 'v1'
    ///     release = 'ranker-2026-11'
    ///     [canary]
    ///     version = 'v2'
    ///     share = '5%'
    ///     within = { not = { segment = 'key accounts' } }
    ///     [segments]
    ///     'key accounts' = { attr = 'account', one_of = ['acme', 'globex'] }",
    /// )?;
    /// assert_never(&policy, policy.segment("key accounts").ok_or("no such segment")?, "v2");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(feature = "serde", feature = "testing")))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&Audience> {
        self.segments.get(name)
    }

    /// Returns all segments with their names, in the order of the names, used or not.
    pub fn segments(&self) -> impl Iterator<Item = (&str, &Audience)> {
        let segments = self.segments.iter();
        segments.map(|(name, audience)| (name.as_str(), audience))
    }
}
