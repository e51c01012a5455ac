//! Ranges of semantic versions.

use super::AudienceError;

/// A condition on a version: comparisons that must all hold.
#[derive(Clone, Debug)]
pub(super) struct Versions {
    text: Box<str>,
    convert: bool,
    #[cfg(feature = "semver")]
    compared: Result<Box<[judged::Comparison]>, String>,
}

impl PartialEq for Versions {
    fn eq(&self, other: &Versions) -> bool {
        self.text == other.text && self.convert == other.convert
    }
}

impl Eq for Versions {}

impl Versions {
    pub(super) fn new(text: Box<str>, convert: bool) -> Versions {
        Versions {
            #[cfg(feature = "semver")]
            compared: judged::read(&text, convert),
            text,
            convert,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn converts(&self) -> bool {
        self.convert
    }

    #[cfg(feature = "semver")]
    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        match &self.compared {
            Ok(_) => Ok(()),
            Err(reason) => Err(AudienceError::Malformed {
                attribute: attribute.to_owned(),
                operator: "semver",
                found: self.text.to_string(),
                reason: reason.clone().into(),
            }),
        }
    }

    #[cfg(not(feature = "semver"))]
    pub(super) fn check(&self, _: &str) -> Result<(), AudienceError> {
        Ok(())
    }
}

#[cfg(feature = "semver")]
mod judged {
    use core::cmp::Ordering;
    use core::fmt::{self, Write};

    use semver::{BuildMetadata, Version};

    use super::Versions;
    use crate::attributes::Value;

    /// Most bytes of a version that is asked about.
    const MAX_VERSION: usize = 256;

    /// One comparison: which orders of the value beside the version are accepted.
    #[derive(Clone, Debug)]
    pub(super) struct Comparison {
        accepted: &'static [Ordering],
        version: Version,
    }

    const OPERATORS: [(&str, &[Ordering]); 6] = [
        (">=", &[Ordering::Greater, Ordering::Equal]),
        ("<=", &[Ordering::Less, Ordering::Equal]),
        ("!=", &[Ordering::Less, Ordering::Greater]),
        (">", &[Ordering::Greater]),
        ("<", &[Ordering::Less]),
        ("=", &[Ordering::Equal]),
    ];

    pub(super) fn read(text: &str, convert: bool) -> Result<Box<[Comparison]>, String> {
        text.split(',')
            .map(|part| comparison(part.trim(), convert))
            .collect()
    }

    fn comparison(part: &str, convert: bool) -> Result<Comparison, String> {
        let found = OPERATORS
            .iter()
            .find_map(|(sign, accepted)| Some((part.strip_prefix(sign)?, *accepted)));
        let Some((version, accepted)) = found else {
            return Err(format!(
                "{part:?} does not begin with =, !=, <, <=, > or >=: write for example \">=1.10.0, <2.0.0-0\""
            ));
        };
        let version = version.trim();
        match parse(version, convert) {
            Some(version) => Ok(Comparison { accepted, version }),
            None => Err(format!(
                "{version:?} is no semantic version such as 1.10.0 or 2.0.0-rc.1"
            )),
        }
    }

    impl Versions {
        pub(in super::super) fn matches(&self, value: &Value<'_>) -> bool {
            let Ok(comparisons) = &self.compared else {
                return false;
            };
            let version = match value {
                Value::Text(text) => parse(text, self.convert),
                Value::Integer(integer) if self.convert => spelt(format_args!("{integer}")),
                Value::Float(float) if self.convert => spelt(format_args!("{float}")),
                _ => None,
            };
            version.is_some_and(|version| {
                comparisons.iter().all(|comparison| {
                    let order = version.cmp_precedence(&comparison.version);
                    comparison.accepted.contains(&order)
                })
            })
        }

        /// Returns the versions that are compared with.
        #[cfg(feature = "testing")]
        pub(in super::super) fn versions(&self) -> impl Iterator<Item = &Version> {
            let comparisons = self.compared.iter().flatten();
            comparisons.map(|comparison| &comparison.version)
        }
    }

    fn spelt(number: fmt::Arguments<'_>) -> Option<Version> {
        let mut text = Short::default();
        text.write_fmt(number).ok()?;
        parse(text.as_str()?, true)
    }

    /// Reads a version without its build metadata, which has no part in the order.
    fn parse(text: &str, convert: bool) -> Option<Version> {
        if text.len() > MAX_VERSION {
            return None;
        }
        let (text, build) = text
            .split_once('+')
            .map_or((text, None), |(text, build)| (text, Some(build)));
        let is_part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|sign| sign.is_ascii_alphanumeric() || sign == b'-')
        };
        if build.is_some_and(|build| !build.split('.').all(is_part)) {
            return None;
        }
        if !convert {
            return Version::parse(text).ok();
        }
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (core, pre) = text.split_at(text.find('-').unwrap_or(text.len()));
        let padding = match core.split('.').count() {
            1 => ".0.0",
            2 => ".0",
            _ => "",
        };
        let mut whole = Short::default();
        write!(whole, "{core}{padding}{pre}").ok()?;
        let mut version = Version::parse(whole.as_str()?).ok()?;
        version.build = BuildMetadata::EMPTY;
        Some(version)
    }

    /// A text of a bounded length, without an allocation.
    struct Short {
        bytes: [u8; MAX_VERSION + 8],
        length: usize,
    }

    impl Default for Short {
        fn default() -> Short {
            Short {
                bytes: [0; MAX_VERSION + 8],
                length: 0,
            }
        }
    }

    impl Short {
        fn as_str(&self) -> Option<&str> {
            core::str::from_utf8(self.bytes.get(..self.length)?).ok()
        }
    }

    impl fmt::Write for Short {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let end = self.length + text.len();
            let place = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
            place.copy_from_slice(text.as_bytes());
            self.length = end;
            Ok(())
        }
    }
}
