//! What a call costs on two threads, against one.

#[path = "../timing/threads.rs"]
mod timing;

use std::hint::black_box;

use criterion::Criterion;
use switchstand::Policy;

use super::{even, keys, router};
use timing::compare;

pub(super) fn ratios(_: &mut Criterion) {
    let keys = keys();
    let shared = router(even());
    // The same decisions under two names, published in turn a thousand times a second.
    let publish = |number: u64| {
        let name = if number.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        let arms = [("v1", 1), ("v2", 1)];
        let _ = shared.release(Policy::ab_test(name, arms));
    };
    compare(
        "router.route, with a publisher at 1 kHz",
        1.15,
        || {
            keys.iter().for_each(|key| {
                black_box(shared.route(key));
            })
        },
        Some(&publish),
        keys.len(),
    );
    compare(
        "router.admit and drop",
        1.15,
        || {
            keys.iter().for_each(|key| {
                black_box(shared.admit(key).route());
            })
        },
        None,
        keys.len(),
    );
}
