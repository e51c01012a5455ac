//! The part of a plan that answers most requests: one hash and one comparison.
//!
//! A head knows which version answers. Shadows are drawn afterwards.

use super::Plan;
use crate::{
    bucket::{Draw, Point, Purpose, Secret},
    route::Route,
    unit::{Key, Unit},
};

/// The decision of a plan with one draw and one cut, or without a draw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: HeadKind,
    pub(crate) draw: Draw,
    pub(crate) cut: u64,
    /// The routes of the units below the cut, and of the others.
    pub(crate) routes: [Route; 2],
}

/// How much of its plan a head has.
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
    /// The side of the cut is an index and not a branch, because the processor cannot predict a
    /// fair draw.
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        reason = "a truth value is an index into two"
    )]
    pub(crate) fn route(&self, unit: &Unit<'_>) -> Route {
        self.routes[usize::from(self.kind == HeadKind::Cut && self.is_above(unit.key()))]
    }

    /// Tells whether a unit lies above the cut.
    ///
    /// With the prepared hash it takes 9 instructions fewer than with the key alone.
    #[inline(always)]
    pub(super) fn is_above(&self, unit: Key<'_>) -> bool {
        lies_above(self.draw.point(unit), self.cut)
    }

    /// Returns the key of the draw, as the two words that the hash takes.
    pub(crate) fn keys(&self) -> (u64, u64) {
        self.draw.keys()
    }
}

/// Draws with the key alone, which is what a thread remembers of each router, and compares.
#[inline(always)]
pub(crate) fn is_above((first, second): (u64, u64), cut: u64, unit: Key<'_>) -> bool {
    lies_above(Draw::point_under(first, second, unit), cut)
}

/// Compares: the one place where a cut decides, for plans, threads and batches.
#[inline(always)]
const fn lies_above(point: Point, cut: u64) -> bool {
    point.get() >= cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audience::attr,
        bucket::Secret,
        deployment::{Deployments, Operation},
        policy::{CheckedPolicy, Policy},
        share::Share,
    };

    fn kind(policy: &Policy) -> HeadKind {
        policy.compile("v1", ["v2", "v3"]).unwrap().head.kind
    }

    /// Looks at the head itself: a plan would decide the same without it, only slower.
    #[test]
    fn one_draw_with_one_cut_needs_no_more_than_a_head() {
        let half = Share::percent(50).unwrap();
        let canary = |share| Policy::canary("head", "v2", share);
        let arms = |arms: &[(&str, u32)]| Policy::ab_test("head", arms.iter().copied());
        for (policy, expected) in [
            (Policy::live_only("head"), HeadKind::Constant),
            (canary(Share::NONE), HeadKind::Constant),
            (canary(half), HeadKind::Cut),
            (canary(Share::ALL), HeadKind::Constant),
            (canary(half).with_shadow("v3", half), HeadKind::Cut),
            (arms(&[("v1", 1), ("v2", 0)]), HeadKind::Constant),
            (arms(&[("v1", 1), ("v2", 3)]), HeadKind::Cut),
            (arms(&[("v1", 1), ("v2", 1), ("v3", 1)]), HeadKind::Split),
            (arms(&[("v1", 1), ("v2", 1)]).gate(half), HeadKind::Beyond),
        ] {
            assert_eq!(kind(&policy), expected, "{policy:?}");
        }
    }

    #[test]
    fn r1_a_unit_on_the_cut_lies_above_it() {
        let half = Share::percent(50).unwrap();
        let plan = Policy::canary("head", "v2", half)
            .compile("v1", ["v2"])
            .unwrap();
        let unit = Key::Text("user-42");
        let point = plan.head.draw.point(unit).get();
        for (cut, expected) in [(point - 1, true), (point, true), (point + 1, false)] {
            let head = Head { cut, ..plan.head };
            assert_eq!(head.is_above(unit), expected);
            assert_eq!(is_above(head.keys(), cut, unit), expected);
        }
    }

    #[test]
    fn a_plan_with_any_other_rule_is_beyond_its_head() {
        let half = Share::percent(50).unwrap();
        let canary = Policy::canary("head", "v2", half);
        let tier = || attr("tier").is("internal");
        for policy in [
            canary.clone().with_holdout("group", half),
            canary.clone().with_layer("page", Share::NONE, half),
            canary.clone().within(tier()),
            canary.clone().or_for(tier()),
            canary.clone().with_rule(tier(), "v3"),
            canary.clone().with_units("v3", ["ana"]),
            canary.clone().with_overrides(["v3"]),
        ] {
            assert_eq!(kind(&policy), HeadKind::Beyond, "{policy:?}");
        }
        let mut deployments = Deployments::new("v1").unwrap();
        deployments.deploy_ready("v2").unwrap();
        let shed = Operation::Shed {
            version: "v2".to_owned(),
            share: half,
        };
        deployments.apply(&shed).unwrap();
        let plan = Plan::build(
            &CheckedPolicy::new(canary, None).unwrap(),
            deployments.versions(),
            &Secret::default(),
        );
        assert_eq!(plan.head.kind, HeadKind::Beyond);
    }
}
