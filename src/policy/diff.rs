//! Whom a change of policy would move.

#[cfg(feature = "testing")]
mod changes;
mod joint;
mod words;

use std::collections::HashMap;

use super::{Policy, PolicyError};
use crate::{
    audience::Audience,
    fingerprint::{Canonical, Fingerprint},
    unit::UnitKey,
};
#[cfg(feature = "testing")]
pub(crate) use changes::Changes;
use joint::{Fate, Joint};

/// An exact fraction of all units, in steps of 2^-64.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fraction(u128);

impl Fraction {
    /// Everybody.
    pub const WHOLE: Fraction = Fraction(1 << 64);

    /// Returns how many of 2^64 points the fraction holds.
    #[must_use]
    pub const fn points(self) -> u128 {
        self.0
    }

    /// Returns the fraction as a number from 0 to 1, rounded to the nearest double.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest double is what is promised"
    )]
    pub fn as_fraction(self) -> f64 {
        self.0 as f64 / Fraction::WHOLE.0 as f64
    }
}

/// Which units change their version when one policy follows another.
///
/// Shares are exact where both policies draw from the same line, as they do within one release.
/// Between releases of different names the draws are independent, and shares are products.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Diff {
    /// One entry for each audience class that the rules of the two policies tell apart.
    pub classes: Vec<ClassDiff>,
    /// How many units are listed for different versions, or in one policy only.
    pub listed: usize,
    /// Whether a draw has another name (salt) in the two policies, so that all units are drawn
    /// again.
    pub is_redealt: bool,
}

impl Diff {
    /// Returns the greatest share that moves in any audience class.
    ///
    /// Without audiences this is the share of all units that move.
    #[must_use]
    pub fn moved(&self) -> Fraction {
        self.classes
            .iter()
            .map(ClassDiff::moved)
            .max()
            .unwrap_or_default()
    }
}

/// Which units of one audience class change their version.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClassDiff {
    /// The class in words.
    pub audience: String,
    /// The moves; units that keep their version are not listed.
    ///
    /// In words, moves of less than half of 10^-9 are left out.
    pub moves: Vec<Move>,
}

impl ClassDiff {
    /// Returns the share of the class that moves.
    #[must_use]
    pub fn moved(&self) -> Fraction {
        Fraction(self.moves.iter().map(|moved| moved.share.0).sum())
    }
}

/// A share of a class that goes from one version to another.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Move {
    /// The version before; `None` is the live one.
    pub from: Option<String>,
    /// The version after; `None` is the live one.
    pub to: Option<String>,
    /// The share of the class.
    pub share: Fraction,
}

impl Policy {
    /// The maximum number of pairs of rules that a comparison looks at.
    pub const MAX_CLASSES: usize = 4096;

    /// Tells whom it moves if `next` replaces this policy while the same version stays live.
    ///
    /// ```
    /// use switchstand::Policy;
    /// let one = Policy::canary("ranker-2026-11", "v2", "1%".parse()?);
    /// let ten = Policy::canary("ranker-2026-11", "v2", "10%".parse()?);
    /// assert_eq!(one.diff(&ten)?.to_string(), "everybody: 9% move from the live version to v2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PolicyError`] if the arms of a policy make no split, or there are too many rules.
    pub fn diff(&self, next: &Policy) -> Result<Diff, PolicyError> {
        self.compare(next, None)
    }

    /// Tells the same where `live` is the label of the live version.
    ///
    /// Then an arm that names the live version is the same as no arm.
    ///
    /// # Errors
    /// As for [`diff`](Policy::diff).
    pub fn diff_while_live(&self, next: &Policy, live: &str) -> Result<Diff, PolicyError> {
        self.compare(next, Some(live))
    }

    fn compare(&self, next: &Policy, live: Option<&str>) -> Result<Diff, PolicyError> {
        let (old, new) = (Fates::of(self), Fates::of(next));
        let pairs = old.fates.len().saturating_mul(new.fates.len());
        let same_rules = old.asks_as(&new);
        if pairs > Policy::MAX_CLASSES && !same_rules {
            return Err(PolicyError::TooMany {
                field: "rules, in pairs",
                found: pairs,
                limit: Policy::MAX_CLASSES,
            });
        }
        let joint = Joint::new(self, next, live)?;
        let mut classes = Vec::new();
        for (place, before) in old.fates.iter().enumerate() {
            // With the same rules on both sides each unit meets the same rule.
            let after = if same_rules {
                new.fates.get(place..=place)
            } else {
                None
            };
            for after in after.unwrap_or(&new.fates) {
                if let Some(audience) = words::class(&old, before, &new, after) {
                    let moves = joint.moves(before, after);
                    classes.push(ClassDiff { audience, moves });
                }
            }
        }
        Ok(Diff {
            classes,
            listed: relisted(self, next),
            is_redealt: joint.is_redealt(),
        })
    }
}

/// The audiences of a policy, and what the policy does with their units.
///
/// Audiences are compared by content hash: thousands of rules are compared with one another.
struct Fates<'a> {
    rules: Vec<(&'a Audience, Fingerprint)>,
    /// The first place of each rule.
    places: HashMap<Fingerprint, usize>,
    within: Option<(&'a Audience, Fingerprint)>,
    fates: Vec<Fate<'a>>,
}

impl<'a> Fates<'a> {
    fn of(policy: &'a Policy) -> Fates<'a> {
        let (rules, served): (Vec<_>, Vec<_>) = policy.served().unzip();
        let rules: Vec<_> = rules.into_iter().map(hashed).collect();
        let mut places = HashMap::with_capacity(rules.len());
        for (place, (_, hash)) in rules.iter().enumerate() {
            places.entry(*hash).or_insert(place);
        }
        let within = policy.drawn_within().map(hashed);
        let served = served.into_iter().enumerate();
        let mut fates: Vec<_> = served
            .map(|(rule, version)| Fate::Served { rule, version })
            .collect();
        fates.extend(within.map(|_| Fate::LeftOut));
        fates.push(Fate::Drawn);
        Fates {
            rules,
            places,
            within,
            fates,
        }
    }

    /// Tells whether both ask the same rules in the same order, whoever is served by them.
    fn asks_as(&self, other: &Fates<'_>) -> bool {
        let hashes = |fates: &Fates<'_>| fates.within.map(|(_, hash)| hash);
        hashes(self) == hashes(other)
            && self.rules.len() == other.rules.len()
            && (self.rules.iter().zip(&other.rules)).all(|(one, other)| one.1 == other.1)
    }

    /// Returns the audience that units of this fate belong to, if it says so of any.
    fn matched(&self, fate: &Fate<'_>) -> Option<(&'a Audience, Fingerprint)> {
        match fate {
            Fate::Served { rule, .. } => self.rules.get(*rule).copied(),
            Fate::LeftOut => None,
            Fate::Drawn => self.within,
        }
    }

    /// Tells whether units of this fate do not belong to an audience.
    fn denies(&self, fate: &Fate<'_>, audience: Fingerprint) -> bool {
        let place = self.places.get(&audience);
        match fate {
            Fate::Served { rule, .. } => place.is_some_and(|place| place < rule),
            Fate::LeftOut => {
                place.is_some() || self.within.is_some_and(|(_, within)| within == audience)
            }
            Fate::Drawn => place.is_some(),
        }
    }

    /// Tells whether every unit has this fate.
    fn is_everybody(&self, fate: &Fate<'_>) -> bool {
        *fate == Fate::Drawn && self.rules.is_empty() && self.within.is_none()
    }
}

fn hashed(audience: &Audience) -> (&Audience, Fingerprint) {
    let mut out = Canonical::new();
    audience.write_canonical(&mut |bytes| out.raw(bytes));
    (audience, out.finish())
}

fn relisted(old: &Policy, new: &Policy) -> usize {
    let same_lists = (old.units.iter().zip(&new.units))
        .all(|(old, new)| old.version == new.version && old.keys.is_same(&new.keys));
    if same_lists && old.units.len() == new.units.len() {
        return 0;
    }
    let (old, new) = (listed(old), listed(new));
    let mut keys: Vec<_> = old
        .iter()
        .filter(|pair| new.binary_search(pair).is_err())
        .chain(new.iter().filter(|pair| old.binary_search(pair).is_err()))
        .map(|(key, _)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

/// Returns all listed units with their versions, in order.
fn listed(policy: &Policy) -> Vec<(&UnitKey, &str)> {
    let units = policy.units.iter();
    let mut pairs: Vec<_> = units
        .flat_map(|listed| {
            let version = listed.version.as_str();
            listed.keys.iter().map(move |key| (key, version))
        })
        .collect();
    pairs.sort_unstable();
    pairs
}
