//! Units for tests of a policy.

use core::slice;
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use siphasher::sip::SipHasher13;

use super::{Member, TestError};
use crate::{Audience, Share, Unit, attributes::AsValue};

/// Units for tests of a policy, synthetic or given one by one.
///
/// All draws come from the seed: the same calls give the same population on every machine. Each
/// attribute is drawn by itself, so adding one changes no other.
///
/// ```
/// use switchstand::testing::Population;
/// let users = Population::synthetic(10_000, 7)
///     .with("tier", [("internal", 1), ("paying", 9), ("free", 90)])?
///     .with_some("age", "80%".parse()?, [(17, 1), (31, 2), (64, 1)])?;
/// assert_eq!(users.len(), 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Population {
    members: Vec<Member>,
    seed: u64,
}

impl Population {
    /// Makes synthetic units with random numbers as keys and no attributes.
    #[must_use]
    pub fn synthetic(units: usize, seed: u64) -> Population {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let members = (0..units).map(|_| Member::new(rng.random::<u64>()));
        Population {
            members: members.collect(),
            seed,
        }
    }

    /// Returns the population with an attribute for every unit, drawn by these weights.
    ///
    /// # Errors
    /// [`TestError::NoWeight`] if no weight is above 0, [`TestError::NameTaken`] if a unit has an
    /// attribute of that name.
    pub fn with<V: AsValue + Send + Sync + 'static>(
        self,
        name: &str,
        weights: impl IntoIterator<Item = (V, u32)>,
    ) -> Result<Population, TestError> {
        self.with_some(name, Share::ALL, weights)
    }

    /// Returns the population with an attribute that only a share of the units has.
    ///
    /// # Errors
    /// As [`with`](Population::with).
    pub fn with_some<V: AsValue + Send + Sync + 'static>(
        mut self,
        name: &str,
        share: Share,
        weights: impl IntoIterator<Item = (V, u32)>,
    ) -> Result<Population, TestError> {
        if self.members.iter().any(|member| member.get(name).is_some()) {
            return Err(TestError::NameTaken {
                name: name.to_owned(),
            });
        }
        let mut sum = 0_u64;
        let mut values = Vec::new();
        for (value, weight) in weights {
            sum = sum.saturating_add(weight.into());
            values.push((sum, Arc::new(value)));
        }
        if sum == 0 {
            return Err(TestError::NoWeight {
                name: name.to_owned(),
            });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // A stream for each name, so that the order of the calls does not matter.
        rng.set_stream(SipHasher13::new_with_keys(1, 0).hash(name.as_bytes()));
        let name: Arc<str> = name.into();
        for member in &mut self.members {
            let has_it = rng.random_range(0..Share::ALL.nanos()) < share.nanos();
            let place = rng.random_range(0..sum);
            let drawn = values.partition_point(|(upto, _)| *upto <= place);
            if let Some((_, value)) = values.get(drawn).filter(|_| has_it) {
                let value: Arc<V> = Arc::clone(value);
                member.set(&name, value);
            }
        }
        Ok(self)
    }

    /// Returns the units of an audience.
    #[must_use]
    pub fn only(&self, audience: &Audience) -> Population {
        let members = self.members.iter();
        let chosen = members.filter(|member| audience.matches(&member.unit()));
        Population {
            members: chosen.cloned().collect(),
            seed: self.seed,
        }
    }

    /// Returns the units with their attributes.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Iterates over the units as requests would bring them.
    pub fn units(&self) -> impl ExactSizeIterator<Item = Unit<'_>> {
        self.members.iter().map(Member::unit)
    }

    /// Returns how many units there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Tells whether there is no unit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl FromIterator<Member> for Population {
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Population {
        Population {
            members: members.into_iter().collect(),
            seed: 0,
        }
    }
}

impl<'a> IntoIterator for &'a Population {
    type Item = &'a Member;
    type IntoIter = slice::Iter<'a, Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.iter()
    }
}
