//! Patterns that a text must match.

use super::AudienceError;
use super::limits::MAX_PATTERN;

/// A regular expression, found anywhere in the text unless it is anchored.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    fold: bool,
    #[cfg(feature = "regex")]
    compiled: Result<regex::Regex, String>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text && self.fold == other.fold
    }
}

impl Eq for Pattern {}

impl Pattern {
    pub(super) fn new(text: Box<str>, fold: bool) -> Pattern {
        Pattern {
            #[cfg(feature = "regex")]
            compiled: judged::compile(&text, fold),
            text,
            fold,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn folds(&self) -> bool {
        self.fold
    }

    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        if self.text.is_empty() {
            return Err(AudienceError::EmptyText {
                attribute: attribute.to_owned(),
                operator: "regex",
            });
        }
        if self.text.len() > MAX_PATTERN {
            return Err(AudienceError::TextTooLong {
                field: "regex",
                found: self.text.len(),
                limit: MAX_PATTERN,
            });
        }
        #[cfg(feature = "regex")]
        if let Err(reason) = &self.compiled {
            return Err(AudienceError::Malformed {
                attribute: attribute.to_owned(),
                operator: "regex",
                found: self.text.to_string(),
                reason: reason.clone().into(),
            });
        }
        Ok(())
    }
}

#[cfg(feature = "regex")]
mod judged {
    use regex::{Regex, RegexBuilder};

    use super::{MAX_PATTERN, Pattern};
    use crate::attributes::Value;

    /// Most bytes of a compiled pattern, and of what a search remembers.
    const MAX_COMPILED: usize = 1 << 18;

    pub(super) fn compile(text: &str, fold: bool) -> Result<Regex, String> {
        if text.len() > MAX_PATTERN {
            return Err(String::new());
        }
        let mut builder = RegexBuilder::new(text);
        builder.case_insensitive(fold).size_limit(MAX_COMPILED);
        builder.dfa_size_limit(MAX_COMPILED).nest_limit(32);
        builder.build().map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => format!("compiled it exceeds {limit} bytes"),
            // The last line says what is wrong, those before show where.
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
        })
    }

    impl Pattern {
        pub(in super::super) fn matches(&self, value: &Value<'_>) -> bool {
            match (&self.compiled, value) {
                (Ok(pattern), Value::Text(text)) => pattern.is_match(text),
                _ => false,
            }
        }
    }
}
