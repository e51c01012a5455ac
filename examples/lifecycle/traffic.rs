//! Requests of all users on two threads, and what became of them.

use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use digits::{Reader, Sample};
use switchstand::{Reason, Route, Router, Unit, shadow::ShadowTask};

use crate::users::{USERS, User};

/// Threads that serve requests; each serves every user once per stage.
const THREADS: usize = 2;

/// What one request got.
pub(crate) struct Answer {
    /// Place of the user in the list of users.
    pub(crate) user: usize,
    /// Place of the image in the list of samples.
    pub(crate) sample: usize,
    /// Label of the version that answered.
    pub(crate) version: String,
    /// The decision.
    pub(crate) route: Route,
    /// Rule that decided.
    pub(crate) reason: Reason,
    /// Generation of the snapshot that decided.
    pub(crate) generation: u64,
    /// The digit, unless the model failed.
    pub(crate) digit: Option<u32>,
    pub(crate) right: bool,
    /// Whether a shadow was sampled for it.
    pub(crate) sampled: bool,
    /// Whether that shadow ran; without a permit it was given up.
    pub(crate) shadowed: bool,
    /// Whether the request came after the operation in the middle of the stage had returned.
    pub(crate) after: bool,
}

/// All answers of one stage.
pub(crate) struct Answers(pub(crate) Vec<Answer>);

impl Answers {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Answer> {
        self.0.iter()
    }

    /// Returns the answers that a version gave.
    pub(crate) fn of<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a Answer> {
        self.iter().filter(move |answer| answer.version == version)
    }

    /// Returns the users whom a version answered.
    pub(crate) fn users_of(&self, version: &str) -> BTreeSet<usize> {
        self.users_where(|answer| answer.version == version)
    }

    /// Returns the users with an answer that `is_meant`.
    pub(crate) fn users_where(&self, is_meant: impl Fn(&Answer) -> bool) -> BTreeSet<usize> {
        let meant = self.iter().filter(|answer| is_meant(answer));
        meant.map(|answer| answer.user).collect()
    }

    /// Returns how many of a version's answers were right, as a percentage.
    pub(crate) fn accuracy_of(&self, version: &str) -> String {
        let right = self.of(version).filter(|answer| answer.right).count();
        match self.of(version).count() {
            0 => "-".to_owned(),
            all => crate::report::percent(right, all),
        }
    }
}

/// What a thread needs to serve.
pub(crate) struct Traffic<'a> {
    pub(crate) router: &'a Router<Reader>,
    pub(crate) users: &'a [User],
    pub(crate) samples: &'a [Sample],
    /// Number of the stage; other stages show other images.
    pub(crate) stage: usize,
    /// Which of each thread's turns are sent; `0..USERS` is every user once.
    pub(crate) turns: Range<usize>,
}

impl Traffic<'_> {
    /// Lets users send one request to each thread, and runs `operate` in the middle.
    ///
    /// Requests go on while `operate` runs, and at least a quarter of them comes after it.
    pub(crate) fn send<T>(&self, operate: impl FnOnce() -> T) -> (Answers, T) {
        let operated = AtomicBool::new(false);
        let (half, halves) = mpsc::channel();
        let (shadows, queue) = mpsc::channel::<ShadowTask<Reader>>();
        thread::scope(|scope| {
            // Shadows run on a thread of their own: no answer ever waits for one.
            scope.spawn(move || queue.into_iter().for_each(ShadowTask::run));
            let serving: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (half, shadows) = (half.clone(), shadows.clone());
                    let operated = &operated;
                    scope.spawn(move || self.serve(thread, &half, operated, &shadows))
                })
                .collect();
            drop((half, shadows));
            // Every thread says when it is half through; here the first one is waited for.
            let _ = halves.recv();
            let outcome = operate();
            operated.store(true, Ordering::Release);
            let mut answers = Vec::new();
            for thread in serving {
                match thread.join() {
                    Ok(part) => answers.extend(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            (Answers(answers), outcome)
        })
    }

    fn serve(
        &self,
        thread: usize,
        half: &mpsc::Sender<()>,
        operated: &AtomicBool,
        shadows: &mpsc::Sender<ShadowTask<Reader>>,
    ) -> Vec<Answer> {
        let turns = self.turns.len();
        let mut answers = Vec::with_capacity(turns);
        for (turn, user) in order(thread, self.turns.clone()).enumerate() {
            if turn == turns / 2 {
                let _ = half.send(());
            }
            while turn > turns * 3 / 4 && !operated.load(Ordering::Acquire) {
                thread::yield_now();
            }
            let after = operated.load(Ordering::Acquire);
            let place = scramble(self.stage, thread, user) % self.samples.len();
            let (Some(who), Some(sample)) = (self.users.get(user), self.samples.get(place)) else {
                continue;
            };

            let unit = Unit::from(&who.key).with(who);
            let served = self.router.predict(unit, &sample.image);

            let digit = served.answer.ok();
            let version = self.router.label(served.route.version());
            answers.push(Answer {
                user,
                sample: place,
                version: version.unwrap_or("unknown").to_owned(),
                route: served.route,
                reason: served.route.reason(),
                generation: served.route.generation(),
                digit,
                right: digit == Some(sample.digit),
                sampled: !served.route.shadows().is_empty(),
                shadowed: !served.shadows.is_empty(),
                after,
            });
            for task in served.shadows {
                let _ = shadows.send(task);
            }
        }
        answers
    }
}

/// Returns all users in an order of the thread's own: 7919 and 20,000 have no common divisor.
fn order(thread: usize, turns: Range<usize>) -> impl Iterator<Item = usize> {
    turns.map(move |turn| (turn * 7919 + thread * USERS / THREADS) % USERS)
}

/// Returns a number that looks random and is the same in every run (SplitMix64).
fn scramble(stage: usize, thread: usize, user: usize) -> usize {
    let mut bits = ((stage * THREADS + thread) * USERS + user) as u64;
    bits = bits.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 33) as usize
}
