//! A thread that runs the shadows that requests left behind.

use core::task::Poll;
use std::{collections::VecDeque, pin::Pin, sync::atomic::Ordering, thread};

use switchstand::shadow::ShadowFuture;

use super::{
    faults::mix,
    model::SERVES,
    requests::poll,
    server::{Alarm, Server, WORKERS},
};

/// A shadow that hangs, and the step at which its runner loses patience.
type Hung = (u64, Pin<Box<ShadowFuture>>);

pub(crate) fn run(server: &Server, runner: usize) {
    let _alarm = Alarm(server);
    SERVES.with(|serves| serves.set(true));
    let mut hung: VecDeque<Hung> = VecDeque::new();
    let mut taken = (runner as u64) << 40;
    loop {
        // Before the queue is looked at: what came until then is found.
        let is_idle = server.idle.load(Ordering::SeqCst);
        match server.queue.pop(server.now()) {
            Some(task) => {
                taken += 1;
                let bits = mix(taken);
                if bits.is_multiple_of(4) {
                    // On this thread, for as long as it takes.
                    task.run();
                } else {
                    let patience = server.tick() + 1 + (bits >> 8) % 8;
                    let future = Box::pin(task.into_future());
                    // Some are given up before they were ever polled.
                    if bits % 32 != 1 {
                        hung.push_back((patience, future));
                    }
                }
            }
            None if is_idle && hung.is_empty() => return,
            None => thread::yield_now(),
        }
        for _ in 0..hung.len() {
            let Some((patience, mut future)) = hung.pop_front() else {
                break;
            };
            let is_ready = poll(future.as_mut()) == Poll::Ready(());
            if !is_ready && server.tick() < patience {
                hung.push_back((patience, future));
            }
        }
        server.flush(WORKERS + runner);
    }
}
