//! The plan in force, what remains of those before it, and who frees them.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::{
    fingerprint::Fingerprint,
    plan::{Plan, Words},
};

/// Generations whose policies are remembered, so that their routes can be pinned.
const REMEMBERED: usize = 1024;

/// Generations before the present one whose words are kept, for routes of just now.
const KEPT: usize = 16;

/// Plans that outlived their routers, because a thread that is idle remembers them.
static LEFT: Mutex<Vec<Arc<Plan>>> = Mutex::new(Vec::new());

/// The plan in force, and every earlier one until nobody else has it.
///
/// A plan may have lists of a million units, and freeing it takes time. A thread releases an old
/// plan in the middle of a request, so the last reference is always kept here, and an operator
/// drops it.
#[derive(Debug)]
pub(super) struct Plans {
    current: Arc<Plan>,
    retired: Vec<Arc<Plan>>,
    /// What the plans before the one in force meant, the newest last.
    earlier: VecDeque<Arc<Words>>,
    /// Generations and their policies, the newest last.
    policies: VecDeque<(u64, Fingerprint)>,
}

impl Plans {
    pub(super) fn new(plan: Plan) -> Plans {
        Plans {
            retired: Vec::new(),
            earlier: VecDeque::new(),
            policies: VecDeque::from([(plan.generation(), plan.fingerprint())]),
            current: Arc::new(plan),
        }
    }

    pub(super) const fn current(&self) -> &Arc<Plan> {
        &self.current
    }

    /// Puts a plan in force.
    pub(super) fn replace(&mut self, plan: Arc<Plan>) {
        if self.policies.len() == REMEMBERED {
            self.policies.pop_front();
        }
        self.policies
            .push_back((plan.generation(), plan.fingerprint()));
        if self.earlier.len() == KEPT {
            self.earlier.pop_front();
        }
        let before = core::mem::replace(&mut self.current, plan);
        self.earlier.push_back(Arc::clone(before.words()));
        self.retired.push(before);
    }

    /// Takes out the plans that nobody else has, to be dropped when no lock is held.
    #[must_use]
    pub(super) fn sweep(&mut self) -> Vec<Arc<Plan>> {
        self.retired
            .extract_if(.., |plan| is_unheld(plan))
            .collect()
    }

    /// Returns the content hash of the policy in force at a generation.
    pub(super) fn fingerprint_at(&self, generation: u64) -> Option<Fingerprint> {
        let place = self
            .policies
            .binary_search_by_key(&generation, |(generation, _)| *generation)
            .ok()?;
        self.policies
            .get(place)
            .map(|(_, fingerprint)| *fingerprint)
    }

    /// Returns what the routes of a generation mean, if it is one of the last.
    pub(super) fn words_at(&self, generation: u64) -> Option<&Arc<Words>> {
        let mut words = core::iter::once(self.current.words()).chain(&self.earlier);
        words.find(|words| words.generation() == generation)
    }
}

impl Drop for Plans {
    fn drop(&mut self) {
        self.retired.push(Arc::clone(&self.current));
        let mut left = LEFT.lock();
        // The plan in force stands in the list and in its own field, so it is counted once more.
        let is_held = |plan: &Arc<Plan>| {
            Arc::strong_count(plan) > 1 + usize::from(Arc::ptr_eq(plan, &self.current))
        };
        left.extend(self.retired.extract_if(.., |plan| is_held(plan)));
    }
}

/// Frees the plans of routers that are gone, which nobody has any more.
pub(super) fn free_left() {
    let take = || {
        let mut left = LEFT.lock();
        let place = left.iter().position(is_unheld)?;
        Some(left.swap_remove(place))
    };
    // One by one, because a plan may be long: the lock is held for the search alone.
    while let Some(plan) = take() {
        drop(plan);
    }
}

/// Tells whether only the list has the plan; then nobody can take another reference.
fn is_unheld(plan: &Arc<Plan>) -> bool {
    Arc::strong_count(plan) == 1
}
