//! Which versions run as shadows of an answer.

use super::Plan;
use crate::{route::ShadowSet, unit::Unit, version::VersionId};

impl Plan {
    /// Draws the shadows of a unit that `version` answers.
    ///
    /// The draw comes first: it is rarely a hit, while the processor cannot predict which version
    /// answers.
    #[inline]
    pub(super) fn shadows_beside(&self, unit: &Unit<'_>, version: VersionId) -> ShadowSet {
        let places = self.shadows.iter().enumerate();
        ShadowSet(places.fold(0, |set, (place, shadow)| {
            if shadow.range.contains(unit) && shadow.version != version {
                set | 1 << place
            } else {
                set
            }
        }))
    }

    pub(crate) fn shadow_ids(&self, set: ShadowSet) -> impl Iterator<Item = VersionId> {
        set.iter()
            .filter_map(|place| self.shadows.get(place))
            .map(|shadow| shadow.version)
    }

    /// Returns the set without `version`, because the version that answers is not its own shadow.
    pub(crate) fn shadows_without(&self, set: ShadowSet, version: VersionId) -> ShadowSet {
        set.keep(|place| {
            let shadow = self.shadows.get(place);
            shadow.is_some_and(|shadow| shadow.version != version)
        })
    }

    pub(crate) fn has_shadows(&self) -> bool {
        !self.shadows.is_empty()
    }
}
