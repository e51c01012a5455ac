//! A registry of versions that keeps one letter for each.

use std::collections::{BTreeMap, BTreeSet};

use switchstand::{Policy, Share, deployment::Operation};

pub(crate) const LABELS: [&str; 5] = ["v0", "v1", "v2", "v3", "v4"];
/// The name of the first policy of all deployments; a plain swap keeps the name in force.
const NAME: &str = "initial";

/// The kinds of policy that differ in what they ask of a version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    LiveOnly,
    Canary(usize),
    Shadow(usize),
    /// A shadow of the first beside a canary of the second.
    Both(usize, usize),
}

impl Asked {
    pub(crate) fn policy(self) -> Policy {
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
pub(crate) enum Step {
    Deploy(usize),
    Validate(usize),
    Release(Asked),
    Swap(usize, Option<Asked>),
    Accept,
    Reject(usize),
    /// So many percent of the version's units fall to the live one.
    Shed(usize, u32),
    Retire(usize),
    Reclaim(usize),
}

impl Step {
    pub(crate) fn operation(self) -> Operation {
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
            Step::Shed(version, percent) => Operation::Shed {
                version: label(version),
                share: Share::percent(percent).unwrap(),
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

/// One letter per deployed version: s for staged, r for ready, l for live, b for stand-by, o for
/// retiring, x for rejected.
#[derive(Clone, Debug)]
pub(crate) struct Naive {
    pub(crate) generation: u64,
    pub(crate) letters: BTreeMap<usize, char>,
    pub(crate) asked: Asked,
    pub(crate) killed: BTreeSet<usize>,
    /// Percent that a version sheds, where it is not nothing.
    pub(crate) shed: BTreeMap<usize, u32>,
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
    pub(crate) fn after(&self, step: Step) -> Option<Naive> {
        let mut next = self.clone();
        let set = |next: &mut Naive, version, letter| {
            next.letters.insert(version, letter);
        };
        let ask = |next: &mut Naive, asked| {
            next.asked = asked;
            next.killed.clear();
        };
        let answer_all = |next: &mut Naive, version| {
            next.letters.insert(version, 'l');
            next.shed.remove(&version);
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
                let is_equal = asked == self.asked && self.killed.is_empty();
                if is_equal && self.accepts(asked) {
                    return Some(next);
                }
                ask(&mut next, asked);
                self.accepts(asked)
            }
            Step::Swap(version, asked) => {
                set(&mut next, self.with('l')?, 'b');
                answer_all(&mut next, version);
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
                    answer_all(&mut next, self.with('b')?);
                }
                set(&mut next, version, 'x');
                if self.asked.names(version) {
                    next.killed.insert(version);
                }
                self.letters.contains_key(&version)
            }
            Step::Shed(version, percent) => {
                next.shed.insert(version, percent);
                next.shed.retain(|_, percent| *percent > 0);
                self.letters.contains_key(&version) && !self.is(version, "l")
            }
            Step::Retire(version) => {
                set(&mut next, version, 'o');
                let named = self.asked.names(version) && !self.killed.contains(&version);
                self.is(version, "srx") && !named
            }
            Step::Reclaim(version) => {
                next.letters.remove(&version);
                next.shed.remove(&version);
                self.is(version, "ox")
            }
        };
        next.generation += 1;
        possible.then_some(next)
    }
}
