//! Policies of several routers that must have no unit in common.

use thiserror::Error;

use super::Policy;
use crate::{share::Share, sorting::sort_by};

/// Why two policies may not be in force together: they have units of one layer in common.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LayerError {
    /// Two stretches of one layer overlap.
    #[error(
        "releases {first:?} and {second:?} overlap in layer {layer:?} from {from} to {to}: their \
         units would take part in both; give each a stretch of its own"
    )]
    Overlap {
        /// The layer's salt.
        layer: String,
        /// The name of the release that begins first.
        first: String,
        /// The name of the other release.
        second: String,
        /// Where the overlap begins.
        from: Share,
        /// Where the overlap ends.
        to: Share,
    },
}

impl Policy {
    /// Checks that policies which are in force at the same time exclude one another.
    ///
    /// Policies that name the same layer must take parts of it that do not overlap. Policies of
    /// different layers, or of none, draw independently and may have units in common.
    ///
    /// ```
    /// use switchstand::{Policy, Share};
    /// let percent = |percent| Share::percent(percent);
    /// let ranker = Policy::ab_test("ranker", [("a", 1), ("b", 1)]);
    /// let prices = Policy::ab_test("prices", [("p", 1), ("q", 1)]);
    /// let ranker = ranker.with_layer("homepage", percent(0)?, percent(50)?);
    /// assert!(Policy::check_together([
    ///     &ranker,
    ///     &prices.clone().with_layer("homepage", percent(50)?, percent(100)?),
    /// ]).is_ok());
    /// assert!(Policy::check_together([
    ///     &ranker,
    ///     &prices.with_layer("homepage", percent(40)?, percent(60)?),
    /// ]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LayerError::Overlap`] names the first two that overlap.
    pub fn check_together<'a>(
        policies: impl IntoIterator<Item = &'a Policy>,
    ) -> Result<(), LayerError> {
        let layer = |policy: &'a Policy| policy.layer.as_ref().map(|layer| (layer, policy));
        let mut stretches: Vec<_> = policies
            .into_iter()
            .filter_map(layer)
            .filter(|(layer, _)| layer.from < layer.to)
            .collect();
        sort_by(&mut stretches, |(left, _), (right, _)| {
            (&left.salt, left.from, left.to).cmp(&(&right.salt, right.from, right.to))
        });
        for pair in stretches.windows(2) {
            if let [(left, first), (right, second)] = pair
                && left.salt == right.salt
                && right.from < left.to
            {
                return Err(LayerError::Overlap {
                    layer: left.salt.clone(),
                    first: first.release.clone(),
                    second: second.release.clone(),
                    from: right.from,
                    to: right.to.min(left.to),
                });
            }
        }
        Ok(())
    }
}
