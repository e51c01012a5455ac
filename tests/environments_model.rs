//! The state machine of environments against a second, dumber one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use switchstand::{
    Change, Environments, Operation, OperationError, Order, Policy, ReplayError, Share, Timestamp,
    VersionState,
};

const LABELS: [&str; 5] = ["v0", "v1", "v2", "v3", "v4"];
/// The name of the first policy of all environments; a plain swap keeps the name in force.
const NAME: &str = "initial";

/// The kinds of policy that differ in what they ask of a version.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    LiveOnly,
    Canary(usize),
    Shadow(usize),
    /// A shadow of the first beside a canary of the second.
    Both(usize, usize),
}

impl Asked {
    fn policy(self) -> Policy {
        let share = Share::percent(10).unwrap();
        match self {
            Asked::LiveOnly => Policy::live_only(NAME),
            Asked::Canary(version) => Policy::canary(NAME, LABELS[version], share),
            Asked::Shadow(version) => Policy::shadow(NAME, LABELS[version], share),
            Asked::Both(shadow, canary) => {
                Policy::canary(NAME, LABELS[canary], share).with_shadow(LABELS[shadow], share)
            }
        }
    }

    fn answers(self) -> Option<usize> {
        match self {
            Asked::Canary(version) | Asked::Both(_, version) => Some(version),
            Asked::LiveOnly | Asked::Shadow(_) => None,
        }
    }

    fn shadows(self) -> Option<usize> {
        match self {
            Asked::Shadow(version) | Asked::Both(version, _) => Some(version),
            Asked::LiveOnly | Asked::Canary(_) => None,
        }
    }

    fn names(self, version: usize) -> bool {
        self.answers() == Some(version) || self.shadows() == Some(version)
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Deploy(usize),
    Validate(usize),
    Release(Asked),
    Swap(usize, Option<Asked>),
    Accept,
    Reject(usize),
    Retire(usize),
    Reclaim(usize),
}

impl Step {
    fn operation(self) -> Operation {
        let label = |version: usize| LABELS[version].to_owned();
        match self {
            Step::Deploy(version) => Operation::Deploy {
                version: label(version),
            },
            Step::Validate(version) => Operation::Validate {
                version: label(version),
            },
            Step::Release(asked) => Operation::Release {
                policy: Box::new(asked.policy()),
            },
            Step::Swap(version, asked) => Operation::Swap {
                version: label(version),
                policy: asked.map(|asked| Box::new(asked.policy())),
            },
            Step::Accept => Operation::Accept,
            Step::Reject(version) => Operation::Reject {
                version: label(version),
                cause: "test".to_owned(),
            },
            Step::Retire(version) => Operation::Retire {
                version: label(version),
            },
            Step::Reclaim(version) => Operation::Reclaim {
                version: label(version),
            },
        }
    }
}

/// One letter per deployed version: s(taged), r(eady), l(ive), b(y: stand-by), o(ut: retiring),
/// x (rejected).
#[derive(Clone, Debug)]
struct Naive {
    generation: u64,
    letters: BTreeMap<usize, char>,
    asked: Asked,
    killed: BTreeSet<usize>,
}

impl Naive {
    fn is(&self, version: usize, letters: &str) -> bool {
        self.letters
            .get(&version)
            .is_some_and(|letter| letters.contains(*letter))
    }

    fn with(&self, letter: char) -> Option<usize> {
        let found = self.letters.iter().find(|(_, found)| **found == letter);
        found.map(|(version, _)| *version)
    }

    fn accepts(&self, asked: Asked) -> bool {
        let answers = asked.answers().is_none_or(|version| self.is(version, "rb"));
        let only_live_answers = asked.answers().is_none();
        let shadows = asked.shadows().is_none_or(|version| {
            self.is(version, "srb") || (self.is(version, "l") && !only_live_answers)
        });
        answers && shadows
    }

    /// Returns the state after the step, or nothing if it is refused.
    fn after(&self, step: Step) -> Option<Naive> {
        let mut next = self.clone();
        let set = |next: &mut Naive, version, letter| {
            next.letters.insert(version, letter);
        };
        let ask = |next: &mut Naive, asked| {
            next.asked = asked;
            next.killed.clear();
        };
        let possible = match step {
            Step::Deploy(version) => {
                set(&mut next, version, 's');
                !self.letters.contains_key(&version)
            }
            Step::Validate(version) => {
                set(&mut next, version, 'r');
                self.is(version, "s")
            }
            Step::Release(asked) => {
                ask(&mut next, asked);
                self.accepts(asked)
            }
            Step::Swap(version, asked) => {
                set(&mut next, self.with('l')?, 'b');
                set(&mut next, version, 'l');
                let asked = asked.unwrap_or(Asked::LiveOnly);
                ask(&mut next, asked);
                self.with('b').is_none() && self.is(version, "r") && next.accepts(asked)
            }
            Step::Accept => {
                let standby = self.with('b')?;
                set(&mut next, standby, 'o');
                if self.asked.shadows() == Some(standby) {
                    next.asked = match self.asked.answers() {
                        Some(version) => Asked::Canary(version),
                        None => Asked::LiveOnly,
                    };
                }
                self.asked.answers() != Some(standby)
            }
            Step::Reject(version) => {
                if self.is(version, "l") {
                    set(&mut next, self.with('b')?, 'l');
                }
                set(&mut next, version, 'x');
                if self.asked.names(version) {
                    next.killed.insert(version);
                }
                self.letters.contains_key(&version)
            }
            Step::Retire(version) => {
                set(&mut next, version, 'o');
                let named = self.asked.names(version) && !self.killed.contains(&version);
                self.is(version, "srx") && !named
            }
            Step::Reclaim(version) => {
                next.letters.remove(&version);
                self.is(version, "ox")
            }
        };
        next.generation += 1;
        possible.then_some(next)
    }
}

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
            version().prop_map(Step::Retire),
            version().prop_map(Step::Reclaim),
        ];
        // Most random steps are refused; half of all are drawn among those that are possible.
        let all = LABELS.iter().enumerate().flat_map(|(v, _)| {
            let steps = [Step::Deploy(v), Step::Validate(v), Step::Swap(v, None)];
            let ends = [
                Step::Accept,
                Step::Reject(v),
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
    environments: Environments,
    changes: Vec<Change<'static>>,
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Machine;
    type Reference = Reference;

    fn init_test(_: &Naive) -> Machine {
        Machine {
            environments: Environments::new(LABELS[0]).unwrap(),
            changes: Vec::new(),
        }
    }

    fn apply(mut machine: Machine, reference: &Naive, (step, lag): Ordered) -> Machine {
        let before = machine.environments.clone();
        let seen = before.generation().wrapping_sub(lag);
        let order = Order::new(Timestamp::from_secs(before.generation()))
            .named("ana")
            .expecting(seen);
        match machine.environments.carry_out(step.operation(), &order) {
            Ok(change) => {
                assert_eq!(change.before(), before.generation(), "E2");
                assert_eq!(change.generation, before.generation() + 1, "E2");
                machine.changes.push(change);
            }
            Err(error) => {
                assert_eq!(machine.environments, before, "a refusal changed something");
                let stale = matches!(error, OperationError::Stale { .. });
                let expected = lag > 0 && !matches!(step, Step::Reject(_));
                assert_eq!(stale, expected, "{error}");
            }
        }
        assert_eq!(
            machine.environments.generation(),
            reference.generation,
            "one of the two refused {step:?}"
        );
        machine
    }

    fn check_invariants(machine: &Machine, reference: &Naive) {
        let environments = &machine.environments;
        let letters: BTreeMap<usize, char> = environments
            .iter()
            .map(|environment| {
                let version = LABELS
                    .iter()
                    .position(|label| *label == environment.label());
                let letter = match environment.state() {
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
        let live = letters.values().filter(|letter| **letter == 'l').count();
        assert_eq!(live, 1, "E1");
        assert_eq!(environments.policy(), &reference.asked.policy());

        // C9 of the registry: what is stored is what was; killed versions are told too.
        #[cfg(feature = "serde")]
        {
            let stored = serde_json::to_value(environments).unwrap();
            let killed: BTreeSet<usize> = stored["killed"]
                .as_array()
                .unwrap()
                .iter()
                .map(|label| LABELS.iter().position(|known| label == known).unwrap())
                .collect();
            assert_eq!(killed, reference.killed);
            let restored: Environments = serde_json::from_value(stored).unwrap();
            assert_eq!(&restored, environments);
        }

        let start = Environments::new(LABELS[0]).unwrap();
        let replayed = start.clone().replay(&machine.changes).unwrap();
        assert_eq!(&replayed, environments, "the changes are not the history");
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
