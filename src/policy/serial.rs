//! The serialised form of a policy: its fields as they are, and segments put in where they are
//! named.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Policy, named::Named};
use crate::audience::{Audience, link};

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The segments of a file stand for one audience each.
        for (field, audience) in self.audience_fields() {
            audience
                .check_segments(&self.segments)
                .map_err(|source| serde::ser::Error::custom(format_args!("{field}: {source}")))?;
        }
        Policy::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Policy, D::Error> {
        let mut policy = Policy::deserialize(Named::new(deserializer, "policy"))?;
        let canary = policy.canary.iter_mut();
        let canary = canary.flat_map(|canary| canary.within.iter_mut().chain(&mut canary.or_for));
        let asking = policy
            .overrides
            .iter_mut()
            .flat_map(|wish| &mut wish.within);
        let test = policy.ab_test.iter_mut().flat_map(|test| &mut test.within);
        let rules = policy.rule.iter_mut().map(|rule| &mut rule.audience);
        let audiences: Vec<&mut Audience> = canary.chain(asking).chain(test).chain(rules).collect();
        link(&mut policy.segments, audiences).map_err(D::Error::custom)?;
        Ok(policy)
    }
}
