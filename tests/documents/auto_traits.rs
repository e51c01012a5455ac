//! Which threads values may go to, and how large the small ones are.

use std::{convert::Infallible, mem::size_of, panic::UnwindSafe};

use switchstand::{
    Arm, Assignment, Audience, Builder, Ending, Model, Observer, OnError, Operator, Outcome, Plan,
    Policy, Reason, Route, Router, Secret, Served, Share, Ticket, Timestamp, UnitKey, VersionState,
    bucketing::{Draw, DrawError, Key, Point, Purpose, Scheme, SchemeError, UnitError},
    decision::{Propensity, PropensityError, ShadowSet},
    deployment::{
        Change, Deployment, Deployments, LabelError, Operation, OperationError, VersionId,
    },
    operator::{DeployError, ReclaimError, ValidateError},
    outcomes::{OutcomeCounts, OutcomeRecord, Record},
    release::{Fingerprint, FingerprintError, PolicyError, ShareError, Split, SplitError},
    shadow::{
        Comparison, DropReason, DueShadow, Pair, ShadowBudget, ShadowCounts, ShadowFuture,
        ShadowOutcome, ShadowQueue, ShadowRun, ShadowTask,
    },
    targeting::{Attribute, AudienceError, Number, Value},
};

/// A model as most are: shared by threads, answering with owned values.
struct Plain;

impl Model for Plain {
    type Input = String;
    type Output = String;
    type Error = Infallible;

    fn predict(&self, input: &String) -> Result<String, Infallible> {
        Ok(input.clone())
    }
}

const fn shared<T: Send + Sync + ?Sized>() {}
const fn sent<T: Send + 'static>() {}
const fn copied<T: Copy + Send + Sync + 'static>() {}
const fn error<T: std::error::Error + Send + Sync + Clone + PartialEq + 'static>() {}
const fn unwinds<T: UnwindSafe>() {}

macro_rules! each {
    ($check:ident: $($type:ty),+ $(,)?) => {
        const _: () = { $($check::<$type>();)+ };
    };
}

each!(shared:
    Arm, Assignment<'_>, Attribute, Audience, Builder<Plain>, Change<'_>, DeployError<Plain>,
    Deployment, Deployments, Operation, Operator<'_, Plain>, Plan, Policy,
    Record<'_>, OutcomeRecord, dyn Observer, Router<Plain>, ShadowRun<'_>, Split,
    ShadowQueue<Plain>, Ticket<Plain>, UnitKey, Key<'_>, Value<'_>,
);

each!(copied:
    Draw, Ending, Fingerprint, Outcome<'_>, OutcomeCounts, Number, OnError, Point, Propensity, Purpose, Reason, Route, Scheme, Secret,
    DropReason, ShadowBudget, ShadowCounts, ShadowOutcome, ShadowSet, Share, Timestamp, VersionId,
    VersionState,
);

each!(error:
    AudienceError, DrawError, FingerprintError, LabelError, OperationError, PolicyError,
    PropensityError, ReclaimError, SchemeError, ShareError, SplitError, UnitError,
    ValidateError<OperationError>,
);

each!(unwinds: Plan, Policy, Route, Deployments);

// What is owned by one request: it may go to another thread, as it does with a shadow.
each!(sent: Served<Plain>, ShadowTask<Plain>, DueShadow<Plain>, ShadowFuture);

/// S1: no comparison borrows from a request. This compiles only while the trait demands it.
const _: fn() = s1_a_comparison_borrows_nothing::<Nothing>;

const fn s1_a_comparison_borrows_nothing<C: Comparison<u64, ()>>() {
    sent::<C>();
}

struct Nothing;

impl Comparison<u64, ()> for Nothing {
    type Projection = ();

    fn project(&self, _: &Result<u64, ()>) {}

    fn compare(&self, _: Pair<'_, ()>) {}
}

#[test]
fn a_route_is_three_words() {
    assert_eq!(size_of::<Route>(), 24);
}

#[test]
fn decisions_and_errors_stay_small() {
    assert_eq!(size_of::<Share>(), 4);
    assert_eq!(size_of::<Point>(), 8);
    assert_eq!(size_of::<Option<Propensity>>(), 8);
    assert!(size_of::<Key<'_>>() <= 32);
    for (name, size) in [
        ("ShareError", size_of::<ShareError>()),
        ("SplitError", size_of::<SplitError>()),
        ("AudienceError", size_of::<AudienceError>()),
        ("PolicyError", size_of::<PolicyError>()),
        ("OperationError", size_of::<OperationError>()),
        ("ReclaimError", size_of::<ReclaimError>()),
    ] {
        assert!(size <= 96, "{name} has {size} bytes");
    }
}
