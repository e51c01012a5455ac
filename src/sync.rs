//! Counts, locks and atomics of the router: the standard ones, or loom's where it checks them.
//!
//! Only what requests and operators share is taken from here: leases, the locks of a router, the
//! stamp, the counts of the journal.

#[cfg(not(loom))]
pub(crate) use parking_lot::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc as Strong, Weak,
    atomic::{AtomicU64, Ordering, fence},
};

#[cfg(loom)]
pub(crate) use self::checked::{Mutex, Strong, Weak};
#[cfg(loom)]
pub(crate) use loom::sync::{
    MutexGuard,
    atomic::{AtomicU64, Ordering, fence},
};

/// What loom does not have, or has in another form.
#[cfg(loom)]
mod checked {
    use core::ops::Deref;
    use std::sync::{self, PoisonError};

    use loom::sync::atomic::{AtomicUsize, Ordering, fence};

    /// A lock that ignores poisoning.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Mutex<T> {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// A value counted as `Arc` counts: loom sees the count, the standard one keeps the memory.
    ///
    /// Threads change places before an operation of loom, so the two counts move together.
    #[derive(Debug)]
    pub(crate) struct Strong<T> {
        count: sync::Arc<AtomicUsize>,
        /// There until the count is given back.
        value: Option<sync::Arc<T>>,
    }

    /// A weak reference, as `Weak` is.
    #[derive(Debug)]
    pub(crate) struct Weak<T> {
        count: sync::Arc<AtomicUsize>,
        value: sync::Weak<T>,
    }

    impl<T> Strong<T> {
        pub(crate) fn new(value: T) -> Strong<T> {
            Strong {
                count: sync::Arc::new(AtomicUsize::new(1)),
                value: Some(sync::Arc::new(value)),
            }
        }

        pub(crate) fn strong_count(this: &Strong<T>) -> usize {
            this.count.load(Ordering::Relaxed)
        }

        pub(crate) fn downgrade(this: &Strong<T>) -> Weak<T> {
            Weak {
                count: sync::Arc::clone(&this.count),
                value: this
                    .value
                    .as_ref()
                    .map(sync::Arc::downgrade)
                    .unwrap_or_default(),
            }
        }

        pub(crate) fn try_unwrap(mut this: Strong<T>) -> Result<T, Strong<T>> {
            let last = this
                .count
                .compare_exchange(1, 0, Ordering::Relaxed, Ordering::Relaxed);
            if last.is_err() {
                return Err(this);
            }
            fence(Ordering::Acquire);
            match this.value.take().map(sync::Arc::try_unwrap) {
                Some(Ok(value)) => Ok(value),
                other => {
                    this.value = other.and_then(Result::err);
                    Err(this)
                }
            }
        }
    }

    impl<T> Clone for Strong<T> {
        fn clone(&self) -> Strong<T> {
            self.count.fetch_add(1, Ordering::Relaxed);
            Strong {
                count: sync::Arc::clone(&self.count),
                value: self.value.clone(),
            }
        }
    }

    impl<T> Deref for Strong<T> {
        type Target = T;

        #[expect(
            clippy::expect_used,
            reason = "taken only when the count is given back"
        )]
        fn deref(&self) -> &T {
            self.value.as_deref().expect("the value of a counted value")
        }
    }

    impl<T> Drop for Strong<T> {
        fn drop(&mut self) {
            if self.value.is_some() && self.count.fetch_sub(1, Ordering::Release) == 1 {
                fence(Ordering::Acquire);
            }
            self.value = None;
        }
    }

    impl<T> Weak<T> {
        pub(crate) fn upgrade(&self) -> Option<Strong<T>> {
            let mut count = self.count.load(Ordering::Relaxed);
            while count != 0 {
                let more = self.count.compare_exchange(
                    count,
                    count + 1,
                    Ordering::Acquire,
                    Ordering::Relaxed,
                );
                match more {
                    Ok(_) => {
                        return Some(Strong {
                            count: sync::Arc::clone(&self.count),
                            value: self.value.upgrade(),
                        });
                    }
                    Err(found) => count = found,
                }
            }
            None
        }
    }
}
