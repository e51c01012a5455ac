//! The state machine of deployments against a second, dumber one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]

mod naive;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use switchstand::{
    Share, Timestamp, VersionState,
    deployment::{Change, Deployments, OperationError, Order, ReplayError},
};

use naive::{Asked, LABELS, Naive, Step};

struct Reference;

/// A step, and how far the operator's generation lags behind.
type Ordered = (Step, u64);

fn version() -> impl Strategy<Value = usize> {
    0..LABELS.len()
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        Just(Asked::LiveOnly),
        version().prop_map(Asked::Canary),
        version().prop_map(Asked::Shadow),
        (version(), version()).prop_map(|(shadow, canary)| Asked::Both(shadow, canary)),
    ]
}

impl ReferenceStateMachine for Reference {
    type State = Naive;
    type Transition = Ordered;

    fn init_state() -> BoxedStrategy<Naive> {
        Just(Naive {
            generation: 0,
            letters: BTreeMap::from([(0, 'l')]),
            asked: Asked::LiveOnly,
            killed: BTreeSet::new(),
            shed: BTreeMap::new(),
        })
        .boxed()
    }

    fn transitions(state: &Naive) -> BoxedStrategy<Ordered> {
        let any = prop_oneof![
            version().prop_map(Step::Deploy),
            version().prop_map(Step::Validate),
            asked().prop_map(Step::Release),
            (version(), proptest::option::of(asked())).prop_map(|(v, p)| Step::Swap(v, p)),
            Just(Step::Accept),
            version().prop_map(Step::Reject),
            (version(), 0..=100u32).prop_map(|(v, percent)| Step::Shed(v, percent)),
            version().prop_map(Step::Retire),
            version().prop_map(Step::Reclaim),
        ];
        // Most random steps are refused; half of all are drawn among those that are possible.
        let all = LABELS.iter().enumerate().flat_map(|(v, _)| {
            let steps = [Step::Deploy(v), Step::Validate(v), Step::Swap(v, None)];
            let ends = [
                Step::Accept,
                Step::Reject(v),
                Step::Shed(v, 30),
                Step::Retire(v),
                Step::Reclaim(v),
            ];
            let asked = [
                Asked::Canary(v),
                Asked::Shadow(v),
                Asked::Both(v, (v + 1) % LABELS.len()),
            ];
            let swaps = asked.map(|asked| Step::Swap((v + 2) % LABELS.len(), Some(asked)));
            let releases = asked.map(Step::Release);
            steps.into_iter().chain(ends).chain(swaps).chain(releases)
        });
        let possible: Vec<Step> = all.filter(|step| state.after(*step).is_some()).collect();
        let lag = prop_oneof![9 => Just(0u64), 1 => 1u64..3];
        (prop_oneof![any, proptest::sample::select(possible)], lag).boxed()
    }

    fn apply(state: Naive, (step, lag): &Ordered) -> Naive {
        // An abort asks for no generation.
        let current = *lag == 0 || matches!(step, Step::Reject(_));
        let next = current.then(|| state.after(*step)).flatten();
        next.unwrap_or(state)
    }
}

struct Machine {
    deployments: Deployments,
    changes: Vec<Change<'static>>,
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Machine;
    type Reference = Reference;

    fn init_test(_: &Naive) -> Machine {
        Machine {
            deployments: Deployments::new(LABELS[0]).unwrap(),
            changes: Vec::new(),
        }
    }

    fn apply(mut machine: Machine, reference: &Naive, (step, lag): Ordered) -> Machine {
        let before = machine.deployments.clone();
        let seen = before.generation().wrapping_sub(lag);
        let order = Order::new(Timestamp::from_secs(before.generation()))
            .named("ana")
            .expecting(seen);
        match machine.deployments.carry_out(step.operation(), &order) {
            Ok(None) => assert_eq!(machine.deployments, before, "no record of a change"),
            Ok(Some(change)) => {
                assert_eq!(change.before(), before.generation(), "E2");
                assert_eq!(change.generation, before.generation() + 1, "E2");
                machine.changes.push(change);
            }
            Err(error) => {
                assert_eq!(machine.deployments, before, "a refusal changed something");
                let stale = matches!(error, OperationError::Stale { .. });
                let expected = lag > 0 && !matches!(step, Step::Reject(_));
                assert_eq!(stale, expected, "{error}");
            }
        }
        assert_eq!(
            machine.deployments.generation(),
            reference.generation,
            "one of the two refused {step:?}"
        );
        machine
    }

    fn check_invariants(machine: &Machine, reference: &Naive) {
        let deployments = &machine.deployments;
        let letters: BTreeMap<usize, char> = deployments
            .iter()
            .map(|deployment| {
                let version = LABELS.iter().position(|label| *label == deployment.label());
                let letter = match deployment.state() {
                    VersionState::Staged => 's',
                    VersionState::Ready => 'r',
                    VersionState::Live => 'l',
                    VersionState::Standby => 'b',
                    VersionState::Retiring => 'o',
                    VersionState::Rejected => 'x',
                    _ => '?',
                };
                (version.unwrap(), letter)
            })
            .collect();
        assert_eq!(letters, reference.letters);
        for (version, label) in LABELS.iter().enumerate() {
            let shed = deployments.get(label).map_or(Share::NONE, |e| e.shed());
            let percent = reference.shed.get(&version).copied().unwrap_or(0);
            assert_eq!(shed, Share::percent(percent).unwrap(), "{label}");
        }
        let live = letters.values().filter(|letter| **letter == 'l').count();
        assert_eq!(live, 1, "E1");
        assert_eq!(deployments.policy(), &reference.asked.policy());

        // C9 of the registry: what is stored is what was; killed versions are told too.
        #[cfg(feature = "serde")]
        {
            let stored = serde_json::to_value(deployments).unwrap();
            let killed: BTreeSet<usize> = stored["killed"]
                .as_array()
                .unwrap()
                .iter()
                .map(|label| LABELS.iter().position(|known| label == known).unwrap())
                .collect();
            assert_eq!(killed, reference.killed);
            let restored: Deployments = serde_json::from_value(stored).unwrap();
            assert_eq!(&restored, deployments);
        }

        let start = Deployments::new(LABELS[0]).unwrap();
        let replayed = start.clone().replay(&machine.changes).unwrap();
        assert_eq!(&replayed, deployments, "the changes are not the history");
        if let Some((_, rest)) = machine.changes.split_first()
            && !rest.is_empty()
        {
            assert!(matches!(start.replay(rest), Err(ReplayError::Gap { .. })));
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn e1_e2_e6_e7_e10_environments_do_what_a_naive_registry_does(
        sequential 1..60 => Machine
    );
}
