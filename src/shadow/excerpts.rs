//! The application's excerpts of inputs and answers.

use core::hash::Hasher as _;
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use siphasher::sip::SipHasher13;

use crate::{bucket::Point, contain::contain, share::Share, unit::Key};

/// The function that makes the excerpt of one input and its answer.
pub(crate) type Excerpt<I, O, E> = dyn Fn(&I, &Result<O, E>) -> Vec<u8> + Send + Sync;

/// The hook that makes excerpts, and the share of units for which they are kept.
#[derive(Default)]
pub(crate) struct Excerpts {
    /// `None`: all units if there is a hook, otherwise no unit.
    share: Option<Share>,
    /// An `Arc<Excerpt<I, O, E>>` of the inputs and answers that are kept.
    hook: Option<Box<dyn Any + Send + Sync>>,
    /// Units of which an excerpt was wanted, but whose input or answer has other types.
    other_types: AtomicU64,
    panics: AtomicU64,
}

impl Excerpts {
    pub(crate) fn of_share(self, share: Share) -> Excerpts {
        Excerpts {
            share: Some(share),
            ..self
        }
    }

    pub(crate) fn made_by<I: 'static, O: 'static, E: 'static>(
        self,
        hook: Arc<Excerpt<I, O, E>>,
    ) -> Excerpts {
        Excerpts {
            hook: Some(Box::new(hook)),
            ..self
        }
    }

    /// Tells whether excerpts of this unit are kept; the same on every server.
    #[inline]
    pub(crate) fn keeps(&self, unit: Key<'_>) -> bool {
        match self.share {
            None => self.hook.is_some(),
            Some(Share::NONE) => false,
            Some(Share::ALL) => true,
            Some(share) => Excerpts::draws(share, unit),
        }
    }

    fn draws(share: Share, unit: Key<'_>) -> bool {
        // A hash of its own, so that which units are logged is independent of their version.
        let point = unit.with_bytes(|bytes| {
            let mut hasher = SipHasher13::new_with_key(b"switchstand.logs");
            hasher.write(bytes);
            hasher.finish()
        });
        Point::new(point).is_in(share)
    }

    /// Makes an excerpt; `None` if the application's code panics.
    pub(crate) fn make<I: 'static, O: 'static, E: 'static>(
        &self,
        input: &I,
        answer: &Result<O, E>,
    ) -> Option<Box<[u8]>> {
        let hook = self.hook.as_ref()?;
        let Some(hook) = hook.downcast_ref::<Arc<Excerpt<I, O, E>>>() else {
            self.other_types.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        self.contained(|| hook(input, answer))
    }

    /// Takes an excerpt that the application makes itself.
    pub(crate) fn contained(&self, make: impl FnOnce() -> Vec<u8>) -> Option<Box<[u8]>> {
        let made = contain(make).map(Vec::into_boxed_slice);
        if made.is_none() {
            self.panics.fetch_add(1, Ordering::Relaxed);
        }
        made
    }

    pub(crate) fn of_other_types(&self) -> u64 {
        self.other_types.load(Ordering::Relaxed)
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}
