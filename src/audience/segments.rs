//! Audiences under a name, which several rules of a policy use.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::{Join, Step};
use super::{Audience, AudienceError, Test};

/// Most bytes of a segment's name.
const MAX_NAME: usize = 256;
/// Most rules that the segments of one policy have, and that its audiences have, segments put in.
#[cfg(feature = "serde")]
const MAX_LINKED: usize = 1_048_576;

/// The segments of a policy by their names.
pub(crate) type Segments = BTreeMap<String, Audience>;

pub(super) fn check_name(name: &str) -> Result<(), AudienceError> {
    if name.is_empty() {
        return Err(AudienceError::EmptySegment);
    }
    if name.len() > MAX_NAME {
        return Err(AudienceError::TextTooLong {
            field: "segment",
            found: name.len(),
            limit: MAX_NAME,
        });
    }
    Ok(())
}

impl Audience {
    /// Adds the segments that the audience uses, also within one another, to those known.
    ///
    /// A name that is known already is left as it is; [`check_segments`](Audience::check_segments)
    /// tells whether it stands for the same audience.
    pub(crate) fn add_segments(&self, known: &mut Segments) {
        self.each_segment(|name, audience| {
            if !known.contains_key(name) {
                known.insert(name.to_owned(), audience());
            }
            Ok(())
        })
        .unwrap_or_default();
    }

    /// Checks that each segment that the audience uses is the one known under its name.
    pub(crate) fn check_segments(&self, known: &Segments) -> Result<(), AudienceError> {
        self.each_segment(|name, audience| match known.get(name) {
            Some(known) if *known == audience() => Ok(()),
            _ => Err(AudienceError::AmbiguousSegment {
                name: name.to_owned(),
            }),
        })
    }

    fn each_segment(
        &self,
        mut visit: impl FnMut(&str, &dyn Fn() -> Audience) -> Result<(), AudienceError>,
    ) -> Result<(), AudienceError> {
        if self.groups.iter().all(|group| group.join != Join::Named) {
            return Ok(());
        }
        let steps = self.steps();
        for (at, step) in steps.iter().enumerate() {
            if let Step::Group {
                join: Join::Named,
                name: Some(name),
                steps: extent,
            } = step
            {
                let inner = steps.get(at + 1..at + extent).unwrap_or_default();
                visit(name, &|| built(inner, &|_| None))?;
            }
        }
        Ok(())
    }
}

/// Builds an audience from its walk, with the segments that are not defined in it put in.
fn built(steps: &[Step<'_>], segment: &dyn Fn(&str) -> Option<Audience>) -> Audience {
    let parts = |mut rest: &[Step<'_>]| {
        let mut parts = Vec::new();
        while let Some((part, behind)) = rest
            .first()
            .and_then(|first| rest.split_at_checked(first.extent()))
        {
            parts.push(built(part, segment));
            rest = behind;
        }
        parts
    };
    let Some((first, rest)) = steps.split_first() else {
        return Audience::any([]);
    };
    match first {
        Step::Test(Test::Unknown(name)) => match segment(name) {
            Some(mut audience) => {
                audience.name(Arc::clone(name));
                audience
            }
            None => Audience::of(Test::Unknown(Arc::clone(name))),
        },
        Step::Test(test) => Audience::of((*test).clone()),
        Step::Group {
            join: Join::Not, ..
        } => built(rest, segment).not(),
        Step::Group {
            join: Join::Named,
            name,
            ..
        } => {
            let mut audience = built(rest, segment);
            if let Some(name) = name {
                audience.name(Arc::clone(name));
            }
            audience
        }
        Step::Group { join, .. } => Audience::group(*join, parts(rest)),
    }
}

/// Puts the segments of a file in the place of their names, in one another and in the audiences.
///
/// # Errors
/// [`AudienceError`] names a segment that is not defined or contains itself, or a limit.
#[cfg(feature = "serde")]
pub(crate) fn link<'a>(
    segments: &mut Segments,
    audiences: impl IntoIterator<Item = &'a mut Audience>,
) -> Result<(), AudienceError> {
    let mut linked = Linked::default();
    for name in segments.keys() {
        check_name(name)?;
        linked.link_segment(name, segments, &mut Vec::new())?;
    }
    *segments = linked.done;
    let mut rules = 0;
    for audience in audiences {
        if let Some(whole) = put_in(audience, segments)? {
            rules += whole.rules.len();
            check_linked(rules)?;
            *audience = whole;
        }
        audience.check_form()?;
        // A segment may also be defined where it is used.
        audience.add_segments(segments);
    }
    Ok(())
}

#[cfg(feature = "serde")]
fn check_linked(found: usize) -> Result<(), AudienceError> {
    if found > MAX_LINKED {
        return Err(AudienceError::TooManyRules {
            found,
            limit: MAX_LINKED,
        });
    }
    Ok(())
}

#[cfg(feature = "serde")]
#[derive(Default)]
struct Linked {
    done: Segments,
    rules: usize,
}

#[cfg(feature = "serde")]
impl Linked {
    fn link_segment(
        &mut self,
        name: &str,
        all: &Segments,
        around: &mut Vec<String>,
    ) -> Result<(), AudienceError> {
        if self.done.contains_key(name) {
            return Ok(());
        }
        let Some(audience) = all.get(name) else {
            return Err(AudienceError::UnknownSegment {
                name: name.to_owned(),
            });
        };
        around.push(name.to_owned());
        if around.iter().filter(|other| *other == name).count() > 1 {
            return Err(AudienceError::CircularSegment {
                name: name.to_owned(),
                path: around.join(" > "),
            });
        }
        super::limits::check_depth(around.len())?;
        for rule in &audience.rules {
            if let Test::Unknown(inner) = &rule.test {
                self.link_segment(inner, all, around)?;
            }
        }
        around.pop();
        let whole = put_in(audience, &self.done)?.unwrap_or_else(|| audience.clone());
        whole.check_form()?;
        self.rules += whole.rules.len();
        check_linked(self.rules)?;
        self.done.insert(name.to_owned(), whole);
        Ok(())
    }
}

/// Returns the audience with the segments put in, none where it names none.
#[cfg(feature = "serde")]
fn put_in(audience: &Audience, segments: &Segments) -> Result<Option<Audience>, AudienceError> {
    let mut rules = audience.rules.len();
    let mut names = false;
    for rule in &audience.rules {
        if let Test::Unknown(name) = &rule.test {
            names = true;
            let Some(segment) = segments.get(&**name) else {
                return Err(AudienceError::UnknownSegment {
                    name: name.to_string(),
                });
            };
            // Before anything is copied.
            rules += segment.rules.len();
            super::limits::check_rules(rules)?;
        }
    }
    Ok(names.then(|| built(&audience.steps(), &|name| segments.get(name).cloned())))
}
