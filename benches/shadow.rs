//! The latency of a primary beside shadows that hang, and alone, in one run.
//!
//! Four routers are asked in turn, in blocks of requests, so that whatever else the machine does
//! hits all of them alike. Two of them have no shadow: how far these two are apart is the noise
//! that the others must be within. Each row shows the quantiles of all its requests, and the
//! median over the rounds of its quantile divided by that of the first row in the same round,
//! with the quartiles; and how many nanoseconds the median is above that of the first row. Two models are
//! asked: what a shadow adds to a request is the same for both, and the more of the quicker one.
//! Timed is what the library adds to a request: admission, the answer, and the taking of shadows
//! with their permits and copies. Handing them to a runtime costs what that runtime costs.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reads the clock, prints, and has nothing to say if it cannot be set up"
)]

use core::{
    convert::Infallible,
    future::{Future, pending},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::{collections::VecDeque, hint::black_box, time::Instant};

use switchstand::{
    AsyncModel, Policy, Router, Share,
    shadow::{ShadowBudget, ShadowFuture},
};

/// The widths of the models, and for how many rounds each is asked.
const MODELS: [(usize, usize); 2] = [(256, 150), (1024, 60)];
const BLOCK: usize = 200;
const BUDGET: usize = 64;

/// A small dense model, or one that never answers.
enum Dense {
    Answers { width: usize, weights: Vec<f32> },
    Hangs,
}

impl Dense {
    fn new(width: usize) -> Dense {
        let weights = (0..width * width).map(|it| (it % 17) as f32).collect();
        Dense::Answers { width, weights }
    }
}

impl AsyncModel for Dense {
    type Input = Vec<f32>;
    type Output = f32;
    type Error = Infallible;

    async fn predict(&self, input: &Vec<f32>) -> Result<f32, Infallible> {
        match self {
            Dense::Answers { width, weights } => {
                let rows = weights.chunks(*width);
                let hidden = rows.map(|row| {
                    let sum: f32 = row.iter().zip(input).map(|(w, x)| w * x).sum();
                    sum.tanh()
                });
                Ok(hidden.sum())
            }
            Dense::Hangs => pending().await,
        }
    }
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable_answer(),
    }
}

fn unreachable_answer() -> ! {
    std::process::abort()
}

struct Row {
    name: &'static str,
    router: Router<Dense>,
    /// How many hang at once; then the oldest is given up.
    kept: usize,
    hanging: VecDeque<ShadowFuture>,
    all: Vec<u64>,
    rounds: Vec<[u64; 2]>,
}

impl Row {
    fn new(name: &'static str, width: usize, share: Share, kept: usize) -> Row {
        let router = Router::builder("bench")
            .shadow_budget(ShadowBudget::in_flight(BUDGET as u32))
            .build("v1", Dense::new(width))
            .unwrap();
        router.deploy("v2", Dense::Hangs).unwrap();
        router
            .release(Policy::shadow("bench", "v2", share))
            .unwrap();
        Row {
            name,
            router,
            kept,
            hanging: VecDeque::new(),
            all: Vec::new(),
            rounds: Vec::new(),
        }
    }

    fn hang(&mut self, mut shadow: ShadowFuture) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut shadow).poll(&mut context).is_pending());
        self.hanging.push_back(shadow);
        if self.hanging.len() > self.kept {
            self.hanging.pop_front();
        }
    }

    fn block(&mut self, input: &Vec<f32>, first: u64) {
        let mut block: Vec<u64> = (first..first + BLOCK as u64)
            .map(|unit| {
                let started = Instant::now();
                let mut ticket = self.router.admit(unit);
                black_box(ready(ticket.predict(input))).unwrap();
                let task = ticket.shadow_task(|| input.clone());
                drop(ticket);
                let nanos = started.elapsed().as_nanos() as u64;
                if let Some(task) = task {
                    self.hang(task.into_future());
                }
                nanos
            })
            .collect();
        self.all.extend(&block);
        self.rounds.push(quantiles(&mut block));
    }
}

/// Returns the median and the 99th percentile.
fn quantiles(nanos: &mut [u64]) -> [u64; 2] {
    nanos.sort_unstable();
    [nanos[nanos.len() / 2], nanos[nanos.len() * 99 / 100]]
}

/// Returns the quartiles over the rounds of a quantile's ratio to that of the first row.
fn ratios(row: &Row, first: &Row, which: usize) -> [f64; 3] {
    let rounds = row.rounds.iter().zip(&first.rounds);
    let mut ratios: Vec<f64> = rounds
        .map(|(own, base)| own[which] as f64 / base[which] as f64)
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4])
}

fn compare(width: usize, rounds: usize) {
    let mut rows = [
        Row::new("no shadow", width, Share::NONE, 0),
        Row::new("no shadow, again", width, Share::NONE, 0),
        Row::new("100 % hanging for ever", width, Share::ALL, BUDGET),
        Row::new(
            "100 % hanging, given up in turn",
            width,
            Share::ALL,
            BUDGET / 2,
        ),
    ];
    let input: Vec<f32> = (0..width).map(|it| it as f32 / 1e4).collect();
    for round in 0..rounds {
        for place in 0..rows.len() {
            // Another row begins each round.
            let row = &mut rows[(place + round) % 4];
            row.block(&input, (round * BLOCK) as u64);
        }
    }
    println!("a dense layer of {width} by {width}, an input of {width} numbers");
    println!(
        "{:32} {:>9} {:>9}   {:23} {:23} p50 adds",
        "", "p50 ns", "p99 ns", "p50 ratio (quartiles)", "p99 ratio (quartiles)"
    );
    let [base, _] = quantiles(&mut rows[0].all.clone());
    for row in &rows {
        let [p50, p99] = quantiles(&mut row.all.clone());
        let [half, hundredth] = [0, 1].map(|which| ratios(row, &rows[0], which));
        let show = |[low, middle, high]: [f64; 3]| format!("{middle:.3} ({low:.3} to {high:.3})");
        println!(
            "{:32} {p50:>9} {p99:>9}   {:23} {:23} {:>5} ns",
            row.name,
            show(half),
            show(hundredth),
            p50 as i64 - base as i64
        );
        let counts = row.router.all_shadow_counts();
        println!(
            "{:32} sampled {}, dropped {}, pending {}, in flight {}",
            "",
            counts.sampled(),
            counts.dropped(),
            counts.pending(),
            row.router.shadows_in_flight()
        );
    }
}

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let is_whole = std::env::args().any(|argument| argument == "--bench");
    for (width, rounds) in MODELS {
        compare(width, if is_whole { rounds } else { 2 });
    }
}
