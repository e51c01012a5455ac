//! The time that a call takes on one thread and on two.
//!
//! The unit is the thread's own time on a processor, so that a thread that waits for its turn on
//! a busy machine is not charged for it. Rounds on one and on two threads alternate; the lower
//! quartiles are compared. Only Linux tells a thread's time without more ado.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and threads are what is measured"
)]

use std::{
    fs,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const ROUNDS: usize = 60;
/// Passes over all keys in one measurement: the system counts in steps of a few milliseconds.
const PASSES: usize = 32;

/// Prints and returns the cost of a call on one thread, on two, and the ratio of the two.
pub(crate) fn compare(
    name: &str,
    limit: f64,
    calls: impl Fn() + Sync,
    publish: Option<&(dyn Fn(u64) + Sync)>,
    count: usize,
) -> Option<String> {
    if time_on_processor().is_none() {
        println!("threads: this system does not tell a thread's time");
        return None;
    }
    let over = AtomicBool::new(false);
    let publishing = AtomicBool::new(false);
    let (mut one, mut two) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        if let Some(publish) = publish {
            scope.spawn(|| {
                let mut number = 0;
                while !over.load(Ordering::Relaxed) {
                    if publishing.load(Ordering::Relaxed) {
                        publish(number);
                        number += 1;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        for _ in 0..ROUNDS {
            one.extend(round(1, &calls, count));
            publishing.store(true, Ordering::Relaxed);
            two.extend(round(2, &calls, count));
            publishing.store(false, Ordering::Relaxed);
        }
        over.store(true, Ordering::Relaxed);
    });
    let (one, two) = (lower_quartile(one)?, lower_quartile(two)?);
    let ratio = two / one;
    let line = format!(
        "{name}: {one:.1} ns on one, {two:.1} ns on two, ratio {ratio:.3} (at most {limit})"
    );
    println!("threads/{line}");
    Some(line)
}

/// Runs the calls on some threads at once; returns each thread's time per call.
fn round(threads: usize, calls: &(impl Fn() + Sync), count: usize) -> Vec<f64> {
    let barrier = Barrier::new(threads);
    let work = || {
        barrier.wait();
        // Twice, so that the first brings the caches of the thread to where they belong.
        calls();
        let before = time_on_processor()?;
        (0..PASSES).for_each(|_| calls());
        let spent = time_on_processor()?.checked_sub(before)?;
        Some(spent as f64 / (PASSES * count) as f64)
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .filter_map(|thread| thread.join().ok().flatten())
            .collect()
    })
}

/// Returns the nanoseconds that the calling thread has spent on a processor.
pub(crate) fn time_on_processor() -> Option<u64> {
    // The system brings the count up to date when a thread lets others go first.
    thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn lower_quartile(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 4).copied()
}
