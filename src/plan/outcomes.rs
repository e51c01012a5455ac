//! With which probability a unit gets which version.

use super::{LeftOut, Range, compiler::Compiler};
use crate::{
    route::{NO_ARM, Propensity, Reason, Route},
    split::{LINE, Split},
    version::VersionId,
};

/// Knows with which probability a unit that no rule serves gets which version.
pub(super) struct Outcomes<'a> {
    compiler: &'a Compiler<'a>,
    /// The live version's probability: whatever no other version gets.
    live: u64,
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
        let taken_in = [layer, gate]
            .into_iter()
            .map(|range| range.map_or(one, probability))
            .fold(
                Propensity::raw_complement(held_out),
                Propensity::raw_product,
            );
        let live = compiler.versions.live.id();
        // Points are added up before they are rounded, so that all of them make certainty.
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
        Outcomes {
            compiler,
            live: Propensity::raw_complement(probability(others)),
            drawn: points
                .iter()
                .map(|(version, points)| (*version, probability(*points)))
                .collect(),
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
        let open = |reason| self.compiler.live(reason, self.of(live));
        let certain = |reason| self.compiler.live(reason, Propensity::raw_complement(0));
        let control = if has_control { 0 } else { NO_ARM };
        LeftOut {
            live: certain(Reason::Live),
            held_out: open(Reason::Holdout),
            not_within: certain(Reason::Audience),
            not_within_held_out: certain(Reason::Holdout),
            out_of_layer: open(Reason::Layer),
            out_of_gate: Route {
                arm: control,
                ..open(Reason::Gate)
            },
        }
    }
}
