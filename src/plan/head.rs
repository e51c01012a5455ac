//! The part of a plan that answers most requests: one hash and one comparison.
//!
//! A head knows who answers, and nothing of shadows: those are drawn afterwards.

use super::Plan;
use crate::{
    bucket::{Draw, Purpose, Secret},
    route::Route,
    unit::Unit,
};

/// Holds who answers, if the plan decides that by one draw with one cut or by no draw at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: HeadKind,
    pub(crate) draw: Draw,
    pub(crate) cut: u64,
    /// The routes of the units below the cut, and of the others.
    pub(crate) routes: [Route; 2],
}

/// Tells how much of its plan a head holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HeadKind {
    /// Everybody gets the first route.
    Constant,
    /// The draw and the cut decide between the two routes.
    Cut,
    /// A split with more cuts decides, and nothing else: the plan has it, the head does not.
    Split,
    /// The plan has more rules than a head can hold.
    Beyond,
}

impl Head {
    /// Returns the head of a plan.
    pub(super) fn of(plan: &Plan) -> Head {
        let live = plan.left_out.live;
        let constant = |route| Head::new(HeadKind::Constant, None, 0, [route, route]);
        let cut = |draw, cut, routes| Head::new(HeadKind::Cut, Some(draw), cut, routes);
        let beyond = Head::beyond(live);
        let rules = plan.holdout.is_some()
            || plan.layer.is_some()
            || plan.within.is_some()
            || plan.overrides.is_some()
            || !plan.sheds.is_empty()
            || !(plan.listed.is_empty() && plan.rules.is_empty());
        if rules {
            return beyond;
        }
        match (&plan.gate, &plan.split) {
            (None, None) => constant(live),
            (Some(gate), Some(split)) => match (&*split.segments, gate.last.checked_add(1)) {
                ([_], _) if gate.points() == 0 => constant(plan.left_out.out_of_gate),
                ([inside], Some(end)) => cut(gate.draw, end, [*inside, plan.left_out.out_of_gate]),
                ([inside], None) => constant(*inside),
                _ => beyond,
            },
            (None, Some(split)) => match (&*split.segments, split.finder.starts()) {
                ([only], _) => constant(*only),
                ([below, above], [_, start]) => cut(split.draw, *start, [*below, *above]),
                _ => Head::new(HeadKind::Split, None, 0, [live, live]),
            },
            (Some(_), None) => beyond,
        }
    }

    pub(super) fn beyond(live: Route) -> Head {
        Head::new(HeadKind::Beyond, None, 0, [live, live])
    }

    fn new(kind: HeadKind, draw: Option<Draw>, cut: u64, routes: [Route; 2]) -> Head {
        let unused = || Draw::derive(&Secret::default(), Purpose::Split, "", "");
        Head {
            kind,
            draw: draw.unwrap_or_else(unused),
            cut,
            routes,
        }
    }

    /// Routes a unit by the cut.
    ///
    /// The sides of the cut are an index and not a branch: a fair draw defeats prediction.
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        reason = "a truth value is an index into two"
    )]
    pub(crate) fn route(&self, unit: &Unit<'_>) -> Route {
        self.routes[usize::from(self.kind == HeadKind::Cut && self.is_above(unit))]
    }

    /// Tells whether a unit lies above the cut.
    #[inline(always)]
    pub(super) fn is_above(&self, unit: &Unit<'_>) -> bool {
        self.draw.point(unit.key()).get() >= self.cut
    }
}
