//! A comparison of policies, in words.

use core::fmt;

use super::{ClassDiff, Diff, Fates, Fraction, Move, joint::Fate};
use crate::share::percentage;

/// Names the units that meet one rule before and one after; `None` if there can be none.
pub(super) fn class(
    old: &Fates<'_>,
    before: &Fate<'_>,
    new: &Fates<'_>,
    after: &Fate<'_>,
) -> Option<String> {
    let sides = [(old, before), (new, after)];
    let matched = sides.iter().filter_map(|(fates, fate)| fates.matched(fate));
    let is_denied = |hash| sides.iter().any(|(fates, fate)| fates.denies(fate, hash));
    let mut words: Vec<String> = Vec::new();
    for (audience, hash) in matched {
        if is_denied(hash) {
            return None;
        }
        let named = audience.to_string();
        if !words.contains(&named) {
            words.push(named);
        }
    }
    Some(match words.is_empty() {
        false => words.join(" and "),
        true if sides.iter().all(|(fates, fate)| fates.is_everybody(fate)) => {
            "everybody".to_owned()
        }
        true => "everybody else".to_owned(),
    })
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, class) in self.classes.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{class}")?;
        }
        if self.listed > 0 {
            write!(f, "\n{} listed units change their version", self.listed)?;
        }
        if self.is_redealt {
            f.write_str("\nthe draws have other names: shares are products of independent draws")?;
        }
        Ok(())
    }
}

impl fmt::Display for ClassDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.audience)?;
        // Rounding of shares to points may move a few of the 2^64 points. No unit is likely to have
        // one of them.
        let mut told = self
            .moves
            .iter()
            .filter(|moved| moved.share.nanos() > 0)
            .peekable();
        if told.peek().is_none() {
            return f.write_str("nobody moves");
        }
        for (place, moved) in told.enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{moved}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |version: &Option<String>| version.clone().unwrap_or("the live version".into());
        write!(
            f,
            "{} move from {} to {}",
            self.share,
            name(&self.from),
            name(&self.to)
        )
    }
}

impl Fraction {
    /// Returns the fraction in steps of 10^-9, as shares have them: rounded, not cut off.
    fn nanos(self) -> u64 {
        ((self.points() * 1_000_000_000 + (1 << 63)) >> 64) as u64
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&percentage(self.nanos()))
    }
}
