//! The columns of a log.

use super::LogError;

/// A column of a log.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Column {
    /// The release, of exposures: `release`.
    Release,
    /// The unit, of both tables: `unit`.
    Unit,
    /// The arm that answered, of exposures: `arm`.
    Arm,
    /// The unit's group of 256, of exposures: `unit_group`.
    Group,
    /// The time, of both tables: `at_ms`.
    At,
    /// The metric's name, of outcomes: `metric`.
    Metric,
    /// The value, or the numerator of a ratio, of outcomes: `value`.
    Value,
    /// The denominator of a ratio, of outcomes: `denominator`.
    Denominator,
    /// The side, of bad events: `side`, which is `control` or `candidate`.
    Side,
    /// The candidate's share at that time, of bad events: `share`.
    Share,
    /// The id of an outcome that counts once: `outcome_id`.
    Id,
}

/// A name for each column, in the order of the enumeration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Columns([String; 11]);

impl Default for Columns {
    fn default() -> Columns {
        let names = [
            "release",
            "unit",
            "arm",
            "unit_group",
            "at_ms",
            "metric",
            "value",
            "denominator",
            "side",
            "share",
            "outcome_id",
        ];
        Columns(names.map(str::to_owned))
    }
}

impl Columns {
    pub(super) fn name(&self, column: Column) -> &str {
        self.0.get(column as usize).map_or("", String::as_str)
    }

    pub(super) fn set(&mut self, column: Column, name: &str) -> Result<(), LogError> {
        let name = checked("column", name, false)?;
        if let Some(place) = self.0.get_mut(column as usize) {
            *place = name;
        }
        Ok(())
    }
}

/// Returns a name that every engine accepts without quotes.
pub(super) fn checked(what: &'static str, name: &str, dots: bool) -> Result<String, LogError> {
    let is_word = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|next| next.is_ascii_alphanumeric() || next == '_')
            && !part.starts_with("sw_")
    };
    let holds = match dots {
        true => name.split('.').all(is_word),
        false => is_word(name),
    };
    match holds {
        true => Ok(name.to_owned()),
        false => Err(LogError::Name {
            what,
            name: name.to_owned(),
        }),
    }
}
