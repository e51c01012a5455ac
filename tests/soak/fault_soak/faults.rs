//! Requests that say which fault they meet.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a model does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Does {
    Answer,
    Fail,
    Panic,
    /// Answers a few steps later.
    Hang,
    /// Answers, but the input cannot be copied for a shadow.
    BreakCopy,
}

/// The payload of the panics that belong to the run.
pub(crate) struct Scripted;

/// An input; a copy of it is for a shadow.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) number: u64,
    pub(crate) is_copy: bool,
    primary: Does,
    shadow: Does,
    broken: Arc<AtomicU64>,
}

impl Request {
    /// Draws what becomes of request `number`: about one in twenty meets a fault,
    /// and one shadow in four.
    pub(crate) fn new(number: u64, broken: &Arc<AtomicU64>) -> Request {
        let bits = mix(number);
        Request {
            number,
            is_copy: false,
            primary: match bits % 256 {
                0..8 => Does::Fail,
                8..12 => Does::Panic,
                12..16 => Does::Hang,
                _ => Does::Answer,
            },
            shadow: match (bits >> 8) % 64 {
                0..4 => Does::Fail,
                4..8 => Does::Panic,
                8..16 => Does::Hang,
                16 => Does::BreakCopy,
                _ => Does::Answer,
            },
            broken: Arc::clone(broken),
        }
    }

    /// Says what the model of this number does: as a primary, every other one is sound.
    pub(crate) fn does(&self, model: u64) -> Does {
        if self.is_copy {
            self.shadow
        } else if self.primary == Does::Fail && (model ^ self.number).is_multiple_of(2) {
            Does::Answer
        } else {
            self.primary
        }
    }
}

impl Clone for Request {
    fn clone(&self) -> Request {
        if self.shadow == Does::BreakCopy {
            self.broken.fetch_add(1, Ordering::SeqCst);
            std::panic::panic_any(Scripted);
        }
        Request {
            is_copy: true,
            broken: Arc::clone(&self.broken),
            ..*self
        }
    }
}

/// Scrambles a number: the finaliser of SplitMix64.
pub(crate) fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Does what a server does around a handler; only panics of the run may come out of it.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Scripted>() => None,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// Keeps the panics of the run from being printed.
pub(crate) fn silence() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Scripted>() {
            hook(info);
        }
    }));
}
