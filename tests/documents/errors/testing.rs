//! Errors of tests of policies.

use switchstand::testing::{RehearsalError, TestError};

use super::{Rows, percent, says, text};

pub(super) fn add(rows: &mut Rows) {
    says! { rows;
        TestError::TooFewUnits {
            units: 50,
            share: percent(5),
            mistaken: "half of it",
            needed: 100,
        };
        TestError::TooManyKinds { found: 65, limit: 64 };
        TestError::Sampled { condition: text("`matches` of attribute \"host\"") };
        TestError::NoWeight { name: text("clicks") };
        TestError::NameTaken { name: text("clicks") };
        RehearsalError::Shadows {};
        RehearsalError::NoUnits {};
        RehearsalError::NoGuard { guard: text("errors") };
        RehearsalError::WrongKind { guard: text("errors") };
        RehearsalError::NoEffect { guard: text("errors") };
        RehearsalError::OutOfRange {
            what: "the margin",
            value: 1.5,
            expected: "a number from 0 to 1",
        };
        RehearsalError::Mismatch {};
        RehearsalError::Overlap { number: 5 };
    }
}
