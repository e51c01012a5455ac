//! What a test of routing may be given.

use std::borrow::Cow;

use crate::{Plan, Policy, Router, deployment::OperationError};

/// The label of the live version where a policy is tested by itself.
pub const LIVE: &str = "live";

/// A policy or a plan that a test is about.
///
/// A plan gives itself, a policy what it compiles to, and a router what it has in force.
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
        let mut versions = self.versions();
        // An empty label is the policy's fault, and to be told as such.
        versions.retain(|version| !version.is_empty() && *version != LIVE);
        self.compile(LIVE, versions).map(Cow::Owned)
    }
}

impl<M: Send + Sync + 'static> ToPlan for Router<M> {
    fn to_plan(&self) -> Result<Cow<'_, Plan>, OperationError> {
        Ok(Cow::Owned(Plan::clone(&self.current())))
    }
}
