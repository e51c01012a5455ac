//! Errors of statistics, experiments and roll-outs.

use switchstand::{
    Reason, Timestamp,
    deployment::OperationError,
    experiment::{ExperimentError, LogError, Missing},
    off_policy::PlanPairError,
    ramp::BeginError,
    rollout::{
        Command, EvidenceError, LadderError, Phase, Refused, RolloutError, ScheduleError, Tag,
    },
    stats::Refusal,
    stats::anytime::GroupedRefusal,
    stats::off_policy::OffPolicyError,
};

use super::{Rows, fingerprint, percent, says, text};

type ReportsError = switchstand::fleet::ReportsError<String>;

pub(super) fn add(rows: &mut Rows) {
    says! { rows;
        ExperimentError::Unknown {
            what: "metric",
            name: text("click"),
            known: text("\"clicks\""),
        };
        ExperimentError::NameTaken { what: "metrics", name: text("clicks") };
        ExperimentError::NoWeight { name: text("clicks") };
        ExperimentError::Arms { release: text("ranker-2026-11"), found: 1 };
        ExperimentError::NoAbTest { release: text("ranker-2026-11") };
        ExperimentError::NotContinued {
            release: text("ranker-2026-11"),
            why: text("an arm is missing"),
        };
        ExperimentError::Foreign { what: "a metric" };
        ExperimentError::OtherRelease {
            found: text("prices-2026-11"),
            expected: text("ranker-2026-11"),
        };
        ExperimentError::OtherPolicy { found: fingerprint(1) };
        ExperimentError::NotDrawn { reason: Reason::Holdout };
        ExperimentError::WrongKind { name: text("clicks"), expected: "0 or 1" };
        ExperimentError::OutOfRange {
            what: "the margin",
            value: 1.5,
            expected: "a number from 0 to 1",
        };
        ExperimentError::NoLookDue { units: 900, next: text("the next look is at 1000") };
        ExperimentError::Mismatch { what: "weights", left: text("v1"), right: text("v2") };
        Missing::TooFewUnits { control: 12, candidate: 9, needed: 100 };
        Missing::NoVariation { arm: "candidate" };
        Missing::TooUneven { units: 50 };
        Missing::NoUnits { arm: "control" };
        Missing::UnevenPast { control: 12, candidate: 9 };
        Missing::UnevenSegment {};
        Missing::NoLook {};
        Missing::TooFewEvents { found: 3, needed: 10 };
        Missing::Gauge {};
        Missing::Dropped {};
        LogError::Name { what: "column", name: text("user id") };
        LogError::Text { what: "arm", name: text("v'1") };
        LogError::Beyond { metric: text("spent"), what: "caps what one unit counts for" };
        LogError::NoMetric { release: text("ranker-2026-11") };
        LogError::Impossible {
            counted: text("exposures"),
            arm: text("control"),
            metric: text("clicks"),
            group: 7,
            why: "it has more events than units",
        };
        LogError::Twice {
            counted: text("exposures"),
            arm: text("control"),
            metric: text("clicks"),
            group: 7,
        };
        ReportsError::OtherRelease { server: text("eu-1"), found: text("ranker-6"), expected: text("ranker-7") };
        ReportsError::OtherKind { server: text("eu-1"), incarnation: 1, number: 5 };
        ReportsError::Evidence { server: text("eu-1"), incarnation: 1, why: text("other guards") };
        PlanPairError::OtherPolicy { found: fingerprint(1), expected: fingerprint(2) };
        PlanPairError::NotDrawn { reason: Reason::Holdout };
        PlanPairError::OtherAttributes { version: text("v2"), logged: 0.5, found: Some(0.25) };
        PlanPairError::NotCovered { version: text("v2"), target: 0.25 };
        ScheduleError::NameTaken { what: "guards", name: text("clicks") };
        ScheduleError::NonFinite { what: "harm bound", guard: text("errors") };
        ScheduleError::SafeBelowHarm { guard: text("errors") };
        ScheduleError::NothingToClimbOn {};
        ScheduleError::NoStep {
            guard: text("errors"),
            from: percent(1),
            to: percent(7),
            steps: text("1%, 5%, 25%"),
        };
        ScheduleError::NotPaired { guard: text("errors") };
        ScheduleError::Order { guard: text("errors"), order: 1.5 };
        ScheduleError::Margin { guard: text("errors"), harm: -2.0, safe: 0.1 };
        ScheduleError::OtherSource { guard: text("errors"), from: "a shadow", wanted: "a rate" };
        ScheduleError::Readings { guard: text("errors"), bad: 0, of: 20 };
        RolloutError::NotACanary { release: text("ranker-2026-11") };
        RolloutError::KeptOutGetTheCandidate {
            release: text("ranker-2026-11"),
            version: text("v2"),
        };
        RolloutError::OtherRelease {
            release: text("ranker-2026-11"),
            version: text("v2"),
            found: text("prices-2026-11"),
        };
        RolloutError::Ended { phase: Phase::Promoted };
        RolloutError::ImpossibleStart { what: "a step" };
        RolloutError::ImpossibleEvent { place: 3 };
        EvidenceError::UnknownGuard { guard: text("errors"), known: text("\"failures\"") };
        EvidenceError::CountsByItself { guard: text("errors"), what: "failures" };
        EvidenceError::OtherKind { guard: text("errors"), wanted: "a rate", found: "a number" };
        EvidenceError::Number { guard: text("errors"), value: 1.5, expected: "a finite number" };
        EvidenceError::Mismatch { what: "their guards" };
        LadderError::NotRising { below: percent(25), share: percent(5) };
        LadderError::NotWhole { last: percent(50) };
        LadderError::NoSuchStep { share: percent(7), steps: text("1%, 5%, 25%") };
        LadderError::TooManySteps { limit: 64 };
        Refused::UnknownGuard { guard: text("errors"), known: text("\"failures\"") };
        Refused::WrongKind {
            guard: text("errors"),
            wanted: text("a rate"),
            found: text("a number"),
        };
        Refused::OtherTest { guard: text("errors") };
        Refused::Outdated {
            tag: Tag { fingerprint: fingerprint(1), phase: Phase::Pending },
            now: Phase::Promoted,
        };
        Refused::OutOfOrder { found: 4, latest: 9 };
        Refused::UnknownGate { gate: text("reviewed"), known: text("\"approved\"") };
        Refused::NotNow {
            command: Command::Resume,
            why: text("nothing is paused"),
        };
        Refused::Ended { phase: Phase::Promoted, what: text("a sample") };
        Refused::Clock { found: Timestamp::from_secs(60), latest: Timestamp::from_secs(120) };
        Refused::AnotherIsOpen { release: text("ranker-2026-11"), version: text("v2") };
        BeginError::Missing(OperationError::UnknownVersion { version: text("v2") });
        BeginError::AnotherIsOpen { release: text("ranker-2026-11"), version: text("v2") };
        BeginError::HasBegun { phase: Phase::Promoted };
        BeginError::DropsKeptOut { release: text("ranker-2026-11"), version: text("v2") };
        BeginError::NameOfAnother {
            release: text("ranker-2026-11"),
            version: text("v3"),
            earlier: text("v2"),
        };
        BeginError::OlderRevision { found: 3, in_force: 8 };
        GroupedRefusal::TooFewGroups { control: 12, candidate: 9, needed: 100 };
        GroupedRefusal::ZeroVariance { arm: "control" };
        GroupedRefusal::TooSkewed { skewness: 2.7, control: 12, candidate: 9, needed: 512.0 };
        OffPolicyError::NotCovered { target: 0.25 };
        OffPolicyError::OutOfRange {
            what: "the margin",
            value: 1.5,
            expected: "a number from 0 to 1",
        };
        OffPolicyError::TooHeavy { weight: 12.0, greatest: 8.0 };
        OffPolicyError::WrongPropensities { mean_weight: 1.9 };
        OffPolicyError::NoOverlap { found: 65 };
        Refusal::InsufficientData { what: "control", found: 1, needed: 2 };
        Refusal::ZeroVariance { what: "control" };
        Refusal::ZeroDenominator { what: "the margin" };
        Refusal::AllTied {};
        Refusal::NonFinite { what: "the margin", value: f64::NAN };
        Refusal::OutOfRange { what: "the margin", value: 1.5, expected: "a number from 0 to 1" };
        Refusal::LengthMismatch { what: "the samples", left: 10, right: 12 };
        Refusal::LostPrecision { what: "the margin", relative_error: 0.5 };
        Refusal::Overflow { what: "the margin" };
        Refusal::TooSkewed { what: "control", skewness: 2.7, found: 100, needed: 512.0 };
        Refusal::TooManyShares { limit: 32 };
        Refusal::Mismatch { what: "their margins" };
        Refusal::Concluded { look: 3 };
    }
}
