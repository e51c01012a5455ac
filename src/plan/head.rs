//! The part of a plan that answers most requests: one hash and one comparison.

use super::Plan;
use crate::{bucket::Draw, route::Route, unit::Unit};

/// Holds a whole plan if that plan is one draw with one cut, or no draw at all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Head {
    /// Everybody gets the same route.
    Constant(Route),
    /// Units below the cut get one route, the others another.
    Cut {
        draw: Draw,
        cut: u64,
        below: Route,
        above: Route,
    },
    /// The plan has more rules than a head can hold.
    Beyond,
}

impl Head {
    /// Returns the head of a plan that is one draw at most.
    pub(super) fn of(plan: &Plan) -> Head {
        let rules = plan.holdout.is_some()
            || plan.layer.is_some()
            || plan.within.is_some()
            || !(plan.listed.is_empty() && plan.rules.is_empty() && plan.shadows.is_empty());
        if rules {
            return Head::Beyond;
        }
        match (&plan.gate, &plan.split) {
            (None, None) => Head::Constant(plan.left_out.live),
            (Some(gate), Some(split)) => match (&*split.segments, u64::try_from(gate.end)) {
                ([_], Ok(0)) => Head::Constant(plan.left_out.out_of_gate),
                ([inside], Ok(cut)) => Head::Cut {
                    draw: gate.draw,
                    cut,
                    below: *inside,
                    above: plan.left_out.out_of_gate,
                },
                ([inside], Err(_)) => Head::Constant(*inside),
                _ => Head::Beyond,
            },
            (None, Some(split)) => match (&*split.segments, split.finder.starts()) {
                ([only], _) => Head::Constant(*only),
                ([below, above], [_, cut]) => Head::Cut {
                    draw: split.draw,
                    cut: *cut,
                    below: *below,
                    above: *above,
                },
                _ => Head::Beyond,
            },
            (Some(_), None) => Head::Beyond,
        }
    }

    #[inline(always)]
    pub(crate) fn route(&self, unit: &Unit<'_>) -> Option<Route> {
        match self {
            Head::Constant(route) => Some(*route),
            Head::Cut {
                draw,
                cut,
                below,
                above,
            } => Some(if draw.point(unit.key()).get() < *cut {
                *below
            } else {
                *above
            }),
            Head::Beyond => None,
        }
    }
}
