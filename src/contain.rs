//! Panics of the application's code, caught where the library calls it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `work`; returns nothing if it panicked.
///
/// A value that `work` may have left half changed must not be used afterwards.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(discard).ok()
}

/// Drops the payload of a panic, which may itself panic.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // It panicked again while it was dropped, so the new payload is leaked: it cannot panic a
        // third time.
        core::mem::forget(another);
    }
}

/// A value of the application, whose destructor may panic.
#[derive(Clone)]
pub(crate) struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    pub(crate) const fn new(value: T) -> Contained<T> {
        Contained(Some(value))
    }

    pub(crate) const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    #[cfg(any(feature = "futures-core", feature = "tower"))]
    pub(crate) const fn take(&mut self) -> Option<T> {
        self.0.take()
    }

    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            let value = self.0.take();
            contain(|| drop(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                std::panic::panic_any(Bomb(self.0 - 1));
            }
        }
    }

    #[test]
    fn s2_a_destructor_that_panics_is_contained() {
        drop(Contained::new(Bomb(1)));
    }

    #[test]
    fn s2_a_payload_whose_destructor_panics_is_contained() {
        for depth in 0..4 {
            assert_eq!(contain(|| std::panic::panic_any(Bomb(depth))), None::<()>);
        }
    }

    #[test]
    fn s2_a_destructor_that_panics_while_another_panic_unwinds_is_contained() {
        let unwound = contain(|| {
            let _held = Contained::new(Bomb(2));
            panic!("the first panic");
        });
        assert_eq!(unwound, None::<()>);
    }
}
