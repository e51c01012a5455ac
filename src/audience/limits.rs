//! How large an audience may be.

use super::AudienceError;

/// `all`, `any` and `not` around one rule.
pub(super) const MAX_DEPTH: usize = 32;
pub(super) const MAX_RULES: usize = 65_536;
/// Entries of one list of values or units.
pub(super) const MAX_LIST: usize = 1_048_576;
/// Bytes of one name, text or unit's key.
pub(super) const MAX_TEXT: usize = 65_536;
/// Bytes of one regular expression.
pub(super) const MAX_PATTERN: usize = 4_096;
/// Regular expressions of one audience.
pub(super) const MAX_PATTERNS: usize = 128;

pub(super) fn check_depth(found: usize) -> Result<(), AudienceError> {
    if found > MAX_DEPTH {
        return Err(AudienceError::TooDeep {
            found,
            limit: MAX_DEPTH,
        });
    }
    Ok(())
}

pub(super) fn check_rules(found: usize) -> Result<(), AudienceError> {
    if found > MAX_RULES {
        return Err(AudienceError::TooManyRules {
            found,
            limit: MAX_RULES,
        });
    }
    Ok(())
}

pub(super) fn check_long_list(list: &'static str, found: usize) -> Result<(), AudienceError> {
    if found > MAX_LIST {
        return Err(AudienceError::ListTooLong {
            list,
            found,
            limit: MAX_LIST,
        });
    }
    Ok(())
}

pub(super) fn check_patterns(found: usize) -> Result<(), AudienceError> {
    if found > MAX_PATTERNS {
        return Err(AudienceError::ListTooLong {
            list: "regex",
            found,
            limit: MAX_PATTERNS,
        });
    }
    Ok(())
}

/// Checks a text that is looked for in others.
pub(super) fn check_piece(
    attribute: &str,
    operator: &'static str,
    text: &str,
) -> Result<(), AudienceError> {
    if text.is_empty() {
        return Err(AudienceError::EmptyText {
            attribute: attribute.to_owned(),
            operator,
        });
    }
    check_length(operator, text.len())
}

pub(super) fn check_length(field: &'static str, found: usize) -> Result<(), AudienceError> {
    if found > MAX_TEXT {
        return Err(AudienceError::TextTooLong {
            field,
            found,
            limit: MAX_TEXT,
        });
    }
    Ok(())
}
