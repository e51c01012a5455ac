//! What a call costs on two threads, against one.

#[path = "../timing/threads.rs"]
mod timing;

use std::{env, fs, hint::black_box, path::PathBuf};

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
    let route = compare(
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
    let admit = compare(
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
    // Beside criterion's own results, for the table of the front pages. A benchmark runs in the
    // folder of its package, not in that of the workspace.
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
    let target = env::var_os("CARGO_TARGET_DIR").map_or(built.into(), PathBuf::from);
    let criterion = target.join("criterion");
    fs::create_dir_all(&criterion).unwrap();
    let lines: Vec<String> = route.into_iter().chain(admit).collect();
    fs::write(criterion.join("threads.txt"), lines.join("\n")).unwrap();
}
