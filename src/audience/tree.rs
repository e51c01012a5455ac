//! The rules of an audience and how they are nested, without recursion.

use std::sync::Arc;

use super::{Audience, Test};

/// How the rules of a group make one verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Join {
    All,
    Any,
    Not,
    /// A segment: one audience, as it is, under a name.
    Named,
}

/// Rules that stand side by side under one `all`, `any` or `not`.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) join: Join,
    /// The segment's name, for [`Join::Named`].
    pub(super) name: Option<Arc<str>>,
    /// The group around this one.
    pub(super) parent: Option<usize>,
    /// The position of the first rule in it.
    pub(super) start: usize,
    /// The position after the last rule in it.
    pub(super) end: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) test: Test,
    /// The innermost group around the rule.
    pub(super) group: Option<usize>,
}

/// One step of a walk from the outside in, in the order of the rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// A group begins, which takes `steps` steps with this one.
    Group {
        join: Join,
        name: Option<&'a Arc<str>>,
        steps: usize,
    },
    Test(&'a Test),
}

impl Step<'_> {
    /// Returns the number of steps that belong to what begins here.
    pub(super) fn extent(&self) -> usize {
        match self {
            Step::Group { steps, .. } => *steps,
            Step::Test(_) => 1,
        }
    }
}

impl Audience {
    pub(super) fn of(test: Test) -> Audience {
        Audience {
            rules: vec![Rule { test, group: None }],
            groups: Vec::new(),
            root: None,
            depth: 0,
        }
    }

    /// Puts the parts side by side under a new group, each as it is.
    pub(super) fn group(join: Join, parts: impl IntoIterator<Item = Audience>) -> Audience {
        let mut whole = Audience {
            rules: Vec::new(),
            groups: vec![Group {
                join,
                name: None,
                parent: None,
                start: 0,
                end: 0,
            }],
            root: Some(0),
            depth: 1,
        };
        for part in parts {
            whole.append(part, 0, None);
        }
        if whole.rules.is_empty() {
            return Audience::of(Test::Empty(join));
        }
        whole
    }

    /// Joins two audiences; what is already joined in that way is not nested again.
    pub(super) fn join(mut self, other: Audience, join: Join) -> Audience {
        let root = match self.root {
            Some(root) if self.joins(root, join) => root,
            _ => self.wrap(join),
        };
        let melted = other.root.filter(|root| other.joins(*root, join));
        self.append(other, root, melted);
        self
    }

    /// Puts a new group around everything and returns its index.
    pub(super) fn wrap(&mut self, join: Join) -> usize {
        let new = self.groups.len();
        match self.root.and_then(|root| self.groups.get_mut(root)) {
            Some(old) => old.parent = Some(new),
            None => self
                .rules
                .iter_mut()
                .for_each(|rule| rule.group = Some(new)),
        }
        self.groups.push(Group {
            join,
            name: None,
            parent: None,
            start: 0,
            end: self.rules.len(),
        });
        self.root = Some(new);
        self.depth = self.depth.saturating_add(1);
        new
    }

    /// Puts the audience under a name.
    pub(super) fn name(&mut self, name: Arc<str>) {
        let group = self.wrap(Join::Named);
        if let Some(group) = self.groups.get_mut(group) {
            group.name = Some(name);
        }
    }

    fn joins(&self, group: usize, join: Join) -> bool {
        self.groups
            .get(group)
            .is_some_and(|group| group.join == join)
    }

    /// Appends `other` to the outermost group `root`, without its own group `melted`.
    fn append(&mut self, other: Audience, root: usize, melted: Option<usize>) {
        let (rules, groups) = (self.rules.len(), self.groups.len());
        let place = |group: Option<usize>| match group {
            Some(group) if Some(group) == melted => root,
            // The groups behind the melted one move up by one.
            Some(group) => groups + group - usize::from(melted.is_some_and(|gap| gap < group)),
            None => root,
        };
        for (at, group) in other.groups.into_iter().enumerate() {
            if Some(at) != melted {
                self.groups.push(Group {
                    join: group.join,
                    name: group.name,
                    parent: Some(place(group.parent)),
                    start: group.start + rules,
                    end: group.end + rules,
                });
            }
        }
        self.rules.extend(other.rules.into_iter().map(|rule| Rule {
            test: rule.test,
            group: Some(place(rule.group)),
        }));
        if let Some(root) = self.groups.get_mut(root) {
            root.end = self.rules.len();
        }
        let depth = if melted.is_some() {
            other.depth
        } else {
            other.depth.saturating_add(1)
        };
        self.depth = self.depth.max(depth);
    }

    /// Asks the tests in their order, as few as the verdict needs.
    ///
    /// Neither a stack nor recursion is needed: after each test the verdict climbs
    /// through the groups that it decides.
    pub(super) fn evaluate(&self, holds: impl Fn(&Test) -> bool) -> bool {
        let mut at = 0;
        while let Some(rule) = self.rules.get(at) {
            let mut verdict = holds(&rule.test);
            let mut next = at + 1;
            let mut around = rule.group;
            loop {
                let Some(group) = around.and_then(|group| self.groups.get(group)) else {
                    return verdict;
                };
                let undecided = match group.join {
                    Join::All | Join::Named => verdict,
                    Join::Any => !verdict,
                    Join::Not => {
                        verdict = !verdict;
                        false
                    }
                };
                if undecided && next < group.end {
                    break;
                }
                next = group.end;
                around = group.parent;
            }
            at = next;
        }
        false
    }

    /// Returns the nesting as a flat walk from the outside in.
    pub(super) fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::with_capacity(self.rules.len() + self.groups.len());
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut beginning = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let mut around = rule.group.and_then(|group| self.groups.get(group));
            while let Some(group) = around.filter(|group| group.start == at) {
                beginning.push(group);
                around = group.parent.and_then(|parent| self.groups.get(parent));
            }
            while let Some(group) = beginning.pop() {
                open.push((steps.len(), group.end));
                steps.push(Step::Group {
                    join: group.join,
                    name: group.name.as_ref(),
                    steps: 0,
                });
            }
            steps.push(Step::Test(&rule.test));
            while let Some((begin, _)) = open.pop_if(|(_, end)| *end == at + 1) {
                let extent = steps.len() - begin;
                if let Some(Step::Group { steps, .. }) = steps.get_mut(begin) {
                    *steps = extent;
                }
            }
        }
        steps
    }
}
