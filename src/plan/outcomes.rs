//! The probability with which a unit gets each version.

use super::{LeftOut, Range, compiler::Compiler};
use crate::{
    route::{NO_ARM, Propensity, Reason, Route},
    split::{LINE, Split},
    version::VersionId,
};

/// The probabilities with which a unit that no rule serves gets each version.
pub(super) struct Outcomes<'a> {
    compiler: &'a Compiler<'a>,
    /// The live version's probability: all that no other version gets.
    live: u64,
    /// The version of the units that are kept out.
    out: VersionId,
    /// Versions other than the live one, and their probability.
    drawn: Vec<(VersionId, u64)>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(
        compiler: &'a Compiler<'a>,
        [holdout, layer, gate]: [Option<Range>; 3],
        split: Option<&Split>,
    ) -> Outcomes<'a> {
        let probability = |range: Range| Propensity::raw_of_points(range.points());
        let held_out = holdout.map_or(0, probability);
        let one = Propensity::raw_complement(0);
        let part = |range: Option<Range>| range.map_or(one, probability);
        let let_in = Propensity::raw_product(Propensity::raw_complement(held_out), part(layer));
        let taken_in = Propensity::raw_product(let_in, part(gate));
        let live = compiler.versions.live.id();
        let (out, _) = compiler.answering(compiler.kept_out());
        let kept_out = match out == live {
            true => 0,
            false => Propensity::raw_complement(let_in),
        };
        // Points are added up before they are rounded, so that the probabilities add up to 1.
        let mut points: Vec<(VersionId, u128)> = Vec::new();
        let mut add = |label: &str, more: u128| {
            let (version, _) = compiler.answering(label);
            if version != live {
                match points.iter_mut().find(|(other, _)| *other == version) {
                    Some((_, sum)) => *sum += more,
                    None => points.push((version, more)),
                }
            }
        };
        if let Some(canary) = &compiler.policy.canary {
            add(&canary.version, LINE);
        }
        if let Some(split) = split {
            let arms: Vec<_> = split.arms().collect();
            for (arm, points) in arms.iter().zip(split.layout().points(arms.len())) {
                add(&arm.version, points);
            }
        }
        let probability =
            |points| Propensity::raw_product(taken_in, Propensity::raw_of_points(points));
        let others = points.iter().map(|(_, points)| points).sum();
        let mut drawn: Vec<_> = points
            .iter()
            .map(|(version, points)| (*version, probability(*points)))
            .collect();
        // These are parts of one whole, so a sum that rounding has raised is limited to 1.
        let add = |drawn: u64| drawn.saturating_add(kept_out).min(one);
        match drawn.iter_mut().find(|(version, _)| *version == out) {
            Some((_, drawn)) => *drawn = add(*drawn),
            None if kept_out > 0 => drawn.push((out, kept_out)),
            None => {}
        }
        Outcomes {
            compiler,
            live: Propensity::raw_complement(add(probability(others))),
            out,
            drawn,
        }
    }

    fn of(&self, version: VersionId) -> u64 {
        self.drawn
            .iter()
            .find(|(other, _)| *other == version)
            .map_or(self.live, |(_, probability)| *probability)
    }

    pub(super) fn arm(&self, label: &str, arm: u16, reason: Reason) -> Route {
        let (version, as_named) = self.compiler.answering(label);
        let route = self.compiler.fixed(label, reason, Some(self.of(version)));
        Route {
            arm: if as_named { arm } else { NO_ARM },
            ..route
        }
    }

    pub(super) fn left_out(&self, has_control: bool) -> LeftOut {
        let live = self.compiler.versions.live.id();
        let one = Propensity::raw_complement(0);
        let label = self.compiler.kept_out();
        let out = |reason, probability| self.compiler.fixed(label, reason, Some(probability));
        let control = if has_control { 0 } else { NO_ARM };
        LeftOut {
            live: self.compiler.live(Reason::Live, one),
            held_out: out(Reason::Holdout, self.of(self.out)),
            not_within: out(Reason::Audience, one),
            not_within_held_out: out(Reason::Holdout, one),
            out_of_layer: out(Reason::Layer, self.of(self.out)),
            out_of_gate: Route {
                arm: control,
                ..self.compiler.live(Reason::Gate, self.of(live))
            },
        }
    }
}
