//! What two policies do with the same draws.

use super::{Fraction, Move};
use crate::{
    policy::{Policy, PolicyError},
    share::Share,
    sorting::sort_by,
    split::{LINE, Layout, Split},
};

/// What a policy does with the units of one audience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate<'a> {
    /// A rule serves them.
    Served { rule: usize, version: &'a str },
    /// They are not within the audience that is drawn from.
    LeftOut,
    /// The draws decide.
    Drawn,
}

/// The draws of two policies, line by line.
pub(super) struct Joint<'a> {
    /// Points that are (not held out, held out) before and after.
    holdout: Line<'a>,
    layer: Line<'a>,
    gate: Line<'a>,
    old: Arms<'a>,
    new: Arms<'a>,
    same_release: bool,
    live: Option<&'a str>,
    /// The versions of the units that are kept out before, and after.
    kept_out: [Option<&'a str>; 2],
}

/// Where a unit is after layer and gate.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    In,
    OutOfLayer,
    OutOfGate,
}

/// The stretches that two policies take on a line, or on two.
#[derive(Clone, Copy)]
struct Line<'a> {
    old: Option<Stretch<'a>>,
    new: Option<Stretch<'a>>,
}

/// A stretch of the line with a name.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    salt: &'a str,
    start: u128,
    end: u128,
}

/// The arms that a policy draws; without arms, all drawn units get the same version.
struct Arms<'a> {
    versions: Vec<Option<&'a str>>,
    layout: Layout,
}

impl<'a> Joint<'a> {
    pub(super) fn new(
        old: &'a Policy,
        new: &'a Policy,
        live: Option<&'a str>,
    ) -> Result<Joint<'a>, PolicyError> {
        Ok(Joint {
            holdout: Line {
                old: holdout(old),
                new: holdout(new),
            },
            layer: Line {
                old: layer(old),
                new: layer(new),
            },
            gate: Line {
                old: gate(old),
                new: gate(new),
            },
            old: Arms::of(old, live)?,
            new: Arms::of(new, live)?,
            same_release: old.release == new.release,
            live,
            kept_out: [old, new].map(|policy| policy.kept_out.as_deref().or(live)),
        })
    }

    pub(super) fn is_redealt(&self) -> bool {
        [self.holdout, self.layer, self.gate]
            .iter()
            .any(Line::is_redealt)
            || (!self.same_release && self.old.versions.len() > 1 && self.new.versions.len() > 1)
    }

    /// Returns what moves among the units that meet these fates.
    pub(super) fn moves(&self, before: &Fate<'a>, after: &Fate<'a>) -> Vec<Move> {
        let mut moves: Vec<(Option<&str>, Option<&str>, u128)> = Vec::new();
        let mut add = |from, to, points: u128| {
            if from != to && points > 0 {
                match moves.iter_mut().find(|(a, b, _)| (*a, *b) == (from, to)) {
                    Some((.., sum)) => *sum += points,
                    None => moves.push((from, to, points)),
                }
            }
        };
        for (was_held, is_held, held) in self.holdout.quarters(false) {
            let before = if was_held { &Fate::LeftOut } else { before };
            let after = if is_held { &Fate::LeftOut } else { after };
            for (was, is, taken) in self.taken() {
                let part = product(held, taken);
                for (from, to, points) in self.drawn(before, was, after, is) {
                    add(from, to, product(part, points));
                }
            }
        }
        sort_by(&mut moves, Ord::cmp);
        let owned = |version: Option<&str>| version.map(str::to_owned);
        moves
            .into_iter()
            .map(|(from, to, points)| Move {
                from: owned(from),
                to: owned(to),
                share: Fraction(points),
            })
            .collect()
    }

    /// Returns the points that layer and gate leave at each place before, and after.
    fn taken(&self) -> Vec<(Place, Place, u128)> {
        let place = |in_layer, in_gate| match (in_layer, in_gate) {
            (false, _) => Place::OutOfLayer,
            (true, false) => Place::OutOfGate,
            (true, true) => Place::In,
        };
        let mut parts: Vec<(Place, Place, u128)> = Vec::new();
        for (in_layer, in_next_layer, layer) in self.layer.quarters(true) {
            for (in_gate, in_next_gate, gate) in self.gate.quarters(true) {
                let (was, is) = (place(in_layer, in_gate), place(in_next_layer, in_next_gate));
                let points = product(layer, gate);
                match parts.iter_mut().find(|(a, b, _)| (*a, *b) == (was, is)) {
                    Some((.., sum)) => *sum += points,
                    None => parts.push((was, is, points)),
                }
            }
        }
        parts
    }

    /// Returns the versions before and after of units that were, and are, at these places.
    fn drawn(
        &self,
        before: &Fate<'a>,
        was: Place,
        after: &Fate<'a>,
        is: Place,
    ) -> Vec<(Option<&'a str>, Option<&'a str>, u128)> {
        let fixed = |fate: &Fate<'a>, place: Place, kept_out| match (fate, place) {
            (Fate::Served { version, .. }, _) => Some(Some(*version)),
            (Fate::LeftOut, _) | (Fate::Drawn, Place::OutOfLayer) => Some(kept_out),
            (Fate::Drawn, Place::OutOfGate) => Some(self.live),
            (Fate::Drawn, Place::In) => None,
        };
        let [kept_out, next_kept_out] = self.kept_out;
        match (
            fixed(before, was, kept_out),
            fixed(after, is, next_kept_out),
        ) {
            (Some(from), Some(to)) => vec![(from, to, LINE)],
            (Some(from), None) => self
                .new
                .shares()
                .map(|(to, points)| (from, to, points))
                .collect(),
            (None, Some(to)) => self
                .old
                .shares()
                .map(|(from, points)| (from, to, points))
                .collect(),
            (None, None) if self.same_release => self
                .old
                .layout
                .meet(&self.new.layout)
                .into_iter()
                .map(|(from, to, points)| (self.old.version(from), self.new.version(to), points))
                .collect(),
            (None, None) => self
                .old
                .shares()
                .flat_map(|(from, old)| {
                    self.new
                        .shares()
                        .map(move |(to, new)| (from, to, product(old, new)))
                })
                .collect(),
        }
    }
}

impl Line<'_> {
    fn is_redealt(&self) -> bool {
        matches!((self.old, self.new), (Some(old), Some(new)) if old.salt != new.salt)
    }

    /// Returns the points that lie in the stretch before, and after; `otherwise` without one.
    fn quarters(&self, otherwise: bool) -> [(bool, bool, u128); 4] {
        let whole = |inside: bool| if inside { LINE } else { 0 };
        let length = |stretch: Option<Stretch<'_>>| {
            stretch.map_or(whole(otherwise), |stretch| {
                stretch.end.saturating_sub(stretch.start)
            })
        };
        let (old, new) = (length(self.old), length(self.new));
        let both = match (self.old, self.new) {
            (Some(old), Some(new)) if old.salt == new.salt => old
                .end
                .min(new.end)
                .saturating_sub(old.start.max(new.start)),
            _ => product(old, new),
        };
        [
            (true, true, both),
            (true, false, old - both),
            (false, true, new - both),
            (false, false, (LINE + both).saturating_sub(old + new)),
        ]
    }
}

impl<'a> Arms<'a> {
    fn of(policy: &'a Policy, live: Option<&'a str>) -> Result<Arms<'a>, PolicyError> {
        if let Some(canary) = &policy.canary {
            let versions = vec![Some(canary.version.as_str())];
            return Ok(Arms {
                versions,
                layout: Layout::whole(),
            });
        }
        let Some(test) = &policy.ab_test else {
            return Ok(Arms {
                versions: vec![live],
                layout: Layout::whole(),
            });
        };
        let split = test.split()?;
        let version = |label: &str| {
            let arm = test.arms.iter().find(|arm| arm.label == label);
            arm.map(|arm| arm.version.as_str())
        };
        let versions = split.arms().map(|arm| version(&arm.label)).collect();
        Ok(Arms {
            versions,
            layout: Split::layout(&split).clone(),
        })
    }

    fn version(&self, arm: u16) -> Option<&'a str> {
        self.versions.get(usize::from(arm)).copied().flatten()
    }

    fn shares(&self) -> impl Iterator<Item = (Option<&'a str>, u128)> {
        self.versions
            .iter()
            .copied()
            .zip(self.layout.points(self.versions.len()))
    }
}

fn stretch(salt: &str, from: Share, to: Share) -> Stretch<'_> {
    Stretch {
        salt,
        start: from.points(),
        end: to.points(),
    }
}

fn holdout(policy: &Policy) -> Option<Stretch<'_>> {
    let holdout = policy.holdout.as_ref()?;
    Some(stretch(&holdout.salt, Share::NONE, holdout.share))
}

fn layer(policy: &Policy) -> Option<Stretch<'_>> {
    policy
        .layer
        .as_ref()
        .map(|layer| stretch(&layer.salt, layer.from, layer.to))
}

fn gate(policy: &Policy) -> Option<Stretch<'_>> {
    let share = policy.gate_share();
    share.map(|share| stretch(&policy.release, Share::NONE, share))
}

/// Returns the product of two fractions of 2^64, rounded to the nearest.
fn product(left: u128, right: u128) -> u128 {
    match (left, right) {
        (LINE, other) | (other, LINE) => other,
        (left, right) => (left * right + LINE / 2) >> 64,
    }
}
