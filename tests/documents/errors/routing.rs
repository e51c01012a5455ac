//! Errors of routing, policies and deployment.

use switchstand::{
    VersionState,
    bucketing::{DrawError, SchemeError, UnitError},
    decision::PropensityError,
    deployment::{LabelError, OperationError, ReplayError},
    journal::JournalCapacityError,
    operator::{ReclaimError, RestoreFault},
    pin::{PinError, TagError},
    release::{FingerprintError, LayerError, PolicyError, ShareError, SplitError},
    targeting::AudienceError,
};

use super::{Rows, percent, says, text};

type ValidateError = switchstand::operator::ValidateError<String>;

pub(super) fn add(rows: &mut Rows) {
    says! { rows;
        AudienceError::TooDeep { found: 65, limit: 64 };
        AudienceError::TooManyRules { found: 65, limit: 64 };
        AudienceError::ListTooLong { list: "one_of", found: 65, limit: 64 };
        AudienceError::TextTooLong { field: "canary.version", found: 65, limit: 64 };
        AudienceError::EmptyName {};
        AudienceError::EmptySegment {};
        AudienceError::EmptyText { attribute: text("age"), operator: "at_least" };
        AudienceError::EmptyUnit {};
        AudienceError::NanOperand { attribute: text("age"), operator: "at_least" };
        AudienceError::Misfit {
            attribute: text("age"),
            modifier: "fold_case",
            operator: "at_least",
            allowed: "texts",
        };
        AudienceError::Malformed {
            attribute: text("age"),
            operator: "at_least",
            found: text("1.x"),
            reason: "no version".into(),
        };
        AudienceError::NotBuiltIn {
            attribute: text("age"),
            operator: "at_least",
            feature: "regex",
        };
        AudienceError::UnknownSegment { name: text("testers") };
        AudienceError::CircularSegment { name: text("testers"), path: text("testers > paying > testers") };
        AudienceError::AmbiguousSegment { name: text("testers") };
        SchemeError::Unknown { name: text("v9") };
        DrawError::TooLong { what: "the salt", length: 5_000_000_000 };
        ReplayError::Gap { expected: 4, found: 6 };
        ReplayError::Refused {
            sequence: 7,
            source: OperationError::NoStandby { version: text("v2") },
        };
        OperationError::UnknownVersion { version: text("v2") };
        OperationError::AlreadyDeployed { version: text("v2"), state: VersionState::Staged };
        OperationError::TooManyVersions { limit: 64 };
        OperationError::OverMemory {
            version: text("v2"),
            size: 40,
            in_use: 70,
            budget: 100,
        };
        OperationError::WrongState {
            version: text("v2"),
            state: VersionState::Staged,
            expected: "ready",
        };
        OperationError::NotAccepted { live: text("v2"), standby: text("v1") };
        OperationError::NoStandby { version: text("v2") };
        OperationError::NamedByPolicy { version: text("v2"), release: text("ranker-2026-11") };
        OperationError::OverMemory {
            version: text("v2"),
            size: 8_000,
            in_use: 6_000,
            budget: 10_000,
        };
        OperationError::Overruled { by: text("ana released \"hotfix\"") };
        OperationError::Stale { expected: 12, found: 13 };
        FingerprintError::Malformed { text: text("4af") };
        JournalCapacityError::OutOfRange { entries: 0, limit: 1_000_000 };
        PinError::Malformed { length: 300 };
        PinError::Tag {};
        TagError::NoSecret {};
        TagError::Mismatch {};
        PolicyError::EmptyName { field: "release" };
        PolicyError::NameTooLong { field: "release", length: 300, limit: 64 };
        PolicyError::UnknownVersion { field: "canary.version", version: text("v2") };
        PolicyError::NotReady {
            field: "canary.version",
            version: text("v2"),
            state: VersionState::Staged,
        };
        PolicyError::CanaryIsLive { version: text("v2") };
        PolicyError::TwoTechniques { release: text("ranker-2026-11") };
        PolicyError::Misplaced {
            field: "or_for",
            kinds: "canaries",
            release: text("ranker-2026-11"),
            found: "an A/B test",
        };
        PolicyError::SetTwice { field: "holdout", release: text("ranker-2026-11") };
        PolicyError::Split { source: SplitError::NoWeight { arms: 2 } };
        PolicyError::Audience { field: "rules", source: AudienceError::EmptyName };
        PolicyError::EmptyLayer { from: percent(40), to: percent(20) };
        PolicyError::ShadowOfItself { version: text("v2") };
        PolicyError::DuplicateShadow { version: text("v2") };
        PolicyError::DuplicateUnit { key: text("user-42") };
        PolicyError::TooMany { field: "rules", found: 65, limit: 64 };
        LayerError::Overlap {
            layer: text("page"),
            first: text("ranker-2026-11"),
            second: text("prices-2026-11"),
            from: percent(20),
            to: percent(40),
        };
        PropensityError::OutOfRange { fraction: 0.0 };
        ValidateError::Failed { version: text("v2"), cause: text("no answer") };
        ReclaimError::StillInUse { version: text("v2"), in_flight: 2 };
        RestoreFault::OtherRouter { stored: text("prices"), found: text("ranker") };
        RestoreFault::OtherSecret { router: text("ranker") };
        RestoreFault::Missing { version: text("v2") };
        RestoreFault::Extra { version: text("v2") };
        RestoreFault::Twice { version: text("v2") };
        ShareError::OverWhole { nanos: 1_500_000_000 };
        ShareError::Malformed { text: text("2,5%") };
        ShareError::TooPrecise { text: text("0.00000001%") };
        SplitError::NoWeight { arms: 2 };
        SplitError::DuplicateArm { label: text("a") };
        SplitError::EmptyLabel { version: text("v2") };
        SplitError::TooManyArms { found: 65, limit: 64 };
        SplitError::UnknownArm { label: text("a") };
        SplitError::BrokenLayout { from: 0xaf };
        SplitError::ShareMismatch { label: text("a") };
        SplitError::TooManyStretches { found: 65, limit: 64 };
        UnitError::EmptyKey {};
        LabelError::Empty {};
        LabelError::TooLong { length: 300, limit: 64 };
    }
}
