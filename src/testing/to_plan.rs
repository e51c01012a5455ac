//! What a test of routing may be given.

use std::borrow::Cow;

use crate::{OperationError, Plan, Policy, Router};

/// Is the label that the live version has where a policy is tested by itself.
pub const LIVE: &str = "live";

/// Gives the plan that a test is about: a plan itself, a policy, or what a router has in force.
///
/// A policy is compiled as if every version that it names were validated and another one, called
/// [`LIVE`], were live. Where one of the policy's versions is meant to be the live one, compile
/// it with [`Policy::compile`] and test the plan.
pub trait ToPlan {
    /// Returns the plan.
    ///
    /// # Errors
    /// [`OperationError`] if the policy is refused.
    fn to_plan(&self) -> Result<Cow<'_, Plan>, OperationError>;
}

impl ToPlan for Plan {
    fn to_plan(&self) -> Result<Cow<'_, Plan>, OperationError> {
        Ok(Cow::Borrowed(self))
    }
}

impl ToPlan for Policy {
    fn to_plan(&self) -> Result<Cow<'_, Plan>, OperationError> {
        let shadows = self.shadow.iter().map(|shadow| shadow.version.as_str());
        let named = self.answering().map(|(_, version)| version).chain(shadows);
        let mut named: Vec<&str> = named.filter(|version| !version.is_empty()).collect();
        named.sort_unstable();
        named.dedup();
        named.retain(|version| *version != LIVE);
        self.compile(LIVE, named).map(Cow::Owned)
    }
}

impl<M: Send + Sync + 'static> ToPlan for Router<M> {
    fn to_plan(&self) -> Result<Cow<'_, Plan>, OperationError> {
        Ok(Cow::Owned(Plan::clone(&self.current())))
    }
}
