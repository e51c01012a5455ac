//! A server under load whose models fail, panic and hang, while an operator releases, aborts and
//! restores without a pause: in the end every request, shadow, model and lease is accounted for.
//!
//! The short form runs with all tests. The long one takes two minutes and asks besides that
//! memory stay flat: `cargo test --release --test soak fault_soak -- --ignored --nocapture`.

#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed expectation ends a test, and threads in time are what is tested"
)]

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod books;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod model;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod server;
#[cfg(test)]
mod shadows;

use std::{
    sync::{atomic::Ordering, mpsc},
    thread,
    time::{Duration, Instant},
};

use accounts::Figures;
use memory::Memory;
use operator::Operator;
use server::{Alarm, RUNNERS, Server, WORKERS};

/// Runs as many rounds of the operator's as `more` wants.
fn soak(pace: Duration, mut more: impl FnMut(u64) -> bool) -> (Figures, Memory) {
    faults::silence();
    let server = Server::start();
    let (seen, news) = mpsc::channel();
    let mut operator = Operator::new(&server, news);
    let mut served = accounts::Served::default();
    let mut memory = Memory::default();
    thread::scope(|scope| {
        let server = &server;
        let _alarm = Alarm(server);
        let clock = scope.spawn(move || server.watch(pace));
        let runners: Vec<_> = (0..RUNNERS)
            .map(|runner| scope.spawn(move || shadows::run(server, runner)))
            .collect();
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let seen = seen.clone();
                scope.spawn(move || requests::serve(server, worker, &seen))
            })
            .collect();
        drop(seen);
        let mut round = 0;
        while more(round) && !server.over.load(Ordering::SeqCst) {
            operator.round(round);
            round += 1;
        }
        server.over.store(true, Ordering::SeqCst);
        for worker in workers {
            served.add(&worker.join().unwrap());
        }
        server.idle.store(true, Ordering::SeqCst);
        for runner in runners {
            runner.join().unwrap();
        }
        server.still.store(true, Ordering::SeqCst);
        memory = clock.join().unwrap();
    });
    let figures = operator.finish(served);
    (figures, memory)
}

#[test]
fn every_request_shadow_and_model_is_accounted_for_under_faults() {
    let (figures, _) = soak(Duration::from_micros(200), |round| round < 42);
    println!("{figures}");
    assert!(figures.requests() > 1_000);
}

#[test]
#[ignore = "two minutes: cargo test --release --test soak fault_soak -- --ignored --nocapture"]
fn every_request_shadow_and_model_is_accounted_for_and_memory_is_flat() {
    let lasts = Duration::from_secs(120);
    let began = Instant::now();
    let (figures, memory) = soak(Duration::from_millis(1), |_| began.elapsed() < lasts);
    println!("{figures}");
    println!("{memory}");
    assert!(figures.requests() > 1_000_000);
    memory.assert_flat();
}
