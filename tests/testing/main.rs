//! The kit for tests of policies, and rehearsals.

mod one_line_tests;
mod rehearsal;
mod rehearsal_endings;
#[cfg(feature = "testing")]
mod release;
mod testing_kit;
mod testing_policies;
